import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boxAround, findDeepest } from './deepest.ts';
import { distanceM } from './metres.ts';
import { prepared, ringsOf, star, unit } from './shapes.testing.ts';
import { signedDistanceM } from './signed-distance.ts';

test('Z9 no place of a zone lies deeper than the deepest, by more than was asked for', () => {
  fc.assert(
    fc.property(star, fc.array(fc.tuple(unit, unit), { minLength: 20, maxLength: 20 }), (shape, spots) => {
      const zone = prepared({ type: 'Polygon', coordinates: ringsOf(shape) });
      const box = boxAround(zone, 0);
      const toleranceM = shape.sizeM / 50;
      const { depthM, lon, lat } = findDeepest((...at) => signedDistanceM(zone, ...at), box, toleranceM);
      expect(depthM).toBe(-signedDistanceM(zone, lon, lat));
      expect(depthM).toBeGreaterThan(0);
      for (const [x, y] of spots) {
        const at = [box[0] + x * (box[2] - box[0]), box[1] + y * (box[3] - box[1])] as const;
        expect(-signedDistanceM(zone, ...at)).toBeLessThanOrEqual(depthM + toleranceM);
      }
    }),
    { numRuns: 50 },
  );
});

test('Z9 a circle is deepest in its middle, a corridor on its line; what nothing is inside of says so', () => {
  const circle = prepared({ type: 'Point', coordinates: [179.999, 40] }, 500);
  const found = findDeepest((...at) => signedDistanceM(circle, ...at), boxAround(circle, 0), 1);
  expect(found.depthM).toBeGreaterThan(498);
  expect(distanceM(found.lon, found.lat, 179.999, 40)).toBeLessThan(2);
  const corridor = prepared(
    {
      type: 'LineString',
      coordinates: [
        [116, 23],
        [116.1, 23.1],
      ],
    },
    80,
  );
  const along = findDeepest((...at) => signedDistanceM(corridor, ...at), boxAround(corridor, 0), 1);
  expect(along.depthM).toBeGreaterThan(38.9);
  expect(along.depthM).toBeLessThan(40.1);
  const nowhere = findDeepest((...at) => -signedDistanceM(circle, ...at), boxAround(circle, -250), 1, 0);
  expect(nowhere.depthM).toBeLessThanOrEqual(0);
});
