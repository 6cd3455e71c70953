import fc from 'fast-check';
import { expect, test } from 'vitest';
import { radius68M } from './confidence.ts';
import { createMlpGate } from './mlp-gate.ts';
import { createMlpSchedule, type MlpPhone } from './mlp-schedule.ts';

const phone = (device: string, over: Partial<MlpPhone> = {}): MlpPhone => ({
  device,
  subject: `S-${device}`,
  address: device,
  intervalS: 60,
  fromMs: 0,
  untilMs: null,
  askedMs: null,
  ...over,
});
const named = (phones: readonly MlpPhone[]) => phones.map(({ device }) => device);

test('MS1 each phone is due on its interval, counted from when it was asked; who waits longest comes first', () => {
  const schedule = createMlpSchedule();
  schedule.replace([
    phone('new', { fromMs: 5000 }),
    phone('old', { askedMs: 0 }),
    phone('late', { askedMs: -9000 }),
  ]);
  expect(named(schedule.take(9, 60_000))).toEqual(['new', 'late', 'old']);
  expect(schedule.take(9, 60_000)).toEqual([]);
  schedule.finish('new', 'done', 64_000);
  expect(schedule.countDue(119_999)).toBe(0);
  expect(named(schedule.take(9, 120_000))).toEqual(['new']);
});

test('MS1 what is known of a phone stays when the roster is read again; another interval holds at once', () => {
  const schedule = createMlpSchedule();
  schedule.replace([phone('a')]);
  schedule.take(1, 1000);
  schedule.replace([phone('a')]);
  expect(schedule.countDue(2000)).toBe(0);
  schedule.finish('a', 'done', 2000);
  schedule.replace([phone('a')]);
  expect(schedule.countDue(60_999)).toBe(0);
  schedule.replace([phone('a', { intervalS: 10 })]);
  expect(schedule.countDue(11_000)).toBe(1);
});

test('MS2 a phone whose network is busy is asked again soon, four times, never later than in its turn', () => {
  const schedule = createMlpSchedule();
  schedule.replace([phone('a', { intervalS: 3600 })]);
  const times: number[] = [];
  for (let nowMs = 0; nowMs < 3_600_000; nowMs += 1000)
    if (schedule.take(1, nowMs).length > 0) {
      times.push(nowMs / 1000);
      schedule.finish('a', 'again', nowMs);
    }
  expect(times).toEqual([0, 15, 45, 105, 225]);
  const quick = createMlpSchedule();
  quick.replace([phone('b', { intervalS: 5 })]);
  quick.take(1, 0);
  quick.finish('b', 'again', 1000);
  expect(quick.countDue(5000)).toBe(1);
});

test('MS6 a phone that was absent once is asked for again 15 s later, whatever its interval, and then in its turn', () => {
  const schedule = createMlpSchedule();
  schedule.replace([phone('a', { intervalS: 3600 }), phone('b', { intervalS: 5 })]);
  schedule.take(9, 0);
  for (const device of ['a', 'b']) schedule.finish(device, 'absent', 1000);
  expect(schedule.countDue(15_999)).toBe(0);
  expect(named(schedule.take(9, 16_000))).toEqual(['a', 'b']);
  schedule.finish('a', 'done', 17_000);
  expect(schedule.countDue(3_615_999)).toBe(0);
  expect(schedule.countDue(3_616_000)).toBe(1);
});

test('MS3 one that could not be asked is due still; one that must be asked alone is', () => {
  const schedule = createMlpSchedule();
  schedule.replace([phone('a'), phone('b'), phone('c')]);
  schedule.take(2, 0);
  schedule.finish('a', 'unasked', 0);
  schedule.finish('b', 'alone', 0);
  expect(named(schedule.take(9, 0))).toEqual(['a', 'c']);
  expect(named(schedule.take(9, 0))).toEqual(['b']);
  schedule.finish('b', 'alone', 0);
  expect(schedule.countDue(59_999)).toBe(0);
});

test('MS4 out of turn a phone is asked once at a time, and not where it is nobody’s', () => {
  const schedule = createMlpSchedule();
  schedule.replace([phone('a', { untilMs: 5000 })]);
  expect(schedule.takeOne('a', 0)?.device).toBe('a');
  expect(schedule.takeOne('a', 0)).toBeUndefined();
  expect(schedule.takeOne('b', 0)).toBeUndefined();
  schedule.finish('a', 'unasked', 0);
  expect(schedule.takeOne('a', 5000)).toBeUndefined();
  expect(schedule.find('a', 5000)).toBeUndefined();
});

