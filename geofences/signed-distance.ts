/** Metres from a point to a zone's edge: negative inside, positive outside. Accurate to 0.5 m or 0.1 % (SPEC.md, G1). */
import { isEnclosed, nearestEdgeM } from './edge-tree.ts';
import { distanceM, wrap } from './metres.ts';
import type { PreparedZone } from './prepare-zone.ts';

export function signedDistanceM(zone: PreparedZone, lon: number, lat: number): number {
  if (zone.shape === 'circle') return distanceM(zone.lon, zone.lat, lon, lat) - zone.radiusM;
  const near = zone.middleLon + wrap((lon - zone.middleLon) % 360);
  const edgeM = nearestEdgeM(zone.tree, near, lat);
  if (zone.shape === 'corridor') return edgeM - zone.halfWidthM;
  return isEnclosed(zone.tree, near, lat) ? -edgeM : edgeM;
}
