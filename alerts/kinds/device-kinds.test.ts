import { describe, expect, test } from 'vitest';
import {
  AT,
  fix,
  inOrder,
  minutes,
  phone,
  play as playAll,
  policy,
  profile,
  range,
  SETTING,
  status,
  ticks,
  told,
} from '../../consumers/detector/story.testing.ts';
import type { LogEvent, Position } from '../../src/kernel/log-event.ts';
import type { Device } from '../../src/kernel/roster.ts';

const DAY = 24 * 60;
const order = { ground: '测试', fromMs: AT - 86_400_000, untilMs: minutes(60 * DAY) };
const band = (more: Partial<Device> = {}) => phone('B1', { kind: 'wristband', order, ...more });
const both = [...SETTING, profile(0, { zones: [], devices: [phone(), band()] })];
const only = (kind: string, events: readonly LogEvent[]) =>
  playAll(inOrder(events)).filter((alert) => alert.kind === kind);
const walk = (
  device: string,
  from: number,
  until: number,
  metres: (n: number) => number,
  more: object = {},
) =>
  range(from, until).map((n) =>
    fix(n + (device === 'B1' ? 0.5 : 0), metres(n) + (n % 3) * 3, { device, ...more }),
  );

describe('A21 strap-tamper', () => {
  const setting = [...SETTING, profile(0, { zones: [], devices: [band()] })];
  test('A21 opened by a cut, over when it is closed later', () => {
    const alerts = only('strap-tamper', [
      ...setting,
      status(5, 'strap-cut', 'B1'),
      status(9, 'strap-closed', 'B1'),
    ]);
    expect(told(alerts)).toEqual(['strap-tamper opened 5.0', 'strap-tamper cleared 9.0']);
    expect(alerts[0]).toMatchObject({ severity: 'critical', device: 'B1', confidence: 1 });
  });

  test('A21 one that came late, from before it was closed, opens nothing; reported twice it began with the first', () => {
    const late = { ...status(5, 'strap-cut', 'B1'), receivedMs: minutes(20) } as LogEvent;
    expect(only('strap-tamper', [...setting, status(9, 'strap-closed', 'B1'), late])).toEqual([]);
    const twice = [status(5, 'strap-cut', 'B1'), status(6, 'strap-cut', 'B1')];
    expect(told(only('strap-tamper', [...setting, ...twice]))).toEqual(['strap-tamper opened 5.0']);
  });

  test('A14 past the order nothing is judged', () => {
    const past = [
      ...SETTING,
      profile(0, { zones: [], devices: [band({ order: { ...order, untilMs: minutes(3) } })] }),
    ];
    expect(only('strap-tamper', [...past, status(5, 'strap-cut', 'B1')])).toEqual([]);
  });
});

