/** Made shapes for the tests of distances: stars all over the world, some with a hole, and points near them. */
import fc from 'fast-check';
import type { LonLat, ZoneFeature, ZoneGeometry } from '../src/kernel/roster.ts';
import { type PreparedZone, prepareZone } from './prepare-zone.ts';

export function prepared(geometry: ZoneGeometry, sizeM: number | null = null): PreparedZone {
  const feature: ZoneFeature = { id: 'z', name: null, radiusM: sizeM, widthM: sizeM, geometry };
  const result = prepareZone(feature);
  if (!result.ok) throw new Error(`${result.error.where}: ${result.error.message}`);
  return result.value;
}

/** Even: fast-check's own doubles are as many for each power of two, so most of them are next to nothing. */
export const even = (min: number, max: number) =>
  fc.integer({ min: 0, max: 1e6 }).map((n) => min + ((max - min) * n) / 1e6);

export const unit = even(0, 1);

/** A star: as many corners as `radii`, around a middle, so that it never crosses itself. Some have a hole. */
export const star = fc.record({
  lon: even(-170, 170),
  lat: even(-70, 70),
  sizeM: fc.constantFrom<number[]>(60, 800, 5000, 40_000, 100_000),
  radii: fc.array(even(0.5, 1), { minLength: 3, maxLength: 40 }),
  hole: fc.boolean(),
});
export type Star = typeof star extends fc.Arbitrary<infer T> ? T : never;

export function ringsOf({ lon, lat, sizeM, radii, hole }: Star): LonLat[][] {
  const ring = (share: number): LonLat[] => {
    const points = radii.map((radius, i): LonLat => {
      const angle = (2 * Math.PI * i) / radii.length;
      const deg = (radius * share * sizeM) / 111_000;
      return [lon + (deg * Math.cos(angle)) / Math.cos((lat * Math.PI) / 180), lat + deg * Math.sin(angle)];
    });
    return [...points, points[0] as LonLat];
  };
  return hole ? [ring(1), ring(0.4)] : [ring(1)];
}

export function pointNear({ lon, lat, sizeM }: Star, x: number, y: number): LonLat {
  const deg = (3 * sizeM) / 111_000;
  return [lon + ((x - 0.5) * deg) / Math.cos((lat * Math.PI) / 180), lat + (y - 0.5) * deg];
}

/** What Z1 allows. */
export const tolerance = (trueM: number) => Math.max(0.5, 0.001 * trueM);
