/**
 * Recorder, detector, board and logbook of one process read the same records within moments of each other. The first to come decodes
 * a record; the others take its events, and with the last of them it is forgotten. Events are values that nobody changes. Measured:
 * reading and checking a line costs about as much as judging it. What is kept longer than until it is read is moved by the garbage
 * collector twice and then marked with all the rest.
 *
 * What somebody decodes is kept for those who have yet to come there and keep up. Under overload they drift apart (the recorder waits
 * for the disk), and what is kept for one who comes too late pushes out what others are about to take: then each decoded for itself.
 */
import { type DecodeBatch, type Decoded, decodeBatch, decodeRecord } from './decode-batch.ts';

/** About 100 MB of events at most. */
const MAX_EVENTS = 200_000;

interface Reader {
  /** The offset that it has read last, by partition. */
  readonly at: Map<number, number>;
  /** Who comes too late for what it decodes, by partition, until they meet again. */
  readonly lost: Map<number, Set<Reader>>;
}

interface Known {
  readonly partition: number;
  readonly decoded: Decoded;
  readonly by: Reader;
  /** Who has not read it. */
  readonly awaited: Set<Reader>;
}

/** Answers what each of them decodes with. */
export function createSharedDecoding(readers: number, maxEvents = MAX_EVENTS): DecodeBatch[] {
  const all: readonly Reader[] = Array.from({ length: readers }, () => ({ at: new Map(), lost: new Map() }));
  const known = new Map<string, Known>();
  let events = 0;

  function dontAwait(reader: Reader, key: string, each: Known): void {
    each.awaited.delete(reader);
    if (each.awaited.size > 0 || !known.delete(key)) return;
    events -= each.decoded.events.length;
  }

  function lose(reader: Reader, by: Reader, partition: number): void {
    lostBy(by, partition).add(reader);
    for (const [key, each] of known)
      if (each.by === by && each.partition === partition) dontAwait(reader, key, each);
  }

  function remember(key: string, partition: number, offset: number, decoded: Decoded, by: Reader): void {
    const lost = lostBy(by, partition);
    const awaited = all.filter(
      (reader) => reader !== by && !lost.has(reader) && (reader.at.get(partition) ?? -1) < offset,
    );
    if (awaited.length === 0) return;
    known.set(key, { partition, decoded, by, awaited: new Set(awaited) });
    events += decoded.events.length;
    for (const oldest of known.values()) {
      if (events <= maxEvents) break;
      for (const reader of [...oldest.awaited]) lose(reader, oldest.by, oldest.partition);
    }
  }

  function read(reader: Reader, partition: number, offset: number, bytes: () => Buffer): Decoded {
    reader.at.set(partition, offset);
    for (const other of all)
      if ((other.at.get(partition) ?? -1) <= offset) lostBy(other, partition).delete(reader);
    const key = `${partition}:${offset}`;
    const before = known.get(key);
    if (before !== undefined) {
      lostBy(before.by, partition).delete(reader);
      dontAwait(reader, key, before);
      return before.decoded;
    }
    const decoded = decodeRecord(bytes());
    remember(key, partition, offset, decoded, reader);
    return decoded;
  }

  return all.map((reader) => (batch, onBadLine) => {
    if (batch.records === undefined || readers < 2) return decodeBatch(batch, onBadLine);
    const parts = batch.records.map(({ offset, bytes }) => read(reader, batch.partition, offset, bytes));
    for (const { bad } of parts) for (const { line, refusal } of bad) onBadLine(line, refusal);
    return parts.length === 1 && parts[0] !== undefined
      ? parts[0].events
      : parts.flatMap((part) => part.events);
  });
}

function lostBy({ lost }: Reader, partition: number): Set<Reader> {
  const known = lost.get(partition);
  if (known !== undefined) return known;
  const made = new Set<Reader>();
  lost.set(partition, made);
  return made;
}
