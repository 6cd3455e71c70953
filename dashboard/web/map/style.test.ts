import { expect, test } from 'vitest';
import { mapStyle } from './style.ts';

test('Q10 no name of a place is written over the number of a gathering, and none is lost to it', () => {
  const { layers } = mapStyle('light', null);
  const at = (id: string) => layers.findIndex((layer) => layer.id === id);
  const layoutOf = (id: string) => layers[at(id)]?.layout as Record<string, unknown>;
  // MapLibre places what lies above first; only what takes its place pushes others aside.
  expect(at('clusters')).toBeGreaterThan(at('labels'));
  expect(layoutOf('clusters')).not.toHaveProperty('icon-ignore-placement');
  expect(layoutOf('labels')).not.toHaveProperty('text-allow-overlap');
  expect(layoutOf('labels')['text-variable-anchor']).toContain('top');
  expect(at('alerts')).toBe(layers.length - 1);
});
