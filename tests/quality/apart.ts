/** What of a phone left at home and a wristband elsewhere was shown, by the words of rule A22. */
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
  /** Counts what showed a separation. */
  judge(item: Truth): void;
}

/** By towers only beyond their reach. */
const REACH_M = 5000;

export function createApart({ profile, home }: Person): Apart {
  const phones: ApartFix[] = [];
  /** Moments that showed it, by the times of both fixes. */
  const shown: { readonly olderMs: number; readonly newerMs: number }[] = [];

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
      const own = shown.filter(({ olderMs, newerMs }) => olderMs >= item.fromMs && newerMs <= item.untilMs);
      const fromMs = Math.min(...own.map(({ newerMs }) => newerMs));
      const untilMs = Math.max(...own.map(({ olderMs }) => olderMs));
      item.useful = untilMs - fromMs >= DEFAULT_POLICY.separationS * 1000 ? own.length : 0;
      if (item.useful > 0 && item.useful < USEFUL_FIXES) throw new Error('one moment lasts no time');
    },
  };
}
