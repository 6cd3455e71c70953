import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SPOT_CHECK_RESULTS } from '../../src/kernel/log-event.ts';
import { type Candidate, draw, type Signs, weigh } from './draw.ts';
import { consequenceOf, hasFailed, RESULT_WORDS } from './spot-check.ts';

const candidate = (subject: string, weight: number): Candidate => ({ subject, weight, reasons: [] });
const signs = (more: Partial<Signs> = {}): Signs => ({
  subject: 'S1',
  blindH: 1,
  fixes: 500,
  places: 40,
  spanH: 48,
  chargedPct: 60,
  nightFixes: 150,
  lastCheck: null,
  ...more,
});
const anySigns: fc.Arbitrary<Signs> = fc
  .record({
    blindH: fc.option(fc.double({ min: 0, max: 1000, noNaN: true })),
    fixes: fc.nat(3000),
    places: fc.nat(100),
    spanH: fc.double({ min: 0, max: 48, noNaN: true }),
    chargedPct: fc.option(fc.double({ min: -100, max: 100, noNaN: true })),
    nightFixes: fc.nat(3000),
    lastCheck: fc.option(
      fc.record({ failed: fc.boolean(), hoursAgo: fc.double({ min: 0, max: 999, noNaN: true }) }),
    ),
  })
  .map(signs);

test('S1 the same seed and candidates draw the same, in whatever order they stand', () => {
  const any = fc.uniqueArray(
    fc.record({ id: fc.nat(10_000), weight: fc.double({ min: 0.25, max: 70, noNaN: true }) }),
    {
      selector: ({ id }) => id,
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(fc.string(), any, fc.nat(50), (seed, given, wanted) => {
      const candidates = given.map(({ id, weight }) => candidate(`S${id}`, weight));
      const picked = draw(seed, candidates, wanted, ['phone', 'video']);
      expect(draw(seed, candidates.toReversed(), wanted, ['phone', 'video'])).toEqual(picked);
      expect(picked).toHaveLength(Math.min(wanted, candidates.length));
      expect(new Set(picked.map(({ subject }) => subject)).size).toBe(picked.length);
    }),
  );
});

test('S1 who comes or goes among the candidates changes nobody else’s ticket', () => {
  const many = Array.from({ length: 50 }, (_, i) => candidate(`S${i}`, 1 + (i % 7)));
  const order = draw('seed', many, 50, ['phone']).map(({ subject }) => subject);
  const fewer = draw('seed', many.slice(10), 40, ['phone']).map(({ subject }) => subject);
  expect(fewer).toEqual(order.filter((subject) => Number(subject.slice(1)) >= 10));
});

test('S2 drawn as often as weighed: of one draw each, by 20,000 fixed seeds', () => {
  const given = [candidate('a', 1), candidate('b', 2), candidate('c', 5), candidate('d', 0.25)];
  const total = given.reduce((sum, { weight }) => sum + weight, 0);
  const counts = new Map<string, number>();
  const runs = 20_000;
  for (let i = 0; i < runs; i++) {
    const subject = draw(`seed ${i}`, given, 1, ['phone'])[0]?.subject ?? '';
    counts.set(subject, (counts.get(subject) ?? 0) + 1);
  }
  // Four standard deviations of a binomial share.
  for (const { subject, weight } of given) {
    const share = weight / total;
    const spread = 4 * Math.sqrt((share * (1 - share)) / runs);
    expect(Math.abs((counts.get(subject) ?? 0) / runs - share)).toBeLessThan(spread);
  }
});

test('S3 nobody is safe and nobody is certain: weights lie between 0.25 and 100', () => {
  fc.assert(
    fc.property(anySigns, (given) => {
      const { weight } = weigh(given);
      expect(weight).toBeGreaterThanOrEqual(0.25);
      expect(weight).toBeLessThan(100);
    }),
  );
});

test('S3 a longer blind gap weighs more, and each sign of a phone at home too, with its name', () => {
  fc.assert(
    fc.property(
      anySigns,
      fc.double({ min: 0, max: 47, noNaN: true }),
      fc.double({ min: 0, max: 47, noNaN: true }),
      (given, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(weigh({ ...given, blindH: less }).weight).toBeLessThanOrEqual(
          weigh({ ...given, blindH: more }).weight,
        );
        expect(weigh({ ...given, blindH: null }).weight).toBeGreaterThanOrEqual(
          weigh({ ...given, blindH: more }).weight,
        );
      },
    ),
  );
  const plain = weigh(signs());
  expect(plain.reasons).toEqual([]);
  for (const [more, reason] of [
    [{ places: 1 }, 'frozen'],
    [{ chargedPct: 1 }, 'no-charging'],
    [{ nightFixes: 500 }, 'night-only'],
    [{ lastCheck: { failed: true, hoursAgo: 3 } }, 'failed-before'],
  ] as const) {
    const found = weigh(signs(more));
    expect(found.reasons).toEqual([reason]);
    expect(found.weight).toBeGreaterThan(plain.weight);
  }
  expect(weigh(signs({ lastCheck: { failed: false, hoursAgo: 3 } })).weight).toBeLessThan(plain.weight);
  expect(weigh(signs({ lastCheck: { failed: false, hoursAgo: 30 } })).weight).toBe(plain.weight);
});

test('S4 unanswered once is asked again, twice is a task; another person, off, no such number, forwarded are one at once; no fix is no failure', () => {
  expect(consequenceOf('no-answer', false)).toEqual({ do: 'ask-again' });
  expect(consequenceOf('no-answer', true)).toEqual({ do: 'task', severity: 'high' });
  expect(consequenceOf('no-fix', false)).toEqual({ do: 'ask-again' });
  expect(hasFailed('no-fix')).toBe(false);
  for (const result of SPOT_CHECK_RESULTS) {
    expect(RESULT_WORDS[result]).toBeTruthy();
    if (result === 'no-fix') continue;
    expect(consequenceOf(result, true).do).toBe(hasFailed(result) ? 'task' : 'nothing');
  }
});
