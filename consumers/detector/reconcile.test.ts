import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import { type LogEvent, type Observation, receiptOf } from '../../src/kernel/log-event.ts';
import { EMPTY_POLICY_DOCUMENT } from '../../src/kernel/policy.ts';
import { netOf, reconcile } from './reconcile.ts';
import { createReplay, type Rules } from './replay.ts';
import { AT, circle, fix, minutes, person, phone, range } from './story.testing.ts';
import { inTrueOrder } from './true-order.ts';

vi.setConfig({ testTimeout: 60_000 });

const order = { ground: '测试', fromMs: AT - 1, untilMs: minutes(100_000) };
const people = ['S1', 'S2', 'S3'].map((id) =>
  person({
    id,
    devices: [phone(`D-${id}`), phone(`B-${id}`, { kind: 'wristband', order })],
    zones: [
      { zone: 'home', rule: 'stay-in', bufferM: 0, schedule: null },
      { zone: 'school', rule: 'keep-out', bufferM: 0, schedule: null },
    ],
    curfews: [{ zone: 'home', days: [1, 2, 3, 4, 5, 6, 7], from: '09:00', to: '10:30' }],
    checkins: [{ id: 'daily', days: [1, 2, 3, 4, 5, 6, 7], from: '08:30', to: '09:30' }],
  }),
);
const rules: Rules = {
  roster: { subjects: people, musters: [], calendar: { days: {}, timeZone: 'Asia/Shanghai' } },
  zones: [circle('home'), circle('school', 500, 5000)],
  policy: EMPTY_POLICY_DOCUMENT,
};
const HAS_NOTHING = { ticks: false, feeds: true, sightings: true };
/** After everything that came late. */
const UNTIL_MS = minutes(500);

function conclude(events: readonly LogEvent[]): AlertEvent[] {
  const alerts: AlertEvent[] = [];
  const replay = createReplay(rules, HAS_NOTHING, (alert) => alerts.push(alert));
  for (const event of events) replay.take(event);
  replay.until(UNTIL_MS);
  return alerts;
}

/** The truth, and what has to be told to somebody who has concluded `known`. */
function night(lines: readonly LogEvent[], known: readonly AlertEvent[]) {
  const truth = conclude(inTrueOrder(lines, rules.policy));
  const first = new Map(truth.flatMap((alert) => (alert.state === 'opened' ? [[alert.alert, alert]] : [])));
  return { truth, told: reconcile(netOf(known), netOf(truth), first, UNTIL_MS + 1) };
}

/** What a reader of the ledger sees in the end: alerts that were not withdrawn, when each began and ended. */
const seen = (alerts: readonly AlertEvent[]) =>
  [...netOf(alerts).values()]
    .filter(({ state }) => state !== 'retracted')
    .map(({ alert, subject, kind, startedAtMs, clearedAtMs }) =>
      [subject, kind, startedAtMs, clearedAtMs, alert].join(' '),
    )
    .sort();

const byReceipt = (lines: readonly LogEvent[]) => [...lines].sort((a, b) => receiptOf(a) - receiptOf(b));

/** Four hours of three people: where they are every minute or two, gaps, statuses, a check-in. Received at once. */
const day: fc.Arbitrary<Observation[]> = fc
  .array(
    fc.record({
      who: fc.integer({ min: 0, max: 2 }),
      from: fc.integer({ min: 0, max: 220 }),
      long: fc.integer({ min: 1, max: 60 }),
      metres: fc.constantFrom(0, 300, 1500, 5000, 9000),
      band: fc.boolean(),
      end: fc.constantFrom('none', 'power-off', 'strap-cut', 'strap-closed', 'charging', 'checkin'),
    }),
    { minLength: 3, maxLength: 12 },
  )
  .map((stretches) =>
    stretches.flatMap(({ who, from, long, metres, band, end }): Observation[] => {
      const subject = `S${who + 1}`;
      const device = `${band ? 'B' : 'D'}-${subject}`;
      const own = { subject, receivedMs: 0 };
      const moves = range(from, from + long).map((n) =>
        fix(n + who / 7, metres + (n % 5) * 8, { subject, device }),
      );
      const atMs = minutes(from + long) + 500;
      if (end === 'none') return moves;
      if (end === 'checkin')
        return [...moves, { ...own, type: 'checkin', terminal: 'T', atMs, method: 'fingerprint' }];
      return [...moves, { ...own, type: 'status', device, atMs, status: end }];
    }),
  )
  .map((events) => events.map((event) => ({ ...event, receivedMs: event.atMs })));

