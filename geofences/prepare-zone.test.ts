import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { kinks } from '@turf/turf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LonLat, ZoneFeature, ZoneGeometry } from '../src/kernel/roster.ts';
import { decodeZones } from '../src/kernel/zone-file.ts';
import { buildEdgeTree } from './edge-tree.ts';
import { prepareZone } from './prepare-zone.ts';
import { findCrossing } from './ring-checks.ts';

const feature = (geometry: ZoneGeometry, sizeM: number | null = null): ZoneFeature => ({
  id: 'z',
  name: null,
  radiusM: sizeM,
  widthM: sizeM,
  geometry,
});
const square = (lon: number, lat: number, half: number): LonLat[] => [
  [lon - half, lat - half],
  [lon + half, lat - half],
  [lon + half, lat + half],
  [lon - half, lat + half],
  [lon - half, lat - half],
];
const polygon = (...rings: LonLat[][]): ZoneGeometry => ({ type: 'Polygon', coordinates: rings });
const many = Array.from({ length: 200_001 }, (_, i): LonLat => {
  const angle = (2 * Math.PI * i) / 200_000;
  return i === 200_000 ? [117, 23] : [116 + Math.cos(angle), 23 + Math.sin(angle)];
});

const BAD: [string, ZoneFeature, string, RegExp][] = [
  [
    'an open ring',
    feature(polygon(square(116, 23, 0.1).slice(0, -1))),
    'geometry.coordinates[0]',
    /not closed/,
  ],
  [
    'three points',
    feature(
      polygon([
        [0, 0],
        [1, 1],
        [0, 0],
      ]),
    ),
    'geometry.coordinates[0]',
    /four points/,
  ],
  [
    'a loop',
    feature(
      polygon([
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
        [0, 0],
      ]),
    ),
    'geometry.coordinates[0]',
    /crosses itself near 0\.500000, 0\.500000/,
  ],
  [
    'no area',
    feature(
      polygon([
        [0, 0],
        [1, 1],
        [2, 2],
        [0, 0],
      ]),
    ),
    'geometry.coordinates[0]',
    /no area/,
  ],
  ['no ring', feature({ type: 'Polygon', coordinates: [] }), 'geometry.coordinates', /no ring/],
  ['swapped coordinates', feature(polygon(square(23, 116, 0.1))), 'geometry.coordinates[0][0]', /swapped/],
  [
    'a hole that crosses its polygon',
    feature(polygon(square(116, 23, 0.1), square(116.1, 23, 0.05))),
    'geometry.coordinates[0]',
    /crosses geometry\.coordinates\[1\]/,
  ],
  [
    'a hole outside its polygon',
    feature(polygon(square(116, 23, 0.1), square(117, 23, 0.05))),
    'geometry.coordinates[1]',
    /hole/,
  ],
  [
    'a hole in a hole',
    feature(polygon(square(116, 23, 0.1), square(116, 23, 0.05), square(116, 23, 0.02))),
    'geometry.coordinates[2]',
    /hole/,
  ],
  [
    'parts that overlap',
    feature({ type: 'MultiPolygon', coordinates: [[square(116, 23, 0.1)], [square(116.05, 23.05, 0.1)]] }),
    'geometry.coordinates[0][0]',
    /crosses geometry\.coordinates\[1\]\[0\]/,
  ],
  [
    'a part inside a part',
    feature({ type: 'MultiPolygon', coordinates: [[square(116, 23, 0.1)], [square(116, 23, 0.05)]] }),
    'geometry.coordinates[1][0]',
    /inside or on/,
  ],
  [
    'the same part twice',
    feature({ type: 'MultiPolygon', coordinates: [[square(116, 23, 0.1)], [square(116, 23, 0.1)]] }),
    'geometry.coordinates[0][0]',
    /inside or on/,
  ],
  [
    'a loop in the second part',
    feature({
      type: 'MultiPolygon',
      coordinates: [
        [square(116, 23, 0.1)],
        [
          [
            [0, 0],
            [1, 1],
            [1, 0],
            [0, 1.5],
            [0, 0],
          ],
        ],
      ],
    }),
    'geometry.coordinates[1][0]',
    /crosses itself/,
  ],
  ['too many points', feature(polygon(many)), 'geometry.coordinates', /200001 points/],
  [
    'a circle without radius',
    feature({ type: 'Point', coordinates: [116, 23] }),
    'properties.radiusM',
    /radius/,
  ],
  [
    'a swapped circle',
    feature({ type: 'Point', coordinates: [23, 116] }, 100),
    'geometry.coordinates',
    /swapped/,
  ],
  [
    'a corridor without width',
    feature({
      type: 'LineString',
      coordinates: [
        [116, 23],
        [117, 23],
      ],
    }),
    'properties.widthM',
    /width/,
  ],
  [
    'a corridor of one point',
    feature({ type: 'LineString', coordinates: [[116, 23]] }, 50),
    'geometry.coordinates',
    /no length/,
  ],
  [
    'a corridor without length',
    feature(
      {
        type: 'LineString',
        coordinates: [
          [116, 23],
          [116, 23],
        ],
      },
      50,
    ),
    'geometry.coordinates',
    /no length/,
  ],
];

