import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ZoneFeature } from '../../../src/kernel/roster.ts';
import { areaM2, crossingOf, drawnOf, outlineOf, readZones, withDrawn } from './shape.ts';

const bare = { id: 'z1', name: '围栏', radiusM: null, widthM: null };
const lon = fc.double({ min: 73, max: 135, noNaN: true });
const lat = fc.double({ min: 4, max: 53, noNaN: true });

describe('Z1 what is drawn is the zone', () => {
  test('Z1 a circle that is shown as a ring is the same circle again, to a metre', () => {
    fc.assert(
      fc.property(lon, lat, fc.integer({ min: 20, max: 50_000 }), (x, y, radiusM) => {
        const zone: ZoneFeature = { ...bare, radiusM, geometry: { type: 'Point', coordinates: [x, y] } };
        const drawn = drawnOf(zone);
        const again = drawn === null ? null : withDrawn(zone, drawn);
        expect(Math.abs((again?.radiusM ?? 0) - radiusM)).toBeLessThanOrEqual(1);
        const [againX = 0, againY = 0] = again?.geometry.type === 'Point' ? again.geometry.coordinates : [];
        expect(againX).toBeCloseTo(x, 5);
        expect(againY).toBeCloseTo(y, 5);
      }),
    );
  });

  test('Z1 an area and a corridor keep their corners, their name and their width', () => {
    const ring = [
      [116, 23],
      [116.01, 23],
      [116.01, 23.01],
      [116, 23],
    ] as const;
    const area: ZoneFeature = { ...bare, geometry: { type: 'Polygon', coordinates: [ring] } };
    const corridor: ZoneFeature = {
      ...bare,
      widthM: 300,
      geometry: { type: 'LineString', coordinates: ring.slice(0, 3) },
    };
    for (const zone of [area, corridor]) {
      const drawn = drawnOf(zone);
      expect(drawn === null ? null : withDrawn(zone, drawn)).toEqual(zone);
    }
  });

  test('Z1 what has holes, parts or a county’s corners is shown, and not drawn anew', () => {
    const ring = [
      [116, 23],
      [116.01, 23],
      [116.01, 23.01],
      [116, 23],
    ] as const;
    const many = Array.from({ length: 400 }, (_, i) => [116 + i / 1e4, 23] as const);
    const shapes: ZoneFeature['geometry'][] = [
      { type: 'Polygon', coordinates: [ring, ring] },
      { type: 'MultiPolygon', coordinates: [[ring]] },
      { type: 'Polygon', coordinates: [many] },
      { type: 'LineString', coordinates: many },
    ];
    for (const geometry of shapes) expect(drawnOf({ ...bare, geometry })).toBe(null);
  });
});

test('Z2 areas are those of the ground, to a hundredth', () => {
  const circle: ZoneFeature = { ...bare, radiusM: 1000, geometry: { type: 'Point', coordinates: [116, 23] } };
  const drawn = outlineOf(circle).geometry as unknown as ZoneFeature['geometry'];
  expect(areaM2(circle)).toBeCloseTo(Math.PI * 1e6, 0);
  expect(areaM2({ ...bare, geometry: drawn }) / areaM2(circle)).toBeCloseTo(1, 2);
});

test('Z3 a file is read as the command reads it, and a fault is told with its place', () => {
  const feature = {
    type: 'Feature',
    id: 'z9',
    properties: {},
    geometry: { type: 'Point', coordinates: [116, 23] },
  };
  expect(readZones('{')).toMatchObject({ ok: false, error: [{ code: 'not-json' }] });
  expect(readZones(JSON.stringify(feature))).toMatchObject({ ok: false });
  const whole = { ...feature, properties: { radiusM: 50 } };
  expect(readZones(JSON.stringify(whole))).toMatchObject({ ok: true, value: [{ id: 'z9', radiusM: 50 }] });
  const collection = { type: 'FeatureCollection', features: [whole] };
  expect(readZones(JSON.stringify(collection))).toMatchObject({ ok: true, value: [{ id: 'z9' }] });
});

test('G2 a crossing is found at the corner that makes it; neither the pointer nor the edge back makes one', () => {
  const area = (...ring: [number, number][]): ZoneFeature => ({
    ...bare,
    geometry: { type: 'Polygon', coordinates: [ring] },
  });
  const [a, b, c, d] = [
    [0, 0],
    [2, 2],
    [2, 0],
    [0, 2],
  ] as [number, number][] as [[number, number], [number, number], [number, number], [number, number]];
  // Drawn, as the library gives it: the corners, the pointer, the first corner.
  expect(crossingOf(area(a, b, c, d, a), true)).toBeUndefined();
  expect(crossingOf(area(a, b, c, d, [0, 3], a), true)).toEqual([1, 1]);
  expect(crossingOf(area(a, c, b, [3, 3], a), true)).toBeUndefined();
  // The edge back crosses only when it is drawn.
  expect(crossingOf(area(a, [4, 0], [4, 4], [2, -1], [2, -1], a), true)).toEqual([2.4, 0]);
  expect(crossingOf(area(a, b, c, d, a), false)).toEqual([1, 1]);
  expect(crossingOf(area(a, c, b, d, a), false)).toBeUndefined();
});
