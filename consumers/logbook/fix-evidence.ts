/** What one fix says clearly, by its own error and the policy's probabilities: inside, outside, or nothing. */
import { accuracyOf, probabilityOutside, sigmaOf } from '../../alerts/evidence/position-estimate.ts';
import type { Surroundings } from '../../alerts/kinds/kind.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { Position } from '../../src/kernel/log-event.ts';
import type { Policy } from '../../src/kernel/policy.ts';
import type { Muster, SubjectProfile } from '../../src/kernel/roster.ts';

export type Side = 'inside' | 'outside' | undefined;
type Zones = Pick<Surroundings, 'zone' | 'isInForce' | 'windowAt'>;
/** A zone and by how much its edge is moved outwards, metres. */
type Bound = readonly [zone: string, bufferM: number];

/** To the union of the zones that bind at the fix's own time. Undefined also where none binds, or none is known. */
export function sideOfBounds(fix: Position, { zones }: SubjectProfile, around: Zones, policy: Policy): Side {
  const bounds: Bound[] = [];
  for (const { zone, rule, bufferM, schedule } of zones)
    if (rule === 'stay-in' && around.isInForce(schedule, fix.atMs)) bounds.push([zone, bufferM]);
  return sideOf(fix, bounds, around, policy);
}

export function sideOfCurfew(
  fix: Position,
  { curfews }: SubjectProfile,
  around: Zones,
  policy: Policy,
): Side {
  const bounds: Bound[] = [];
  for (const curfew of curfews) if (around.windowAt(curfew, fix.atMs) !== null) bounds.push([curfew.zone, 0]);
  return sideOf(fix, bounds, around, policy);
}

export function sideOfMuster(fix: Position, muster: Muster, around: Zones, policy: Policy): Side {
  return sideOf(fix, [[muster.zone, 0]], around, policy);
}

function sideOf(fix: Position, bounds: readonly Bound[], around: Zones, policy: Policy): Side {
  let beyondM = Number.POSITIVE_INFINITY;
  for (const [id, bufferM] of bounds) {
    const zone = around.zone(id);
    if (zone !== undefined) beyondM = Math.min(beyondM, signedDistanceM(zone, fix.lon, fix.lat) - bufferM);
  }
  if (beyondM === Number.POSITIVE_INFINITY) return undefined;
  const outside = probabilityOutside(beyondM, sigmaOf(accuracyOf(fix)));
  if (outside >= policy.outsideProbability) return 'outside';
  return 1 - outside >= policy.insideProbability ? 'inside' : undefined;
}
