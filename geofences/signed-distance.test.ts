import { booleanPointInPolygon, pointToPolygonDistance } from '@turf/turf';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { LonLat } from '../src/kernel/roster.ts';
import { buildEdgeTree, isEnclosed } from './edge-tree.ts';
import { geodesicM, geodesicToLinesM } from './geodesic.testing.ts';
import { wrap } from './metres.ts';
import { nearestEdgeM, placeStarts } from './nearest-edge.ts';
import { prepareZone } from './prepare-zone.ts';
import { even, pointNear, prepared, ringsOf, star, tolerance, unit } from './shapes.testing.ts';
import { createSafeCircle, rememberedDistanceM, signedDistanceM } from './signed-distance.ts';

/** The oracle is slow; never a statement about speed. */
vi.setConfig({ testTimeout: 60_000 });

test('the oracle is right: Flinders Peak to Buninyong (Vincenty 1975, GDA94 manual)', () => {
  expect(
    geodesicM([144.42486788888888, -37.95103341666667], [143.92649552777777, -37.65282113888889]),
  ).toBeCloseTo(54972.271, 2);
});

test('Z1 distances of polygons, with and without hole, small and large, agree with geodesics', () => {
  fc.assert(
    fc.property(star, unit, unit, (shape, x, y) => {
      const rings = ringsOf(shape);
      const zone = prepared({ type: 'Polygon', coordinates: rings });
      const [lon, lat] = pointNear(shape, x, y);
      const trueM = geodesicToLinesM([lon, lat], rings);
      expect(Math.abs(Math.abs(signedDistanceM(zone, lon, lat)) - trueM)).toBeLessThan(tolerance(trueM));
    }),
    { numRuns: 300 },
  );
});

test('Z1 of two edges far apart the nearer one is found, by whichever scale one begins', () => {
  const dot = (lon: number, lat: number): LonLat[] => [
    [lon, lat],
    [lon + 1e-4, lat],
    [lon + 1e-4, lat + 1e-4],
    [lon, lat],
  ];
  for (let dy = 0.45; dy < 0.55; dy += 0.001) {
    const dots = [dot(101, 61), dot(102, 60 - dy)];
    const zone = prepared({ type: 'MultiPolygon', coordinates: dots.map((ring) => [ring]) });
    const trueM = geodesicToLinesM([100, 60], dots);
    expect(Math.abs(signedDistanceM(zone, 100, 60) - trueM)).toBeLessThan(tolerance(trueM));
  }
});

test('Z1 what a search passes over, because nothing nearer to its cell lies there, holds nothing nearer', () => {
  const many = fc.record({
    lon: even(-170, 170),
    lat: even(-70, 70),
    sizeM: fc.constantFrom(60, 5000, 100_000, 400_000, 1_000_000),
    radii: fc.array(even(0.5, 1), { minLength: 30, maxLength: 400 }),
    hole: fc.boolean(),
  });
  const place = even(1 / 3, 2 / 3);
  let passedOver = 0;
  fc.assert(
    fc.property(many, fc.array(fc.tuple(place, place), { minLength: 40, maxLength: 40 }), (shape, places) => {
      const tree = buildEdgeTree(ringsOf(shape));
      placeStarts(tree);
      const whole = { ...tree, climbs: tree.climbs.map(() => Math.log2(tree.leaves)) };
      passedOver += tree.climbs.filter((climb, cell) => climb < (whole.climbs[cell] ?? 0)).length;
      for (const [x, y] of places) {
        const [lon, lat] = pointNear(shape, x, y);
        expect(nearestEdgeM(tree, lon, lat)).toBe(nearestEdgeM(whole, lon, lat));
      }
    }),
    { numRuns: 300 },
  );
  expect(passedOver).toBeGreaterThan(1000);
});

test('Z2 inside and outside agree with Turf', () => {
  fc.assert(
    fc.property(star, unit, unit, (shape, x, y) => {
      const rings = ringsOf(shape);
      const zone = prepared({ type: 'Polygon', coordinates: rings });
      const [lon, lat] = pointNear(shape, x, y);
      const polygon = { type: 'Polygon' as const, coordinates: rings.map((ring) => ring.map((p) => [...p])) };
      const d = signedDistanceM(zone, lon, lat);
      fc.pre(Math.abs(d) > 0.001);
      expect(d < 0).toBe(booleanPointInPolygon([lon, lat], polygon));
    }),
    { numRuns: 1000 },
  );
});

