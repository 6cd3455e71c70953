import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RATE_IDS, type Rate, type RateId } from './rates.ts';
import { decodeSheet, SCORE_FACTS, type ScoredOffice, type ScoreSheet, scoreOffices } from './score.ts';
import shipped from './sheets/tongxiang-2018.json' with { type: 'json' };

const decoded = decodeSheet(shipped);
if (!decoded.ok) throw new Error(decoded.error);
const SHEET = decoded.value;

function office(
  organisation: string,
  given: Partial<Record<RateId, number>> = {},
  more: Partial<ScoredOffice> = {},
): ScoredOffice {
  const rates = RATE_IDS.map((id): Rate => {
    const value = given[id] ?? (id === 'violation' || id === 'abscond' ? 0 : 1);
    return { id, numerator: value * 100, denominator: 100, value, excluded: 0, formula: 1 };
  });
  const facts = Object.fromEntries(SCORE_FACTS.map((fact) => [fact, 0])) as ScoredOffice['facts'];
  return { organisation, rates, facts, entries: {}, pointsBack: {}, ...more };
}
const pointOf = (score: ReturnType<typeof scoreOffices>[number] | undefined, id: string) =>
  score?.working.find(({ point }) => point === id);

test('K20 the shipped sheet is read, and an office without a fault has all points', () => {
  expect(scoreOffices(SHEET, [office('a')])).toMatchObject([{ score: 100, rank: 1, isVetoed: false }]);
});

test('K21 each rule of the Tongxiang sheet takes off what it says, with the working shown', () => {
  const none = office('a').facts;
  const bad = office(
    'a',
    { positioning: 0.93, fingerprint: 0.99 },
    { facts: { ...none, 'unsigned-days': 2, 'offs-unexplained': 1 } },
  );
  const [score] = scoreOffices(SHEET, [bad]);
  expect(pointOf(score, 'positioning')).toMatchObject({ observed: 0.93, taken: 2 });
  expect(pointOf(score, 'fingerprint')?.taken).toBe(1);
  expect(pointOf(score, 'unrecorded-day')).toMatchObject({ observed: 2, taken: 2 });
  expect(pointOf(score, 'power-off')?.taken).toBe(1);
  expect(score?.score).toBe(94);
});

test('K22 no item takes off more than it is worth', () => {
  const [score] = scoreOffices(SHEET, [
    office('a', {}, { facts: { ...office('a').facts, 'absconds-not-followed': 7 } }),
  ]);
  expect(pointOf(score, 'untracked')?.taken).toBe(35);
  expect(score?.score).toBe(90);
});

test('K23 the three highest violation rates lose two points, equal ones together, and who has none is never last', () => {
  const scores = scoreOffices(SHEET, [
    office('a', { violation: 0.3 }),
    office('b', { violation: 0.2 }),
    office('c', { violation: 0.1 }),
    office('d', { violation: 0.1 }),
    office('e'),
  ]);
  expect(scores.map(({ organisation, score, rank }) => [organisation, score, rank])).toEqual([
    ['e', 100, 1],
    ['a', 98, 2],
    ['b', 98, 2],
    ['c', 98, 2],
    ['d', 98, 2],
  ]);
  expect(scoreOffices(SHEET, [office('a'), office('b')]).map(({ score }) => score)).toEqual([100, 100]);
});

test('K24 one veto is last, whatever else was done', () => {
  const scores = scoreOffices(SHEET, [
    office('a', {}, { entries: { 'veto-accident': 1 } }),
    office('b', { positioning: 0.1 }, { entries: { data: 3 } }),
  ]);
  expect(
    scores.map(({ organisation, score, isVetoed, rank }) => [organisation, score, isVetoed, rank]),
  ).toEqual([
    ['b', 90, false, 1],
    ['a', 0, true, 2],
  ]);
});

test('K25 an accepted objection gives back no more than was taken', () => {
  const facts = { ...office('a').facts, 'unsigned-days': 2 };
  const [score] = scoreOffices(SHEET, [
    office('a', {}, { facts, pointsBack: { 'unrecorded-day': 5, positioning: 3 } }),
  ]);
  expect(pointOf(score, 'unrecorded-day')).toMatchObject({ taken: 2, back: 2 });
  expect(score?.score).toBe(100);
});

test('K26 nothing is taken off for what nobody asked for', () => {
  const none = office('a');
  const rates = none.rates.map((rate) => ({ ...rate, denominator: 0, value: null }));
  expect(scoreOffices(SHEET, [{ ...none, rates }])[0]?.score).toBe(100);
});

test('K27 ranks follow scores, whatever the order of the offices', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ p: fc.double({ min: 0, max: 1, noNaN: true }), days: fc.nat(20) }), {
        minLength: 1,
        maxLength: 12,
      }),
      (given) => {
        const offices = given.map(({ p, days }, i) =>
          office(`o${i}`, { positioning: p }, { facts: { ...office('').facts, 'unsigned-days': days } }),
        );
        const scores = scoreOffices(SHEET, offices);
        expect(scoreOffices(SHEET, offices.toReversed())).toEqual(scores);
        for (const a of scores) {
          expect(a.score).toBeGreaterThanOrEqual(0);
          for (const b of scores) if (a.score > b.score) expect(a.rank).toBeLessThan(b.rank);
        }
      },
    ),
  );
});

test.each([
  ['points[0].rule', { ...SHEET, points: [{ ...SHEET.points[0], rule: 'guess' }] }],
  ['points[0].rate', { ...SHEET, points: [{ ...SHEET.points[0], rate: 'luck' }] }],
  ['points[0].each', { ...SHEET, points: [{ ...SHEET.points[0], each: -1 }] }],
  ['points[1]', { ...SHEET, points: [SHEET.points[0], SHEET.points[0]] }],
  ['base', { ...SHEET, base: 'many' }],
] as const)('K28 a sheet that is wrong at %s is refused with the place', (where, sheet) => {
  const result = decodeSheet(sheet as unknown as ScoreSheet);
  expect(result.ok ? '' : result.error).toContain(where);
});
