import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeviceStatusCode, LogEvent } from '../../src/kernel/log-event.ts';
import { createBoardFold } from './board.ts';

const T0 = Date.UTC(2026, 2, 1);
const fix = (atS: number, extra: Partial<Extract<LogEvent, { type: 'position' }>> = {}): LogEvent => ({
  type: 'position',
  subject: 'S1',
  device: 'D1',
  atMs: T0 + atS * 1000,
  receivedMs: T0 + atS * 1000 + 500,
  lat: 23.5,
  lon: 116.3,
  ...extra,
});
const status = (atS: number, code: DeviceStatusCode): LogEvent => ({
  type: 'status',
  subject: 'S1',
  device: 'D1',
  atMs: T0 + atS * 1000,
  receivedMs: T0 + atS * 1000 + 500,
  status: code,
});
const fold = (...events: LogEvent[]) => {
  const board = createBoardFold();
  for (const event of events) board.apply(event);
  return board.all()[0];
};

describe('whereabouts', () => {
  test('K1 a stored older fix changes what was heard, not where', () => {
    const late = fix(10, { lat: 1, receivedMs: T0 + 90_000 });
    expect(fold(fix(60, { lat: 2 }), late)).toMatchObject({
      lat: 2,
      atMs: T0 + 60_000,
      heardMs: T0 + 90_000,
    });
  });

  test('K1 of two fixes of one instant the later on the log counts', () => {
    expect(fold(fix(1, { lat: 1 }), fix(1, { lat: 2 }))?.lat).toBe(2);
  });

  test('K1 battery is that of the device of the last fix', () => {
    expect(fold(fix(1, { batteryPct: 80 }), fix(2))?.batteryPct).toBe(80);
    expect(fold(fix(1, { batteryPct: 80 }), fix(2, { device: 'D2' }))?.batteryPct).toBeNull();
  });

  test('K2 the word of the operator is not hearing from the device', () => {
    const known = fold(fix(1), status(60, 'unreachable'));
    expect(known).toMatchObject({ heardMs: T0 + 1500, off: true });
  });

  test('K3 off until a device did something later', () => {
    expect(fold(fix(1), status(10, 'power-off'))?.off).toBe(true);
    expect(fold(fix(1), status(10, 'power-off'), fix(5, { receivedMs: T0 + 20_000 }))?.off).toBe(true);
    expect(fold(fix(1), status(10, 'power-off'), fix(11))?.off).toBe(false);
    expect(fold(fix(1), status(10, 'power-off'), status(11, 'power-on'))?.off).toBe(false);
    expect(fold(fix(20), status(10, 'unreachable'))?.off).toBe(false);
  });

  test('K4 a fix from the future does not pin the dot', () => {
    const future = fix(86_400, { lat: 9, receivedMs: T0 + 2000 });
    expect(fold(future, fix(3, { lat: 1 }))).toMatchObject({ lat: 1, heardMs: T0 + 3500 });
    expect(fold(future)).toMatchObject({ lat: null, heardMs: T0 + 2000 });
  });
});

test('K5 the tick handled last never goes back', () => {
  const board = createBoardFold();
  board.apply({ type: 'tick', atMs: T0 + 10 });
  board.apply({ type: 'tick', atMs: T0 });
  expect(board.tickMs()).toBe(T0 + 10);
});

const events = fc.array(
  fc.oneof(
    fc
      .record({
        subject: fc.constantFrom('S1', 'S2', '__proto__'),
        atS: fc.integer({ min: 0, max: 50 }),
        lat: fc.integer({ min: 0, max: 9 }),
      })
      .map(({ subject, atS, lat }) => fix(atS, { subject, lat })),
    fc
      .record({
        atS: fc.integer({ min: 0, max: 50 }),
        code: fc.constantFrom<DeviceStatusCode[]>('power-off', 'power-on', 'unreachable', 'low-battery'),
      })
      .map(({ atS, code }) => status(atS, code)),
    fc.integer({ min: 0, max: 50 }).map((atS): LogEvent => ({ type: 'tick', atMs: T0 + atS * 1000 })),
  ),
  { maxLength: 40 },
);

test('K6 a snapshot at any point changes nothing', () => {
  fc.assert(
    fc.property(events, fc.nat(40), (list, cut) => {
      const whole = createBoardFold();
      for (const event of list) whole.apply(event);
      const first = createBoardFold();
      for (const event of list.slice(0, cut)) first.apply(event);
      const second = createBoardFold(JSON.parse(JSON.stringify(first.snapshot())));
      for (const event of list.slice(cut)) second.apply(event);
      expect(second.snapshot()).toEqual(whole.snapshot());
    }),
  );
});
