import { expect, test } from 'vitest';
import { isOnBoard, nameIn } from './alert-view.ts';

test('R5 the name stands where the whole id stands', () => {
  expect(nameIn('S1离开居住地，S1 在 S10 附近', 'S1', '测试人员甲')).toBe(
    '测试人员甲离开居住地，测试人员甲 在 S10 附近',
  );
  expect(nameIn('S1-a and XS1 stay', 'S1', '甲')).toBe('S1-a and XS1 stay');
  expect(nameIn('S1 left', 'S1', null)).toBe('S1 left');
  expect(nameIn('a S1', 'S1', '$& S1')).toBe('a $& S1');
});

test('B3 open ones, and cleared ones that nobody acknowledged, stand on the board', () => {
  expect(isOnBoard({ state: 'opened', acknowledgedAtMs: 1 })).toBe(true);
  expect(isOnBoard({ state: 'cleared', acknowledgedAtMs: null })).toBe(true);
  expect(isOnBoard({ state: 'cleared', acknowledgedAtMs: 1 })).toBe(false);
  expect(isOnBoard({ state: 'retracted', acknowledgedAtMs: null })).toBe(false);
});