test('Z1 Turf, on a sphere, says the same to the difference between sphere and ellipsoid', () => {
  fc.assert(
    fc.property(star, unit, unit, (shape, x, y) => {
      // A line straight in longitude and latitude and one over the sphere part as they get longer.
      const small = { ...shape, sizeM: Math.min(shape.sizeM, 800) };
      const rings = ringsOf(small);
      const at = pointNear(small, x, y);
      const polygon = { type: 'Polygon' as const, coordinates: rings.map((ring) => ring.map((p) => [...p])) };
      const turfM = pointToPolygonDistance([...at], polygon, { units: 'meters' });
      const ownM = signedDistanceM(prepared({ type: 'Polygon', coordinates: rings }), ...at);
      expect(Math.abs(ownM - turfM)).toBeLessThan(Math.max(0.5, 0.007 * Math.abs(turfM)));
    }),
  );
});

test('Z2 the side of the nearest edge says what the even-odd rule does, also where rings touch, bend back or have twice a point', () => {
  const step = 0.01;
  const corner = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }));
  const ring = fc.array(corner, { minLength: 3, maxLength: 9 });
  let [plain, touching] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(ring, { minLength: 1, maxLength: 2 }),
      fc.array(fc.tuple(unit, unit), { minLength: 20, maxLength: 20 }),
      (rings, points) => {
        const coordinates = rings.map((open) =>
          [...open, ...open.slice(0, 1)].map(([x, y]): LonLat => [116 + x * step, 23 + y * step]),
        );
        const made = prepareZone({
          id: 'z',
          name: null,
          radiusM: null,
          widthM: null,
          geometry: { type: 'Polygon', coordinates },
        });
        if (!made.ok || made.value.shape !== 'area') return;
        if (made.value.touches) touching++;
        else plain++;
        for (const [x, y] of points) {
          const at = [116 + (x * 7 - 1) * step, 23 + (y * 7 - 1) * step] as const;
          const d = signedDistanceM(made.value, ...at);
          if (Math.abs(d) > 0.01) expect(d < 0).toBe(isEnclosed(made.value.tree, ...at));
        }
      },
    ),
    { numRuns: 3000 },
  );
  expect(Math.min(plain, touching)).toBeGreaterThan(100);
});

test('Z2 a slit far away, a metre wide, one side of it in one piece and the other in many, turns nothing inside out', () => {
  const corner = fc.double({ min: -0.4, max: 0.4, noNaN: true });
  fc.assert(
    fc.property(
      corner,
      corner,
      fc.double({ min: 0.3, max: 3, noNaN: true }),
      fc.boolean(),
      (dx, dy, widthM, isNear) => {
        fc.pre(Math.hypot(dx, dy) > 0.1);
        const [lon, lat] = [116 + dx, 45 + dy];
        const [x, y] = [dx + 0.05, 0.3 - dy];
        const length = Math.hypot(x, y);
        const [offX, offY] = [(-y / length) * (widthM / 111_000), (x / length) * (widthM / 111_000)];
        const one: LonLat[] = [
          [lon - x, lat - y],
          [lon + x, lat + y],
        ];
        const side = isNear ? 1 : -1;
        const many = Array.from({ length: 301 }, (_, i): LonLat => {
          const t = 1 - (2 * i) / 300;
          return [lon + t * x + side * offX, lat + t * y + side * offY];
        });
        const square: LonLat[] = [
          [113, 42],
          [119, 42],
          [119, 48],
          [113, 48],
          [113, 42],
        ];
        const zone = prepared({
          type: 'Polygon',
          coordinates: [square, [...one, ...many, one[0] as LonLat]],
        });
        if (zone.shape !== 'area') throw new Error('no area');
        expect(zone.touches).toBe(false);
        const points: LonLat[] = [
          [116, 45],
          [116.1, 45.2],
          [115.9, 44.7],
        ];
        for (const [east, north] of points)
          expect(signedDistanceM(zone, east, north) < 0).toBe(isEnclosed(zone.tree, east, north));
      },
    ),
    { numRuns: 2000 },
  );
});

test('Z2 the middle of a hole is outside, and islands of a multipolygon are inside', () => {
  const square = (lon: number, lat: number, half: number): LonLat[] => [
    [lon - half, lat - half],
    [lon + half, lat - half],
    [lon + half, lat + half],
    [lon - half, lat + half],
    [lon - half, lat - half],
  ];
  const zone = prepared({
    type: 'MultiPolygon',
    coordinates: [
      [square(116, 23, 0.1), square(116, 23, 0.05)],
      [square(116, 23, 0.01)],
      [square(117, 23, 0.1)],
    ],
  });
  expect(signedDistanceM(zone, 116.08, 23)).toBeLessThan(-1000);
  expect(signedDistanceM(zone, 116.03, 23)).toBeGreaterThan(1000);
  expect(signedDistanceM(zone, 116, 23)).toBeLessThan(-500);
  expect(signedDistanceM(zone, 117, 23)).toBeLessThan(-9000);
  expect(signedDistanceM(zone, 116.5, 23)).toBeGreaterThan(40_000);
});

