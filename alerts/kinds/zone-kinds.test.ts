import { describe, expect, test } from 'vitest';
import {
  AT,
  circle,
  fix,
  minutes,
  phone,
  play as playAll,
  policy,
  profile,
  range,
  SETTING,
  status,
  tick,
  ticks,
  told,
  zone,
} from '../../consumers/detector/story.testing.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import type { PolicyPart } from '../../src/kernel/policy.ts';
import type { Permit, Schedule, ZoneAssignment } from '../../src/kernel/roster.ts';

const PLACE_KINDS = ['out-of-bounds', 'exclusion-entry'];
/** What else a story like that raises is another file's matter. */
const play = (events: readonly LogEvent[]) =>
  playAll(events).filter(({ kind }) => PLACE_KINDS.includes(kind));
/** Asked once a day: what it said an hour ago is still the newest that there is to know. */
const rare = { devices: [phone('D1', { intervalS: 86_400 })] };

const stay = (id: string, more: Partial<ZoneAssignment> = {}): ZoneAssignment => ({
  zone: id,
  rule: 'stay-in',
  bufferM: 0,
  schedule: null,
  ...more,
});
const keepOut = (id: string, more: Partial<ZoneAssignment> = {}): ZoneAssignment =>
  stay(id, { rule: 'keep-out', ...more });
const home = (count = 10, from = 0): LogEvent[] => range(from, from + count).map((n) => fix(n, 0));
const away = (from: number, count: number, metres = 5000): LogEvent[] =>
  range(from, from + count).map((n) => fix(n, metres));

describe('A1 out-of-bounds', () => {
  test('A1 opens outside, is over inside', () => {
    const alerts = play([...SETTING, profile(0), ...home(), ...away(10, 5, 1500), ...home(5, 15)]);
    expect(told(alerts)).toEqual(['out-of-bounds opened 10.0', 'out-of-bounds cleared 15.0']);
    expect(alerts[0]).toMatchObject({
      zone: 'home',
      device: 'D1',
      severity: 'critical',
      late: false,
      version: 1,
    });
  });

  test('A1 between the two probabilities it stays what it is', () => {
    // 10 m fixes and a floor of 4 m: 5 m outside is 0.9, 5 m inside the same.
    const edge = (from: number, metres: number) => range(from, from + 10).map((n) => fix(n / 60, metres));
    const start = [...SETTING, profile(0), ...edge(0, 900), ...edge(10, 996), ...edge(20, 1003)];
    expect(play(start)).toEqual([]);
    const after = [...start, ...edge(30, 1040), ...edge(40, 1003), ...edge(50, 998)];
    expect(
      play(after)
        .map(({ state }) => state)
        .filter((state) => state !== 'updated'),
    ).toEqual(['opened']);
    expect(play([...after, ...edge(60, 960)]).at(-1)?.state).toBe('cleared');
  });

  test('A1 the union: from one stay-in zone into another that touches it is no way out', () => {
    const zones = [stay('home'), stay('work')];
    const walk = range(0, 40).map((n) => fix(n, n * 100));
    const alerts = play([...SETTING, zone(0, circle('work', 1200, 2000)), profile(0, { zones }), ...walk]);
    expect(told(alerts).slice(0, 1)).toEqual(['out-of-bounds opened 33.0']);
    expect(alerts[0]?.zone).toBe('work');
  });

  test('A1 the policy says how sure: 0.999999 waits where 0.9 does not', () => {
    const opened = (outsideProbability: number) =>
      play([...SETTING, policy(0, { outsideProbability }), profile(0), ...home(), ...away(10, 4, 1020)])
        .length;
    expect(opened(0.9)).toBeGreaterThan(0);
    expect(opened(0.999999)).toBe(0);
  });

  test('A1 a zone whose shape is not known binds nobody, and binds once it comes', () => {
    const alerts = play([profile(0), ...away(0, 3), zone(4, circle('home'))]);
    expect(told(alerts)).toEqual(['out-of-bounds opened 4.0']);
  });
});

