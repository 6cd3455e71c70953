import { expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/kernel/policy.ts';
import { decodePolicyDocument } from '../../../src/kernel/policy-file.ts';
import { EMPTY, inherited, partOf, placeOf, type Scope, withValue } from './document.ts';

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

test('Y1 a fault of the document is told by the scope and the item where it stands', () => {
  const decoded = decodePolicyDocument({
    default: { outsideProbability: 0.2 },
    grades: { strict: { silenceMinS: -1 } },
    organisations: { '445281/office-01.b': { tickSeconds: 0 } },
    keyPeriods: [
      { from: '2026-03-01T00:00:00Z', until: '2026-03-02T00:00:00Z', policy: {} },
      { from: '', until: '2026-03-02T00:00:00Z', policy: { lowBatteryPct: 101 } },
    ],
  });
  expect(decoded.ok ? [] : decoded.error.map(({ where }) => placeOf(where))).toEqual([
    { scope: { of: 'grade', grade: 'strict' }, key: 'silenceMinS' },
    { scope: { of: 'default' }, key: 'outsideProbability' },
    { scope: { of: 'organisation', path: '445281/office-01.b' }, key: 'tickSeconds' },
    { scope: { of: 'period', index: 1 }, key: null },
    { scope: { of: 'period', index: 1 }, key: 'lowBatteryPct' },
  ]);
  expect(placeOf('nonsense')).toEqual({ scope: null, key: null });
});
