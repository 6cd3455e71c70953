import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Position } from '../../src/kernel/log-event.ts';
import {
  accuracyOf,
  normalCdf,
  type PositionEstimate,
  probabilityOutside,
  sigmaOf,
  takeFix as take,
  toFix,
} from './position-estimate.ts';
import { positionOf } from './trials.testing.ts';

const takeFix = (before: PositionEstimate | null, position: Position) => take(before, toFix(position));

const at = (atS: number, x: number, y: number, accuracyM = 12): Position =>
  positionOf({ atS, x, y, accuracyM });

function settled(fixes: number, everyS = 60): PositionEstimate {
  let estimate: PositionEstimate | null = null;
  for (let i = 0; i < fixes; i++) estimate = takeFix(estimate, at(i * everyS, 0, -300)).estimate;
  if (estimate === null) throw new Error('no fixes');
  return estimate;
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value));

test('E2 one wild fix, whatever it claims, changes neither place nor surety', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 2000, max: 2e6, noNaN: true }),
      fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (farM, angle, accuracyM) => {
        const before = settled(30);
        const fix = at(1860, farM * Math.cos(angle), farM * Math.sin(angle), accuracyM);
        const { estimate, effect } = takeFix(copy(before), fix);
        expect(effect).toBe('aside');
        expect({ ...estimate, aside: [] }).toEqual(before);
        // And with the next good one it is forgotten.
        const next = takeFix(estimate, at(1920, 0, -300));
        expect(next.effect).toBe('moved');
        expect(next.estimate.aside).toEqual([]);
      },
    ),
  );
});

test('E3 two kept aside that agree take over, and both count', () => {
  const first = takeFix(settled(30), at(1860, 0, 5000));
  const second = takeFix(first.estimate, at(1920, 10, 5010));
  expect([first.effect, second.effect]).toEqual(['aside', 'took-over']);
  expect(second.agreed?.[3]).toBe(at(1860, 0, 0).atMs);
});

test('E12 with the time a second one fits where the first came too early: the first counts as well, if it agrees and the estimate lies there', () => {
  const move = (accuracyM: number, secondM: number, second: Partial<Position> = {}) => {
    let estimate = settled(30);
    const effects: unknown[] = [];
    for (const [atS, y, more] of [
      [2010, 650, {}],
      [2610, secondM, second],
    ] as const) {
      const taken = takeFix(estimate, { ...at(atS, 0, y, accuracyM), ...more });
      estimate = taken.estimate;
      effects.push(taken.effect, taken.agreed?.[3]);
    }
    expect(estimate.aside).toEqual([]);
    return effects;
  };
  const first = at(2010, 0, 0).atMs;
  expect(move(65, 660)).toEqual(['aside', undefined, 'moved', first]);
  // At home again; halfway, which agrees with neither; from towers, which say too little.
  expect(move(65, -300)).toEqual(['aside', undefined, 'moved', undefined]);
  expect(move(65, 350)).toEqual(['aside', undefined, 'moved', undefined]);
  expect(move(65, 660, { accuracyM: 400 })).toEqual(['aside', undefined, 'moved', undefined]);
  expect(move(65, 650, { method: 'cell' })).toEqual(['aside', undefined, 'moved', undefined]);
});

test('E12 an access point again to the digit is no witness there either', () => {
  const first = takeFix(settled(30), { ...at(2010, 0, 650, 65), method: 'wifi' });
  const second = takeFix(first.estimate, { ...at(2610, 0, 650, 65), method: 'wifi' });
  expect([first.effect, second.effect, second.agreed]).toEqual(['aside', 'moved', undefined]);
});

test('E3 two wild ones in different places do not agree', () => {
  const first = takeFix(settled(30), at(1860, 0, 5000));
  const second = takeFix(first.estimate, at(1920, 0, -20_000));
  expect(second.effect).toBe('aside');
});

test('E3 a car on the road is found by the third fix though no two agree', () => {
  let estimate = settled(30);
  const effects: string[] = [];
  for (let i = 1; i <= 4; i++) {
    const taken = takeFix(estimate, at(1800 + i * 60, 0, 1000 + i * 1500));
    estimate = taken.estimate;
    effects.push(taken.effect);
  }
  expect(effects.slice(0, 3)).toEqual(['aside', 'aside', 'took-over']);
});

test('E3 three that no vehicle could follow do not', () => {
  let estimate = settled(30);
  for (const [i, y] of [20_000, -40_000, 60_000].entries()) {
    const taken = takeFix(estimate, at(1860 + i * 60, 0, y));
    estimate = taken.estimate;
    expect(taken.effect).toBe('aside');
  }
});

test('E4 however many fixes agree, the variance keeps the floor of the best', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 3000, noNaN: true }), { minLength: 1, maxLength: 60 }),
      (accuracies) => {
        let estimate: PositionEstimate | null = null;
        let best = Infinity;
        for (const [i, accuracyM] of accuracies.entries()) {
          estimate = takeFix(estimate, at(i, 0, -300, accuracyM)).estimate;
          best = Math.min(best, sigmaOf(accuracyM));
          expect(Math.sqrt(estimate.varianceM2)).toBeGreaterThan(0.6 * best - 0.02);
        }
      },
    ),
  );
});

test('E4 a fix once a second for an hour is no surer than the floor', () => {
  const estimate = settled(3600, 1);
  expect(Math.sqrt(estimate.varianceM2)).toBeGreaterThanOrEqual(0.59 * sigmaOf(12));
});