describe('A2 exclusion-entry', () => {
  test('A2 each zone by itself; in is opened, out is cleared', () => {
    const zones = [keepOut('school'), keepOut('mall')];
    const alerts = play([
      ...SETTING,
      zone(0, circle('mall', 300, 8000)),
      profile(0, { zones }),
      ...home(3),
      ...away(3, 3),
      ...away(6, 3, 8000),
      ...home(3, 9),
    ]);
    expect(alerts.map(({ zone: id, state }) => `${id} ${state}`)).toEqual([
      'school opened',
      'school cleared',
      'mall opened',
      'mall cleared',
    ]);
    expect(alerts[0]?.evidence.every(({ distanceM }) => distanceM < 0)).toBe(true);
  });

  test('A2 it opens at 0.95 where out of bounds waits for 0.99, and the lower of the two is what is asked', () => {
    // 13 m inside the nearer edge.
    const opened = (part: PolicyPart) =>
      play([
        ...SETTING,
        zone(0, circle('mall', 300, 8000)),
        policy(0, part),
        profile(0, { zones: [keepOut('mall')] }),
        ...away(0, 5, 5000),
        ...range(6, 12).map((n) => fix(n, 7713)),
      ]).map(({ confidence, state }) => `${state} ${confidence > 0.95 && confidence < 0.99}`);
    expect(opened({})).toContain('opened true');
    expect(opened({ exclusionProbability: 0.999999 })).toEqual([]);
    expect(opened({ exclusionProbability: 0.999999, outsideProbability: 0.9 })).toContain('opened true');
  });

  test('A2 near the zone is not in it', () => {
    expect(play([...SETTING, profile(0, { zones: [keepOut('school')] }), ...away(0, 10, 4400)])).toEqual([]);
  });
});

test.each([
  ['stay-in', stay('home', { bufferM: 200 }), 1100, 1300],
  ['keep-out', keepOut('school', { bufferM: 200 }), 4600, 4900],
] as const)(
  'A3 a buffer moves the edge of %s in the favour of the subject',
  (_, assignment, within, beyond) => {
    const story = (metres: number) =>
      play([...SETTING, profile(0, { zones: [assignment] }), ...home(3), ...away(3, 5, metres)]);
    expect(story(within)).toEqual([]);
    expect(story(beyond).map(({ state }) => state)).toEqual(['opened']);
  },
);

describe('A4 schedules', () => {
  // Minute 0 is Monday 08:00 in Beijing.
  const from = (schedule: Schedule) => [
    ...SETTING,
    profile(0, { ...rare, zones: [stay('home', { schedule })] }),
    fix(0, 5000),
  ];
  const everyDay = [1, 2, 3, 4, 5, 6, 7];

  test('A4 binds from its begin to its end', () => {
    const alerts = play([...from({ days: everyDay, from: '09:00', to: '10:00' }), ...ticks(0, 150)]);
    expect(told(alerts)).toEqual(['out-of-bounds opened 60.0', 'out-of-bounds cleared 120.0']);
  });

  test('A4 over midnight: the days are those on which it begins', () => {
    const night = { days: [1], from: '22:00', to: '06:00' };
    const alerts = play([...from(night), ...ticks(0, 2 * 24 * 60)]);
    expect(told(alerts)).toEqual(['out-of-bounds opened 840.0', 'out-of-bounds cleared 1320.0']);
  });

  test('A4 in the time zone of the calendar', () => {
    const calendar: LogEvent = {
      type: 'calendar',
      atMs: AT,
      calendar: { days: {}, timeZone: 'Europe/London' },
    };
    const alerts = play([
      calendar,
      ...from({ days: everyDay, from: '09:00', to: '10:00' }),
      ...ticks(0, 700),
    ]);
    expect(told(alerts)[0]).toBe('out-of-bounds opened 540.0');
    expect(alerts.find(({ kind }) => kind === 'out-of-bounds')?.reason).toContain('2026-03-02 09:00:00');
  });
});

