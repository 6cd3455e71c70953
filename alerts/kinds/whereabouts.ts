/** Where the subject is at the moment that is judged, and how sure that is. */
import type { Device } from '../../src/kernel/roster.ts';
import { walkVarianceM2 } from '../evidence/position-estimate.ts';
import type { DeviceState, SubjectView } from './kind.ts';
import { silenceLimitS } from './silence.ts';

export interface Whereabouts {
  readonly device: Device;
  readonly state: DeviceState;
  readonly lon: number;
  readonly lat: number;
  /** Of one axis. Grows with the time for which a fix is overdue: who was there then may be elsewhere now. */
  readonly sigmaM: number;
  /** Older than the device may be silent: it accuses nobody and clears nobody. */
  readonly isStale: boolean;
}

/** Null: nothing is known. */
export function whereabouts({ located, atMs, policy }: SubjectView): Whereabouts | null {
  if (located === null) return null;
  const { device, state, estimate } = located;
  const { lon, lat, varianceM2 } = estimate;
  const ageS = (atMs - estimate.atMs) / 1000;
  const overdueS = Math.max(0, ageS - device.intervalS);
  return {
    device,
    state,
    lon,
    lat,
    sigmaM: Math.sqrt(overdueS === 0 ? varianceM2 : varianceM2 + walkVarianceM2(overdueS)),
    isStale: ageS > silenceLimitS(policy, device),
  };
}
