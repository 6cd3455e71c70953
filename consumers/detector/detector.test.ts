import { expect, test } from 'vitest';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { createDetector, type DetectorState } from './detector.ts';
import {
  AT,
  circle,
  fix,
  minutes,
  person,
  phone,
  play,
  policy,
  profile,
  range,
  SETTING,
  status,
  tick,
  ticks,
  told,
  zone,
} from './story.testing.ts';

const start = [...SETTING, profile(0)];
const away = (from: number, count: number, metres = 5000): LogEvent[] =>
  range(from, from + count).map((n) => fix(n, metres));

test('D5 the same facts have the same id, another begin another', () => {
  const first = play([...start, ...away(0, 3)]);
  const again = play([...start, ...away(0, 3)]);
  const later = play([...start, ...away(1, 3)]);
  expect(first[0]?.alert).toMatch(/^[0-9a-f]{32}$/);
  expect(first[0]?.alert).toBe(again[0]?.alert);
  expect(first[0]?.alert).not.toBe(later[0]?.alert);
});

test('D7 a receipt time that runs back moves nothing back: a permit that has ended stays ended', () => {
  const permits = [{ id: 'P1', fromMs: AT, untilMs: minutes(30), destination: null, returnedAtMs: null }];
  const alerts = play([
    ...SETTING,
    profile(0, { permits }),
    ...away(0, 31),
    fix(31, 5000, { receivedMs: minutes(29) }),
    fix(32, 5000, { receivedMs: minutes(28) }),
  ]);
  expect(told(alerts)).toEqual(['out-of-bounds opened 30.0']);
});

test('D8 what a device with a clock ahead says of itself holds from its receipt: strap, power, charge', () => {
  const order = { ground: '测试', fromMs: AT - 86_400_000, untilMs: minutes(100_000) };
  const band = phone('D1', { kind: 'wristband', order });
  const ahead = <T extends LogEvent>(event: T, minute: number): T => ({
    ...event,
    receivedMs: minutes(minute),
  });
  const said = (events: readonly LogEvent[]) =>
    told(play([...SETTING, profile(0, { zones: [], devices: [band] }), ...events])).filter(
      (line) => !line.startsWith('implausible-fix'),
    );
  expect(said([ahead(status(95, 'strap-cut'), 5), ahead(status(99, 'strap-closed'), 9)])).toEqual([
    'strap-tamper opened 5.0',
    'strap-tamper cleared 9.0',
  ]);
  expect(said([ahead(status(95, 'power-off'), 5), ahead(fix(99, 0), 9)])).toEqual([
    'phone-off opened 5.0',
    'phone-off cleared 9.0',
  ]);
  const charges = [30, 25, 19, 18, 30].map((batteryPct, n) => ahead(fix(n + 90, 0, { batteryPct }), n));
  expect(said(charges)).toEqual(['low-battery opened 2.0', 'low-battery cleared 4.0']);
  // The clock is put right: what was said before stands.
  expect(said([...charges.slice(0, 4), fix(5, 0, { batteryPct: 18 })])).toEqual(['low-battery opened 2.0']);
});

test('D8 a fix from the future and one from long ago are contact and nothing more', () => {
  const future = fix(0, 5000, { receivedMs: minutes(-11) });
  const ancient = fix(-8 * 24 * 60, 5000, { receivedMs: minutes(1) });
  expect(told(play([...start, future]))).toEqual(['implausible-fix opened -11.0']);
  expect(play([...start, ancient])).toEqual([]);
  const alerts = play([...start, ancient, ...ticks(0, 17)]);
  expect(alerts.map(({ reason }) => reason).join()).toContain('2026-03-02 08:01:00 起失联');
});

test('D9 a fix older than the kept ones is contact and nothing more', () => {
  const old = [fix(3, 5000, { receivedMs: minutes(30) }), fix(4, 5000, { receivedMs: minutes(30) })];
  expect(play([...start, ...away(0, 30, 0), ...old])).toEqual([]);
});

