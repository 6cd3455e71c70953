/** A phone without an app: what the network says of it, and the truth of that. */
import { expect, test } from 'vitest';
import type { DeviceStatus, LogEvent, Position } from '../../src/kernel/log-event.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './calendar.ts';
import type { DeviceDeps } from './device.ts';
import { createDice } from './dice.ts';
import type { Outage } from './mishaps.ts';
import { createOperatorPhone } from './operator-phone.ts';
import { createPeople } from './people.ts';
import { createSensor } from './sensor.ts';
import type { Truth } from './truth.ts';

const city = createPeople(1, 400, 60);
const person = city.people.find(({ profile }) => profile.devices[0]?.protocol === 'mlp');
if (person === undefined) throw new Error('nobody without an app');
const [device] = person.profile.devices;
if (device === undefined) throw new Error('no phone');

const residuals = [{ phone: 'made', errors: [{ atS: 0, x: 0, y: 0, accuracyM: 10 }] }];

function live(days: number, outages: readonly Outage[] = []) {
  const events: LogEvent[] = [];
  const truths: Truth[] = [];
  const deps: DeviceDeps = {
    person: person as DeviceDeps['person'],
    device: device as DeviceDeps['device'],
    dice: createDice(3, 1),
    way: () => ({ ...(person as DeviceDeps['person']).home, speedMps: 0 }),
    sensor: createSensor({ dice: createDice(3, 2), residuals, kind: 'operator', hasPoorHome: false }),
    outages,
    put: (event) => events.push(event),
    note: (item) => truths.push(item),
    onFix: () => {},
    onFixApart: () => {},
    onPhase: () => {},
  };
  const phone = createOperatorPhone(deps);
  for (let day = 1; day <= days; day++) phone.until(city.startMs + day * DAY_MS);
  phone.end(city.startMs + days * DAY_MS);
  const isPosition = (event: LogEvent): event is Position => event.type === 'position';
  const isStatus = (event: LogEvent): event is DeviceStatus => event.type === 'status';
  return { positions: events.filter(isPosition), statuses: events.filter(isStatus), truths };
}

test('Z7 MP3 it is placed by cells on its interval, and says nothing of charge, speed or a made-up place', () => {
  const { positions } = live(3);
  expect(positions.length).toBeGreaterThan(250);
  for (const { method, accuracyM = 0, batteryPct, speedMps, mock, atMs, receivedMs } of positions) {
    expect({ method, batteryPct, speedMps, mock }).toEqual({ method: 'cell' });
    expect(accuracyM).toBeGreaterThanOrEqual(300);
    expect(receivedMs - atMs).toBeLessThanOrEqual(8000);
  }
});

test('Z7 MS6 absent counts from its first word and is told by the second; the truth is off as long as the network says so', () => {
  const { statuses, positions, truths } = live(400);
  const off = truths.filter(({ kind }) => kind === 'phone-off');
  expect(off.length).toBeGreaterThan(5);
  for (const { fromMs, untilMs } of off) {
    const said = statuses.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
    expect(said[0]).toMatchObject({ atMs: fromMs, status: 'unreachable' });
    expect((said[0]?.receivedMs ?? 0) - fromMs).toBeGreaterThanOrEqual(15_000);
    expect(positions.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs)).toEqual([]);
    // Off it is no silence of its own.
    const silences = truths.filter((item) => item.kind === 'silent' && !item.isOptional);
    expect(silences.filter((item) => item.fromMs < untilMs && item.untilMs > fromMs)).toEqual([]);
  }
  for (const { status } of statuses) expect(status).toBe('unreachable');
  expect(truths.some(({ kind, isOptional }) => kind === 'silent' && !isOptional)).toBe(true);
  expect(truths.some(({ kind }) => kind === 'low-battery')).toBe(false);
});

test('Z7 MG1 while the server fails nobody is asked, and afterwards all who were due soon are', () => {
  const outage = {
    feed: 'mlp',
    fromMs: city.startMs + 5 * HOUR_MS,
    untilMs: city.startMs + 7 * HOUR_MS,
    isKept: true,
  };
  const { positions, statuses } = live(1, [outage]);
  const during = [...positions, ...statuses].filter(
    ({ atMs }) => atMs >= outage.fromMs && atMs < outage.untilMs,
  );
  expect(during).toEqual([]);
  expect(positions.some(({ atMs }) => atMs >= outage.untilMs && atMs < outage.untilMs + 2 * MINUTE_MS)).toBe(
    true,
  );
});
