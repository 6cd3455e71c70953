import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWallClock } from '../kernel/wall-clock.ts';
import { type ClockKind, clocksOf, collectionEndMs, type LegalClock, NO_DATES } from './clocks.ts';
import { addDays, beginOf, dayOf, endOf } from './local-days.ts';

const WALL = createWallClock('Asia/Shanghai');
const at = (iso: string) => Date.parse(`${iso}+08:00`);
const bare = { permits: [], devices: [] };
const counting = (clocks: readonly LegalClock[], nowMs: number) =>
  clocks.filter(({ opensMs, closesMs }) => opensMs <= nowMs && (closesMs === null || nowMs < closesMs));
const shown = (clocks: readonly LegalClock[], nowMs: number) =>
  counting(clocks, nowMs).map(({ kind, stage, dueMs, article }) => [
    kind,
    stage,
    dueMs === null ? null : new Date(dueMs + 8 * 3_600_000).toISOString().slice(0, 16),
    article.zh,
  ]);

test('L1 reporting in: ten days from the day after the judgment takes effect, then what lateness leads to', () => {
  const clocks = clocksOf(bare, { ...NO_DATES, effectiveOn: '2026-03-01' }, WALL);
  expect(shown(clocks, at('2026-02-28T23:59:59'))).toEqual([]);
  expect(shown(clocks, at('2026-03-01T00:00:00'))).toEqual([
    ['report-in', 'due', '2026-03-12T00:00', '社区矫正法第二十一条'],
  ]);
  expect(shown(clocks, at('2026-03-11T23:59:59'))).toHaveLength(1);
  expect(shown(clocks, at('2026-03-12T00:00:00'))).toEqual([
    ['report-in-late', 'admonition', '2026-03-22T00:00', '社区矫正法实施办法第三十四条'],
  ]);
  expect(shown(clocks, at('2026-03-22T00:00:00'))).toEqual([
    ['report-in-late', 'warning', '2026-04-12T00:00', '社区矫正法实施办法第三十五条'],
  ]);
  expect(shown(clocks, at('2027-01-01T00:00:00'))).toEqual([
    ['report-in-late', 'revocation', null, '社区矫正法实施办法第四十六、四十七条'],
  ]);
  expect(clocksOf(bare, { ...NO_DATES, effectiveOn: '2026-03-01', reportedOn: '2026-03-04' }, WALL)).toEqual(
    [],
  );
});

test('L2 out of supervision: ten days, one month by the calendar, and then until the officer ends it', () => {
  const clocks = clocksOf(bare, { ...NO_DATES, lostSinceMs: at('2026-01-31T15:00:00') }, WALL);
  expect(shown(clocks, at('2026-01-31T15:00:00'))).toEqual([
    ['out-of-supervision', 'admonition', '2026-02-11T00:00', '社区矫正法实施办法第三十四条'],
  ]);
  expect(shown(clocks, at('2026-02-11T00:00:00'))).toEqual([
    ['out-of-supervision', 'warning', '2026-03-01T00:00', '社区矫正法实施办法第三十五条'],
  ]);
  expect(shown(clocks, at('2026-03-01T00:00:00'))[0]?.[1]).toBe('revocation');
});

test('L3 leave runs until the return is recorded; an order until it ends; both stay when their time is over', () => {
  const permit = {
    id: 'P1',
    fromMs: at('2026-03-01T08:00:00'),
    untilMs: at('2026-03-03T20:00:00'),
    destination: null,
    returnedAtMs: null,
  };
  const clocks = clocksOf({ ...bare, permits: [permit] }, NO_DATES, WALL);
  expect(shown(clocks, at('2026-03-09T00:00:00'))).toEqual([
    ['leave-return', 'due', '2026-03-03T20:00', '社区矫正法实施办法第二十八条'],
  ]);
  expect(
    clocksOf({ ...bare, permits: [{ ...permit, returnedAtMs: permit.untilMs }] }, NO_DATES, WALL),
  ).toEqual([]);
});

test('L3 an order that has ended is overdue until the wristband is taken back', () => {
  const order = {
    ground: 'x',
    fromMs: at('2026-01-01T00:00:00'),
    untilMs: at('2026-03-01T00:00:00'),
  };
  const worn = {
    id: 'W1',
    kind: 'wristband' as const,
    feed: null,
    intervalS: 60,
    fromMs: order.fromMs,
    untilMs: null,
    protocol: null,
    address: null,
    order,
  };
  const clocksWith = (untilMs: number | null) =>
    clocksOf({ ...bare, devices: [{ ...worn, untilMs }] }, NO_DATES, WALL);
  expect(shown(clocksWith(null), at('2026-03-05T00:00:00'))[0]?.slice(0, 2)).toEqual(['order-end', 'due']);
  const takenBackMs = at('2026-03-02T10:00:00');
  expect(shown(clocksWith(takenBackMs), at('2026-03-02T09:00:00'))).toHaveLength(1);
  expect(shown(clocksWith(takenBackMs), at('2026-03-02T10:00:00'))).toEqual([]);
});

test('L4 with the end of correction every other clock stops and collection ends, at midnight of the roster’s zone', () => {
  const dates = { ...NO_DATES, endsOn: '2026-03-10', lostSinceMs: at('2026-03-05T00:00:00') };
  expect(collectionEndMs(dates, WALL)).toBe(at('2026-03-11T00:00:00'));
  expect(collectionEndMs({ ...dates, endedMs: at('2026-03-06T10:00:00') }, WALL)).toBe(
    at('2026-03-06T10:00:00'),
  );
  expect(collectionEndMs(NO_DATES, WALL)).toBeNull();
  const clocks = clocksOf(bare, dates, WALL);
  expect(shown(clocks, at('2026-03-10T23:59:59')).map(([kind]) => kind)).toEqual([
    'out-of-supervision',
    'correction-end',
  ]);
  expect(shown(clocks, at('2026-03-11T00:00:00')).map(([kind]) => kind)).toEqual(['correction-end']);
});

test('L5 of one clock exactly one stage counts at any time from its begin on, and the next is due later', () => {
  const zones = ['Asia/Shanghai', 'UTC', 'Pacific/Chatham', 'America/New_York'].map(createWallClock);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3000 }),
      fc.integer({ min: -40, max: 120 }),
      fc.constantFrom(...zones),
      (day, after, wall) => {
        const effectiveOn = addDays('2020-07-01', day);
        const lostSinceMs = beginOf(effectiveOn, wall) + 3_600_000;
        const clocks = clocksOf(bare, { ...NO_DATES, effectiveOn, lostSinceMs }, wall);
        const nowMs = beginOf(addDays(effectiveOn, after), wall);
        const of = (kinds: readonly ClockKind[]) =>
          counting(clocks, nowMs).filter(({ kind }) => kinds.includes(kind));
        expect(of(['report-in', 'report-in-late'])).toHaveLength(after >= 0 ? 1 : 0);
        expect(of(['out-of-supervision'])).toHaveLength(nowMs >= lostSinceMs ? 1 : 0);
        for (const { opensMs, dueMs } of clocks) if (dueMs !== null) expect(dueMs).toBeGreaterThan(opensMs);
        // Deadlines lie on midnight of the roster's zone.
        for (const { dueMs } of clocks)
          if (dueMs !== null) expect(endOf(dayOf(dueMs - 1, wall), wall)).toBe(dueMs);
      },
    ),
  );
});
