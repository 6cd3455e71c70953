/** When a device that says nothing is silent. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { Policy } from '../../src/kernel/policy.ts';
import { type Device, feedOf } from '../../src/kernel/roster.ts';
import type { DeviceState, SubjectView } from './kind.ts';

/** Seconds without anything received after which a device is silent. */
export function silenceLimitS(policy: Policy, device: Device): number {
  return Math.max(policy.silenceMinS, policy.silenceIntervals * device.intervalS);
}

/** From when a device's silence counts: its assignment (and order) at the earliest. */
export function silentSinceMs(device: Device, state: DeviceState): Instant {
  return Math.max(state.silentFromMs, device.fromMs, device.order?.fromMs ?? device.fromMs);
}

/** The last moment at which it is not silent yet. */
export function silenceDeadlineMs(policy: Policy, device: Device, state: DeviceState): Instant {
  return silentSinceMs(device, state) + silenceLimitS(policy, device) * 1000;
}

/** Nothing was heard of it for too long. Off is known and has its own alert; a feed that is down says nothing about its devices. */
export function isSilent(
  { policy, nowMs, isFeedDown }: Pick<SubjectView, 'policy' | 'nowMs' | 'isFeedDown'>,
  device: Device,
  state: DeviceState,
): boolean {
  return (
    nowMs > silenceDeadlineMs(policy, device, state) && state.off === null && !isFeedDown(feedOf(device))
  );
}

/** Why a device is silent, as far as what it said before tells. */
export type SilenceCause = 'battery' | 'no-signal' | 'unknown';

/** A disc of so many sigmas holds half of what an estimate may mean. */
const EVEN_SIGMAS = Math.sqrt(2 * Math.LN2);

/** The known dead ground in which the device was last, more likely than not, whatever the ground's shape; the smallest id of several. */
export function deadGroundOf(view: SubjectView, { estimate }: DeviceState): string | undefined {
  if (estimate === null) return undefined;
  const { lon, lat, varianceM2 } = estimate;
  const depthM = EVEN_SIGMAS * Math.sqrt(varianceM2);
  const around = [...view.deadGround()].filter(
    ([, zone]) => view.distanceM(zone, lon, lat, depthM + 1) < -depthM,
  );
  return around.map(([id]) => id).sort()[0];
}

export function silenceCauseOf(view: SubjectView, state: DeviceState): SilenceCause {
  const { lowBatteryPct } = view.policy;
  const { pct, isCharging, saidLowMs } = state.battery;
  const wasLow = saidLowMs !== undefined || (pct !== null && pct <= lowBatteryPct);
  if (wasLow && !isCharging) return 'battery';
  return deadGroundOf(view, state) === undefined ? 'unknown' : 'no-signal';
}

/**
 * Since when nothing can be known of the subject: every device that is watched is off or silent. Null: one can be heard, the
 * feed is the cause, or nothing is watched at all.
 */
export function darkSinceMs(view: SubjectView): Instant | null {
  const { devices } = view;
  if (devices.length === 0) return null;
  let since = 0;
  for (const { device, state } of devices) {
    if (state.off !== null) since = Math.max(since, state.off.atMs);
    else if (isSilent(view, device, state)) since = Math.max(since, silentSinceMs(device, state));
    else return null;
  }
  return since;
}
