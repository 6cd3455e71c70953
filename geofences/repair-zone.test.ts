import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LonLat, ZoneFeature, ZoneGeometry } from '../src/kernel/roster.ts';
import { prepareZone } from './prepare-zone.ts';
import { checkZone, prepareOrOffer } from './repair-zone.ts';
import { signedDistanceM } from './signed-distance.ts';

const feature = (geometry: ZoneGeometry): ZoneFeature => ({
  id: 'z',
  name: null,
  radiusM: null,
  widthM: geometry.type === 'LineString' ? 50 : null,
  geometry,
});
const polygon = (...coordinates: LonLat[][]) => feature({ type: 'Polygon', coordinates });
const square: LonLat[] = [
  [116, 23],
  [117, 23],
  [117, 24],
  [116, 24],
  [116, 23],
];
const whatOf = (zone: ZoneFeature) => checkZone(zone).repairs.map(({ what, where }) => [what, where]);

test('Z8 an open ring is closed, and the zone as it was is refused all the same', () => {
  const open = polygon(square.slice(0, -1));
  const { refusal, repaired, repairs } = checkZone(open);
  expect(refusal?.message).toMatch(/not closed/);
  expect(repairs.map(({ what, where }) => [what, where])).toEqual([['closed', 'geometry.coordinates[0]']]);
  expect(repaired?.geometry).toEqual({ type: 'Polygon', coordinates: [square] });
  expect(prepareZone(open).ok).toBe(false);
  const offered = prepareOrOffer(open);
  expect(offered.ok ? '' : offered.error.message).toMatch(/zones check/);
});

test('Z8 a ring that runs the wrong way, and points that stand twice', () => {
  expect(whatOf(polygon(square.toReversed()))).toEqual([['rewound', 'geometry.coordinates[0]']]);
  const twice = [...square.slice(0, 2), ...square.slice(1)];
  expect(whatOf(polygon(twice))).toEqual([['duplicate-points', 'geometry.coordinates[0]']]);
  const line = feature({
    type: 'LineString',
    coordinates: [
      [116, 23],
      [116, 23],
      [117, 23],
    ],
  });
  expect(whatOf(line)).toEqual([['duplicate-points', 'geometry.coordinates']]);
  expect(whatOf(polygon(square))).toEqual([]);
  expect(checkZone(polygon(square))).toEqual({ refusal: null, repairs: [], repaired: null });
});

test('Z8 a ring that touches itself is parted, a spike is left out', () => {
  const eight: LonLat[] = [
    [0, 0],
    [1, 0],
    [1, 1],
    [2, 1],
    [2, 2],
    [1, 2],
    [1, 1],
    [0, 1],
    [0, 0],
  ];
  const parted = checkZone(polygon(eight));
  expect(parted.repairs).toEqual([
    {
      what: 'split',
      where: 'geometry.coordinates[0][6]',
      words: {
        zh: 'geometry.coordinates[0] 在 1, 1 处与自身相接，在此分开',
        en: 'geometry.coordinates[0] touches itself at 1, 1 and is parted there',
      },
    },
  ]);
  expect(parted.repaired?.geometry.type).toBe('MultiPolygon');
  const spike: LonLat[] = [...square.slice(0, 2), [118, 23.5], [117, 23], ...square.slice(2)];
  expect(whatOf(polygon(spike))).toEqual([['spike', 'geometry.coordinates[0][3]']]);
  // Drawn in one stroke: a hole that hangs on the edge.
  const holed: LonLat[] = [
    [0, 0],
    [1, 1],
    [1, 0.5],
    [0, 0],
    [4, 0],
    [4, 4],
    [0, 4],
    [0, 0],
  ];
  const made = checkZone(polygon(holed));
  expect(made.repaired?.geometry.type).toBe('Polygon');
  expect(made.repaired?.geometry.coordinates.length).toBe(2);
});

test('Z8 what would have to be guessed is not repaired', () => {
  const bow: LonLat[] = [
    [0, 0],
    [1, 1],
    [1, 0],
    [0, 1],
    [0, 0],
  ];
  expect(checkZone(polygon(bow))).toMatchObject({ repairs: [], repaired: null });
  expect(checkZone(polygon(bow.slice(0, -1))).repaired).toBeNull();
  expect(checkZone(polygon(square.map(([lon, lat]): LonLat => [lat, lon]))).repaired).toBeNull();
  expect(checkZone(polygon(square.slice(0, 2))).repaired).toBeNull();
});

test('Z8 a repair changes nothing of what is enclosed, needs no second one, and is taken', () => {
  const corner = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }));
  const spot = fc.tuple(
    fc.double({ min: -1, max: 5, noNaN: true }),
    fc.double({ min: -1, max: 5, noNaN: true }),
  );
  let repairedOf = 0;
  fc.assert(
    fc.property(
      fc.array(corner, { minLength: 3, maxLength: 9 }),
      fc.array(spot, { minLength: 10, maxLength: 10 }),
      (open, spots) => {
        const zone = polygon(
          [...open, open[0] as [number, number]].map(([x, y]): LonLat => [116 + x, 23 + y]),
        );
        const before = prepareZone(zone);
        const { repaired, refusal } = checkZone(zone);
        expect(refusal === null).toBe(before.ok);
        if (repaired === null) return;
        const after = prepareZone(repaired);
        if (!after.ok) throw new Error('offered what is refused');
        expect(checkZone(repaired).repairs).toEqual([]);
        if (!before.ok) return;
        repairedOf++;
        for (const [x, y] of spots) {
          const [a, b] = [before.value, after.value].map((each) => signedDistanceM(each, 116 + x, 23 + y));
          // A spike is an edge that encloses nothing: it may be nearer, but not change the side.
          if (Math.abs(a ?? 0) > 1) expect(Math.sign(a ?? 0)).toBe(Math.sign(b ?? 0));
        }
      },
    ),
    { numRuns: 3000 },
  );
  expect(repairedOf).toBeGreaterThan(50);
});
