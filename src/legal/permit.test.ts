import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWallClock } from '../kernel/wall-clock.ts';
import { addDays, addMonths, daysBetween } from './local-days.ts';
import { LEVELS, levelOf, measuresOn } from './measures.ts';
import {
  checkLeave,
  follow,
  isOverdue,
  type LeaveDays,
  leaveDays,
  mayApprove,
  neededLevel,
  PERMIT_DEEDS,
  PERMIT_STATES,
} from './permit.ts';

const MEASURES = measuresOn('2026-03-01');
const FIRST = '2026-03-02';
const leave = (from: number, days: number): LeaveDays => ({
  first: addDays(FIRST, from),
  last: addDays(FIRST, from + days - 1),
});
const levelFor = (days: number, others: readonly LeaveDays[] = []) =>
  neededLevel(leave(0, days), others, MEASURES).level;

test('E1 an office approves up to seven days, the county up to thirty, the city more, each by its article', () => {
  expect([1, 7, 8, 30, 31, 90].map((days) => levelFor(days))).toEqual([
    'office',
    'office',
    'county',
    'county',
    'city',
    'city',
  ]);
  expect(neededLevel(leave(0, 8), [], MEASURES).article.zh).toBe('社区矫正法实施办法第二十七条');
});

test('E2 more than thirty days within two months are the city’s, wherever in the two months they lie', () => {
  const before = [leave(-40, 7), leave(-30, 7), leave(-20, 7), leave(-10, 7)];
  expect(levelFor(2, before)).toBe('office');
  expect(levelFor(3, before)).toBe('city');
  expect(levelFor(3, [leave(-50, 28)])).toBe('city');
  expect(levelFor(3, [leave(-70, 28)])).toBe('office');
  // Those that are approved for later count as well.
  expect(levelFor(3, [leave(20, 28)])).toBe('city');
});

test('E2 the cumulated days are those of the fullest span of two months that has a day of the leave in it', () => {
  const any = fc.record({ from: fc.integer({ min: -80, max: 80 }), days: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(any, fc.array(any, { maxLength: 8 }), (asked, others) => {
      const all = [asked, ...others].map(({ from, days }) => leave(from, days));
      const away = new Set(
        all.flatMap(({ first, last }) =>
          Array.from({ length: daysBetween(first, last) }, (_, i) => addDays(first, i)),
        ),
      );
      const own = leave(asked.from, asked.days);
      let most = 0;
      for (let i = -160; i <= 160; i++) {
        const begin = addDays(FIRST, i);
        const end = addMonths(begin, 2);
        if (begin > own.last || end <= own.first) continue;
        most = Math.max(most, [...away].filter((day) => day >= begin && day < end).length);
      }
      expect(neededLevel(own, all.slice(1), MEASURES).cumulatedDays).toBe(most);
    }),
    { numRuns: 60 },
  );
});

test('E3 leaves that touch count as one: nothing is had by asking in parts', () => {
  expect(levelFor(5, [leave(-5, 5)])).toBe('county');
  expect(levelFor(5, [leave(-6, 5)])).toBe('office');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }), (parts) => {
      let from = 0;
      const leaves = parts.map((days) => {
        const each = leave(from, days);
        from += days;
        return each;
      });
      const last = leaves.at(-1);
      if (last === undefined) throw new Error('no part');
      expect(neededLevel(last, leaves.slice(0, -1), MEASURES).level).toBe(levelFor(from));
    }),
  );
});

test('E1 a longer leave never needs a lower level, and whoever may approve it may approve a shorter one', () => {
  const days = fc.integer({ min: 1, max: 120 });
  fc.assert(
    fc.property(days, days, (a, b) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)].map((n) =>
        neededLevel(leave(0, n), [], MEASURES),
      );
      if (less === undefined || more === undefined) throw new Error('two leaves');
      expect(LEVELS.indexOf(less.level)).toBeLessThanOrEqual(LEVELS.indexOf(more.level));
      for (const own of LEVELS) if (mayApprove(own, more).ok) expect(mayApprove(own, less).ok).toBe(true);
    }),
  );
});

