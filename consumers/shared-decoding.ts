/**
 * Recorder, detector, board and logbook of one process read the same records within moments of each other. The first to come decodes
 * a record; the others take its events, and with the last of them it is forgotten. Events are values that nobody changes. Measured:
 * reading and checking a line costs about as much as judging it. What is kept longer than until it is read is moved by the garbage
 * collector twice and then marked with all the rest.
 */
import { type DecodeBatch, type Decoded, decodeBatch, decodeRecord } from './decode-batch.ts';

/** About 100 MB of events at most; a consumer that lags further behind decodes for itself. */
const MAX_EVENTS = 200_000;

interface Known {
  readonly decoded: Decoded;
  /** How many have not read it. One that reads it again takes another's turn, which then decodes for itself. */
  readersLeft: number;
}

export function createSharedDecoding(readers: number): DecodeBatch {
  const known = new Map<string, Known>();
  let events = 0;

  const forget = (key: string, { decoded }: Known) => {
    known.delete(key);
    events -= decoded.events.length;
  };
  const remember = (key: string, decoded: Decoded) => {
    known.set(key, { decoded, readersLeft: readers - 1 });
    events += decoded.events.length;
    for (const [oldest, each] of known) {
      if (events <= MAX_EVENTS) break;
      forget(oldest, each);
    }
  };

  return (batch, onBadLine) => {
    if (batch.records === undefined || readers < 2) return decodeBatch(batch, onBadLine);
    const parts = batch.records.map(({ offset, bytes }) => {
      const key = `${batch.partition}:${offset}`;
      const before = known.get(key);
      if (before === undefined) {
        const decoded = decodeRecord(bytes());
        remember(key, decoded);
        return decoded;
      }
      if (--before.readersLeft === 0) forget(key, before);
      return before.decoded;
    });
    for (const { bad } of parts) for (const { line, refusal } of bad) onBadLine(line, refusal);
    return parts.length === 1 && parts[0] !== undefined
      ? parts[0].events
      : parts.flatMap((part) => part.events);
  };
}
