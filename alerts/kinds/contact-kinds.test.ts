import { describe, expect, test } from 'vitest';
import {
  AT,
  circle,
  feed,
  fix,
  minutes,
  phone,
  play as playAll,
  policy,
  profile,
  SETTING,
  status,
  tick,
  ticks,
  told,
  zone,
} from '../../consumers/detector/story.testing.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';

const CONTACT_KINDS = ['phone-off', 'silent'];
/** What else a story like that raises is another file's matter. */
const play = (events: readonly LogEvent[]) =>
  playAll(events).filter(({ kind }) => CONTACT_KINDS.includes(kind));
const start = [...SETTING, profile(0)];

describe('A7 phone-off', () => {
  test.each(['power-off', 'unreachable'] as const)('A7 %s opens it, a later fix ends it', (code) => {
    const alerts = play([...start, fix(0, 0), status(5, code), fix(20, 0)]);
    expect(told(alerts)).toEqual(['phone-off opened 5.0', 'phone-off cleared 20.0']);
    expect(alerts[0]).toMatchObject({ device: 'D1', zone: null, confidence: 1, severity: 'high' });
    expect(alerts[0]?.evidence).toHaveLength(1);
    expect(alerts[0]?.reason).toContain('电量 80 %，最后联系 2026-03-02 08:0');
  });

  test.each(['power-on', 'reachable', 'charging', 'low-battery', 'sos'] as const)(
    'A7 %s shows it on',
    (code) => {
      expect(told(play([...start, status(5, 'power-off'), status(9, code)]))).toEqual([
        'phone-off opened 5.0',
        'phone-off cleared 9.0',
      ]);
    },
  );

  test('A7 a stored fix from before the report does not show it on', () => {
    const stored = fix(3, 0, { receivedMs: minutes(9) });
    expect(told(play([...start, fix(0, 0), status(5, 'power-off'), stored]))).toEqual([
      'phone-off opened 5.0',
    ]);
  });

  test('A7 a report that is older than what shows it on opens nothing', () => {
    const old = { ...status(5, 'power-off'), receivedMs: minutes(12) };
    expect(play([...start, fix(10, 0), old])).toEqual([]);
  });

  test('A7 reported twice, it began with the first', () => {
    expect(told(play([...start, status(5, 'power-off'), status(6, 'unreachable')]))).toEqual([
      'phone-off opened 5.0',
    ]);
  });
});

