import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEVICE_STATUSES, type LogEvent } from '../../src/kernel/log-event.ts';
import type { SubjectProfile } from '../../src/kernel/roster.ts';
import { AT, circle, east, person, phone } from '../detector/story.testing.ts';
import { createLogbook, type LogbookState } from './logbook.ts';
import { type Circle, referenceDay } from './reference.testing.ts';

const MINUTE = 60_000;
/** 2026-03-02, a Monday, begins here in Beijing. */
const MIDNIGHT = AT - 8 * 3_600_000;
const DAY = Math.floor((AT + 8 * 3_600_000) / 86_400_000);
const CIRCLES: readonly Circle[] = [
  { id: 'home', ...east(0), radiusM: 1000 },
  { id: 'work', ...east(4000), radiusM: 500 },
];
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

const fix = (
  minute: number,
  second: number,
  metres: number,
  accuracyM: number,
  mock: boolean,
  lateMin: number,
): LogEvent => ({
  type: 'position',
  subject: 'S1',
  device: 'D1',
  atMs: MIDNIGHT + minute * MINUTE + second * 1000,
  receivedMs: MIDNIGHT + (minute + lateMin) * MINUTE + second * 1000,
  ...east(metres),
  accuracyM,
  ...(mock ? { mock: true } : {}),
});
const minute = fc.integer({ min: 0, max: 2 * 1440 - 1 });
const fixes = fc
  .record({
    from: minute,
    count: fc.integer({ min: 1, max: 60 }),
    step: fc.constantFrom(1, 3, 5, 20, 60),
    metres: fc.constantFrom(0, 500, 990, 1200, 3000, 4000, 4450, 20_000),
    accuracyM: fc.constantFrom(5, 40, 300, 1500),
    second: fc.integer({ min: 0, max: 59 }),
    mock: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    lateMin: fc.constantFrom(0, 0, 0, 7, 600),
  })
  .map(({ from, count, step, metres, accuracyM, second, mock, lateMin }) =>
    Array.from({ length: count }, (_, i) =>
      fix(from + i * step, second, metres, accuracyM, mock, lateMin),
    ).filter((event) => 'receivedMs' in event && event.receivedMs < MIDNIGHT + 3 * 1440 * MINUTE),
  );
const statuses = fc
  .record({ at: minute, status: fc.constantFrom(...DEVICE_STATUSES), lateMin: fc.constantFrom(0, 0, 30) })
  .map(({ at, status, lateMin }): LogEvent[] => [
    {
      type: 'status',
      subject: 'S1',
      device: 'D1',
      status,
      atMs: MIDNIGHT + at * MINUTE + 1000,
      receivedMs: MIDNIGHT + (at + lateMin) * MINUTE + 1000,
    },
  ]);
const checkins = fc
  .record({
    at: minute,
    method: fc.constantFrom('fingerprint' as const, 'face' as const),
    lateMin: fc.constantFrom(0, 0, 90),
  })
  .map(({ at, method, lateMin }): LogEvent[] => [
    {
      type: 'checkin',
      subject: 'S1',
      terminal: 'T1',
      method,
      atMs: MIDNIGHT + at * MINUTE,
      receivedMs: MIDNIGHT + (at + lateMin) * MINUTE,
    },
  ]);
const feeds = fc
  .record({ at: minute, status: fc.constantFrom('down' as const, 'up' as const) })
  .map(({ at, status }): LogEvent[] => [{ type: 'feed', feed: 'F1', status, atMs: MIDNIGHT + at * MINUTE }]);
const profiles = fc.record({
  intervalS: fc.constantFrom(60, 300, 600, 1800, 28_800),
  isAtWork: fc.boolean(),
  curfew: fc.constantFrom('22:00', '21:07', '13:00'),
  leave: fc.option(fc.record({ from: minute, length: fc.integer({ min: 1, max: 1000 }) }), { nil: null }),
});
const stories = fc.array(fc.oneof({ weight: 5, arbitrary: fixes }, statuses, checkins, feeds), {
  maxLength: 14,
});

