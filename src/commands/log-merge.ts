/**
 * The log's partitions as one sequence in which each subject's lines and the broadcast lines keep their order. Broadcast lines
 * (tick, feed, zone, policy, calendar) stand in every partition in the same order, so they are barriers: between two of
 * them the partitions follow one another, and each is written once. A change of the clock's leader or a repeated append can
 * put one twice into some partitions, and retention can begin partitions at different lines; both are bridged.
 */
import { isBroadcast, type LogEvent, receiptOf } from '../kernel/log-event.ts';

export interface ReadLine {
  readonly event: LogEvent;
  /** The event as the log has it. */
  readonly line: string;
}

interface Reader {
  readonly batches: AsyncIterator<readonly ReadLine[]>;
  batch: readonly ReadLine[];
  next: number;
  /** The barrier at which the partition waits; undefined: it has more to give before one, or has ended. */
  barrier: ReadLine | undefined;
}

/** Barriers that are remembered, to know a repeated one: a relayed batch of the outbox can be repeated as a whole. */
const REMEMBERED = 20_000;

export async function* mergePartitions(
  partitions: readonly AsyncIterable<readonly ReadLine[]>[],
): AsyncGenerator<ReadLine> {
  let readers: Reader[] = partitions.map((batches) => ({
    batches: batches[Symbol.asyncIterator](),
    batch: [],
    next: 0,
    barrier: undefined,
  }));
  const written = new Set<string>();
  while (readers.length > 0) {
    const open: Reader[] = [];
    for (const reader of readers) {
      yield* upToBarrier(reader, written);
      if (reader.barrier !== undefined) open.push(reader);
    }
    readers = open;
    const barrier = earliest(readers);
    if (barrier === undefined) return;
    yield barrier;
    remember(written, barrier.line);
    for (const reader of readers) if (reader.barrier?.line === barrier.line) reader.barrier = undefined;
  }
}

async function* upToBarrier(reader: Reader, written: ReadonlySet<string>): AsyncGenerator<ReadLine> {
  while (reader.barrier === undefined) {
    const item = reader.batch[reader.next++];
    if (item === undefined) {
      const { value, done } = await reader.batches.next();
      if (done === true) return;
      reader.batch = value;
      reader.next = 0;
    } else if (!isBroadcast(item.event)) yield item;
    else if (!written.has(item.line)) reader.barrier = item;
  }
}

/**
 * As a rule all wait at the same one. If not, some partition lacks a line that others have (its older part is gone, or the
 * end of the log was between two partitions): the earliest goes first, and whoever has it later passes over it there.
 */
function earliest(readers: readonly Reader[]): ReadLine | undefined {
  let found: ReadLine | undefined;
  for (const { barrier } of readers) {
    if (barrier === undefined) continue;
    if (found === undefined || receiptOf(barrier.event) < receiptOf(found.event)) found = barrier;
  }
  return found;
}

function remember(written: Set<string>, line: string): void {
  written.add(line);
  if (written.size <= REMEMBERED) return;
  const [oldest] = written;
  if (oldest !== undefined) written.delete(oldest);
}
