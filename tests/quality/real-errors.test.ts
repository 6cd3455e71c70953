/**
 * The errors that real phones made, laid in four rotations on a person who stays at home: how often each rule is wrong
 * (evidence.md, the last table).
 */
import { describe, expect, test } from 'vitest';
import {
  type Fix,
  firstFixOutside,
  positionFilter,
  type Rule,
} from '../../alerts/evidence/trials.testing.ts';
import { hasTraces } from '../real-traces/data.ts';
import { type Residuals, readResiduals } from './residuals.ts';

const mustHaveTraces = (process.env.WARDLINE_FORBID_SKIPS ?? '').split(',').includes('shared');
const isSkipped = !hasTraces && !mustHaveTraces;
if (isSkipped) console.log('E11: skipped; the real traces (../shared/data/traces) are not here');

const ignoring: Rule = () => {
  let stands = false;
  return ({ y, accuracyM }) => {
    if (accuracyM <= 100) stands = y > 0;
    return stands;
  };
};
const threeInRow: Rule = () => {
  let row = 0;
  return ({ y }) => {
    row = y > 0 ? row + 1 : 0;
    return row >= 3;
  };
};
const circleOutside: Rule =
  () =>
  ({ y, accuracyM }) =>
    y > accuracyM;

/** A run of one phone without a hole of an hour; a new one begins with nothing known. */
const HOLE_S = 3600;

function falseAlerts(phones: readonly Residuals[], rule: Rule, insideM: number): number {
  let alerts = 0;
  for (const { errors } of phones)
    for (const turn of [0, 1, 2, 3]) {
      let judge = rule();
      let stands = false;
      let lastS = 0;
      for (const { atS, x, y, accuracyM } of errors) {
        if (atS - lastS > HOLE_S) {
          judge = rule();
          stands = false;
        }
        lastS = atS;
        const [cos, sin] = [Math.cos((turn * Math.PI) / 2), Math.sin((turn * Math.PI) / 2)];
        const fix: Fix = { atS, x: x * cos - y * sin, y: x * sin + y * cos - insideM, accuracyM };
        const now = judge(fix);
        if (now && !stands) alerts++;
        stands = now;
      }
    }
  return alerts;
}

describe.skipIf(isSkipped)('real errors', { timeout: 120_000 }, () => {
  test('E11 on real errors no rule of evidence.md is false less often than the filter, at any distance', () => {
    const phones = readResiduals();
    const rules = { firstFixOutside, ignoring, threeInRow, circleOutside, positionFilter };
    const table = [50, 100, 200, 400].map((insideM) => ({
      insideM,
      ...Object.fromEntries(
        Object.entries(rules).map(([name, rule]) => [name, falseAlerts(phones, rule, insideM)]),
      ),
    })) as Record<string, number>[];
    console.table(table);
    for (const {
      firstFixOutside: first = 0,
      positionFilter: own = 0,
      ignoring: good = 0,
      threeInRow: row = 0,
      circleOutside: circle = 0,
    } of table) {
      expect(first).toBeGreaterThan(0);
      expect(own).toBeLessThanOrEqual(Math.min(good, row, circle));
      expect(own).toBeLessThan(first / 10);
    }
  });
});
