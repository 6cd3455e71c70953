/** Signs that a device's fixes are not true: made up, frozen, too far apart, from a clock that is off. */
import { newestFix } from '../../alerts/evidence/kept-fixes.ts';
import {
  type Fix,
  isSamePlace,
  NETWORK,
  type PositionEstimate,
} from '../../alerts/evidence/position-estimate.ts';
import type { DeviceState, Signs } from '../../alerts/kinds/kind.ts';
import { distanceM } from '../../geofences/metres.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Position } from '../../src/kernel/log-event.ts';
import type { Policy } from '../../src/kernel/policy.ts';

/** Two places that lie apart by no more than their errors are none. */
const ERROR_SIGMAS = 3;
/** A walk; below it a speed is the receiver's noise. */
const MOVING_MPS = 2;
const RADIUS_68_SIGMAS = 1.515;

/** Receipt more than `clockSkewS` before the device's own time. */
export function noteClock(signs: Signs, aheadS: number, receivedMs: Instant, policy: Policy): void {
  if (aheadS > policy.clockSkewS) signs.ahead ??= { atMs: receivedMs, byS: Math.round(aheadS) };
  else if (signs.ahead !== undefined) delete signs.ahead;
}

/** Of the newest fix, before it is kept. */
export function noteFixSigns({ signs, fixes }: DeviceState, position: Position): void {
  if (position.mock === true) signs.mockMs ??= position.atMs;
  else if (signs.mockMs !== undefined) delete signs.mockMs;
  // A network gives the same place for the same cell or access point; a satellite receiver does not.
  if (position.mock === true || position.method === 'wifi' || position.method === 'cell') return;
  const last = newestFix(fixes);
  const { atMs, lon, lat, speedMps = 0 } = position;
  if (last === undefined || atMs <= last[0]) return;
  if (!isSamePlace(last, lon, lat) || (last[5] & NETWORK) !== 0) {
    if (signs.still !== undefined) delete signs.still;
    return;
  }
  signs.still ??= { fromMs: last[0], lastMs: last[0], fixes: 1, moving: last[4] >= MOVING_MPS ? 1 : 0 };
  signs.still.lastMs = atMs;
  signs.still.fixes++;
  if (speedMps >= MOVING_MPS) signs.still.moving++;
}

/** The estimate was taken over by two fixes that agree: could anybody have come there from where it was? */
export function noteJump(
  signs: Signs,
  from: { readonly atMs: Instant; readonly lon: number; readonly lat: number; readonly sigmaM: number },
  [lon, lat, sigmaM, atMs]: PositionEstimate['aside'][number],
  [, , , accuracyM]: Fix,
  { maxSpeedMps }: Policy,
): void {
  const errorM = ERROR_SIGMAS * Math.hypot(from.sigmaM, sigmaM, accuracyM / RADIUS_68_SIGMAS);
  const apartM = distanceM(from.lon, from.lat, lon, lat);
  const elapsedS = (atMs - from.atMs) / 1000;
  if (elapsedS <= 0 || (apartM - errorM) / elapsedS <= maxSpeedMps) return;
  signs.jump = { atMs, speedMps: Math.round(apartM / elapsedS), distanceM: Math.round(apartM) };
}
