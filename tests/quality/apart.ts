/** What of a phone left at home and a wristband elsewhere was shown, by the words of rule A22. */
import { silenceLimitS } from '../../alerts/kinds/silence.ts';
import { distanceM, type Point } from '../../src/demo/plane.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import type { Device } from '../../src/kernel/roster.ts';
import type { Person } from './people.ts';
import { type Claim, type Truth, USEFUL_FIXES } from './truth.ts';

/** A fix that was received, and where the bearer truly was. */
export interface ApartFix extends Claim {
  readonly atMs: number;
  readonly where: Point;
}

export interface Apart {
  /** Of the phone, while its bearer was elsewhere with the wristband. */
  takePhone(fix: ApartFix): void;
  /** Of the wristband: its day comes after the phone's. */
  takeBand(band: Device, fix: ApartFix): void;
  /**
   * Counts what showed a separation. What was shown longer ago than a device may be silent says nothing any more (rule A17): two moments
   * with more between them are not one stretch.
   */
  judge(item: Truth): void;
}

/** One that showed it, by the times of both fixes. */
interface Moment {
  readonly olderMs: number;
  readonly newerMs: number;
}

/** By towers only beyond their reach. */
const REACH_M = 5000;

export function createApart({ profile, home }: Person): Apart {
  const phones: ApartFix[] = [];
  const shown: Moment[] = [];

  /** Beyond the joint accuracy, widened by how far the bearer went from the one fix to the other; twice that for 0.99. */
  function isShown(phone: ApartFix, band: ApartFix): boolean {
    const apartM = Math.min(distanceM(phone.where, home), distanceM(band.where, home));
    const jointM = Math.hypot(phone.widthM, band.widthM, distanceM(phone.where, band.where));
    const reachM = phone.isCoarse || band.isCoarse ? REACH_M : 0;
    return apartM - DEFAULT_POLICY.separationM - reachM > 2 * jointM;
  }

  return {
    takePhone: (fix) => {
      phones.push(fix);
    },
    takeBand: (band, fix) => {
      const phone = profile.devices.find(({ id }) => id !== band.id);
      const momentMs = Math.max(90_000, 1200 * Math.min(band.intervalS, phone?.intervalS ?? 0));
      for (let i = phones.length - 1; i >= 0; i--) {
        const other = phones[i];
        if (other === undefined || other.atMs < fix.atMs - momentMs) return;
        if (other.atMs > fix.atMs + momentMs || !isShown(other, fix)) continue;
        shown.push({ olderMs: Math.min(other.atMs, fix.atMs), newerMs: Math.max(other.atMs, fix.atMs) });
      }
    },
    judge: (item) => {
      const gapMs =
        Math.max(...profile.devices.map((device) => silenceLimitS(DEFAULT_POLICY, device))) * 1000;
      const runs: Moment[][] = [];
      for (const moment of shown.toSorted((a, b) => a.newerMs - b.newerMs)) {
        if (moment.olderMs < item.fromMs || moment.newerMs > item.untilMs) continue;
        const run = runs.at(-1);
        const last = run?.at(-1);
        if (run === undefined || last === undefined || moment.olderMs - last.newerMs > gapMs)
          runs.push([moment]);
        else run.push(moment);
      }
      const long = runs.filter((run) => lastedMs(run) >= DEFAULT_POLICY.separationS * 1000);
      item.useful = Math.max(0, ...long.map(({ length }) => length));
      if (item.useful > 0 && item.useful < USEFUL_FIXES) throw new Error('one moment lasts no time');
    },
  };
}

/** By the older fix of the last moment. */
function lastedMs(run: readonly Moment[]): number {
  return Math.max(...run.map(({ olderMs }) => olderMs)) - Math.min(...run.map(({ newerMs }) => newerMs));
}
