import { expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/kernel/policy.ts';
import { EMPTY, inherited, partOf, type Scope, withValue } from './document.ts';

const county: Scope = { of: 'organisation', path: '445281' };
const office: Scope = { of: 'organisation', path: '445281/office-01' };

test('Y1 what a scope does not set it has from the next wider one', () => {
  const policy = withValue(
    withValue(EMPTY, { of: 'default' }, 'silenceMinS', 600),
    county,
    'silenceMinS',
    300,
  );
  expect(inherited(policy, office, 'silenceMinS')).toBe(300);
  expect(inherited(policy, county, 'silenceMinS')).toBe(600);
  expect(inherited(policy, { of: 'grade', grade: 'strict' }, 'silenceMinS')).toBe(600);
  expect(inherited(policy, { of: 'default' }, 'silenceMinS')).toBe(DEFAULT_POLICY.silenceMinS);
  expect(inherited(policy, office, 'lowBatteryPct')).toBe(DEFAULT_POLICY.lowBatteryPct);
});

test('Y2 a value that is taken away leaves nothing behind, and nothing else changes', () => {
  const set = withValue(EMPTY, office, 'lowBatteryPct', 30);
  expect(partOf(set, office)).toEqual({ lowBatteryPct: 30 });
  expect(withValue(set, office, 'lowBatteryPct', undefined)).toEqual(EMPTY);
  const period = { from: '2026-10-01T00:00:00Z', until: '2026-10-08T00:00:00Z', policy: {} };
  const whole = { ...set, keyPeriods: [period] };
  const changed = withValue(whole, { of: 'period', index: 0 }, 'silenceMinS', 300);
  expect(changed).toEqual({ ...whole, keyPeriods: [{ ...period, policy: { silenceMinS: 300 } }] });
});
