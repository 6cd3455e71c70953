import { expect, test } from 'vitest';
import { observationsOf } from './observations-of.ts';
import type { DeviceRecord } from './protocols/record.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 1, 8);
const TIME = '2026-02-23T08:00:00Z';
const FIX: DeviceRecord = { kind: 'position', time: TIME, valid: true, lat: 23.5, lon: 116.3 };

function of(record: DeviceRecord) {
  return observationsOf(record, { device: 'D1', receivedMs: RECEIVED_MS });
}

const status = (code: string, at = TIME) => ({ type: 'status', device: 'D1', at, status: code });

test('T1 a position keeps what it says, in our units', () => {
  const rich = {
    ...FIX,
    speed_kmh: 36,
    course_deg: 90,
    altitude_m: 5,
    accuracy_m: 12,
    battery_percent: 81,
    mock: true,
  };
  expect(of(rich)).toEqual([
    {
      type: 'position',
      device: 'D1',
      at: TIME,
      lat: 23.5,
      lon: 116.3,
      speedMps: expect.closeTo(10, 9),
      headingDeg: 90,
      altitudeM: 5,
      accuracyM: 12,
      batteryPct: 81,
      mock: true,
    },
  ]);
});

test('T1 what can not be meant is left out, and the fix counts', () => {
  const silly = {
    ...FIX,
    speed_kmh: -3.6,
    course_deg: 400,
    altitude_m: 1e9,
    accuracy_m: 0,
    battery_percent: 250,
  };
  expect(of(silly)).toEqual([{ type: 'position', device: 'D1', at: TIME, lat: 23.5, lon: 116.3 }]);
});

test('T2 a position without a fix is a sign of life, and so is whatever else a device says by itself', () => {
  expect(of({ ...FIX, valid: false })).toEqual([status('reachable')]);
  for (const kind of ['status', 'health', 'network', 'transition', 'waypoint', 'command_result'] as const)
    expect(of({ kind, time: TIME })).toEqual([status('reachable')]);
  expect(of({ kind: 'waypoint' })).toEqual([status('reachable', '2026-03-01T08:00:00.000Z')]);
});

test('T3 a time that can not be used is the time of receipt', () => {
  expect(of({ ...FIX, time: null })).toMatchObject([{ at: '2026-03-01T08:00:00.000Z' }]);
});

test('T4 alarms, states and charging are statuses where they mean one, once each', () => {
  expect(
    of({ ...FIX, alarms: ['sos', 'overspeed'], alarm: 'sos', states: ['low_battery'], charging: true }),
  ).toEqual([
    expect.objectContaining({ type: 'position' }),
    status('sos'),
    status('low-battery'),
    status('charging'),
  ]);
  expect(of({ ...FIX, alarm: 'constructor', charging: false })).toHaveLength(1);
  expect(of({ kind: 'status', time: TIME, alarms: ['bracelet_removed'] })).toEqual([
    status('reachable'),
    status('strap-cut'),
  ]);
});

test('T5 a last will is no contact and no report of power-off; what the network says of an absent phone is', () => {
  expect(of({ kind: 'lwt', time: TIME })).toEqual([]);
  expect(of({ kind: 'position_error', time: TIME, reachability: 'absent' })).toEqual([status('unreachable')]);
  expect(of({ kind: 'position_error', time: TIME, reachability: 'timeout' })).toEqual([]);
});
