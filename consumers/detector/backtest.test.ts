import { expect, test } from 'vitest';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument } from '../../src/kernel/policy.ts';
import { type BacktestRun, createBacktest, summarise } from './backtest.ts';
import type { Rules } from './replay.ts';
import { circle, fix, minutes, person, policy, range } from './story.testing.ts';

const rules: Rules = {
  roster: {
    subjects: [person(), person({ id: 'S2', devices: [] })],
    musters: [],
    calendar: { days: {}, timeZone: 'Asia/Shanghai' },
  },
  zones: [circle('home')],
  policy: EMPTY_POLICY_DOCUMENT,
};
const other: PolicyDocument = {
  ...EMPTY_POLICY_DOCUMENT,
  default: { silenceMinS: 300, outsideProbability: 0.999_999 },
};
const resultOf = (run: BacktestRun, isCounted: (subject: string) => boolean = () => true) =>
  summarise(run.result(), 'Asia/Shanghai', isCounted);
const HAS_NOTHING = { ticks: false, feeds: false, sightings: false };
/** Ten minutes of silence, and 30 m outside for a while. */
const events = [
  ...range(0, 20).map((n) => fix(n, 0)),
  ...range(30, 40).map((n) => fix(n, 1030)),
  ...range(40, 60).map((n) => fix(n, 0)),
];

test('D20 what another policy would have raised and what not, one by one, with the load', () => {
  const run = createBacktest(rules, other, HAS_NOTHING);
  for (const event of events) run.take(event);
  run.until(minutes(65));
  const result = resultOf(run);
  expect(result.counts).toEqual([
    { kind: 'out-of-bounds', before: 1, after: 0 },
    { kind: 'silent', before: 0, after: 2 },
  ]);
  expect(result.differences.map(({ side, kind }) => [side, kind])).toEqual([
    ['only-after', 'silent'],
    ['only-before', 'out-of-bounds'],
    ['only-after', 'silent'],
  ]);
  expect(result.load.before.worstTenMinutes).toBe(1);
  expect(result.load.after.byHour.reduce((sum, n) => sum + n, 0)).toBe(2);
  expect(resultOf(run, (subject) => subject === 'S2').differences).toEqual([]);
});

test('D20 the same policy differs in nothing, and a policy that was recorded on the way is not in the other run', () => {
  const same = createBacktest(rules, EMPTY_POLICY_DOCUMENT, HAS_NOTHING);
  for (const event of events) same.take(event);
  expect(resultOf(same).differences).toEqual([]);
  const recorded = createBacktest(rules, EMPTY_POLICY_DOCUMENT, HAS_NOTHING);
  for (const event of [policy(0, { silenceMinS: 300 }), ...events]) recorded.take(event);
  expect(resultOf(recorded).counts).toEqual([
    { kind: 'out-of-bounds', before: 1, after: 1 },
    { kind: 'silent', before: 1, after: 0 },
  ]);
});
