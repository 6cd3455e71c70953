import { expect, test } from 'vitest';
import { alert, board, known } from '../../../tests/harness/board.ts';
import { createBoardStore } from '../live/board-store.ts';
import { subjectFeatures } from './features.ts';

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