describe('A8 silent', () => {
  test('A8 opens after the limit by receipt, ends by anything received', () => {
    const alerts = play([...start, fix(0, 0), ...ticks(0, 30), fix(30, 0)]);
    expect(told(alerts)).toEqual(['silent opened 0.0', 'silent cleared 30.0']);
    // Received at 00:01; the limit is 15 minutes; ticks stand every ten seconds.
    expect(alerts[0]?.detectedAtMs).toBe(minutes(15) + 10_000);
    expect(alerts[0]?.reason).toContain('超过允许的 15 分钟');
  });

  test.each([
    [
      'at the level that is low',
      [fix(0, 0, { batteryPct: 20 })],
      '此前电量 20 %，可能已耗尽，最后联系 2026-03-02 08:00:01。',
    ],
    ['nearly empty', [fix(0, 0, { batteryPct: 1 })], '此前电量 1 %，可能已耗尽'],
    ['called low by the device', [fix(0, 0), status(0.5, 'low-battery')], '此前报告电量低，可能已耗尽'],
  ])('A8 a battery %s is named as the cause, and the severity stays', (_, events, words) => {
    const [alert] = play([...start, ...events, ...ticks(1, 30)]).filter(({ kind }) => kind === 'silent');
    expect(alert?.reason).toContain(words);
    expect(alert?.reasonEn).toContain('may have run out');
    expect(alert?.severity).toBe('medium');
  });

  test.each([
    ['full enough', [fix(0, 0, { batteryPct: 21 })]],
    ['low, and charged since', [fix(0, 0, { batteryPct: 5 }), status(0.5, 'charging')]],
    ['of no known level', [status(0, 'power-on')]],
    ['never heard of', []],
  ])('A8 with a battery %s the cause is not known', (_, events) => {
    const [alert] = play([...start, ...events, ...ticks(1, 30)]).filter(({ kind }) => kind === 'silent');
    expect(alert?.reason).toContain('原因不明。');
    expect(alert?.reasonEn).toContain('The cause is not known.');
    expect(alert?.severity).toBe('medium');
  });

  const cellar = (radiusM: number) => zone(0, { ...circle('cellar', radiusM), purpose: 'no-signal' });
  test.each([
    ['well inside', [cellar(1000), fix(0, 0)], true],
    ['inside, and nearer to the edge than it is known', [cellar(1000), fix(0, 995)], false],
    ['in one that is smaller than its error', [cellar(5), fix(0, 0)], false],
    ['outside', [cellar(1000), fix(0, 3000)], false],
    [
      'in one that has been moved away',
      [cellar(1000), zone(0, { ...circle('cellar', 500, 9000), purpose: 'no-signal' }), fix(0, 0)],
      false,
    ],
    ['in a zone of obligation', [fix(0, 0)], false],
  ] as const)('A8 known dead ground is the cause for a device that was last %s', (_, events, isCause) => {
    const [alert] = play([...start, ...events, ...ticks(1, 30)]).filter(({ kind }) => kind === 'silent');
    expect(alert?.reason.includes('最后位置在已知无信号区域 cellar 内')).toBe(isCause);
    expect(alert?.reasonEn.includes('known to be no signal')).toBe(isCause);
    expect(alert?.severity).toBe('medium');
  });

  test('A31 dead ground binds nobody, whatever names it', () => {
    const rules = { zones: [{ zone: 'cellar', rule: 'keep-out', bufferM: 0, schedule: null }] } as const;
    const story = [profile(0, rules), ...Array.from({ length: 10 }, (_, i) => fix(i, 0))];
    expect(told(playAll([zone(0, circle('cellar')), ...story]))[0]).toContain('exclusion-entry');
    expect(playAll([cellar(1000), ...story])).toEqual([]);
  });

  test('A8 three intervals where that is more', () => {
    const slow = [...SETTING, profile(0, { devices: [phone('D1', { intervalS: 3600 })] })];
    expect(play([...slow, fix(0, 0), ...ticks(0, 179)])).toEqual([]);
    expect(told(play([...slow, fix(0, 0), ...ticks(0, 181)]))).toEqual(['silent opened 0.0']);
  });

  test('A8 by receipt: stored fixes that arrive are contact', () => {
    const stored = Array.from({ length: 10 }, (_, i) => fix(i, 0, { receivedMs: minutes(5 * i) }));
    const events = stored.flatMap((event, i) => [event, ...ticks(5 * i, 5 * i + 5)]);
    expect(play([...start, ...events])).toEqual([]);
  });

  test('A8 never heard: counted from the assignment', () => {
    const alerts = play([...start, ...ticks(0, 20)]);
    expect(told(alerts)).toEqual(['silent opened 0.0']);
    expect(alerts[0]?.reason).toContain('从未收到');
    const later = [
      ...SETTING,
      profile(0, { devices: [phone('D1', { fromMs: minutes(60) })] }),
      ...ticks(0, 80),
    ];
    const [alert] = play(later);
    expect(alert?.startedAtMs).toBe(minutes(60));
    expect(alert?.detectedAtMs).toBe(minutes(75) + 10_000);
  });

  test('A8 a policy that allows less finds it at once', () => {
    const alerts = play([...start, fix(0, 0), ...ticks(0, 6), policy(6, { silenceMinS: 300 })]);
    expect(told(alerts)).toEqual(['silent opened 0.0']);
    expect(alerts[0]?.detectedAtMs).toBe(minutes(6));
  });

  test('A8 fixes of one device do not hide the silence of another', () => {
    const two = [...SETTING, profile(0, { devices: [phone('D1'), phone('D2')] })];
    // A fix of the other device comes between the deadline and the tick that should meet it.
    const others = Array.from({ length: 40 }, (_, i) => fix(i * 0.5, 0, { device: 'D2' }));
    const events = others.flatMap((event, i) => [event, ...ticks(i * 0.5, i * 0.5 + 0.5)]);
    expect(told(play([...two, fix(0, 0), ...events])).slice(0, 1)).toEqual(['silent opened 0.0']);
  });
});

