import { expect, test } from 'vitest';
import { isInside } from '../../src/demo/plane.ts';
import { receiptOf } from '../../src/kernel/log-event.ts';
import { HOUR_MS } from './calendar.ts';
import { createDice, normal } from './dice.ts';
import { createMonth, type Month } from './month.ts';
import type { Residuals } from './residuals.ts';
import { score, type Told } from './score.ts';
import { truth } from './truth.ts';
import { createWay } from './way.ts';

/** Made errors: what is tested here is not how phones err. */
const residuals: Residuals[] = [1, 2].map((key) => {
  const dice = createDice(key);
  const errors = Array.from({ length: 2000 }, (_, i) => ({
    atS: 1e9 + i * 60,
    x: 10 * normal(dice),
    y: 10 * normal(dice),
    accuracyM: 20,
  }));
  return { phone: `made-${key}`, errors };
});
const month = (seed: number, subjects = 60, days = 3): Month =>
  createMonth({ seed, subjects, days, residuals });

test('Z1 the same seed makes the same month to the last byte, another seed another', () => {
  const text = (seed: number) => {
    const made = month(seed, 20, 2);
    return JSON.stringify([[...made.days()], made.truths]);
  };
  expect(text(1)).toBe(text(1));
  expect(text(1)).not.toBe(text(2));
});

test('Z2 in the order of receipt, over the days too; late, doubled and coarse ones among them', () => {
  let [lastMs, late, coarse] = [0, 0, 0];
  const seen = new Set<string>();
  let doubled = 0;
  for (const day of month(3, 150).days())
    for (const event of day) {
      expect(receiptOf(event)).toBeGreaterThanOrEqual(lastMs);
      lastMs = receiptOf(event);
      if (event.type !== 'position') continue;
      if (event.receivedMs - event.atMs > 120_000) late++;
      if ((event.accuracyM ?? 0) >= 300) coarse++;
      const key = `${event.device} ${event.atMs}`;
      if (seen.has(key)) doubled++;
      seen.add(key);
    }
  for (const some of [late, coarse, doubled]) expect(some).toBeGreaterThan(10);
});

test('Z3 who is said to be out of bounds is outside the polygon, and inside a minute before and after', () => {
  const made = month(4, 300, 4);
  for (const _ of made.days());
  const out = made.truths.filter(
    ({ kind, untilMs }) => kind === 'out-of-bounds' && untilMs < made.endMs - HOUR_MS,
  );
  expect(out.length).toBeGreaterThan(3);
  for (const { who, fromMs, untilMs } of out) {
    const person = made.city.people.find(({ profile }) => profile.id === who);
    if (person === undefined) throw new Error(who);
    if (person.leave !== null) continue;
    const way = createWay(made.city.world, person);
    const isIn = (atMs: number) => isInside(person.county.rings, way(atMs));
    expect([fromMs - 60_000, fromMs + 1000, (fromMs + untilMs) / 2, untilMs + 60_000].map(isIn)).toEqual([
      true,
      false,
      false,
      true,
    ]);
  }
});

test('Z4 the score: found, short, blind, missed, false, and what is right but not asked', () => {
  const at = (hour: number) => hour * HOUR_MS;
  const told = (who: string, from: number, until: number): Told => ({
    kind: 'curfew',
    who,
    startedAtMs: at(from),
    detectedAtMs: at(from) + 60_000,
    clearedAtMs: at(until),
    severity: 'high',
  });
  const truths = [
    truth('curfew', 'A', at(1), at(2), { useful: 5 }),
    truth('curfew', 'B', at(1), at(2), { useful: 5 }),
    truth('curfew', 'C', at(1), at(2), { useful: 1 }),
    truth('curfew', 'D', at(1), at(2), { useful: 5, allowedS: 7200 }),
    truth('curfew', 'E', at(1), at(2), { isOptional: true }),
  ];
  const alerts = [told('A', 1, 2), told('E', 1, 2), told('A', 9, 10), told('F', 1, 2)];
  const { real, short, blind, found, missed, false: wrong, delaysS } = score('curfew', alerts, truths);
  expect({ real, short, blind, found, delaysS }).toEqual({
    real: 4,
    short: 1,
    blind: 1,
    found: 1,
    delaysS: [60],
  });
  expect(missed.map(({ who }) => who)).toEqual(['B']);
  expect(wrong.map(({ who, startedAtMs }) => [who, startedAtMs])).toEqual([
    ['A', at(9)],
    ['F', at(1)],
  ]);
});
