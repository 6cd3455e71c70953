/**
 * Recorder, detector and board of one process read the same records within moments of each other. The first to come decodes a
 * record; the others take its events. Events are values that nobody changes. Measured: reading and checking a line costs
 * more than judging it, so three readings were most of what the whole program did.
 */
import { type DecodeBatch, type Decoded, decodeBatch, decodeLines } from './decode-batch.ts';

/** About 100 MB of events at most; a consumer that lags further behind decodes for itself. */
const MAX_EVENTS = 200_000;

export function createSharedDecoding(): DecodeBatch {
  const known = new Map<string, Decoded>();
  let events = 0;

  const remember = (key: string, decoded: Decoded) => {
    known.set(key, decoded);
    events += decoded.events.length;
    for (const [oldest, { events: gone }] of known) {
      if (events <= MAX_EVENTS) break;
      known.delete(oldest);
      events -= gone.length;
    }
  };

  return (batch, onBadLine) => {
    if (batch.records === undefined) return decodeBatch(batch, onBadLine);
    const parts = batch.records.map(({ offset, text }) => {
      const key = `${batch.partition}:${offset}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const lines = text();
      const decoded = decodeLines(lines === '' ? [] : lines.split('\n'));
      remember(key, decoded);
      return decoded;
    });
    for (const { bad } of parts) for (const { line, refusal } of bad) onBadLine(line, refusal);
    return parts.length === 1 && parts[0] !== undefined
      ? parts[0].events
      : parts.flatMap((part) => part.events);
  };
}