describe('A9 explained silence', () => {
  test('A9 a device known to be off is not also silent', () => {
    const alerts = play([...start, fix(0, 0), status(1, 'power-off'), ...ticks(1, 60)]);
    expect(told(alerts)).toEqual(['phone-off opened 1.0']);
  });

  test('A9 while its feed is down nobody is silent; up again, the time counts anew', () => {
    const events = [...start, fix(0, 0), feed(5, 'down'), ...ticks(5, 60), feed(60, 'up')];
    expect(play([...events, ...ticks(60, 74)])).toEqual([]);
    const alerts = play([...events, ...ticks(60, 76)]);
    expect(told(alerts)).toEqual(['silent opened 0.0']);
    expect(alerts[0]?.detectedAtMs).toBe(minutes(75) + 10_000);
  });

  test('A9 while the operator can not be asked no phone of its is silent, also one for which the roster names no feed', () => {
    const byOperator = (protocol: 'mlp' | 'osmand') => [
      ...SETTING,
      profile(0, { devices: [phone('D1', { feed: null, protocol })] }),
    ];
    const rest = [
      fix(0, 0),
      feed(5, 'down', 'mlp'),
      ...ticks(5, 60),
      feed(60, 'up', 'mlp'),
      ...ticks(60, 74),
    ];
    expect(play([...byOperator('mlp'), ...rest])).toEqual([]);
    expect(told(play([...byOperator('osmand'), ...rest]))).toEqual(['silent opened 0.0']);
  });

  test('A9 who was silent before the feed went down stays so', () => {
    const alerts = play([
      ...start,
      fix(0, 0),
      ...ticks(0, 20),
      feed(20, 'down'),
      feed(40, 'up'),
      ...ticks(40, 50),
      fix(50, 0),
    ]);
    expect(told(alerts)).toEqual(['silent opened 0.0', 'silent cleared 50.0']);
  });
});

test('A10 a gap between ticks is our own blindness, and nobody is silent for it', () => {
  const events = [...start, fix(0, 0), ...ticks(0, 5), tick(120)];
  expect(play([...events, ...ticks(120, 129)])).toEqual([]);
  // Five minutes had passed before the gap: ten are left after it.
  const alerts = play([...events, ...ticks(120, 131)]);
  expect(told(alerts)).toEqual(['silent opened 0.0']);
  expect(alerts[0]?.detectedAtMs).toBeGreaterThanOrEqual(minutes(129.8));
});

test('A11 what the operator says of a device is no contact', () => {
  const alerts = play([...start, fix(0, 0), ...ticks(0, 10), status(10, 'unreachable'), ...ticks(10, 30)]);
  expect(told(alerts)).toEqual(['phone-off opened 10.0']);
  expect(alerts[0]?.reason).toContain('最后联系 2026-03-02 08:00:01');
  // Reachable again, it has the whole time to report, and then it is silent since it was last heard.
  const after = play([
    ...start,
    fix(0, 0),
    status(10, 'unreachable'),
    ...ticks(10, 30),
    status(30, 'reachable'),
    ...ticks(30, 50),
  ]);
  expect(told(after)).toEqual(['phone-off opened 10.0', 'phone-off cleared 30.0', 'silent opened 0.0']);
  expect(after[2]?.detectedAtMs).toBeGreaterThan(minutes(45));
});

describe('A14 devices that are not watched', () => {
  test('A14 handed in, what was open about it is over, and nothing opens', () => {
    const devices = [phone('D1', { untilMs: minutes(30) })];
    const alerts = play([...SETTING, profile(0, { devices }), fix(0, 0), ...ticks(0, 120)]);
    expect(told(alerts)).toEqual(['silent opened 0.0', 'silent cleared 30.0']);
    expect(alerts[1]?.reason).toContain('不再监管');
  });

  test('A14 a wristband is watched from its order on', () => {
    const order = { ground: '测试', fromMs: minutes(60), untilMs: minutes(600) };
    const devices = [phone('B1', { kind: 'wristband', order })];
    const alerts = play([...SETTING, profile(0, { devices }), ...ticks(0, 80)]);
    expect(alerts.map(({ detectedAtMs }) => detectedAtMs)).toEqual([minutes(75) + 10_000]);
  });

  test('A14 a device that comes back to the same subject counts again', () => {
    const devices = [phone('D1', { untilMs: minutes(10) }), phone('D1', { fromMs: minutes(20) })];
    const alerts = playAll([
      ...SETTING,
      profile(0, { devices }),
      fix(0, 0),
      ...ticks(0, 30),
      fix(30, 5000),
      fix(31, 5000),
    ]);
    expect(told(alerts)).toEqual(['out-of-bounds opened 30.0']);
    expect(AT).toBeLessThan(alerts[0]?.startedAtMs ?? 0);
  });
});