test('D10 what came before the profile is judged by it', () => {
  const alerts = play([...SETTING, ...away(0, 5), status(6, 'power-off'), profile(10)]);
  expect(told(alerts)).toEqual(['out-of-bounds opened 10.0', 'phone-off opened 6.0']);
});

test('D10 subjects and devices that nobody knows push each other out', () => {
  const detector = createDetector();
  play([...start, fix(0, 0)], detector);
  for (let i = 0; i < 50_100; i++) detector.apply(fix(1, 0, { subject: `X${i}` }), () => {});
  for (let i = 0; i < 100; i++) detector.apply(fix(1, 0, { device: `X${i}` }), () => {});
  const { subjects } = detector.snapshot();
  expect(subjects.length).toBeLessThanOrEqual(50_001);
  expect(subjects.find(({ id }) => id === 'S1')?.devices.length).toBeLessThanOrEqual(20);
  // And the known subject is still watched.
  expect(told(play([fix(30, 5000), fix(31, 5000)], detector))).toEqual(['out-of-bounds opened 30.0']);
});

test('D11 what is in force already changes nothing, whatever the order of its keys', () => {
  const backwards = <T>(value: T): T =>
    (Array.isArray(value)
      ? value.map(backwards)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, item]) => [key, backwards(item)]),
          )
        : value) as T;
  const rules = [...SETTING, policy(0, { silenceMinS: 600, silenceIntervals: 2 }), profile(0)];
  const first = createDetector();
  play([...rules, ...away(0, 3), tick(4)], first);
  const before = JSON.stringify(first.snapshot());
  expect(
    play(
      rules.map((event) => backwards({ ...event, atMs: minutes(5) })),
      first,
    ),
  ).toEqual([]);
  expect(JSON.stringify(first.snapshot())).toBe(before);
});

test('D11 a profile without the name of the person is the same', () => {
  const detector = createDetector();
  play(start, detector);
  const before = JSON.stringify(detector.snapshot());
  expect(before).not.toContain('测试人员');
  play([profile(5, { name: '' })], detector);
  expect(JSON.stringify(detector.snapshot())).toBe(before);
});

test('D12 a shape that can not be judged changes nothing', () => {
  const open = {
    ...circle('home'),
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 1],
        ],
      ],
    },
  } as const;
  expect(play([...start, ...away(0, 3, 0), zone(3, open), ...away(4, 3, 0)])).toEqual([]);
  expect(told(play([...start, zone(3, open), ...away(4, 3)]))).toEqual(['out-of-bounds opened 4.0']);
});

test('D13 updated once, when the evidence has come to leave no doubt', () => {
  // 200 m fixes: σ 132 m, so 380 m outside is 0.998.
  const alerts = play([
    ...start,
    ...away(0, 20, 1380).map((event) => ({ ...event, accuracyM: 200 }) as LogEvent),
  ]);
  expect(alerts.map(({ state }) => state)).toEqual(['opened', 'updated']);
  expect(alerts[0]?.confidence).toBeLessThan(0.9999);
  expect(alerts[1]?.confidence).toBeGreaterThanOrEqual(0.9999);
  expect(alerts[1]?.alert).toBe(alerts[0]?.alert);
});

test('D13 updated when the severity changes', () => {
  const alerts = play([...start, ...away(0, 3), profile(10, { grade: 'relaxed' })]);
  expect(alerts.map(({ state, severity }) => `${state} ${severity}`)).toEqual([
    'opened critical',
    'updated high',
  ]);
});

test('D14 the first tick after a deadline meets it, though another device spoke between', () => {
  const devices = [phone('D1'), phone('D2')];
  const other = fix(15.05, 0, { device: 'D2' });
  const alerts = play([
    ...SETTING,
    profile(0, { devices }),
    fix(0, 0),
    fix(0, 0, { device: 'D2' }),
    tick(15),
    other,
    tick(15.2),
  ]);
  expect(told(alerts)).toEqual(['silent opened 0.0']);
});

