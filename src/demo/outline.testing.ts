/** A county or zone as turf has it: in tests, turf on degrees judges what the demo did in metres. */
import { polygon } from '@turf/turf';
import type { LonLat } from '../kernel/roster.ts';

export function outline(rings: readonly (readonly LonLat[])[]) {
  return polygon(rings.map((ring) => ring.map(([lon, lat]) => [lon, lat])));
}
