/**
 * An observations log in memory for tests of consumers: exact about batches, committed positions and the order of things, with
 * a place to fail at. What the real ones keep is proved by `tests/contracts`.
 */
import type { LogBatch, LogConsumer, ObservationLog, Subscription } from '../../src/ports/observation-log.ts';

export interface FakeLog extends ObservationLog {
  /** One record, one batch. */
  put(partition: number, lines: readonly string[]): void;
  /** Next offset that the (only) group has committed. */
  committed(partition: number): number;
  forgetPositions(): void;
  /** Called before a position is kept; a throw is a crash at that point. */
  beforeCommit: (() => Promise<void>) | undefined;
  /** Resolves when all that was put is handled; rejects when the consumer failed. */
  drained(subscription: Subscription): Promise<void>;
  /** Takes a partition from the consumer and gives it back, as a group does that shares anew. */
  reassign(partition: number): Promise<void>;
}

export function createFakeLog(partitions: number): FakeLog {
  const records: string[][][] = Array.from({ length: partitions }, () => []);
  const positions: (number | null)[] = Array.from({ length: partitions }, () => null);
  let wake = Promise.withResolvers<void>();
  let handled = Promise.withResolvers<void>();
  let consumer: LogConsumer | undefined;
  let isClosed = false;
  const at: number[] = Array.from({ length: partitions }, () => 0);
  const busy: Promise<void>[] = Array.from({ length: partitions }, () => Promise.resolve());

  const wakeAll = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const commitTo = (partition: number) => async (next: number) => {
    await log.beforeCommit?.();
    positions[partition] = next;
  };
  const assign = async (partition: number) => {
    at[partition] = (await consumer?.onAssigned?.(partition)) ?? positions[partition] ?? 0;
  };
  const handleNext = async (partition: number): Promise<boolean> => {
    const offset = at[partition] ?? 0;
    const lines = records[partition]?.[offset];
    if (lines === undefined || consumer === undefined) return false;
    const batch: LogBatch = { partition, offset, nextOffset: offset + 1, lines };
    await consumer.onBatch(batch, commitTo(partition));
    at[partition] = offset + 1;
    return true;
  };

  const log: FakeLog = {
    partitions,
    identity: 'memory',
    beforeCommit: undefined,
    put: (partition, lines) => {
      records[partition]?.push([...lines]);
      wakeAll();
    },
    committed: (partition) => positions[partition] ?? 0,
    forgetPositions: () => void positions.fill(null),
    drained: async (subscription) => {
      const isBehind = () => records.some((all, partition) => (at[partition] ?? 0) < all.length);
      while (isBehind()) await Promise.race([handled.promise, subscription.failed]);
    },
    reassign: async (partition) => {
      await busy[partition];
      await consumer?.onRevoked?.(partition, commitTo(partition));
      await assign(partition);
    },
    subscribe: async (given) => {
      consumer = given;
      isClosed = false;
      const failed = Promise.withResolvers<never>();
      failed.promise.catch(() => {});
      let isFailed = false;
      const work = async (partition: number) => {
        while (!isClosed && !isFailed) {
          const sleeping = wake.promise;
          const one = handleNext(partition);
          busy[partition] = one.then(
            () => {},
            () => {},
          );
          if (await one) {
            handled.resolve();
            handled = Promise.withResolvers();
          } else {
            await sleeping;
          }
        }
      };
      for (let partition = 0; partition < partitions; partition++) await assign(partition);
      const workers = Array.from({ length: partitions }, (_, partition) =>
        work(partition).catch((error) => {
          isFailed = true;
          failed.reject(error);
        }),
      );
      return {
        failed: failed.promise,
        close: async () => {
          isClosed = true;
          wakeAll();
          await Promise.all(workers);
          if (isFailed) return;
          for (let partition = 0; partition < partitions; partition++)
            await given.onRevoked?.(partition, commitTo(partition));
        },
      };
    },
    append: async (entries) =>
      log.put(
        0,
        entries.map((entry) => entry.line),
      ),
    appendToAll: async (line) => {
      for (let partition = 0; partition < partitions; partition++) log.put(partition, [line]);
    },
    read: async function* read(partition, offset) {
      for (const [i, lines] of (records[partition] ?? []).entries())
        if (i >= offset) yield { partition, offset: i, nextOffset: i + 1, lines };
    },
    bounds: async () => records.map((all, partition) => ({ partition, first: 0, next: all.length })),
    positions: async () => [...positions],
    trim: async () => {},
    close: async () => {},
  };
  return log;
}
