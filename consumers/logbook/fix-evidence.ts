/** What one fix says clearly, by its own error and the policy's probabilities: inside, outside, or nothing. */
import { accuracyOf, probabilityOutside, sigmaOf } from '../../alerts/evidence/position-estimate.ts';
import type { SubjectView, Surroundings } from '../../alerts/kinds/kind.ts';
import { FAR_SIGMAS } from '../../alerts/kinds/zone-evidence.ts';
import type { Position } from '../../src/kernel/log-event.ts';
import type { Policy } from '../../src/kernel/policy.ts';
import type { Muster, SubjectProfile } from '../../src/kernel/roster.ts';

export type Side = 'inside' | 'outside' | undefined;
/** The rules' surroundings, and how far a place is from a zone: exact only where that is less than `enoughM`. */
export type Around = Pick<Surroundings, 'zone' | 'isInForce' | 'windowAt'> & Pick<SubjectView, 'distanceM'>;
/** A zone and by how much its edge is moved outwards, metres. */
type Bound = readonly [zone: string, bufferM: number];

/** To the union of the zones that bind at the fix's own time. Undefined also where none binds, or none is known. */
export function sideOfBounds(fix: Position, { zones }: SubjectProfile, around: Around, policy: Policy): Side {
  const bounds: Bound[] = [];
  for (const { zone, rule, bufferM, schedule } of zones)
    if (rule === 'stay-in' && around.isInForce(schedule, fix.atMs)) bounds.push([zone, bufferM]);
  return sideOf(fix, bounds, around, policy);
}

export function sideOfCurfew(
  fix: Position,
  { curfews }: SubjectProfile,
  around: Around,
  policy: Policy,
): Side {
  const bounds: Bound[] = [];
  for (const curfew of curfews) if (around.windowAt(curfew, fix.atMs) !== null) bounds.push([curfew.zone, 0]);
  return sideOf(fix, bounds, around, policy);
}

export function sideOfMuster(fix: Position, muster: Muster, around: Around, policy: Policy): Side {
  return sideOf(fix, [[muster.zone, 0]], around, policy);
}

function sideOf(fix: Position, bounds: readonly Bound[], around: Around, policy: Policy): Side {
  let beyondM = Number.POSITIVE_INFINITY;
  const sigmaM = sigmaOf(accuracyOf(fix));
  for (const [id, bufferM] of bounds) {
    const zone = around.zone(id);
    if (zone === undefined) continue;
    const distanceM = around.distanceM(zone, fix.lon, fix.lat, FAR_SIGMAS * sigmaM + bufferM);
    beyondM = Math.min(beyondM, distanceM - bufferM);
  }
  if (beyondM === Number.POSITIVE_INFINITY) return undefined;
  const outside = probabilityOutside(beyondM, sigmaM);
  if (outside >= policy.outsideProbability) return 'outside';
  return 1 - outside >= policy.insideProbability ? 'inside' : undefined;
}
