import { describe, expect, test } from 'vitest';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import { type LogEvent, noContactOf, partitionKeyOf, type Sighting } from '../../src/kernel/log-event.ts';
import { createDetector, type DetectorState } from './detector.ts';
import {
  AT,
  circle,
  fix,
  inOrder,
  minutes,
  person,
  phone,
  policy,
  range,
  told,
  zone,
} from './story.testing.ts';

const one = person({ id: 'S1', noContact: ['S7'], zones: [] });
const other = person({ id: 'S7', devices: [phone('D7')], zones: [] });
const SETTING: LogEvent[] = [
  zone(0, circle('home')),
  { type: 'profile', atMs: AT, profile: one },
  { type: 'profile', atMs: AT, profile: other },
  noContactOf(one, AT),
];
/** S1 stays in the middle; S7 is `metres(minute)` east of it, half a minute later. */
const day = (metres: (minute: number) => number, until = 120, accuracyM = 15): LogEvent[] =>
  inOrder(
    range(0, until).flatMap((n) => [
      fix(n, 0, { accuracyM }),
      fix(n + 0.5, metres(n), { subject: 'S7', device: 'D7', accuracyM }),
    ]),
  );

/** Both stages in one detector, as in replay. */
function play(events: readonly LogEvent[]): AlertEvent[] {
  const alerts: AlertEvent[] = [];
  const detector = createDetector();
  const emit = (alert: AlertEvent) => alerts.push(alert);
  const sight = (sighting: Sighting) => detector.apply(sighting, emit);
  for (const event of [...SETTING, ...events]) detector.apply(event, emit, sight);
  return alerts;
}

describe('A30 gathering', () => {
  test('A30 half an hour together is told, and its end', () => {
    const alerts = play(day((n) => (n >= 20 && n < 70 ? 30 : 3000)));
    expect(alerts.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'gathering opened',
      'gathering cleared',
    ]);
    const [opened, cleared] = alerts;
    expect(opened).toMatchObject({ subject: 'S1', severity: 'high', version: 1, device: null, zone: null });
    expect(Math.abs((opened?.startedAtMs ?? 0) - minutes(20))).toBeLessThan(120_000);
    expect(((opened?.detectedAtMs ?? 0) - (opened?.startedAtMs ?? 0)) / 60_000).toBeGreaterThanOrEqual(30);
    expect(((opened?.detectedAtMs ?? 0) - (opened?.startedAtMs ?? 0)) / 60_000).toBeLessThan(32);
    expect(Math.abs((cleared?.clearedAtMs ?? 0) - minutes(70))).toBeLessThan(180_000);
    expect(opened?.reason).toMatch(
      /^S1 与禁止接触人员 S7 自 .* 起在一起，已 3[01] 分钟，现相距 \d+ m，置信度 [\d.]+ %。$/,
    );
    expect(opened?.evidence).toHaveLength(2);
  });

  test('A30 E12 counts from the fix that was kept aside until the second agreed', () => {
    const events = (there: readonly number[]) =>
      inOrder([
        ...range(0, 13).map((n) => fix(4 * n + 2.5, 0)),
        ...[0, 4, 8, 12].map((n) => fix(n + 0.5, 9000, { subject: 'S7', device: 'D7' })),
        ...there.map((n) => fix(n + 0.5, 30 + (n % 2), { subject: 'S7', device: 'D7' })),
      ]);
    // Kept aside at 16.5, confirmed at 20.5: it shows them together with the other's of 18.5, half an hour before 48.5.
    const alerts = play(events([16, 20, 24, 28, 32, 36, 40, 44, 48]));
    expect(told(alerts)).toEqual(['gathering opened 18.5']);
    expect(alerts[0]?.detectedAtMs).toBe(minutes(50.5) + 1000);
    // One that nothing agreed with begins nothing.
    const back = fix(20.5, 9000, { subject: 'S7', device: 'D7' });
    expect(play(inOrder([...events([16, 24, 28, 32, 36, 40, 44, 48]), back]))).toEqual([]);
  });

  test('A30 passing by each day is none, nor what is not sure', () => {
    expect(play(day((n) => (n % 30 < 20 ? 30 : 3000)))).toEqual([]);
    expect(play(day(() => 30, 120, 500))).toEqual([]);
    expect(play(day(() => 95))).toEqual([]);
  });

  test('A30 who is not seen for a quarter of an hour may have left: it begins anew', () => {
    const events = day(() => 30, 90).filter(
      (event) =>
        !(
          'subject' in event &&
          event.subject === 'S7' &&
          event.atMs > minutes(25) &&
          event.atMs < minutes(45)
        ),
    );
    const [opened] = play(events);
    expect(((opened?.startedAtMs ?? 0) - minutes(45)) / 60_000).toBeLessThan(2);
    expect(opened?.startedAtMs).toBeGreaterThan(minutes(45));
  });

  test('A30 an order that is lifted ends it; without one there is none', () => {
    const free = { type: 'no-contact', atMs: minutes(60), whose: 'S1', others: [] } as const;
    const alerts = play([
      ...day(() => 30, 60),
      free,
      ...day(() => 30, 120).filter((e) => 'atMs' in e && e.atMs > minutes(60)),
    ]);
    expect(told(alerts)).toEqual([expect.stringMatching(/^gathering opened/), 'gathering cleared 60.0']);
  });

  test('A30 each has an order against the other: one alert', () => {
    const back = noContactOf({ ...other, noContact: ['S1'] }, AT);
    expect(play([back, ...day(() => 30, 60)]).map(({ subject }) => subject)).toEqual(['S1']);
  });

  test('A30 the two in different partitions, the pair in a third: the same, and again after a restart at any point', () => {
    const events = [...SETTING, ...day((n) => (n >= 20 && n < 70 ? 30 : 3000))];
    const whole = play(events.slice(SETTING.length));
    const detectors = range(0, 3).map(() => createDetector());
    const alerts: AlertEvent[] = [];
    const emit = (alert: AlertEvent) => alerts.push(alert);
    const homeOf = (event: LogEvent): number => {
      const key = partitionKeyOf(event);
      if (key === null) return -1;
      return key === 'S1' ? 0 : key === 'S7' ? 1 : 2;
    };
    const sight = (sighting: Sighting) => {
      // Told twice, as after a crash.
      detectors[2]?.apply(sighting, emit);
      detectors[2]?.apply(sighting, emit);
    };
    for (const [i, event] of events.entries()) {
      const at = homeOf(event);
      for (const [n, detector] of detectors.entries())
        if (at === -1 || at === n) detector.apply(event, emit, sight);
      if (i % 50 === 0) {
        for (const [n, detector] of detectors.entries())
          detectors[n] = createDetector(JSON.parse(JSON.stringify(detector.snapshot())) as DetectorState);
      }
    }
    expect(alerts).toEqual(whole);
  });

  test('A30 the policy says how near and how long', () => {
    const rule = policy(0, { gatheringM: 300, gatheringS: 600 });
    const [opened] = play([rule, ...day(() => 200, 30)]);
    expect(((opened?.detectedAtMs ?? 0) - AT) / 60_000).toBeLessThan(13);
  });
});
