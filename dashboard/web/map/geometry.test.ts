import fc from 'fast-check';
import type { Position } from 'geojson';
import { expect, test } from 'vitest';
import { boundsOf, circle, nearestOnRings, ringsOf } from './geometry.ts';

/** Great-circle distance, metres: by another formula than the code's own. */
function distanceM([aLon = 0, aLat = 0]: Position, [bLon = 0, bLat = 0]: Position): number {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((bLat - aLat) * rad) / 2) ** 2 +
    Math.cos(aLat * rad) * Math.cos(bLat * rad) * Math.sin(((bLon - aLon) * rad) / 2) ** 2;
  return 2 * 6_371_000 * Math.asin(Math.sqrt(h));
}
const lon = fc.double({ min: 115.6, max: 116.6, noNaN: true });
const lat = fc.double({ min: 22.9, max: 23.8, noNaN: true });

test('Q5 a circle is to scale all around', () => {
  fc.assert(
    fc.property(lon, lat, fc.integer({ min: 1, max: 5000 }), (x, y, radiusM) => {
      for (const corner of circle(x, y, radiusM).coordinates[0] ?? [])
        expect(Math.abs(distanceM([x, y], corner) / radiusM - 1)).toBeLessThan(0.01);
    }),
  );
});

test('Q5 no point of the edge is nearer than the nearest', () => {
  const ring = fc.array(fc.tuple(lon, lat), { minLength: 3, maxLength: 12 });
  fc.assert(
    fc.property(ring, lon, lat, fc.double({ min: 0, max: 1, noNaN: true }), (corners, x, y, share) => {
      const closed: Position[] = [...corners, corners[0] ?? []];
      const nearest = nearestOnRings(x, y, [closed]);
      if (nearest === undefined) throw new Error('an edge without a nearest point');
      const found = distanceM([x, y], nearest);
      for (let i = 1; i < closed.length; i++) {
        const [ax = 0, ay = 0] = closed[i - 1] ?? [];
        const [bx = 0, by = 0] = closed[i] ?? [];
        const other = distanceM([x, y], [ax + share * (bx - ax), ay + share * (by - ay)]);
        // Flat against round: within a part in a hundred over a county.
        expect(found).toBeLessThanOrEqual(other * 1.01 + 1);
      }
    }),
  );
});

test('Q5 the edge of a point zone is its circle, and a line has none', () => {
  const zone = {
    type: 'Feature' as const,
    properties: { radiusM: 100 },
    geometry: { type: 'Point' as const, coordinates: [116, 23] },
  };
  const nearest = nearestOnRings(116.01, 23, ringsOf(zone) ?? []);
  expect(distanceM([116, 23], nearest ?? [])).toBeCloseTo(100, 0);
  expect(ringsOf({ ...zone, properties: {} })).toBeUndefined();
  expect(
    ringsOf({
      ...zone,
      geometry: {
        type: 'LineString',
        coordinates: [
          [1, 2],
          [3, 4],
        ],
      },
    }),
  ).toBeUndefined();
});

test('Q5 bounds hold every place, and there are none of nothing', () => {
  expect(boundsOf([])).toBeUndefined();
  expect(
    boundsOf([
      [3, 4],
      [1, 9],
    ]),
  ).toEqual({ west: 1, south: 4, east: 3, north: 9 });
});