test('D21 a terminal that a subject’s device names is watched by no rule: it is on a wall, and its silence is nobody’s', () => {
  const terminal = { ...phone('D2'), protocol: 'zkteco' as const, address: 'SN2' };
  const only = play([...SETTING, profile(0, { devices: [terminal] }), ...ticks(1, 600)]);
  expect(told(only)).toEqual([]);
  const both = play([
    ...SETTING,
    profile(0, { devices: [phone('D1'), terminal] }),
    fix(0, 0),
    ...ticks(1, 30),
  ]);
  expect(both.map(({ kind, device }) => `${kind} ${device}`)).toEqual(['silent D1']);
});

test('D15 late marks what a stored fact opened, and nothing else', () => {
  const stored = range(10, 13).map((n) => fix(n, 5000, { receivedMs: minutes(20) }));
  expect(play([...start, fix(0, 0), ...stored])[0]).toMatchObject({ startedAtMs: minutes(10), late: true });
  expect(play([...start, fix(0, 0), ...away(10, 3)])[0]).toMatchObject({ late: false });
});

test('D16 a subject with one device and two zones keeps to 1 KiB beside its profile', () => {
  const detector = createDetector();
  const zones = [
    { zone: '445202', rule: 'stay-in', bufferM: 0, schedule: null },
    { zone: 'school-0001', rule: 'keep-out', bufferM: 50, schedule: null },
  ] as const;
  play([...SETTING, profile(0, { id: 'subject-000001', zones: [...zones] })], detector);
  for (const n of range(0, 500))
    detector.apply(fix(n, n * 7.3, { subject: 'subject-000001', accuracyM: 12.345 }), () => {});
  const { subjects } = detector.snapshot();
  expect(subjects).toHaveLength(1);
  expect(Buffer.byteLength(JSON.stringify({ ...subjects[0], profile: null }))).toBeLessThan(1024);
});

test('D24 what nearly nobody has is one frozen thing of all, grown or read back; a change of one is no change of another', () => {
  const people = ['S1', 'S2'].map((id) => profile(0, { id }));
  const grown = createDetector();
  const fixes = range(0, 12).flatMap((n) => [fix(n, 0, { subject: 'S1' }), fix(n, 0, { subject: 'S2' })]);
  play([...SETTING, ...people, ...fixes], grown);
  const read = createDetector(JSON.parse(JSON.stringify(grown.snapshot())) as DetectorState);
  const lists = [grown, read].flatMap((detector) =>
    detector
      .snapshot()
      .subjects.flatMap(({ open, checkins, devices }) => [[open, checkins, devices[0]?.estimate?.aside]]),
  );
  expect(lists).toHaveLength(4);
  for (const [i, own] of lists.entries())
    for (const [j, list] of own.entries()) {
      expect(list, `${i} ${j}`).toBe(lists[0]?.[j]);
      expect(Object.isFrozen(list), `${i} ${j}`).toBe(true);
    }
  for (const detector of [grown, read]) {
    const out = range(12, 16).map((n) => fix(n, 3000, { subject: 'S1' }));
    const checkin: LogEvent = {
      type: 'checkin',
      subject: 'S1',
      terminal: 'T1',
      atMs: AT,
      receivedMs: AT,
      method: 'face',
    };
    play([...out, checkin], detector);
    const [one, other] = detector.snapshot().subjects;
    expect([one?.open.length, one?.checkins.length]).toEqual([1, 1]);
    expect([other?.open, other?.checkins, other?.devices[0]?.estimate?.aside]).toEqual([[], [], []]);
  }
});

test('D2 a state of another version is refused in words', () => {
  const old = { ...createDetector().snapshot(), version: 1 } as unknown as DetectorState;
  expect(() => createDetector(old)).toThrow(/version 1/);
});

test('D4 what one subject does opens nothing for another', () => {
  const other: LogEvent = {
    type: 'profile',
    atMs: AT,
    profile: person({ id: 'S2', devices: [phone('D2')] }),
  };
  const alerts = play([...start, other, ...away(0, 5)]);
  expect(new Set(alerts.map(({ subject }) => subject))).toEqual(new Set(['S1']));
});