function profileOf({
  intervalS,
  isAtWork,
  curfew,
  leave,
}: typeof profiles extends fc.Arbitrary<infer T> ? T : never): SubjectProfile {
  const weekdays = { days: [1, 2, 3, 4, 5], from: '08:30', to: '17:30' };
  return person({
    devices: [phone('D1', { intervalS, fromMs: MIDNIGHT - 86_400_000 })],
    zones: [
      {
        zone: 'home',
        rule: 'stay-in',
        bufferM: 0,
        schedule: isAtWork ? { days: EVERY_DAY, from: '17:00', to: '09:00' } : null,
      },
      ...(isAtWork ? [{ zone: 'work', rule: 'stay-in' as const, bufferM: 0, schedule: weekdays }] : []),
    ],
    curfews: [{ zone: 'home', days: EVERY_DAY, from: curfew, to: '06:10' }],
    checkins: [{ id: 'daily', days: EVERY_DAY, from: '09:00', to: '12:00' }],
    permits:
      leave === null
        ? []
        : [
            {
              id: 'P1',
              fromMs: MIDNIGHT + leave.from * MINUTE,
              untilMs: MIDNIGHT + (leave.from + leave.length) * MINUTE,
              destination: null,
              returnedAtMs: null,
            },
          ],
  });
}

const receipt = (event: LogEvent) => ('receivedMs' in event ? event.receivedMs : event.atMs);
const FROM = MIDNIGHT + 3 * MINUTE;

function lines(profile: SubjectProfile, story: readonly LogEvent[]): LogEvent[] {
  const ticks = Array.from(
    { length: 3 * 1440 },
    (_, i): LogEvent => ({ type: 'tick', atMs: MIDNIGHT + i * MINUTE }),
  );
  // What came before the profile was known is nobody's.
  const rest = [...story, ...ticks].filter((event) => receipt(event) > FROM);
  rest.sort((a, b) => receipt(a) - receipt(b));
  return [
    {
      type: 'policy',
      atMs: FROM,
      policy: { default: { tickSeconds: 60 }, grades: {}, organisations: {}, keyPeriods: [] },
    },
    { type: 'zone', atMs: FROM, zone: circle('home') },
    { type: 'zone', atMs: FROM, zone: circle('work', 500, 4000) },
    { type: 'profile', atMs: FROM, profile },
    ...rest,
  ];
}

function accounts(events: readonly LogEvent[], cutAt = -1): Map<number, unknown> {
  let book = createLogbook();
  const days = new Map<number, unknown>();
  for (const [n, event] of events.entries()) {
    book.apply(event);
    if (n === cutAt) book = createLogbook(JSON.parse(JSON.stringify(book.snapshot())) as LogbookState);
    if (n % 500 === 0) for (const { facts, account } of book.drain()) days.set(facts.day, account);
  }
  for (const { facts, account } of book.drain()) days.set(facts.day, account);
  return days;
}

test('L1 L2 L3 the days are those of a slow reference straight from the raw observations, exactly, and the minutes add up', () => {
  fc.assert(
    fc.property(profiles, stories, (given, story) => {
      const profile = profileOf(given);
      const events = lines(profile, story.flat());
      const days = accounts(events);
      const untilMs = MIDNIGHT + (3 * 1440 - 5) * MINUTE;
      for (const day of [DAY, DAY + 1]) {
        const told = days.get(day) as Record<string, Record<string, number>>;
        expect(told).toMatchObject(referenceDay(profile, CIRCLES, events, day, FROM, untilMs));
        for (const name of ['contact', 'bounds', 'curfew']) {
          const { due, ...parts } = told[name] ?? {};
          expect(Object.values(parts).reduce((sum, n) => sum + n, 0)).toBe(due);
        }
      }
    }),
    { numRuns: 30 },
  );
}, 120_000);

test('L4 L5 what comes twice, in another order, or after a restart from the checkpoint makes the same days', () => {
  fc.assert(
    fc.property(profiles, stories, fc.integer({ min: 4, max: 4000 }), (given, story, cutAt) => {
      const profile = profileOf(given);
      const events = lines(profile, story.flat());
      const straight = accounts(events);
      expect(accounts(events, cutAt)).toEqual(straight);
      const observed = events.filter((event) => 'subject' in event);
      const isSpare = (event: LogEvent) =>
        event.type === 'feed' || event.type === 'tick' || !('subject' in event);
      // Backwards, and each twice, all before the ticks that close the days: a device that sends two days of stored facts.
      const later = observed.toReversed().flatMap((event) => [event, event]);
      expect(accounts([...events.filter(isSpare), ...later])).toEqual(straight);
    }),
    { numRuns: 40 },
  );
}, 120_000);
