import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Crs, convert, fromWgs84, type Place, toWgs84 } from './coordinates.ts';

/** Metres between two near places, on the sphere of the Earth's mean radius. */
function metres(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  return Math.hypot(x, (b.lat - a.lat) * rad) * 6_371_008.8;
}

const SHIFTING: readonly Crs[] = ['gcj02', 'bd09'];

describe('vectors', () => {
  const file = new URL('../../../shared/vectors/coords.json', import.meta.url);
  if (!existsSync(file)) {
    const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
    test.skipIf(!isForbidden)('G1 vectors: skipped, ../shared/vectors/coords.json is not there', () => {
      expect.fail(
        '../shared/vectors/coords.json is missing, and WARDLINE_FORBID_SKIPS forbids to go without',
      );
    });
    return;
  }
  interface Vector {
    readonly id: string;
    readonly input: Place & { readonly from: Crs; readonly to: Crs };
    readonly expected: Place & { readonly tolerance_m: number };
    readonly tags?: readonly string[];
  }
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];
  // eviltransform's BD-09 turns with π where Baidu's own formula has π × 3000/180: 10 to 41 m off.
  const sound = vectors.filter(({ tags }) => tags?.includes('upstream_defect') !== true);

  test.each(sound)('G1 $id is converted within its tolerance', ({ input, expected }) => {
    const found = convert(input, input.from, input.to);
    expect(metres(found, expected)).toBeLessThan(expected.tolerance_m);
  });
});

const CITIES: Readonly<Record<string, Place>> = {
  揭阳: { lat: 23.55, lon: 116.37 },
  达川: { lat: 31.2, lon: 107.51 },
  桐乡: { lat: 30.63, lon: 120.56 },
  北京: { lat: 39.915, lon: 116.404 },
  乌鲁木齐: { lat: 43.83, lon: 87.62 },
  喀什: { lat: 39.47, lon: 75.99 },
  漠河: { lat: 52.97, lon: 122.54 },
  抚远: { lat: 48.36, lon: 134.3 },
  丹东: { lat: 40.13, lon: 124.39 },
  瑞丽: { lat: 24.01, lon: 97.85 },
  三亚: { lat: 18.25, lon: 109.51 },
  拉萨: { lat: 29.65, lon: 91.14 },
  香港: { lat: 22.28, lon: 114.16 },
};

test.each(Object.entries(CITIES))(
  'G2 %s is shifted by some hundred metres and comes back',
  (_name, place) => {
    for (const crs of SHIFTING) {
      const shown = fromWgs84(place, crs);
      expect(metres(shown, place)).toBeGreaterThan(50);
      expect(metres(toWgs84(shown, crs), place)).toBeLessThan(0.001);
    }
  },
);

test('G2 there and back is within 0.5 m all over the inland, from each system to each', () => {
  const inland = fc.record({
    lat: fc.double({ min: 24, max: 41, noNaN: true }),
    lon: fc.double({ min: 100, max: 116, noNaN: true }),
  });
  fc.assert(
    fc.property(inland, fc.constantFrom(...SHIFTING), fc.constantFrom(...SHIFTING), (place, a, b) => {
      expect(metres(toWgs84(fromWgs84(place, a), a), place)).toBeLessThan(0.5);
      expect(metres(convert(convert(fromWgs84(place, a), a, b), b, 'wgs84'), place)).toBeLessThan(0.5);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['London', 51.5, -0.12],
  ['Seoul', 37.56, 126.98],
  ['Tokyo', 35.68, 139.69],
  ['Ulaanbaatar', 47.92, 106.92],
  ['Almaty', 43.24, 76.91],
  ['Delhi', 28.61, 77.21],
  ['Hanoi', 21.03, 105.85],
  ['Bangkok', 13.75, 100.5],
  ['Sydney', -33.87, 151.21],
  ['Null', 0, 0],
])('G3 %s is the same place in every system', (_name, lat, lon) => {
  for (const crs of SHIFTING) {
    expect(toWgs84({ lat, lon }, crs)).toEqual({ lat, lon });
    expect(fromWgs84({ lat, lon }, crs)).toEqual({ lat, lon });
  }
});

test('G4 whatever numbers come, an answer comes: at the box of the formula, at the ring, far off, no numbers at all', () => {
  // gcoord's own inverse never returns for such a place: the shift takes it out of the box, where there is none.
  const edges: readonly Place[] = [
    { lat: 55.8271, lon: 100 },
    { lat: 0.8293, lon: 110 },
    { lat: 30, lon: 72.004 },
    { lat: 30, lon: 137.8347 },
  ];
  const number = fc.oneof(
    fc.double(),
    fc.double({ min: -200, max: 200 }),
    fc.constantFrom(72.004, 137.8347, 0.8293),
  );
  for (const place of edges)
    for (const crs of SHIFTING) expect(metres(toWgs84(place, crs), place)).toBeLessThan(2000);
  fc.assert(
    fc.property(number, number, fc.constantFrom(...SHIFTING), (lat, lon, crs) => {
      const found = toWgs84({ lat, lon }, crs);
      if (!Number.isFinite(lat) || !Number.isFinite(lon)) expect(found).toEqual({ lat, lon });
      else expect(Math.abs(found.lat - lat)).toBeLessThan(0.02);
    }),
    { numRuns: 5000 },
  );
});

test('G5 what is WGS-84 is never touched', () => {
  for (const place of Object.values(CITIES)) expect(convert(place, 'wgs84', 'wgs84')).toBe(place);
});