test('E4 days are the roster’s: midnight belongs to the day that ends, whatever zone the machine is in', () => {
  const shanghai = createWallClock('Asia/Shanghai');
  const at = (iso: string) => Date.parse(`${iso}+08:00`);
  const of = (from: string, until: string) => leaveDays({ fromMs: at(from), untilMs: at(until) }, shanghai);
  expect(of('2026-03-02T00:00:00', '2026-03-09T00:00:00')).toEqual({
    first: '2026-03-02',
    last: '2026-03-08',
  });
  expect(of('2026-03-02T23:59:00', '2026-03-03T00:01:00')).toEqual({
    first: '2026-03-02',
    last: '2026-03-03',
  });
  const chatham = createWallClock('Pacific/Chatham');
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 500 * 24 }),
      fc.integer({ min: 1, max: 60 * 24 }),
      (from, hours) => {
        for (const wall of [shanghai, chatham]) {
          const fromMs = Date.UTC(2026, 0, 1) + from * 3_600_000;
          const { first, last } = leaveDays({ fromMs, untilMs: fromMs + hours * 3_600_000 }, wall);
          const days = daysBetween(first, last);
          expect(days).toBeGreaterThanOrEqual(Math.ceil((hours - 1) / 24));
          expect(days).toBeLessThanOrEqual(Math.floor((hours + 1) / 24) + 2);
        }
      },
    ),
  );
});

test('E5 what may follow what: decided once, and back once', () => {
  const allowed = PERMIT_STATES.flatMap((state) =>
    PERMIT_DEEDS.flatMap((deed) => {
      const to = follow('leave', state, deed);
      return to.ok ? [`${state} ${deed} ${to.value}`] : [];
    }),
  );
  expect(allowed).toEqual([
    'asked approve approved',
    'asked refuse refused',
    'asked withdraw withdrawn',
    'approved withdraw withdrawn',
    'approved depart away',
    'approved return returned',
    'away return returned',
  ]);
});

test('E6 a lower level decides nothing of a higher one and is told who does', () => {
  const needed = neededLevel(leave(0, 8), [], MEASURES);
  const refused = mayApprove('office', needed);
  expect(refused.ok ? '' : refused.error.message).toContain(
    'the county decides (Measures for Community Corrections, art. 27)',
  );
  expect(mayApprove('county', needed).ok && mayApprove('city', needed).ok).toBe(true);
  expect(mayApprove(undefined, needed).ok).toBe(false);
  expect([levelOf('445281/liusha', undefined), levelOf('445281', undefined), levelOf('', undefined)]).toEqual(
    ['office', 'county', 'city'],
  );
  expect(levelOf('445281/centre', 'command-centre')).toBeUndefined();
  expect(levelOf('445281/zone', 'functional-zone')).toBe('county');
});

test('E7 a leave ends after it begins and lies ahead; overdue is who is not back when it ends', () => {
  expect(checkLeave({ fromMs: 10, untilMs: 10 }, 0).ok).toBe(false);
  expect(checkLeave({ fromMs: 10, untilMs: 20 }, 20).ok).toBe(false);
  expect(checkLeave({ fromMs: 10, untilMs: 20 }, 15).ok).toBe(true);
  const years = 2 * 366 * 86_400_000;
  expect(checkLeave({ fromMs: years, untilMs: years + 10 }, 0).ok).toBe(false);
  expect(checkLeave({ fromMs: 0, untilMs: years }, 0).ok).toBe(false);
  expect(PERMIT_STATES.filter((state) => isOverdue('leave', state, 10, 11))).toEqual(['approved', 'away']);
  expect(isOverdue('leave', 'away', 10, 10)).toBe(false);
});
