/** Where the subject is at the moment that is judged, and how sure that is. */
import type { Device } from '../../src/kernel/roster.ts';
import { walkVarianceM2 } from '../evidence/position-estimate.ts';
import type { DeviceState, SubjectView, Verdict } from './kind.ts';
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

/**
 * What is concluded from where the subject is; where that can't be told for towers, what the witness leaves no doubt about. A witness
 * clears nobody: a phone left at home agrees with any tower within a kilometre.
 */
export function withWitness<V extends Pick<Verdict, 'says'> | null | undefined>(
  view: SubjectView,
  judge: (view: SubjectView) => V,
): V {
  const verdict = judge(view);
  if (view.witness === null || verdict?.says !== 'undecided') return verdict;
  const seen = judge({ ...view, located: view.witness, witness: null });
  return seen?.says === 'holds' ? seen : verdict;
}

/** The view in which the device that a verdict came from speaks for the subject. */
export function viewOfVerdict(view: SubjectView, { device }: Pick<Verdict, 'device'>): SubjectView {
  const { located, witness } = view;
  if (witness === null || device !== witness.device.id || device === located?.device.id) return view;
  return { ...view, located: witness, witness: null };
}
