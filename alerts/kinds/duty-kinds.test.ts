import { describe, expect, test } from 'vitest';
import {
  AT,
  circle,
  fix,
  inOrder,
  minutes,
  phone,
  play as playAll,
  policy,
  profile,
  range,
  SETTING,
  ticks,
  told,
  zone,
} from '../../consumers/detector/story.testing.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import type { Calendar, Muster, Permit } from '../../src/kernel/roster.ts';

/** Minute 0 is Monday 2026-03-02, 08:00 in Beijing. */
const DAY = 24 * 60;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const only = (kind: string, events: readonly LogEvent[]) =>
  playAll(inOrder(events)).filter((alert) => alert.kind === kind);
const at = (from: number, until: number, metres: number, every = 1) =>
  range(0, Math.floor((until - from) / every)).map((n) => fix(from + n * every, metres + (n % 3) * 4));
const checkin = (minute: number, more: object = {}): LogEvent => ({
  type: 'checkin',
  subject: 'S1',
  terminal: 'T1',
  atMs: minutes(minute),
  receivedMs: minutes(minute) + 1000,
  method: 'fingerprint',
  ...more,
});

describe('A18 curfew', () => {
  const night = { zone: 'home', days: EVERY_DAY, from: '22:00', to: '06:00' };
  const setting = [...SETTING, profile(0, { zones: [], curfews: [night] })];
  // 22:00 is minute 840, 06:00 is 1320.
  test('A18 who is away at its begin has broken it from the begin on, told when the grace is over', () => {
    const alerts = only('curfew', [
      ...setting,
      ...at(800, 900, 3000),
      ...at(900, 930, 0),
      ...ticks(800, 930),
    ]);
    expect(told(alerts)).toEqual(['curfew opened 840.0', 'curfew cleared 900.0']);
    expect((alerts[0]?.detectedAtMs ?? 0) - minutes(845)).toBeLessThan(61_000);
    expect(alerts[0]?.reason).toMatch(
      /^S1 自 2026-03-02 22:00:00 起违反宵禁（22:00–06:00）：不在home，现在距其边界 2\d{3} m/,
    );
    expect(alerts[0]?.evidence.length).toBeGreaterThan(0);
    expect(alerts[1]?.reason).toContain('回到home');
  });

  test('A18 who comes home within the grace has broken nothing', () => {
    expect(
      only('curfew', [...setting, ...at(800, 843, 3000), ...at(843, 900, 0), ...ticks(800, 900)]),
    ).toEqual([]);
  });

  test('A18 who leaves in the night breaks it at once, and its end ends it', () => {
    const alerts = only('curfew', [
      ...setting,
      ...at(830, 1000, 0),
      ...at(1000, 1330, 3000),
      ...ticks(830, 1330),
    ]);
    expect(told(alerts)).toEqual(['curfew opened 1000.0', 'curfew cleared 1320.0']);
    expect((alerts[0]?.detectedAtMs ?? 0) - minutes(1000)).toBeLessThan(62_000);
  });

  test('A16 the stored fixes of a night that come in the morning are judged by the night', () => {
    const stored = at(1000, 1060, 3000).map((event) => ({ ...event, receivedMs: minutes(1400) }));
    const alerts = only('curfew', [
      ...setting,
      ...at(830, 1000, 0),
      ...stored,
      ...at(1400, 1410, 0),
      ...ticks(830, 1410),
    ]);
    expect(told(alerts)).toEqual(['curfew opened 1000.0', 'curfew cleared 1320.0']);
    expect(alerts[0]).toMatchObject({ late: true });
  });

  test('A17 a phone that was last heard long before says nothing about it', () => {
    expect(only('curfew', [...setting, ...at(780, 800, 3000), ...ticks(780, 900)])).toEqual([]);
  });

  test('A5 leave lifts it', () => {
    const permits = [
      { id: 'P1', fromMs: minutes(800), untilMs: minutes(880), destination: null, returnedAtMs: null },
    ];
    const story = [...SETTING, profile(0, { zones: [], curfews: [night], permits })];
    const alerts = only('curfew', [...story, ...at(800, 900, 3000), ...ticks(800, 900)]);
    expect(told(alerts)).toEqual(['curfew opened 880.0']);
  });
});

