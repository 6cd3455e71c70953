/** The past through a detector, and its state kept at the ends of the days. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import type { DetectorState } from '../detector/detector.ts';
import { createTurns } from '../in-turns.ts';
import { timeOf } from './past-lines.ts';
import { type KeptState, packState } from './true-states.ts';

export interface Cut {
  readonly untilMs: Instant;
  readonly nextOffset: number;
}

/** `ordered` reaches beyond the last of the cuts, which are in order: what began before it may have been told after it. */
export async function foldPast(
  ordered: readonly LogEvent[],
  cuts: readonly Cut[],
  apply: (event: LogEvent) => void,
  snapshot: () => DetectorState,
): Promise<KeptState[]> {
  const kept: KeptState[] = [];
  const cutUpTo = async (atMs: Instant) => {
    for (let cut = cuts[kept.length]; cut !== undefined && cut.untilMs <= atMs; cut = cuts[kept.length])
      kept.push({ ...cut, state: await packState(snapshot()) });
  };
  // The clock's ticks must not wait for the night.
  const turn = createTurns();
  for (const event of ordered) {
    if (timeOf(event) >= (cuts[kept.length]?.untilMs ?? Number.POSITIVE_INFINITY))
      await cutUpTo(timeOf(event));
    apply(event);
    const others = turn();
    if (others !== undefined) await others;
  }
  await cutUpTo(Number.POSITIVE_INFINITY);
  return kept;
}
