/** What of a meeting of two who must not meet was shown, by the words of rule A30. */
import { distanceM, type Point } from '../../src/demo/plane.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import { type Claim, USEFUL_FIXES } from './truth.ts';

/** A fix that was received, where its bearer truly was and where it says. */
export interface MeetingFix extends Claim {
  readonly who: string;
  readonly atMs: number;
  readonly where: Point;
  readonly seen: Point;
}

export interface Together {
  take(fix: MeetingFix): void;
  /** How many moments showed it for as long as the policy asks; fewer than `USEFUL_FIXES`: nobody could have known. */
  useful(): number;
}

/** One that showed it, by the times of both fixes. */
interface Moment {
  readonly olderMs: number;
  readonly newerMs: number;
}

/** Two fixes farther apart in time say nothing of each other (A30). */
const MAX_BETWEEN_MS = 300_000;
/** After so long unseen two may have parted meanwhile (A30). */
const MAX_GAP_MS = 900_000;

export function createTogether(): Together {
  const fixes: MeetingFix[] = [];

  function useful(): number {
    const shown = fixes.flatMap((one, i) =>
      fixes.slice(i + 1).flatMap((other): Moment[] => {
        if (one.who === other.who || Math.abs(one.atMs - other.atMs) > MAX_BETWEEN_MS) return [];
        if (!isShown(one, other)) return [];
        return [{ olderMs: Math.min(one.atMs, other.atMs), newerMs: Math.max(one.atMs, other.atMs) }];
      }),
    );
    const runs: Moment[][] = [];
    for (const moment of shown.sort((a, b) => a.newerMs - b.newerMs)) {
      const run = runs.at(-1);
      const last = run?.at(-1);
      if (run === undefined || last === undefined || moment.newerMs - last.newerMs > MAX_GAP_MS)
        runs.push([moment]);
      else run.push(moment);
    }
    const long = runs.filter((run) => lastedMs(run) >= DEFAULT_POLICY.gatheringS * 1000);
    const most = Math.max(0, ...long.map(({ length }) => length));
    if (most > 0 && most < USEFUL_FIXES) throw new Error('one moment lasts no time');
    return most;
  }

  return {
    take: (fix) => {
      fixes.push(fix);
    },
    useful,
  };
}

/** Within the policy's distance by what they say, and by twice the joint accuracy, as for a separation (`apart.ts`): that is 0.99. */
function isShown(one: MeetingFix, other: MeetingFix): boolean {
  const { gatheringM } = DEFAULT_POLICY;
  const jointM = Math.hypot(one.widthM, other.widthM);
  return (
    distanceM(one.seen, other.seen) < gatheringM &&
    gatheringM - distanceM(one.where, other.where) > 2 * jointM
  );
}

/** By the older fix of the last moment. */
function lastedMs(run: readonly Moment[]): number {
  return Math.max(...run.map(({ olderMs }) => olderMs)) - Math.min(...run.map(({ newerMs }) => newerMs));
}