test('MS5 whatever happens, nobody is asked outside the assignment, twice at once, or again within the interval but where it failed', () => {
  const step = fc.record({
    waitMs: fc.nat(40_000),
    limit: fc.integer({ min: 0, max: 4 }),
    outcome: fc.constantFrom('done', 'again', 'absent', 'alone', 'unasked'),
    isReloaded: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const phones = [0, 1, 2, 3].map((n) =>
        phone(`p${n}`, { fromMs: n * 30_000, untilMs: n === 3 ? 200_000 : null, intervalS: 30 + 30 * n }),
      );
      const schedule = createMlpSchedule();
      schedule.replace(phones);
      const underWay = new Map<string, number>();
      const doneMs = new Map<string, number>();
      let nowMs = 0;
      for (const { waitMs, limit, outcome, isReloaded } of steps) {
        nowMs += waitMs;
        if (isReloaded) schedule.replace(phones);
        const taken = schedule.take(limit, nowMs);
        expect(taken.length).toBeLessThanOrEqual(limit);
        for (const { device, fromMs, untilMs, intervalS } of taken) {
          expect(underWay.has(device)).toBe(false);
          expect(fromMs <= nowMs && (untilMs === null || nowMs < untilMs)).toBe(true);
          const last = doneMs.get(device);
          if (last !== undefined) expect(nowMs).toBeGreaterThanOrEqual(last + intervalS * 1000);
          underWay.set(device, nowMs);
        }
        const [first] = underWay;
        if (first === undefined) continue;
        const [device, sentMs] = first;
        underWay.delete(device);
        schedule.finish(device, outcome, nowMs);
        if (outcome === 'done') doneMs.set(device, sentMs);
        else doneMs.delete(device);
      }
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 100) },
  );
});

test('MG1 after a failure nobody is asked, twice as long each time; then one request, then all', () => {
  const gate = createMlpGate({ connections: 4, batch: 20 });
  expect(gate.room(0)).toBe(4);
  const waits: number[] = [];
  let nowMs = 0;
  for (let n = 0; n < 10; n++) {
    gate.failed('busy', nowMs);
    // Those that were under way beside it.
    gate.failed('busy', nowMs + 1);
    const closedMs = nowMs;
    while (gate.room(nowMs) === 0) nowMs += 100;
    expect(gate.room(nowMs)).toBe(1);
    waits.push(Math.round((nowMs - closedMs) / 1000));
  }
  expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  gate.succeeded();
  expect(gate.room(nowMs)).toBe(4);
});

test('MG2 the server’s own wait counts, within bounds; a request that took too long is halved, and grows again', () => {
  const gate = createMlpGate({ connections: 4, batch: 20 });
  gate.failed('busy', 0, 60_000);
  expect([gate.room(59_999), gate.room(60_000)]).toEqual([0, 1]);
  gate.failed('busy', 60_000, 1e12);
  expect(gate.room(360_000)).toBe(1);
  for (const size of [10, 5, 2, 1, 1]) {
    gate.failed('timeout', 1e9);
    expect(gate.batch).toBe(size);
  }
  for (const size of [2, 4, 8, 16, 20, 20]) {
    gate.succeeded();
    expect(gate.batch).toBe(size);
  }
});

test('MA1 an area with 67 or 68 % is what it says; a surer one is smaller, a less sure one larger', () => {
  expect(radius68M(850, 67)).toBe(850);
  expect(radius68M(850, 0)).toBe(850);
  // Evenly over the area: √(0.68 / 0.95).
  expect(radius68M(1000, 95)).toBeCloseTo(846, 1);
  // As in a bell: √(ln 0.32 / ln 0.61).
  expect(radius68M(1000, 39)).toBeCloseTo(1518.3, 1);
  expect(radius68M(1000, 100)).toBeCloseTo(825, 0);
});

test('MA1 the surer, the smaller; never below four fifths, never below what either law says', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), (confidence) => {
      const [here, surer] = [radius68M(1000, confidence), radius68M(1000, confidence + 1)];
      expect(surer).toBeLessThanOrEqual(here + 15);
      expect(here).toBeGreaterThan(800);
      if (Math.abs(confidence - 68) > 1)
        expect(here).toBeGreaterThanOrEqual(1000 * Math.sqrt(0.68 / (confidence / 100)) - 1);
    }),
  );
});
