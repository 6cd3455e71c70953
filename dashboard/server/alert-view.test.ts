import { expect, test } from 'vitest';
import type { Stage } from '../../src/kernel/casework.ts';
import { alert } from '../../tests/harness/board.ts';
import { isOnBoard, nameIn } from './alert-view.ts';

test('R5 the name stands where the whole id stands', () => {
  expect(nameIn('S1离开居住地，S1 在 S10 附近', 'S1', '测试人员甲')).toBe(
    '测试人员甲离开居住地，测试人员甲 在 S10 附近',
  );
  expect(nameIn('S1-a and XS1 stay', 'S1', '甲')).toBe('S1-a and XS1 stay');
  expect(nameIn('S1 left', 'S1', null)).toBe('S1 left');
  expect(nameIn('a S1', 'S1', '$& S1')).toBe('a $& S1');
});

test('B3 open ones, cleared ones that nobody acknowledged, and what is in hand stand on the board', () => {
  const work = (stage: Stage) => ({ ...alert('a', 1).work, stage });
  expect(isOnBoard({ state: 'opened', work: work('acknowledged') })).toBe(true);
  expect(isOnBoard({ state: 'cleared', work: work('opened') })).toBe(true);
  expect(isOnBoard({ state: 'cleared', work: work('acknowledged') })).toBe(false);
  expect(isOnBoard({ state: 'retracted', work: work('opened') })).toBe(false);
  for (const stage of ['handling', 'tasked', 'resolved', 'reviewed', 'returned'] as const)
    for (const state of ['cleared', 'retracted', 'opened'] as const)
      expect(isOnBoard({ state, work: work(stage) })).toBe(true);
  expect(isOnBoard({ state: 'opened', work: work('closed') })).toBe(false);
});
