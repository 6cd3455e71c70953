import type { Feature } from 'geojson';
import { expect, test } from 'vitest';
import { circle } from './geometry.ts';
import { sketchOf } from './sketch.ts';

const fix = (lon: number, accuracyM: number) => ({ atMs: 0, lon, lat: 23.5, accuracyM, distanceM: 100 });
const zone: Feature = {
  type: 'Feature',
  properties: { radiusM: 200 },
  geometry: { type: 'Point', coordinates: [116.3, 23.5] },
};

test('Q5 the sketch is to scale: errors, the way to the edge and the bar agree', () => {
  const alert = { kind: 'out-of-bounds' as const, evidence: [fix(116.302, 20), fix(116.303, 40)] };
  const sketch = sketchOf(alert, zone, 300, 150);
  if (sketch === undefined) throw new Error('no sketch');
  const pixelsAMetre = sketch.bar.pixels / sketch.bar.metres;
  const [before, last] = sketch.fixes;
  expect((last?.r ?? 0) / pixelsAMetre).toBeCloseTo(40, 0);
  expect((before?.r ?? 0) / pixelsAMetre).toBeCloseTo(20, 0);
  // 0.003° of longitude here are 306.3 m: 106.3 m beyond the edge.
  const way = Math.hypot((last?.x ?? 0) - (sketch.edge?.x ?? 0), (last?.y ?? 0) - (sketch.edge?.y ?? 0));
  expect(Math.abs(way / pixelsAMetre - 106.3)).toBeLessThan(2);
  for (const { x, y, r } of sketch.fixes) {
    expect(x - r).toBeGreaterThan(0);
    expect(x + r).toBeLessThan(300);
    expect(y - r).toBeGreaterThan(0);
    expect(y + r).toBeLessThan(150);
  }
  expect(sketch.zone).toMatch(/^M[\d.-]+ [\d.-]+(L[\d.-]+ [\d.-]+)+Z$/);
});

test('Q5 without evidence there is no sketch; without a drawn zone there are fixes alone', () => {
  expect(sketchOf({ kind: 'out-of-bounds', evidence: [] }, zone, 300, 150)).toBeUndefined();
  const alone = sketchOf({ kind: 'silent', evidence: [fix(116.3, 10)] }, undefined, 300, 150);
  expect(alone).toMatchObject({ zone: null, edge: null, bar: { metres: 20 } });
  const inside = { type: 'Feature' as const, properties: {}, geometry: circle(116.3, 23.5, 500) };
  expect(sketchOf({ kind: 'silent', evidence: [fix(116.3, 10)] }, inside, 300, 150)?.edge).toBeNull();
});
