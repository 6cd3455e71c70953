import { expect, test } from 'vitest';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

test('P10 what stands in the audit has words in both languages', () => {
  expect(Object.keys(en.actions).sort()).toEqual(Object.keys(zh.actions).sort());
});
