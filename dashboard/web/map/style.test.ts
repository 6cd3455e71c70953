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

test('G2 dead ground lies below all that stands on the map, in none of the colours of what binds, with a broken line', () => {
  for (const theme of ['light', 'dark'] as const) {
    const { layers } = mapStyle(theme, null);
    const of = (id: string) => layers.find((layer) => layer.id === id)?.paint as Record<string, unknown>;
    const at = (id: string) => layers.findIndex((layer) => layer.id === id);
    expect(at('dead-ground-line')).toBeLessThan(at('selection-zone'));
    expect(at('dead-ground')).toBeGreaterThan(at('boundary'));
    expect(of('dead-ground-line')['line-dasharray']).toBeDefined();
    expect(of('selection-zone')['line-dasharray']).toBeUndefined();
    expect(of('dead-ground-line')['line-color']).not.toBe(of('selection-zone')['line-color']);
    expect(of('dead-ground')).toEqual({ 'fill-pattern': 'hatch' });
  }
});