describe('A5 permits', () => {
  const permit = (more: Partial<Permit> = {}): Permit => ({
    id: 'P1',
    fromMs: minutes(10),
    untilMs: minutes(100),
    destination: null,
    returnedAtMs: null,
    ...more,
  });
  const story = (more: Partial<Permit>, metres = 5000) => [
    ...SETTING,
    profile(0, { permits: [permit(more)], devices: [phone('D1', { intervalS: 86_400 })] }),
    ...home(3),
    ...away(12, 3, metres),
    ...ticks(14, 130),
  ];

  test('A5 without a destination everything is allowed until it ends', () => {
    const alerts = play(story({}));
    expect(told(alerts)).toEqual(['out-of-bounds opened 100.0']);
    expect(alerts[0]?.reason).toContain('请假 P1 已于');
  });

  test('A5 with one too: whether the subject strays from it is another kind', () => {
    expect(told(play(story({ destination: 'school' })))).toEqual(['out-of-bounds opened 100.0']);
    expect(told(play(story({ destination: 'school' }, 15_000)))).toEqual(['out-of-bounds opened 100.0']);
  });

  test('A5 it ends when the return is recorded', () => {
    expect(told(play(story({ returnedAtMs: minutes(50) })))).toEqual(['out-of-bounds opened 50.0']);
  });

  test('A5 a permit that begins while the alert stands ends it', () => {
    const alerts = play([
      ...SETTING,
      profile(0),
      ...home(3),
      ...away(5, 3),
      tick(9),
      profile(10, { permits: [permit()] }),
    ]);
    expect(told(alerts)).toEqual(['out-of-bounds opened 5.0', 'out-of-bounds cleared 10.0']);
    expect(alerts[1]?.reason).toContain('请假 P1 生效');
  });

  test('A5 it opens no keep-out zone', () => {
    const zones = [stay('home'), keepOut('school')];
    const alerts = play([...SETTING, profile(0, { zones, permits: [permit()] }), ...home(3), ...away(12, 3)]);
    expect(told(alerts)).toEqual(['exclusion-entry opened 12.0']);
  });
});

describe('A6 levels', () => {
  const outside = [...SETTING, profile(0, { ...rare, zones: [] }), ...away(0, 5)];

  test('A6 a profile that binds is broken from then on, not from when the subject went there', () => {
    const alerts = play([...outside, profile(20, rare)]);
    expect(told(alerts)).toEqual(['out-of-bounds opened 20.0']);
    expect(alerts[0]?.evidence).toHaveLength(5);
  });

  test('A6 a zone that grows ends it, one that shrinks begins it', () => {
    const alerts = play([
      ...SETTING,
      profile(0, rare),
      ...away(0, 3, 1500),
      zone(10, circle('home', 3000)),
      zone(20, circle('home', 1000)),
    ]);
    expect(told(alerts)).toEqual([
      'out-of-bounds opened 0.0',
      'out-of-bounds cleared 10.0',
      'out-of-bounds opened 20.0',
    ]);
  });

  test('A6 a keep-out zone laid around a subject is broken from then on', () => {
    const alerts = play([
      ...outside,
      profile(6, { ...rare, zones: [keepOut('new')] }),
      zone(20, circle('new', 500, 5000)),
    ]);
    expect(told(alerts)).toEqual(['exclusion-entry opened 20.0']);
  });

  test('A6 a profile that lifts it ends it', () => {
    const alerts = play([...SETTING, profile(0), ...away(0, 3), profile(20, { zones: [] })]);
    expect(told(alerts)).toEqual(['out-of-bounds opened 0.0', 'out-of-bounds cleared 20.0']);
    expect(alerts[1]?.reason).toContain('不再生效');
  });

  test('A6 a device handed in does not end what it showed; another one does', () => {
    const devices = [phone('D1', { untilMs: minutes(10) }), phone('D2', { fromMs: minutes(10) })];
    const start = [...SETTING, profile(0, { devices }), ...away(0, 3), ...ticks(3, 15)];
    expect(told(play(start))).toEqual(['out-of-bounds opened 0.0']);
    expect(told(play([...start, fix(16, 0, { device: 'D2' })])).at(-1)).toBe('out-of-bounds cleared 16.0');
  });
});

describe('A12 the account', () => {
  test('A12 says where, how far, how sure, by how many fixes, permit, battery and last contact', () => {
    const [alert] = play([...SETTING, profile(0), ...home(3), fix(30, 1500, { batteryPct: 41 })]);
    expect(alert?.reason).toMatch(
      /^S1 于 2026-03-02 08:30:00 越出home，现在界外 (49\d|500) m（定位误差 \d+ m），连续 1 次定位，置信度 99\.\d %。无有效请假。电量 41 %，最后联系 2026-03-02 08:30:01。$/,
    );
    expect(alert?.reasonEn).toMatch(
      /^S1 left home at 2026-03-02 08:30:00 and is (49\d|500) m outside \(position error \d+ m\), 1 fix, confidence 99\.\d %\. No valid permit\. Battery 41 %, last contact 2026-03-02 08:30:01\.$/,
    );
    expect(JSON.stringify(alert)).not.toContain('测试人员');
  });
});