describe('A19 leave-deviation and A20 overdue-leave', () => {
  const permit = (more: Partial<Permit> = {}): Permit => ({
    id: 'P1',
    fromMs: minutes(10),
    untilMs: minutes(200),
    destination: 'market',
    returnedAtMs: null,
    ...more,
  });
  const setting = (more: Partial<Permit> = {}) => [
    ...SETTING,
    zone(0, circle('market', 500, 30_000)),
    profile(0, { permits: [permit(more)] }),
  ];
  const away = ['out-of-bounds', 'leave-deviation'];
  const both = (events: readonly LogEvent[]) =>
    playAll(inOrder(events)).filter(({ kind }) => away.includes(kind));

  test('A19 home, on the way, there and back is none', () => {
    const drive = range(0, 30).map((n) => fix(20 + n, 1000 * n));
    const back = range(0, 30).map((n) => fix(100 + n, 30_000 - 1000 * n));
    expect(
      both([
        ...setting(),
        ...at(0, 20, 0),
        ...drive,
        ...at(50, 100, 30_000),
        ...back,
        ...at(130, 199, 0),
        ...ticks(0, 199),
      ]),
    ).toEqual([]);
  });

  test('A19 somewhere else is one, until the subject is where it is allowed', () => {
    const alerts = both([
      ...setting(),
      ...at(0, 20, 0),
      ...at(25, 60, -12_000),
      ...at(60, 80, 0),
      ...ticks(0, 80),
    ]);
    expect(told(alerts)).toEqual(['leave-deviation opened 25.0', 'leave-deviation cleared 60.0']);
    expect(alerts[0]?.reason).toMatch(/持请假 P1 前往market，自 2026-03-02 08:25:00 起偏离/);
    expect(alerts[0]).toMatchObject({ zone: 'market', severity: 'high' });
  });

  test('A19 when the permit ends, being there is out of bounds', () => {
    const alerts = both([
      ...setting({ untilMs: minutes(70) }),
      ...at(0, 20, 0),
      ...at(25, 90, 30_000),
      ...ticks(0, 90),
    ]);
    expect(told(alerts)).toEqual(['out-of-bounds opened 70.0']);
  });

  test('A20 an hour after its end without a return; over when that is recorded', () => {
    const story = [...setting({ untilMs: minutes(60) }), ...at(0, 200, 0), ...ticks(0, 200)];
    const alerts = only('overdue-leave', story);
    expect(told(alerts)).toEqual(['overdue-leave opened 60.0']);
    expect((alerts[0]?.detectedAtMs ?? 0) - minutes(120)).toBeLessThan(20_000);
    const back = profile(180, { permits: [permit({ untilMs: minutes(60), returnedAtMs: minutes(175) })] });
    expect(told(only('overdue-leave', [...story, back]))).toEqual([
      'overdue-leave opened 60.0',
      'overdue-leave cleared 175.0',
    ]);
    const inTime = setting({ untilMs: minutes(60), returnedAtMs: minutes(55) });
    expect(only('overdue-leave', [...inTime, ...at(0, 200, 0), ...ticks(0, 200)])).toEqual([]);
  });
});

