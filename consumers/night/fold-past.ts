/** The past through a detector, and its state kept at the ends of the days. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import type { DetectorState } from '../detector/detector.ts';
import { timeOf } from './past-lines.ts';
import { type KeptState, packState } from './true-states.ts';

export interface Cut {
  readonly untilMs: Instant;
  readonly nextOffset: number;
}

/** So many events at a time: the clock's ticks must not wait for the night. */
const PIECE = 2000;

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
  for (const [n, event] of ordered.entries()) {
    if (timeOf(event) >= (cuts[kept.length]?.untilMs ?? Number.POSITIVE_INFINITY))
      await cutUpTo(timeOf(event));
    apply(event);
    if (n % PIECE === PIECE - 1) await new Promise(setImmediate);
  }
  await cutUpTo(Number.POSITIVE_INFINITY);
  return kept;
}
