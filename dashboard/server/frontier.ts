/** How far behind the board is: the oldest of the newest ticks that the stages have handled. Pure. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { Frontier } from '../../src/ports/live-state.ts';

export interface Frontiers {
  note(frontiers: readonly Frontier[]): void;
  /** Null while a stage has not been heard of in every partition: unknown is never taken for well. */
  oldestMs(): Instant | null;
}

export function createFrontiers(stages: readonly Frontier['stage'][], partitions: number): Frontiers {
  const newest = new Map<string, Instant>();
  return {
    note(frontiers) {
      for (const { stage, partition, tickMs } of frontiers) {
        if (!stages.includes(stage) || partition >= partitions) continue;
        const key = `${stage} ${partition}`;
        const before = newest.get(key);
        if (before === undefined || tickMs > before) newest.set(key, tickMs);
      }
    },
    oldestMs: () => (newest.size < stages.length * partitions ? null : Math.min(...newest.values())),
  };
}