test('E5 the same instant and older fixes change nothing', () => {
  const before = settled(10);
  for (const fix of [at(540, 0, 9000), at(539, 0, -300), at(0, 0, -300)]) {
    const { estimate, effect } = takeFix(copy(before), fix);
    expect(effect).toBe('stale');
    expect(estimate).toEqual(before);
  }
});

test('E5 a wild fix again is no second witness of itself, nor is one from before it', () => {
  const wild = at(1860, 0, 9000);
  const first = takeFix(settled(30), wild);
  const before = copy(first.estimate);
  for (const again of [wild, at(1850, 5, 9005)]) {
    const { estimate, effect } = takeFix(first.estimate, again);
    expect(effect).toBe('stale');
    expect(estimate).toEqual(before);
  }
});

test.each([
  ['cell', 'aside'],
  ['wifi', 'aside'],
  ['gnss', 'took-over'],
] as const)('E5 a %s fix repeated to the digit: %s', (method, effect) => {
  const first = takeFix(settled(30), { ...at(1860, 0, 9000, 100), method });
  expect(takeFix(first.estimate, { ...at(1920, 0, 9000, 100), method }).effect).toBe(effect);
});

test('E6 a fix without accuracy has that of its method; a claim below 5 m is 5 m', () => {
  const { accuracyM: _, ...bare } = at(0, 0, 0);
  expect(accuracyOf({ ...bare, method: 'gnss' })).toBe(20);
  expect(accuracyOf({ ...bare, method: 'wifi' })).toBe(100);
  expect(accuracyOf({ ...bare, method: 'cell' })).toBe(1000);
  expect(accuracyOf(bare)).toBe(100);
  expect(sigmaOf(0)).toBeCloseTo(5 / 1.515, 9);
});

test.each([
  [0, 0.5],
  [1, 0.841344746],
  [-1, 0.158655254],
  [2.326347874, 0.99],
  [1.644853627, 0.95],
  [-3, 0.001349898],
  [6, 1],
])('E7 Φ(%d)', (z, probability) => {
  expect(Math.abs(normalCdf(z) - probability)).toBeLessThan(1e-6);
});

test('E8 read back from JSON at any point, the estimate goes on the same', () => {
  const steps = fc.array(
    fc.record({
      y: fc.integer({ min: -5000, max: 5000 }),
      accuracyM: fc.integer({ min: 1, max: 2000 }),
      gapS: fc.integer({ min: -30, max: 900 }),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (fixes) => {
      let straight: PositionEstimate | null = null;
      let read: PositionEstimate | null = null;
      let atS = 0;
      for (const { y, accuracyM, gapS } of fixes) {
        atS += gapS;
        straight = takeFix(straight, at(atS, 0, y, accuracyM)).estimate;
        read = copy(takeFix(read, at(atS, 0, y, accuracyM)).estimate);
        expect(read).toEqual(straight);
      }
    }),
  );
});

test('E9 towers, by their word or by a claim of 300 m and more, never make surer than a cell is wide', () => {
  const claims = fc.oneof(
    fc.record({ accuracyM: fc.integer({ min: 5, max: 299 }), method: fc.constant('cell' as const) }),
    fc.record({ accuracyM: fc.integer({ min: 300, max: 2000 }), method: fc.constant('wifi' as const) }),
    fc.record({ accuracyM: fc.integer({ min: 300, max: 2000 }) }),
  );
  fc.assert(
    fc.property(fc.array(claims, { minLength: 1, maxLength: 60 }), (fixes) => {
      let estimate: PositionEstimate | null = null;
      for (const [i, claim] of fixes.entries())
        estimate = takeFix(estimate, { ...at(i * 60, 0, -300), ...claim }).estimate;
      expect(Math.sqrt(estimate?.varianceM2 ?? 0)).toBeGreaterThanOrEqual(1300 / 1.515 - 0.01);
    }),
  );
});

test('E9 towers alone accuse from two cells’ width beyond an edge, and no nearer', () => {
  const outsideAt = (beyondM: number) => {
    let estimate: PositionEstimate | null = null;
    for (let i = 0; i < 20; i++)
      estimate = takeFix(estimate, { ...at(i * 900, 0, beyondM, 800), method: 'cell' }).estimate;
    return probabilityOutside(beyondM, Math.sqrt(estimate?.varianceM2 ?? 0));
  };
  expect(outsideAt(1900)).toBeLessThan(0.99);
  expect(outsideAt(2100)).toBeGreaterThan(0.99);
});

test('E9 a better fix among them counts as what it is', () => {
  const estimate = settled(30);
  const { effect, estimate: after } = takeFix(estimate, { ...at(1860, 900, -300, 500), method: 'cell' });
  expect(effect).toBe('moved');
  expect(Math.sqrt(after.varianceM2)).toBeLessThan(200);
});

test('E10 the first fix of a device is believed half, the second as it says', () => {
  const first = takeFix(null, at(0, 0, -300));
  expect(Math.sqrt(first.estimate.varianceM2)).toBeCloseTo(2 * sigmaOf(12), 1);
  const second = takeFix(first.estimate, at(60, 0, -300));
  expect(Math.sqrt(second.estimate.varianceM2)).toBeLessThanOrEqual(sigmaOf(12));
});
