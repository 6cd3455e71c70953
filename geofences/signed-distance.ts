/** Metres from a point to a zone's edge: negative inside, positive outside. Accurate to 0.5 m or 0.1 % (SPEC.md, Z1). */
import { isEnclosed } from './edge-tree.ts';
import { distanceM, wrap } from './metres.ts';
import { foundSide, nearestEdgeM } from './nearest-edge.ts';
import type { PreparedZone } from './prepare-zone.ts';

export function signedDistanceM(zone: PreparedZone, lon: number, lat: number): number {
  if (zone.shape === 'circle') return distanceM(zone.lon, zone.lat, lon, lat) - zone.radiusM;
  const near = zone.middleLon + wrap((lon - zone.middleLon) % 360);
  const edgeM = nearestEdgeM(zone.tree, near, lat);
  if (zone.shape === 'corridor') return edgeM - zone.halfWidthM;
  const side = zone.touches ? 0 : foundSide(zone.tree, near, lat);
  const isInside = side === 0 ? isEnclosed(zone.tree, near, lat) : side > 0;
  return isInside ? -edgeM : edgeM;
}

/** What an exact answer says of the surroundings: nothing changes side within that distance. Made anew by `rememberedDistanceM`. */
export interface SafeCircle {
  zone: PreparedZone | null;
  lon: number;
  lat: number;
  distanceM: number;
  /** That of another zone: whoever asks about several has a chain of them, which weighs nothing where there is one. */
  readonly next: SafeCircle | null;
}

export function createSafeCircle(next: SafeCircle | null = null): SafeCircle {
  return { zone: null, lon: 0, lat: 0, distanceM: 0, next };
}

/** Of a chain the one that was last used for a zone of that id. */
export function findCircle(first: SafeCircle | null | undefined, id: string): SafeCircle | undefined {
  for (let circle = first ?? null; circle !== null; circle = circle.next)
    if (circle.zone?.id === id) return circle;
  return undefined;
}

/** Covers what the two ways of measuring may differ by. */
const SLACK_SHARE = 1.005;
const SLACK_M = 1;

/**
 * The signed distance, or, when an earlier answer shows that the edge is at least `enoughM` away, a bound: same side, nearer
 * to the edge than the truth, but not nearer than `enoughM`. Whoever asks must conclude the same from both.
 */
export function rememberedDistanceM(
  circle: SafeCircle,
  zone: PreparedZone,
  lon: number,
  lat: number,
  enoughM: number,
): number {
  if (circle.zone === zone) {
    const leftM =
      Math.abs(circle.distanceM) - distanceM(circle.lon, circle.lat, lon, lat) * SLACK_SHARE - SLACK_M;
    if (leftM >= enoughM) return circle.distanceM < 0 ? -leftM : leftM;
  }
  circle.zone = zone;
  circle.lon = lon;
  circle.lat = lat;
  circle.distanceM = signedDistanceM(zone, lon, lat);
  return circle.distanceM;
}
