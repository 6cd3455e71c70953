/** Better than every row of the table of evidence.md, with a seed that nothing was tuned on. */
import { describe, expect, test } from 'vitest';
import { falseAlertsADay, firstFixOutside, leaving, positionFilter } from './trials.testing.ts';

const SEED = 20_260_301;
const DAYS = 1000;

describe('E1 the table of evidence.md', () => {
  test.each([
    // inside, correlation, the table's figure for the first fix outside and for its best row (floor 1.0; 300 m inside it has none)
    [80, 0, 56, 0.01],
    [80, 0.8, 39, 0.07],
    [300, 0, 36, 0.005],
  ])('E1 at home %d m inside, errors correlated %d', (insideM, correlation, plain, best) => {
    const first = falseAlertsADay(firstFixOutside, insideM, correlation, DAYS, SEED);
    const found = falseAlertsADay(positionFilter, insideM, correlation, DAYS, SEED);
    // The trial is the table's: the plain rule comes out as there.
    expect(first).toBeGreaterThan(0.9 * plain);
    expect(first).toBeLessThan(1.1 * plain);
    expect(found).toBeLessThan(best);
    expect(found).toBeLessThan(first / 1000);
  });

  test('E1 a walk out with 12 m fixes is found at the first fix outside, and not before', () => {
    const walk = leaving(
      positionFilter,
      (atS) => -1500 + (Math.max(0, atS - 3600) / 60) * 100,
      12,
      60,
      7200,
      200,
      SEED,
    );
    expect(walk.delayS).toBe(0);
    expect(walk.falseAlerts).toBeLessThan(0.02);
  });

  test.each([
    [300, 60],
    [15_000, 1000],
  ])('E1 moved %d m out with fixes of %d m: found within a fix more', (outM, accuracyM) => {
    const moved = leaving(
      positionFilter,
      (atS) => (atS < 36_000 ? -Math.max(300, 3 * accuracyM) : outM),
      accuracyM,
      300,
      72_000,
      200,
      SEED,
    );
    expect(moved.delayS).toBeLessThanOrEqual(300);
    expect(moved.falseAlerts).toBeLessThan(0.02);
  });

  test('E1 two hundred fixes inside, one of them far outside claiming 12 m: quiet, whichever it is', () => {
    for (let wild = 1; wild < 200; wild++) {
      const judge = positionFilter();
      for (let i = 0; i < 200; i++) {
        const isWild = i === wild;
        expect(judge({ atS: i * 300, x: 0, y: isWild ? 4000 : -300, accuracyM: isWild ? 12 : 30 })).toBe(
          false,
        );
      }
    }
  });
});
