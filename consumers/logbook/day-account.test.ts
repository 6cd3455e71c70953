import { expect, test } from 'vitest';
import { AT_WORK, accountOf } from './day-account.ts';
import { createDay } from './day-facts.ts';

const HOUR_MS = 3_600_000;
const surrounding = {
  midnightMs: 0,
  minutesGone: 1440,
  feedDown: [],
  blind: [],
  start: AT_WORK,
  leaveGraceMs: 0,
};

test('L12 leave over a roll-call or at its close leaves it out of both sides; one that ended within it does not', () => {
  const musters = (leaveUntilMs: number) => {
    const facts = createDay(0, 'o', 'standard');
    facts.musters.push({ id: 'M1', fromMs: 9 * HOUR_MS, untilMs: 10 * HOUR_MS, isMet: false });
    facts.musters.push({ id: 'M2', fromMs: 15 * HOUR_MS, untilMs: 16 * HOUR_MS, isMet: true });
    facts.leaves.push({ id: 'P1', fromMs: 8 * HOUR_MS, untilMs: leaveUntilMs, returnedAtMs: null });
    const { mustersDue, mustersMet } = accountOf(facts, surrounding);
    return [mustersMet, mustersDue];
  };
  expect(musters(10 * HOUR_MS)).toEqual([1, 1]);
  expect(musters(9.5 * HOUR_MS)).toEqual([1, 2]);
});