describe('A13 evidence', () => {
  test('A13 only fixes that count: a wild one is not among them', () => {
    const alerts = play([
      ...SETTING,
      profile(0),
      ...home(5),
      fix(5, 90_000),
      ...home(3, 6),
      ...away(9, 3, 1500),
    ]);
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.evidence.every(({ distanceM }) => distanceM < 2000)).toBe(true);
  });

  test('A13 ten at most, oldest first, distance to the drawn edge', () => {
    const zones = [stay('home', { bufferM: 100 })];
    const [alert] = play([
      ...SETTING,
      profile(0, { ...rare, zones: [] }),
      ...away(0, 30, 1500),
      profile(40, { ...rare, zones }),
    ]);
    expect(alert?.evidence.length).toBeLessThanOrEqual(10);
    const times = alert?.evidence.map(({ atMs }) => atMs) ?? [];
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBe(minutes(29));
    for (const { distanceM } of alert?.evidence ?? []) expect(distanceM).toBeCloseTo(500, -1);
  });
});

describe('A15 several devices', () => {
  const order = { ground: '测试', fromMs: AT - 1, untilMs: minutes(10_000) };
  const devices = [phone('D1'), phone('B1', { kind: 'wristband', order })];
  const start = [...SETTING, profile(0, { devices })];
  const band = (minute: number, metres: number) => fix(minute, metres, { device: 'B1' });

  test('A15 the phone left at home hides nothing: the wristband speaks', () => {
    const alerts = play([...start, ...range(0, 10).flatMap((n) => [fix(n, 0), band(n, n < 5 ? 0 : 5000)])]);
    expect(alerts[0]).toMatchObject({ kind: 'out-of-bounds', device: 'B1' });
  });

  test('A15 a coarse fix of the wristband hides nothing that a surer one of the phone shows beside it', () => {
    const told = (phoneM: number) =>
      play([
        ...start,
        ...range(0, 10).flatMap((n) => [
          fix(n, n < 5 ? 0 : phoneM, { accuracyM: 10 }),
          fix(n + 0.5, n < 5 ? 0 : 1060, { device: 'B1', accuracyM: 100 }),
        ]),
      ]).map(({ kind, state, device }) => `${kind} ${state} ${device}`);
    expect(told(1050)).toEqual(['out-of-bounds opened D1']);
    expect(told(0)).toEqual([]);
  });

  test('A15 a wristband that hears towers only leaves the accusing to the phone beside it, and not the clearing', () => {
    const told = (backFromMinute: number) =>
      play([
        ...start,
        ...range(0, 30).flatMap((n) => [
          fix(n, n < 5 || n >= backFromMinute ? 0 : 1100, { accuracyM: 15 }),
          fix(n + 0.5, 0, { device: 'B1', accuracyM: 600, method: 'cell' }),
        ]),
      ]).map(({ kind, state, device, evidence }) => [kind, state, device, evidence.at(-1)?.accuracyM]);
    const opened = ['out-of-bounds', 'opened', 'D1', 15];
    expect(told(30)).toEqual([opened]);
    // The phone may be back without its bearer.
    expect(told(20)).toEqual([opened]);
  });

  test('A15 a wristband that is not heard any more leaves it to the phone', () => {
    const alerts = play([
      ...start,
      band(0, 0),
      ...range(0, 60).map((n) => fix(n, 5000)),
      status(61, 'charging'),
    ]);
    expect(alerts.find(({ kind }) => kind === 'out-of-bounds')).toMatchObject({ device: 'D1' });
  });

  test('A14 a wristband without an order in force opens nothing', () => {
    const unordered = [phone('B1', { kind: 'wristband' })];
    const expired = [phone('B1', { kind: 'wristband', order: { ...order, untilMs: minutes(3) } })];
    const story = range(5, 10).map((n) => band(n, 5000));
    for (const list of [unordered, expired])
      expect(play([...SETTING, profile(0, { devices: list }), ...story, ...ticks(10, 60)])).toEqual([]);
  });
});

test.each([
  ['stay-in', stay('home'), 5000, 0],
  ['keep-out', keepOut('school'), 5000, 0],
] as const)(
  'A16 stored fixes that come in after a rule of %s begin and end at their own times',
  (_, assignment, wrong, right) => {
    const stored = (minute: number, metres: number) => fix(minute, metres, { receivedMs: minutes(100) });
    const alerts = play([
      ...SETTING,
      profile(60, { zones: [assignment] }),
      ...range(0, 5).map((n) => stored(n, right)),
      ...range(5, 10).map((n) => stored(n, wrong)),
      ...range(10, 15).map((n) => stored(n, right)),
    ]);
    expect(told(alerts).map((text) => text.split(' ').slice(1).join(' '))).toEqual([
      'opened 5.0',
      'cleared 10.0',
    ]);
  },
);
