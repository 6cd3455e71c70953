import { expect, test } from 'vitest';
import { scaledStyle } from './scale.ts';
import { mapStyle } from './style.ts';

const layer = (id: string, scale: number) => {
  const found = scaledStyle(mapStyle('light', null), scale).layers.find((each) => each.id === id);
  return found as unknown as { paint: Record<string, unknown>; layout: Record<string, unknown> };
};

test('W3 marks, lines, labels and clusters grow with the page; what is to scale on the ground does not', () => {
  expect(layer('alerts', 2).layout['icon-size']).toEqual([
    'interpolate',
    ['linear'],
    ['zoom'],
    8,
    2.3,
    14,
    3.2,
  ]);
  expect(layer('clusters', 2).layout['icon-size']).toBe(2);
  expect(layer('calm', 2).paint['circle-radius']).toEqual([
    'interpolate',
    ['linear'],
    ['zoom'],
    8,
    5.2,
    14,
    10.4,
  ]);
  expect(layer('labels', 2).layout['text-size']).toEqual([
    'interpolate',
    ['linear'],
    ['zoom'],
    7,
    24,
    10,
    32,
  ]);
  expect(layer('selection-place', 2).paint['circle-radius']).toBe(22);
  for (const [id, size] of [
    ['calm-errors', 'circle-radius'],
    ['subjects-errors', 'circle-radius'],
    ['selection-corridor', 'line-width'],
  ] as const)
    expect(layer(id, 2).paint[size]).toEqual(layer(id, 1).paint[size]);
  expect(scaledStyle(mapStyle('dark', null), 2).sources.calm).toMatchObject({ clusterRadius: 68 });
  expect(scaledStyle(mapStyle('dark', null), 1)).toEqual(mapStyle('dark', null));
});
