/** What happens to an open alert when the subject moves to another office, changes the device, or ends correction. */
import { expect, test } from 'vitest';
import type { SubjectProfile } from '../../src/kernel/roster.ts';
import {
  circle,
  fix,
  inOrder,
  minutes,
  person,
  phone,
  play,
  range,
  SETTING,
  ticks,
  told,
  zone,
} from './story.testing.ts';

const outside = (from: number, until: number, more: object = {}) =>
  range(from, until).map((n) => fix(n, 3000 + (n % 3), more));
const changed = (minute: number, more: Partial<SubjectProfile>) =>
  ({ type: 'profile', atMs: minutes(minute), profile: person(more) }) as const;

test('A6 moved to another office with the same zones: the alert stands, the same one, and nothing is told', () => {
  const story = [
    ...SETTING,
    changed(0, {}),
    ...outside(1, 20),
    changed(20.5, { office: '445202/office-07' }),
    ...outside(21, 40),
  ];
  const alerts = play(inOrder(story)).filter(({ kind }) => kind === 'out-of-bounds');
  expect(told(alerts)).toEqual(['out-of-bounds opened 1.0']);
});

test('A6 moved to another office whose zone has the subject inside: over when it is written, and not before', () => {
  const story = [
    ...SETTING,
    zone(0, circle('new-home', 1000, 3000)),
    changed(0, {}),
    ...outside(1, 20),
    changed(20.5, {
      office: '445202/office-07',
      zones: [{ zone: 'new-home', rule: 'stay-in', bufferM: 0, schedule: null }],
    }),
    ...outside(21, 40),
  ];
  const alerts = play(inOrder(story)).filter(({ kind }) => kind === 'out-of-bounds');
  expect(told(alerts)).toEqual(['out-of-bounds opened 1.0', 'out-of-bounds cleared 20.5']);
});

test('A14 another device in the middle of an alert: what was about the old one is over, where the subject is stays', () => {
  const story = [
    ...SETTING,
    changed(0, {}),
    ...outside(1, 20, { batteryPct: 15 }),
    changed(20.5, { devices: [phone('D2', { fromMs: minutes(20.5) })] }),
    ...outside(21, 40, { device: 'D2', batteryPct: 90 }),
    ...ticks(0, 40),
  ];
  const alerts = play(inOrder(story)).filter(({ kind }) => kind !== 'implausible-fix');
  expect(told(alerts).filter((line) => line.startsWith('low-battery'))).toEqual([
    'low-battery opened 1.0',
    'low-battery cleared 20.5',
  ]);
  // Nobody has said that the subject came back.
  expect(told(alerts).filter((line) => line.startsWith('out-of-bounds'))).toEqual([
    'out-of-bounds opened 1.0',
  ]);
});

test('A14 correction ends in the middle of alerts: all are over, and what is still sent opens nothing', () => {
  const story = [
    ...SETTING,
    changed(0, {}),
    ...outside(1, 20, { batteryPct: 15 }),
    changed(20.5, { devices: [phone('D1', { untilMs: minutes(20.5) })], zones: [] }),
    ...outside(21, 200, { batteryPct: 10 }),
    ...ticks(0, 200),
  ];
  const alerts = play(inOrder(story));
  const open = new Set<string>();
  for (const { alert, state, detectedAtMs } of alerts) {
    if (state === 'opened') open.add(alert);
    if (state === 'cleared') open.delete(alert);
    if (state === 'opened') expect(detectedAtMs).toBeLessThan(minutes(20.5));
  }
  expect(alerts.length).toBeGreaterThan(3);
  expect([...open]).toEqual([]);
});