describe('A24 missed-checkin', () => {
  // Wednesday 09:00 to 17:00 is minute 2940 to 3420.
  const weekly = { id: 'weekly', days: [3], from: '09:00', to: '17:00' };
  const setting = [...SETTING, profile(0, { devices: [], zones: [], checkins: [weekly] })];
  const until = (minute: number) => ticks(2900, minute);

  test('A24 the window closed without one; over when the subject checks in after all', () => {
    const alerts = only('missed-checkin', [...setting, ...until(3500), checkin(3460)]);
    expect(told(alerts)).toEqual(['missed-checkin opened 3420.0', 'missed-checkin cleared 3460.0']);
    expect(alerts[0]?.detectedAtMs).toBe(minutes(3420));
    expect(alerts[0]?.reason).toContain(
      '未在报到时段 weekly（2026-03-04 09:00:00 – 2026-03-04 17:00:00）内报到',
    );
    expect(alerts[0]?.evidence).toEqual([]);
  });

  test('A24 one within it is enough; one of the day before is not', () => {
    expect(only('missed-checkin', [...setting, ...until(3500), checkin(3000)])).toEqual([]);
    expect(only('missed-checkin', [...setting, ...until(3500), checkin(2800)])).toHaveLength(1);
  });

  test('A24 a terminal that tells of it late takes it back', () => {
    const late = checkin(3000, { receivedMs: minutes(3480) });
    expect(told(only('missed-checkin', [...setting, ...until(3500), late]))).toEqual([
      'missed-checkin opened 3420.0',
      'missed-checkin cleared 3420.0',
    ]);
  });

  test('A24 the policy’s grace', () => {
    const grace = policy(1, { checkinGraceS: 1800 });
    expect(only('missed-checkin', [...setting, grace, ...until(3500), checkin(3440)])).toEqual([]);
    expect(only('missed-checkin', [...setting, grace, ...until(3500)])[0]?.detectedAtMs).toBe(minutes(3450));
  });

  test('A24 leave, a holiday; a make-up workday counts for what is asked on all working days', () => {
    const permits = [
      {
        id: 'P1',
        fromMs: minutes(3000),
        untilMs: minutes(4000),
        destination: null,
        returnedAtMs: minutes(4000),
      },
    ];
    const onLeave = [...SETTING, profile(0, { devices: [], zones: [], checkins: [weekly], permits })];
    expect(only('missed-checkin', [...onLeave, ...until(3500)])).toEqual([]);
    const calendar = (days: Calendar['days']): LogEvent => ({
      type: 'calendar',
      atMs: AT - 1,
      calendar: { days, timeZone: 'Asia/Shanghai' },
    });
    expect(
      only('missed-checkin', [calendar({ '2026-03-04': 'holiday' }), ...setting, ...until(3500)]),
    ).toEqual([]);
    // Saturday 2026-03-07.
    const daily = { id: 'daily', days: [1, 2, 3, 4, 5], from: '09:00', to: '10:00' };
    const saturday = [
      ...SETTING,
      profile(5 * DAY, { devices: [], zones: [], checkins: [daily] }),
      ...ticks(5 * DAY, 5 * DAY + 180),
    ];
    expect(only('missed-checkin', saturday)).toEqual([]);
    expect(only('missed-checkin', [calendar({ '2026-03-07': 'workday' }), ...saturday])).toHaveLength(1);
  });

  test('A24 a window that closed before it was known is not asked about', () => {
    const late = [
      ...SETTING,
      profile(3430, { devices: [], zones: [], checkins: [weekly] }),
      ...ticks(3430, 3500),
    ];
    expect(only('missed-checkin', late)).toEqual([]);
  });
});

describe('A25 roll-calls', () => {
  const muster = (more: Partial<Muster> = {}): LogEvent => ({
    type: 'muster',
    atMs: AT,
    muster: {
      id: 'M1',
      zone: 'school',
      fromMs: minutes(60),
      untilMs: minutes(90),
      subjects: ['S1'],
      excused: [],
      ...more,
    },
  });
  const setting = [...SETTING, profile(0, { zones: [] })];
  const story = (there: LogEvent[], more: Partial<Muster> = {}) =>
    only('missed-checkin', [
      ...setting,
      muster(more),
      ...at(0, 60, 0),
      ...there,
      ...at(90, 100, 0),
      ...ticks(0, 100),
    ]);

  test('A25 who was at the place within the window was there; who checked in too', () => {
    expect(story(at(60, 90, 5000))).toEqual([]);
    expect(story([...at(60, 90, 0), checkin(70)])).toEqual([]);
  });

  test('A25 who was not has missed it; who is excused is not asked, nor who is not on the list', () => {
    const alerts = story(at(60, 90, 0));
    expect(told(alerts)).toEqual(['missed-checkin opened 90.0']);
    expect(alerts[0]).toMatchObject({ zone: 'school' });
    expect(alerts[0]?.reason).toContain('未参加集中点验 M1');
    expect(story(at(60, 90, 0), { excused: ['S1'] })).toEqual([]);
    expect(story(at(60, 90, 0), { subjects: ['S9'] })).toEqual([]);
  });

  test('A25 leave over the window or at its close excuses; leave that ended within it does not', () => {
    const leave = (fromMin: number, untilMin: number): Permit => {
      const untilMs = minutes(untilMin);
      return { id: 'P1', fromMs: minutes(fromMin), untilMs, destination: null, returnedAtMs: untilMs };
    };
    const missed = (permit: Permit) =>
      only('missed-checkin', [
        ...SETTING,
        profile(0, { zones: [], permits: [permit] }),
        muster(),
        ...at(0, 100, 0),
        ...ticks(0, 100),
      ]);
    expect(missed(leave(30, 90))).toEqual([]);
    expect(missed(leave(80, 200))).toEqual([]);
    expect(missed(leave(30, 80))).toHaveLength(1);
  });

  test('A25 to pass by before it began is not to be there', () => {
    expect(story([...at(50, 59, 5000), ...at(60, 90, 0)])).toHaveLength(1);
    expect(phone().id).toBe('D1');
  });
});
