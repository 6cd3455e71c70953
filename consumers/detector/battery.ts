/** Which way a charge goes, from figures that flicker and the device's own word. */
import type { Battery } from '../../alerts/kinds/kind.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatusCode } from '../../src/kernel/log-event.ts';

/** A gauge that warms up, or a load that ends, lifts a figure by less (points of percent). */
const RISE_PCT = 5;
const FALL_PCT = 3;

export function createBattery(): Battery {
  return { pct: null, extremePct: null, extremeMs: 0, isCharging: false };
}

export function noteCharge(battery: Battery, pct: number, atMs: Instant): void {
  const { extremePct } = battery;
  // A figure from before the newest is history.
  if (atMs < battery.extremeMs) return;
  battery.pct = pct;
  const turns =
    extremePct !== null && (battery.isCharging ? pct <= extremePct - FALL_PCT : pct >= extremePct + RISE_PCT);
  if (turns) turn(battery, !battery.isCharging);
  else if (extremePct !== null && (battery.isCharging ? pct <= extremePct : pct >= extremePct)) return;
  battery.extremePct = pct;
  battery.extremeMs = atMs;
}

/** `charging` and `low-battery` turn it at once. */
export function noteChargeWord(battery: Battery, status: DeviceStatusCode, atMs: Instant): void {
  if ((status !== 'charging' && status !== 'low-battery') || atMs < battery.extremeMs) return;
  const isCharging = status === 'charging';
  if (battery.isCharging !== isCharging) {
    turn(battery, isCharging);
    battery.extremePct = battery.pct;
    battery.extremeMs = atMs;
  }
  if (!isCharging) battery.saidLowMs ??= atMs;
}

function turn(battery: Battery, isCharging: boolean): void {
  battery.isCharging = isCharging;
  delete battery.saidLowMs;
}