describe('A22 separation', () => {
  test('A22 apart for ten minutes by both fixes, over when together', () => {
    const phoneLeft = [
      ...walk('D1', 0, 60, () => 0),
      ...walk('B1', 0, 60, (n) => (n >= 10 && n < 40 ? 2000 : 0)),
    ];
    const alerts = only('separation', [...both, ...phoneLeft]);
    expect(alerts.map(({ state }) => state)).toEqual(['opened', 'cleared']);
    const [opened, cleared] = alerts;
    expect(Math.abs((opened?.startedAtMs ?? 0) - minutes(10.5))).toBeLessThan(61_000);
    expect((opened?.detectedAtMs ?? 0) - (opened?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(600_000);
    expect((opened?.detectedAtMs ?? 0) - (opened?.startedAtMs ?? 0)).toBeLessThan(720_000);
    expect(Math.abs((cleared?.clearedAtMs ?? 0) - minutes(40.5))).toBeLessThan(121_000);
    expect(opened?.reason).toMatch(/现相距 (19|20)\d\d m（联合误差 \d+ m）/);
    expect(opened?.evidence).toHaveLength(2);
  });

  test('A22 a minute apart, near each other, or unsure is none', () => {
    const stories = [
      walk('B1', 0, 60, (n) => (n % 20 < 5 ? 2000 : 0)),
      walk('B1', 0, 60, () => 150),
      walk('B1', 0, 60, () => 2000, { accuracyM: 3000, method: 'cell' }),
    ];
    for (const story of stories)
      expect(only('separation', [...both, ...walk('D1', 0, 60, () => 0), ...story])).toEqual([]);
  });

  test('A22 by towers nobody is apart who may hear the same ones', () => {
    const cell = { accuracyM: 400, method: 'cell' };
    const story = (metres: number) =>
      only('separation', [
        ...both,
        ...walk('D1', 0, 60, () => 0),
        ...walk('B1', 0, 60, () => metres, cell),
      ]).map(({ state }) => state);
    expect(story(3500)).toEqual([]);
    expect(story(12_000)).toEqual(['opened']);
  });

  test('A22 on the road: of a phone that reports each quarter of an hour and a wristband each minute, ten kilometres apart is together', () => {
    const devices = [phone('D1', { intervalS: 900 }), band()];
    const setting = [...SETTING, profile(0, { zones: [], devices })];
    // Half an hour at home, twenty-five minutes by car, then at work.
    const metres = (n: number) => 900 * Math.min(25, Math.max(0, n - 30));
    const car = (n: number) => (n >= 30 && n < 55 ? { speedMps: 15 } : {});
    const bandFixes = range(0, 120).map((n) => fix(n, metres(n), { device: 'B1', ...car(n) }));
    const rare = [4.4, 19.4, 34.4, 49.4, 64.4, 79.4, 94.4].map((n) => fix(n, metres(n), car(n)));
    expect(only('separation', [...setting, ...bandFixes, ...rare])).toEqual([]);
    // And the phone left at home is found all the same.
    const left = [4.4, 19.4, 34.4, 49.4, 64.4, 79.4, 94.4].map((n) => fix(n, n % 3));
    const alerts = only('separation', [...setting, ...bandFixes, ...left]);
    expect(alerts.map(({ state }) => state)).toEqual(['opened']);
    expect((alerts[0]?.detectedAtMs ?? 0) - minutes(64.4)).toBeLessThan(16 * 60_000);
  });

  describe('A22 E12 the fix that was kept aside until the second agreed', () => {
    const slow = [
      ...SETTING,
      profile(0, { zones: [], devices: [phone('D1', { intervalS: 300 }), band({ intervalS: 300 })] }),
    ];
    type Seen = readonly [minute: number, metres: number, more?: object];
    const story = (bandFixes: readonly Seen[], phoneFixes: readonly Seen[]) =>
      only('separation', [
        ...slow,
        ...bandFixes.map(([n, metres, more]) => fix(n, metres, { device: 'B1', ...more })),
        ...phoneFixes.map(([n, metres, more]) => fix(n, metres, more)),
      ]);
    const still = (...at: number[]): Seen[] => at.map((n, i) => [n, (i % 2) * 3]);
    const there = (...at: number[]): Seen[] => at.map((n, i) => [n, 2000 + (i % 2) * 3]);

    test('A22 E12 counts, from the phone’s next fix on: told after ten minutes from there', () => {
      // Kept aside at 25, confirmed at 30; the last sure moment is of 38, and ten minutes after 30 would never come.
      const alerts = story(
        [...still(0, 5, 10, 15, 20), ...there(25, 30, 35, 40), ...still(45, 50, 55, 60)],
        still(3, 8, 13, 18, 23, 28, 33, 38, 50.5, 55.5, 60.5),
      );
      expect(told(alerts)).toEqual(['separation opened 28.0', 'separation cleared 50.5']);
      expect(alerts[0]?.detectedAtMs).toBe(minutes(40) + 1000);
      expect(alerts[0]?.reason).toContain('自 2026-03-02 08:28:00 起分离，已 10 分钟');
    });

    test('A22 E12 counts where the second fits by the time that has passed', () => {
      // 650 m in ten minutes are a walk; in three they were none.
      const near = (...at: number[]): Seen[] => at.map((n) => [n, 900 + (n % 2), { accuracyM: 65 }]);
      const [opened] = story(
        [...[0, 5, 10, 15].map((n): Seen => [n, n % 2, { accuracyM: 65 }]), ...near(19, 29, 33, 37, 41)],
        still(3, 8, 13, 18, 19.5, 24, 28.5, 33.5, 36.5, 41.5),
      );
      expect(told(opened === undefined ? [] : [opened])).toEqual(['separation opened 19.0']);
    });

    test('A22 E12 does not count where nothing agreed with it', () => {
      const [opened] = story(
        [...still(0, 5, 10, 15, 20), ...there(25), ...still(30, 35), ...there(40, 45, 50, 55, 60)],
        still(3, 8, 13, 18, 23, 28, 33, 38, 43, 48, 53, 58),
      );
      expect(told(opened === undefined ? [] : [opened])).toEqual(['separation opened 43.0']);
    });

    test('A22 E12 shows nothing beside a phone that was not heard then, or was there too', () => {
      const first = (phoneFixes: readonly Seen[]) =>
        told(story([...still(0, 5, 10, 15, 20), ...there(25, 30, 35, 40, 45, 50)], phoneFixes))[0];
      expect(first([...still(3, 8, 13, 33, 38, 43, 48)])).toBe('separation opened 33.0');
      // It rode along and was brought back: apart from then on.
      expect(first([...still(3, 8, 13, 18), [24, 2000], [29, 2003], ...still(34, 39, 44, 49)])).toBe(
        'separation opened 35.0',
      );
    });

    test('A22 E12 what begins anew began after the last was over, in the words too', () => {
      // They are found together at 42.6, by where the wristband had been at 41.5; what was kept aside at 42.3 tells of before.
      const alerts = story(
        [...still(0, 5), ...there(10, 15, 20, 25), ...still(36.5, 41.5), ...there(42.3, 47, 52, 57)],
        [...still(3, 8, 13, 18, 23, 28), [42.2, 0, { accuracyM: 290 }], ...still(42.6, 48, 53, 58)],
      );
      expect(told(alerts)).toEqual([
        'separation opened 13.0',
        'separation cleared 42.6',
        'separation opened 42.6',
      ]);
      const [, cleared, again] = alerts;
      expect(again?.startedAtMs).toBeGreaterThan(cleared?.clearedAtMs ?? 0);
      expect(again?.reason).toContain('自 2026-03-02 08:42:36 起分离');
    });

    test('A22 E12 however late and in whatever order the last came, it begins when it began', () => {
      const late = (minute: number): LogEvent =>
        fix(minute, 2001, { device: 'B1', receivedMs: minutes(31) + 1000 });
      const base: LogEvent[] = [
        ...slow,
        ...still(0, 5, 10, 15, 20).map(([n, metres]) => fix(n, metres, { device: 'B1' })),
        ...still(3, 8, 13, 18, 23, 28, 33, 38).map(([n, metres]) => fix(n, metres)),
        ...there(35, 40).map(([n, metres]) => fix(n, metres, { device: 'B1' })),
      ];
      const begins = [
        [late(25), late(30)],
        [late(30), late(25)],
        [late(30), late(25), late(30)],
      ].map((tail) => only('separation', [...base, ...tail]).map(({ startedAtMs }) => startedAtMs));
      expect(begins).toEqual([[minutes(28)], [minutes(28)], [minutes(28)]]);
    });
  });

  describe('A22 of two that report each five minutes, two minutes after each other', () => {
    const accuracyM = 65;
    const story = (metres: (minute: number) => number, more: (minute: number) => object = () => ({})) =>
      told(
        only('separation', [
          ...SETTING,
          profile(0, { zones: [], devices: [phone('D1', { intervalS: 300 }), band({ intervalS: 300 })] }),
          ...range(0, 24).flatMap((i) => [
            fix(5 * i, metres(5 * i) + (i % 2), { device: 'B1', accuracyM, ...more(5 * i) }),
            fix(5 * i + 2, i % 3, { accuracyM }),
          ]),
        ]),
      );

    test('A22 they are together where the one is found where the other stood, as soon as that is sure', () => {
      expect(story((n) => (n >= 20 && n < 45 ? 2000 : 0))).toEqual([
        'separation opened 22.0',
        'separation cleared 50.0',
      ]);
    });

    test('A22 two wild fixes with an hour of being together between them are no hour apart', () => {
      // Each after one from towers, which leaves room for it.
      const isWild = (n: number) => n === 20 || n === 80;
      const claims = (n: number) => (isWild(n) ? { accuracyM: 20 } : isWild(n + 5) ? { accuracyM: 900 } : {});
      expect(story((n) => (isWild(n) ? 850 : 0), claims)).toEqual([]);
    });

    test('A22 but who may have walked off meanwhile is not accused', () => {
      expect(story((n) => (n >= 20 ? 420 : 0))).toEqual([]);
    });
  });

  describe('A22 D9 what a device had stored comes late', () => {
    const slow = [
      ...SETTING,
      profile(0, { zones: [], devices: [phone('D1', { intervalS: 300 }), band({ intervalS: 300 })] }),
    ];
    const every5 = (from: number) => range(0, 18).map((i) => from + 5 * i);
    const bandFixes = (isAway: (minute: number) => boolean) =>
      every5(0).map((n) => fix(n, (isAway(n) ? 2000 : 0) + (n % 2) * 3, { device: 'B1' }));
    const phoneFixes = every5(1).map((n) => fix(n, (n % 2) * 3));
    /** Without a network until then, from an hour before on: what it stored is sent one after the other. */
    const sentAt = (minute: number, order: (stored: Position[]) => Position[]) => {
      const isStored = ({ atMs }: Position) => atMs > minutes(minute - 60) && atMs < minutes(minute);
      return [
        ...phoneFixes.filter((each) => !isStored(each)),
        ...order(phoneFixes.filter(isStored)).map((each, i) => ({
          ...each,
          receivedMs: minutes(minute) + 20 * i,
        })),
      ];
    };
    const separations = (events: readonly LogEvent[]) => only('separation', [...slow, ...events]);

    test.each([
      ['in order', (stored: Position[]) => stored],
      ['backwards', (stored: Position[]) => stored.toReversed()],
      ['by halves', (stored: Position[]) => [...stored.slice(6), ...stored.slice(0, 6)]],
      ['twice', (stored: Position[]) => [...stored, ...stored.toReversed()]],
    ])('A22 D9 %s: told as it comes, though ten minutes from then on would never be over', (_, order) => {
      const away = bandFixes((n) => n >= 35 && n < 70);
      const alerts = separations([...away, ...sentAt(62, order)]);
      expect(alerts.map(({ state }) => state)).toEqual(['opened', 'cleared']);
      const [opened] = alerts;
      expect(opened?.late).toBe(true);
      expect((opened?.detectedAtMs ?? 0) - minutes(62)).toBeLessThan(1000);
      expect(opened?.startedAtMs).toBeGreaterThanOrEqual(minutes(36));
      expect(opened?.startedAtMs).toBeLessThanOrEqual(minutes(51));
    });

    test('A22 D9 in order: the same alert as if each had come when it was made', () => {
      const away = bandFixes((n) => n >= 35 && n < 70);
      const [inTime] = separations([...away, ...phoneFixes]);
      const [late] = separations([...away, ...sentAt(62, (stored) => stored)]);
      expect(inTime?.startedAtMs).toBe(minutes(36));
      expect(late?.alert).toBe(inTime?.alert);
    });

    test('A22 D9 what shows both together counts as well: apart since after that', () => {
      // Apart when the phone was last heard in time, together at 42, apart again since 52.
      const away = bandFixes((n) => (n >= 20 && n < 35) || n >= 50);
      const alerts = separations([
        ...away,
        ...phoneFixes.map((each) =>
          each.atMs > minutes(28) && each.atMs < minutes(58) ? { ...each, receivedMs: minutes(58) } : each,
        ),
      ]);
      expect(told(alerts)).toEqual(['separation opened 51.0']);
      expect(alerts[0]?.detectedAtMs).toBeGreaterThan(minutes(61));
    });

    test('A22 D9 of who is together again it tells nothing: that is the night’s', () => {
      expect(
        separations([...bandFixes((n) => n >= 25 && n < 45), ...sentAt(62, (stored) => stored)]),
      ).toEqual([]);
    });
  });

  test('A22 one that is not heard any more is not apart, it is silent', () => {
    const events = [
      ...walk('D1', 0, 10, () => 0),
      ...walk('B1', 0, 90, (n) => (n < 10 ? 0 : 2000)),
      ...ticks(0, 90),
    ];
    expect(only('separation', [...both, ...events])).toEqual([]);
  });
});

describe('A23 low-battery', () => {
  const setting = [...SETTING, profile(0, { zones: [] })];
  const levels = (...pcts: number[]) => pcts.map((batteryPct, n) => fix(n * 5, (n % 3) * 5, { batteryPct }));
  const states = (events: LogEvent[]) =>
    only('low-battery', [...setting, ...events]).map(({ state }) => state);

  test('A23 once a discharge, over when charged', () => {
    const alerts = only('low-battery', [...setting, ...levels(40, 25, 19, 18, 19, 17, 16, 30, 60)]);
    expect(told(alerts)).toEqual(['low-battery opened 10.0', 'low-battery cleared 35.0']);
    expect(alerts[0]).toMatchObject({ severity: 'low', device: 'D1' });
    expect(alerts[0]?.reason).toContain('低于 20 %');
  });

  test('A23 a flicker is neither; the next discharge is another', () => {
    expect(states(levels(22, 19, 21, 19, 22, 18))).toEqual(['opened']);
    expect(states(levels(30, 19, 50, 80, 40, 19))).toEqual(['opened', 'cleared', 'opened']);
  });

  test('A23 by the device’s own word', () => {
    const events = [fix(0, 0, { batteryPct: 40 }), status(5, 'low-battery'), status(9, 'charging')];
    expect(states(events)).toEqual(['opened', 'cleared']);
    expect(states([...levels(30, 15), status(9, 'charging'), fix(15, 3, { batteryPct: 16 })])).toEqual([
      'opened',
      'cleared',
    ]);
  });

  test('A23 nearly empty it is medium', () => {
    const alerts = only('low-battery', [...setting, ...levels(30, 18, 12, 9, 5)]);
    expect(alerts.map(({ state, severity }) => `${state} ${severity}`)).toEqual([
      'opened low',
      'updated medium',
    ]);
  });
});

describe('A26 implausible-fix', () => {
  const setting = [...SETTING, profile(0, { zones: [] })];
  test('A26 a made-up fix is told, moves nothing, and is over with the next true one', () => {
    const fake = range(5, 10).map((n) => fix(n, 90_000, { mock: true }));
    const events = [...setting, ...walk('D1', 0, 5, () => 0), ...fake, ...walk('D1', 10, 12, () => 0)];
    expect(told(only('implausible-fix', events))).toEqual([
      'implausible-fix opened 5.0',
      'implausible-fix cleared 10.0',
    ]);
    const bound = [...SETTING, profile(0), ...events.slice(setting.length)];
    expect(only('out-of-bounds', bound)).toEqual([]);
  });

  test('A26 two confirmed places that nobody can reach in the time', () => {
    const events = [...walk('D1', 0, 5, () => 0), ...walk('D1', 5, 30, () => 90_000)];
    const alerts = only('implausible-fix', [...setting, ...events]);
    expect(alerts.map(({ state }) => state)).toEqual(['opened', 'cleared']);
    expect(alerts[0]?.reason).toMatch(/相距 90\.0 km，所需速度 15\d\d m\/s，超过 100 m\/s/);
    // One wild fix is no place.
    const wild = [...walk('D1', 0, 5, () => 0), fix(5, 90_000), ...walk('D1', 6, 30, () => 0)];
    expect(only('implausible-fix', [...setting, ...wild])).toEqual([]);
    // And a train is no wonder.
    const train = range(0, 60).map((n) => fix(n, n * 4800, { speedMps: 80 }));
    expect(only('implausible-fix', [...setting, ...train])).toEqual([]);
  });

  test('A26 frozen for a day, or while it says that it moves; a night of rest is none', () => {
    const rest = (hours: number, more: object = {}) => range(0, hours * 6).map((n) => fix(n * 10, 0, more));
    expect(only('implausible-fix', [...setting, ...rest(12)])).toEqual([]);
    expect(only('implausible-fix', [...setting, ...rest(26)]).map(({ state }) => state)).toEqual(['opened']);
    expect(
      only('implausible-fix', [...setting, ...rest(1, { speedMps: 8 })]).map(({ state }) => state),
    ).toEqual(['opened']);
    expect(only('implausible-fix', [...setting, ...rest(26, { method: 'cell' })])).toEqual([]);
  });

  test('A26 a clock far ahead, until it is right', () => {
    const ahead = range(5, 8).map((n) => fix(n + 60, 0, { receivedMs: minutes(n) }));
    const events = [...walk('D1', 0, 5, () => 0), ...ahead, fix(9, 0)];
    expect(told(only('implausible-fix', [...setting, ...events]))).toEqual([
      'implausible-fix opened 5.0',
      'implausible-fix cleared 9.0',
    ]);
  });
});

describe('A27 device-expiry', () => {
  const setting = (untilMin: number) => [
    ...SETTING,
    profile(0, { zones: [], devices: [band({ order: { ...order, untilMs: minutes(untilMin) } })] }),
  ];
  test('A27 a week before its end, high once it has ended, over when renewed', () => {
    const events = [...setting(8 * DAY), ...range(0, 9 * 24).flatMap((h) => ticks(h * 60, h * 60 + 1))];
    const alerts = only('device-expiry', events);
    expect(alerts.map(({ state, severity }) => `${state} ${severity}`)).toEqual([
      'opened medium',
      'updated high',
    ]);
    expect(alerts[0]?.startedAtMs).toBe(minutes(DAY));
    const renewed = profile(9 * DAY, { zones: [], devices: [band()] });
    expect(only('device-expiry', [...events, renewed]).at(-1)?.state).toBe('cleared');
    expect(only('device-expiry', [...setting(60 * DAY), ...ticks(0, 60)])).toEqual([]);
  });
});

describe('A28 abscond', () => {
  const setting = [...SETTING, profile(0, { devices: [phone(), band()] })];
  const out = (device: string, from: number, until: number) => walk(device, from, until, () => 5000);
  const home = (device: string, from: number, until: number) => walk(device, from, until, () => 0);

  test('A28 out of bounds for an hour; over when back', () => {
    const events = [
      ...home('B1', 0, 10),
      ...out('B1', 10, 90),
      ...home('B1', 90, 100),
      ...walk('D1', 0, 100, () => 0),
    ];
    const alerts = only('abscond', [...setting, ...events, ...ticks(0, 100)]);
    expect(alerts.map(({ state }) => state)).toEqual(['opened', 'cleared']);
    expect(alerts[0]?.startedAtMs).toBe(minutes(10.5));
    expect(((alerts[0]?.detectedAtMs ?? 0) - minutes(70.5)) / 60_000).toBeLessThan(1.2);
    expect(alerts[0]).toMatchObject({ severity: 'critical' });
    expect(alerts[0]?.reason).toContain('越界');
  });

  test('A28 two of them together for ten minutes', () => {
    const events = [
      ...home('B1', 0, 10),
      ...out('B1', 10, 40),
      status(12, 'strap-cut', 'B1'),
      ...walk('D1', 0, 40, () => 0),
    ];
    const alerts = only('abscond', [...setting, ...events, ...ticks(0, 40)]);
    expect(((alerts[0]?.detectedAtMs ?? 0) - minutes(22)) / 60_000).toBeLessThan(1.2);
    expect(alerts[0]?.reason).toContain('腕带');
  });

  test('A28 dark is every device; one that is heard is enough', () => {
    const dark = [...home('B1', 0, 10), ...home('D1', 0, 10), ...ticks(0, 90)];
    const alerts = only('abscond', [...setting, ...dark]);
    expect(alerts).toHaveLength(1);
    expect(((alerts[0]?.detectedAtMs ?? 0) - minutes(70)) / 60_000).toBeLessThan(1);
    expect(only('abscond', [...setting, ...dark, ...home('D1', 10, 90)])).toEqual([]);
    const patient = policy(0, { abscondAfterS: 7200 });
    expect(only('abscond', [...setting, patient, ...dark])).toEqual([]);
  });
});
