/** The union of zones that a subject must be in: how sure it is that they are outside, and the evidence for it. */
import type { PreparedZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { probabilityOutside } from '../evidence/position-estimate.ts';
import type { SubjectView, Verdict } from './kind.ts';
import { whereabouts, withWitness } from './whereabouts.ts';
import { roundProbability } from './wording.ts';
import { FAR_SIGMAS, type Place, type ZoneRule } from './zone-evidence.ts';

export interface Bound {
  readonly zone: PreparedZone;
  /** Metres that the edge is moved outwards. */
  readonly bufferM: number;
}

export const UNBOUND: readonly Bound[] = [];

type BoundsVerdict = Pick<Verdict, 'says' | 'confidence' | 'device'> | null;

/** Null: inside, as far as the policy asks. */
export function judgeBounds(view: SubjectView, bounds: readonly Bound[]): BoundsVerdict {
  // Asked with every fix, and nearly always without a witness.
  return view.witness === null ? judgeAt(view, bounds) : withWitness(view, (seen) => judgeAt(seen, bounds));
}

function judgeAt(view: SubjectView, bounds: readonly Bound[]): BoundsVerdict {
  const where = whereabouts(view);
  if (where === null) return { says: 'undecided', confidence: 0, device: null };
  const { lon, lat, sigmaM, device, isStale } = where;
  let beyondM = Number.POSITIVE_INFINITY;
  for (const { zone, bufferM } of bounds) {
    const enoughM = FAR_SIGMAS * sigmaM + bufferM;
    beyondM = Math.min(beyondM, view.distanceM(zone, lon, lat, enoughM) - bufferM);
  }
  const outside = probabilityOutside(beyondM, sigmaM);
  if (!isStale && 1 - outside >= view.policy.insideProbability) return null;
  return {
    says: !isStale && outside >= view.policy.outsideProbability ? 'holds' : 'undecided',
    confidence: roundProbability(outside),
    device: device.id,
  };
}

/** The union's signed distance is the least one; its zone is the one to name. */
export function nearestBound(
  bounds: readonly Bound[],
  lon: number,
  lat: number,
): Place & { readonly zone: PreparedZone } {
  const [first, ...others] = bounds.map(({ zone, bufferM }) => {
    const distanceM = signedDistanceM(zone, lon, lat);
    return { zone, distanceM, wrongM: distanceM - bufferM };
  });
  if (first === undefined) throw new Error('nothing binds');
  return others.reduce((best, bound) => (bound.wrongM < best.wrongM ? bound : best), first);
}

/** For the evidence. `boundsAt` and `edges` say what bound when. */
export function ruleOfBounds(
  bounds: readonly Bound[],
  boundsAt: (atMs: Instant) => readonly Bound[],
  edges: (atMs: Instant) => readonly (Instant | null)[],
): ZoneRule {
  return {
    placeOf: (lon, lat) => nearestBound(bounds, lon, lat),
    wasBroken: (lon, lat, atMs) => {
      const then = boundsAt(atMs);
      return then.length > 0 && nearestBound(then, lon, lat).wrongM > 0;
    },
    lastEdgeMs: (atMs) => {
      const past = edges(atMs).filter((edge): edge is Instant => edge !== null && edge <= atMs);
      return past.length === 0 ? null : Math.max(...past);
    },
  };
}
