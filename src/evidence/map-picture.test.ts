import { expect, test } from 'vitest';
import type { LonLat } from '../kernel/roster.ts';
import { mapPicture } from './map-picture.ts';

const fix = { atMs: 0, lat: 23.5, lon: 116.3, accuracyM: 10, isEvidence: true };
const square = (halfDegrees: number, name = 'z'): Parameters<typeof mapPicture>[0][number] => {
  const corner = (x: number, y: number): LonLat => [116.31 + halfDegrees * (1 + x), 23.5 + halfDegrees * y];
  const ring = [corner(-1, -1), corner(-1, 0), corner(-1, 1), corner(1, 1), corner(1, -1), corner(-1, -1)];
  return {
    zone: { id: 'z', name, radiusM: null, widthM: null, geometry: { type: 'Polygon', coordinates: [ring] } },
    rule: 'stay-in',
  };
};
/** Corners of the zone's path, in pixels. */
const cornersOf = (svg: string) =>
  (/<path d="(M[^"]+)" fill-rule/.exec(svg)?.[1]?.match(/-?[\d.]+,-?[\d.]+/g) ?? []).map((at) =>
    at.split(',').map(Number),
  );
const isSeen = ([x = -1, y = -1]: number[]) => x >= 0 && x <= 1000 && y >= 0 && y <= 700;

test('E1 a zone near what happened is seen whole, of a county the nearest corner', () => {
  expect(cornersOf(mapPicture([square(0.01)], [fix])).every(isSeen)).toBe(true);
  const county = cornersOf(mapPicture([square(1)], [fix])).filter(isSeen);
  expect(county).toHaveLength(1);
});

test('E1 the scale bar tells the truth: a degree of latitude is 110.7 km here', () => {
  const svg = mapPicture([square(0.01)], [fix]);
  const corners = cornersOf(svg);
  const pixels = Math.abs((corners[0]?.[1] ?? 0) - (corners[2]?.[1] ?? 0));
  const [, width = '0', label = ''] = /H([\d.]+) V-6[^>]*\/><text y="18">([^<]+)</.exec(svg) ?? [];
  const barM = label.endsWith('km') ? 1000 * Number.parseFloat(label) : Number.parseFloat(label);
  expect(Math.abs((pixels / Number(width)) * barM - 0.02 * 110_740)).toBeLessThan(15);
});

test('E7 a name is only text, and no fixes is said', () => {
  expect(mapPicture([square(0.01, '<script>')], [fix])).not.toContain('<script>');
  expect(mapPicture([], [])).toContain('没有定位点');
});
