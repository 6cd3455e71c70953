import { expect, test } from 'vitest';
import { alert, board, known } from '../../../tests/harness/board.ts';
import { createBoardStore } from '../live/board-store.ts';
import { deadGroundFeatures, subjectFeatures } from './features.ts';
import { boundsOf } from './geometry.ts';

const NOW_MS = 100_000;

test('Q8 only who changed is another feature: who moved, and whose alert was raised', () => {
  const server = board();
  server.placeSubjects(['S0', 'S1', 'S2'].map((id) => known(id, 20)));
  server.commit();
  const store = createBoardStore();
  store.take(server.snapshot());
  const features = (before?: ReturnType<typeof subjectFeatures>) => {
    const state = store.state();
    return state === undefined ? [] : subjectFeatures(state, NOW_MS, before);
  };
  const first = features();
  expect(first.map((feature) => feature?.properties.image ?? null)).toEqual([
    'heard',
    'heard',
    'heard',
    null,
    null,
  ]);
  server.placeSubjects([known('S1', 21)]);
  server.placeAlert(alert('a', 1));
  const patch = server.commit();
  if (patch !== undefined) store.take(patch);
  const second = features(first);
  expect(second.map((feature, i) => feature === first[i])).toEqual([false, false, true, true, true]);
  expect(second[0]?.properties).toMatchObject({ image: 'alert-high', rank: 1 });
  expect(second[1]?.geometry.coordinates).toEqual([116, 21]);
  expect(second).toEqual(features());
});

test('G2 only dead ground is drawn as such, a circle as large as it is', () => {
  const zone = (purpose?: string) => ({
    type: 'Feature' as const,
    properties: { radiusM: 1113.2, ...(purpose === undefined ? {} : { purpose }) },
    geometry: { type: 'Point' as const, coordinates: [116, 23] },
  });
  const { features } = deadGroundFeatures([zone(), zone('no-signal')]);
  expect(features).toHaveLength(1);
  expect(
    boundsOf(
      features.flatMap(({ geometry }) => (geometry.type === 'Polygon' ? geometry.coordinates.flat() : [])),
    ),
  ).toMatchObject({ north: expect.closeTo(23.01, 4), south: expect.closeTo(22.99, 4) });
});