test('Z3 across the antimeridian a zone answers as elsewhere, whichever way its longitudes are written', () => {
  fc.assert(
    fc.property(star, unit, unit, fc.boolean(), (shape, x, y, isWrapped) => {
      const here = { ...shape, lon: 100 };
      const there = { ...shape, lon: 180 };
      const away = ringsOf(there).map((ring) =>
        ring.map(([lon, lat]): LonLat => [isWrapped ? wrap(lon) : lon, lat]),
      );
      const [lon, lat] = pointNear(here, x, y);
      const d = signedDistanceM(prepared({ type: 'Polygon', coordinates: ringsOf(here) }), lon, lat);
      const zone = prepared({ type: 'Polygon', coordinates: away });
      expect(Math.abs(signedDistanceM(zone, wrap(lon + 80), lat) - d)).toBeLessThan(0.01);
      expect(Math.abs(signedDistanceM(zone, wrap(lon + 80 - 360), lat) - d)).toBeLessThan(0.01);
    }),
  );
});

describe('Z4', () => {
  test('Z4 a circle is right to 0.5 m or 0.1 %', () => {
    fc.assert(
      fc.property(star, unit, unit, (shape, x, y) => {
        const zone = prepared({ type: 'Point', coordinates: [shape.lon, shape.lat] }, shape.sizeM);
        const point = pointNear(shape, x, y);
        const trueM = geodesicM([shape.lon, shape.lat], point);
        expect(Math.abs(signedDistanceM(zone, ...point) - (trueM - shape.sizeM))).toBeLessThan(
          tolerance(trueM),
        );
      }),
    );
  });

  test('Z4 a corridor is what lies within half its width of its line', () => {
    fc.assert(
      fc.property(star, unit, unit, (shape, x, y) => {
        const line = ringsOf({ ...shape, hole: false })[0]?.slice(0, -1) ?? [];
        const zone = prepared({ type: 'LineString', coordinates: line }, 100);
        const point = pointNear(shape, x, y);
        const trueM = geodesicToLinesM(point, [line]);
        expect(Math.abs(signedDistanceM(zone, ...point) - (trueM - 50))).toBeLessThan(tolerance(trueM));
      }),
    );
  });
});

test('Z7 a remembered distance is exact, or a safe bound at least as far as asked for', () => {
  fc.assert(
    fc.property(
      star,
      fc.array(fc.tuple(unit, unit), { maxLength: 30 }),
      fc.double({ min: 0, max: 2000, noNaN: true }),
      (shape, steps, enoughM) => {
        const zone = prepared({ type: 'Polygon', coordinates: ringsOf(shape) });
        const circle = createSafeCircle();
        for (const [x, y] of steps) {
          const [lon, lat] = pointNear(shape, 0.5 + x / 5, 0.5 + y / 5);
          const trueM = signedDistanceM(zone, lon, lat);
          const toldM = rememberedDistanceM(circle, zone, lon, lat, enoughM);
          if (toldM === trueM) continue;
          expect(Math.sign(toldM)).toBe(Math.sign(trueM));
          expect(Math.abs(toldM)).toBeLessThanOrEqual(Math.abs(trueM));
          expect(Math.abs(toldM)).toBeGreaterThanOrEqual(enoughM);
        }
      },
    ),
  );
});

test('Z7 far inside, most questions are answered from memory', () => {
  const zone = prepared({ type: 'Point', coordinates: [116, 23] }, 50_000);
  const polygon = prepared({
    type: 'Polygon',
    coordinates: ringsOf({ lon: 116, lat: 23, sizeM: 40_000, radii: [1, 1, 1, 1, 1], hole: false }),
  });
  for (const asked of [zone, polygon]) {
    const circle = createSafeCircle();
    const told = Array.from({ length: 100 }, (_, i) =>
      rememberedDistanceM(circle, asked, 116 + i * 1e-4, 23, 200),
    );
    expect(told.filter((d, i) => d === signedDistanceM(asked, 116 + i * 1e-4, 23)).length).toBe(1);
  }
});