test('D4 D18 a day whose facts came doubled, out of order and hours late ends, after the night, as the day in order, exactly', () => {
  let retracted = 0;
  let late = 0;
  let separated = 0;
  fc.assert(
    fc.property(day, fc.infiniteStream(fc.nat({ max: 99 })), (facts, dice) => {
      const roll = () => dice.next().value ?? 0;
      const sorted = inTrueOrder(facts, rules.policy);
      const messy = byReceipt(
        facts.flatMap((event): LogEvent[] => {
          const isLate = roll() < 30;
          const moved = isLate ? { ...event, receivedMs: event.atMs + 130_000 + roll() * 70_000 } : event;
          return roll() < 20 ? [moved, moved] : [moved];
        }),
      );
      const lived = conclude(messy);
      separated += expectOneAtATime(lived.filter(({ kind }) => kind === 'separation'));
      const { told } = night(messy, lived);
      retracted += told.filter(({ state }) => state === 'retracted').length;
      late += told.filter(({ state }) => state === 'opened').length;
      expect(seen([...lived, ...told])).toEqual(seen(conclude(sorted)));
      for (const { version, state, late: isLate } of told) {
        expect(state === 'opened' ? version === 1 : version > 1).toBe(true);
        if (state !== 'retracted') expect(isLate).toBe(true);
      }
      // Who is told the truth once needs not be told again.
      expect(night(messy, [...lived, ...told]).told).toEqual([]);
    }),
    { numRuns: 40 },
  );
  expect(retracted).toBeGreaterThan(20);
  expect(late).toBeGreaterThan(20);
  expect(separated).toBeGreaterThan(0);
});

/** D4 of one kind that is about the subject alone: each ends before the next of the same subject, which begins after that. Answers how many. */
function expectOneAtATime(alerts: readonly AlertEvent[]): number {
  const open = new Map<string, AlertEvent>();
  const endedMs = new Map<string, number>();
  let count = 0;
  for (const alert of alerts) {
    const { subject, state, startedAtMs, clearedAtMs, detectedAtMs } = alert;
    if (state === 'opened') {
      count++;
      expect(open.has(subject)).toBe(false);
      expect(startedAtMs).toBeGreaterThan(endedMs.get(subject) ?? 0);
      expect(startedAtMs).toBeLessThanOrEqual(detectedAtMs);
      open.set(subject, alert);
    } else {
      expect(open.get(subject)?.alert).toBe(alert.alert);
      if (clearedAtMs === null) continue;
      endedMs.set(subject, clearedAtMs);
      open.delete(subject);
    }
  }
  return count;
}

test('D18 what a night has withdrawn and more facts show after all is opened again, and ended', () => {
  const facts = range(0, 60).map((n) =>
    fix(n, n >= 20 && n < 40 ? 5000 : 0, { subject: 'S1', device: 'D-S1' }),
  );
  const lived = conclude(facts);
  const [out] = [...netOf(lived).values()].filter(({ kind }) => kind === 'out-of-bounds');
  if (out === undefined) throw new Error('nobody was out');
  const withdrawn = { ...out, version: out.version + 1, state: 'retracted' } as const;
  const { told } = night(facts, [...lived, withdrawn]);
  expect(told.map(({ alert, version, state, late }) => [alert, version, state, late])).toEqual([
    [out.alert, out.version + 2, 'opened', true],
    [out.alert, out.version + 3, 'cleared', true],
  ]);
  expect(seen([...lived, withdrawn, ...told])).toEqual(seen(lived));
  expect(night(facts, [...lived, withdrawn, ...told]).told).toEqual([]);
});

test('D18 a day that came in order has nothing to be told', () => {
  fc.assert(
    fc.property(day, (facts) => {
      const sorted = inTrueOrder(facts, rules.policy);
      expect(night(sorted, conclude(sorted)).told).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test('D18 what came in time keeps its place by receipt, what came late gets its own', () => {
  const inTime = fix(5, 0, { receivedMs: minutes(5) + 90_000 });
  const late = fix(2, 0, { receivedMs: minutes(60) });
  const ordered = inTrueOrder([late, inTime, inTime, { type: 'tick', atMs: minutes(5) }], rules.policy);
  expect(ordered.map((event) => [event.type, receiptOf(event)])).toEqual([
    ['position', minutes(2)],
    ['tick', minutes(5)],
    ['position', minutes(5) + 90_000],
  ]);
});
