import { expect, test } from 'vitest';
import { alert, applyPatch, board, known, viewOf } from '../../tests/harness/board.ts';
import { createFrontiers } from './frontier.ts';

test('B2 a patch since any number makes the old view the new one', () => {
  const subject = board();
  subject.placeSubjects([known('S1', 1)]);
  subject.placeAlert(alert('a', 1));
  subject.commit();
  const old = viewOf(subject.snapshot());
  subject.placeSubjects([known('S1', 2), known('stranger', 1)]);
  subject.removeAlert('a');
  subject.commit();
  const patch = subject.since(1);
  expect(patch).toMatchObject({ from: 1, to: 2, gone: ['a'] });
  if (patch !== undefined) applyPatch(old, patch);
  expect(old).toEqual(viewOf(subject.snapshot()));
});

test('B3 who is older than the remembered departures gets no difference', () => {
  const subject = board('e', 2);
  for (const id of ['a', 'b', 'c']) {
    subject.placeAlert(alert(id, 1));
    subject.commit();
  }
  for (const id of ['a', 'b', 'c']) {
    subject.removeAlert(id);
    subject.commit();
  }
  expect(subject.since(3)).toBeUndefined();
  expect(subject.since(4)?.gone).toEqual(['b', 'c']);
  expect(subject.since(7)).toBeUndefined();
});

test('B5 whereabouts that did not change are not sent', () => {
  const subject = board();
  subject.placeSubjects([known('S1', 1)]);
  expect(subject.commit()?.whereabouts).toHaveLength(1);
  subject.placeSubjects([known('S1', 1)]);
  expect(subject.isChanged()).toBe(false);
  expect(subject.commit()).toBeUndefined();
});

test('B12 the frontier is the oldest of all, and unknown while one is unheard', () => {
  const frontiers = createFrontiers(['board', 'detector'], 2);
  const note = (stage: 'board' | 'detector' | 'recorder', partition: number, tickMs: number) =>
    frontiers.note([{ stage, partition, tickMs }]);
  note('board', 0, 50);
  note('board', 1, 40);
  note('detector', 0, 30);
  note('recorder', 1, 1);
  expect(frontiers.oldestMs()).toBeNull();
  note('detector', 1, 60);
  expect(frontiers.oldestMs()).toBe(30);
  note('detector', 0, 20);
  expect(frontiers.oldestMs()).toBe(30);
});