test.each(BAD)('Z5 %s is refused with the place', (_, zone, where, message) => {
  const result = prepareZone(zone);
  if (result.ok) throw new Error('was taken');
  expect(result.error.where).toBe(where);
  expect(result.error.message).toMatch(message);
});

test('Z5 a ring crosses itself exactly when Turf says so', () => {
  const ring = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 })), {
      minLength: 4,
      maxLength: 12,
    })
    .map((points) => points.map(([x, y]): LonLat => [116 + x / 1013, 23 + y / 997]));
  let crossed = 0;
  fc.assert(
    fc.property(ring, (open) => {
      const closed = [...open, open[0] as LonLat];
      const mine = findCrossing(buildEdgeTree([closed]), [closed]) !== undefined;
      const turf = kinks({ type: 'Polygon', coordinates: [closed.map((p) => [...p])] }).features.length > 0;
      // Turf counts a touch, which is none here: it may see more.
      if (mine) {
        crossed++;
        expect(turf).toBe(true);
      } else if (turf) {
        expect(touches(closed)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
  expect(crossed).toBeGreaterThan(500);
});

/** A point of the ring on another edge of it, or twice the same point. */
function touches(ring: readonly LonLat[]): boolean {
  return ring.slice(0, -1).some(([x, y], i) =>
    ring.slice(1).some(([bx, by], j) => {
      const [ax, ay] = ring[j] as LonLat;
      if (j === i || (j + 1) % (ring.length - 1) === i) return false;
      const cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
      const dot = (x - ax) * (x - bx) + (y - ay) * (y - by);
      return Math.abs(cross) <= 1e-8 * Math.hypot(bx - ax, by - ay) && dot <= 1e-8;
    }),
  );
}

test('Z6 rings that touch themselves or each other in a point are taken', () => {
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
  expect(prepareZone(feature(polygon(eight))).ok).toBe(true);
  const corners: ZoneGeometry = { type: 'MultiPolygon', coordinates: [[square(0, 0, 1)], [square(2, 2, 1)]] };
  expect(prepareZone(feature(corners)).ok).toBe(true);
});

const boundaries = fileURLToPath(new URL('../../shared/data/boundaries/', import.meta.url));
const isThere = existsSync(boundaries);
const mustBeThere = (process.env.WARDLINE_FORBID_SKIPS ?? '').split(',').includes('shared');
if (!isThere) process.stdout.write('Z6: skipped; the national map (../shared/data/boundaries) is not here\n');

test.skipIf(!isThere && !mustBeThere)(
  'Z6 all counties, cities and provinces of the national map are taken',
  { timeout: 60_000 },
  () => {
    for (const [name, count] of [
      ['counties', 2891],
      ['cities', 375],
      ['provinces', 34],
    ] as const) {
      const file = readFileSync(`${boundaries}china_${name}_tianditu.geojson.gz`);
      const json = JSON.parse(gunzipSync(file).toString());
      const zones = decodeZones({
        ...json,
        features: json.features.map((f: { properties: { code: string } }) => ({
          ...f,
          id: String(f.properties.code),
        })),
      });
      if (!zones.ok) throw new Error(zones.error[0]?.message);
      expect(zones.value.length).toBe(count);
      expect(zones.value.map(prepareZone).filter((result) => !result.ok)).toEqual([]);
    }
  },
);
