import { describe, expect, test } from 'vitest';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import { createDetector } from './detector.ts';
import { feedChanges } from './feed-watch.ts';
import {
  AT,
  circle,
  feed,
  fix,
  inOrder,
  minutes,
  person,
  phone,
  range,
  told,
  zone,
} from './story.testing.ts';

/** Twenty people whose phones report every minute: the first `dead` of them only until minute ten, until `backAt`. */
function story(dead: number, backAt = 60, feeds = (n: number) => `F${n % 1}`): LogEvent[] {
  const people = range(0, 20);
  return inOrder([
    zone(0, circle('home')),
    ...people.map(
      (n): LogEvent => ({
        type: 'profile',
        atMs: AT,
        profile: person({ id: `S${n}`, devices: [phone(`D${n}`, { feed: feeds(n) })] }),
      }),
    ),
    ...people.flatMap((n) =>
      range(0, 60)
        .filter((minute) => n >= dead || minute < 10 || minute >= backAt)
        .map((minute) => fix(minute + n / 60, 0, { subject: `S${n}`, device: `D${n}` })),
    ),
  ]);
}

/** With ticks every ten seconds, and the states of feeds written after each as the clock does. */
function live(events: readonly LogEvent[], untilMinute = 60): AlertEvent[] {
  const alerts: AlertEvent[] = [];
  const detector = createDetector();
  const down = new Set<string>();
  const emit = (alert: AlertEvent) => alerts.push(alert);
  let next = 0;
  for (let atMs = AT + 10_000; atMs <= minutes(untilMinute); atMs += 10_000) {
    for (; next < events.length; next++) {
      const event = events[next];
      if (event === undefined || ('receivedMs' in event ? event.receivedMs : event.atMs) > atMs) break;
      detector.apply(event, emit);
    }
    detector.apply({ type: 'tick', atMs }, emit);
    for (const change of feedChanges(detector.countFeeds(), down, DEFAULT_POLICY, atMs)) {
      if (change.status === 'down') down.add(change.feed);
      else down.delete(change.feed);
      detector.apply(change, emit);
    }
  }
  return alerts;
}

describe('A29 feed-outage', () => {
  test('A29 half of its live devices silent together for five minutes: one alert, and none of them is called silent', () => {
    const alerts = live(story(20, 40));
    expect(alerts.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'feed-outage opened',
      'feed-outage cleared',
    ]);
    expect(alerts[0]).toMatchObject({ subject: 'F0', severity: 'high', version: 1 });
    // Found six minutes after the last receipts: an interval and five minutes.
    expect(((alerts[0]?.startedAtMs ?? 0) - minutes(9)) / 60_000).toBeLessThan(0.4);
    expect(((alerts[0]?.detectedAtMs ?? 0) - minutes(9)) / 60_000).toBeLessThan(6.6);
    expect(alerts[0]?.reason).toMatch(/20 台在线装置中 \d+ 台/);
    expect(alerts[1]?.alert).toBe(alerts[0]?.alert);
    expect(((alerts[1]?.clearedAtMs ?? 0) - minutes(40)) / 60_000).toBeLessThan(1);
  });

  test('A29 fewer than ten, or less than the share, are people, and each is silent', () => {
    const alerts = live(story(9));
    expect(new Set(alerts.map(({ kind }) => kind))).toEqual(new Set(['silent']));
    expect(alerts).toHaveLength(9);
  });

  test('A29 one that does not come back with its feed is silent, its time counted anew', () => {
    const events = story(20, 40).filter(
      (event) =>
        !('subject' in event && event.subject === 'S3' && 'atMs' in event && event.atMs > minutes(11)),
    );
    const alerts = live(events);
    const silent = alerts.filter(({ kind }) => kind === 'silent');
    expect(silent.map(({ subject }) => subject)).toEqual(['S3']);
    expect(silent[0]?.detectedAtMs).toBeGreaterThan(minutes(54));
  });

  test('A29 other feeds are none of its business', () => {
    const alerts = live(story(20, 40, (n) => (n < 15 ? 'F1' : 'F2')));
    expect(alerts.filter(({ kind }) => kind === 'feed-outage').map(({ subject }) => subject)).toEqual([
      'F1',
      'F1',
    ]);
    expect(alerts.filter(({ kind, state }) => kind === 'silent' && state === 'opened')).toHaveLength(5);
  });

  test('A29 a line that says so is enough, and says nothing twice', () => {
    const alerts: AlertEvent[] = [];
    const detector = createDetector();
    for (const event of [feed(5, 'down'), feed(6, 'down'), feed(9, 'up'), feed(10, 'up'), feed(10, 'down')])
      detector.apply(event, (alert) => alerts.push(alert));
    expect(told(alerts)).toEqual([
      'feed-outage opened 5.0',
      'feed-outage cleared 9.0',
      'feed-outage opened 10.0',
    ]);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(2);
  });

  test('A29 an operator who can not be asked is named as the cause', () => {
    const alerts: AlertEvent[] = [];
    const line = { type: 'feed', feed: 'mlp', atMs: minutes(9), sinceMs: minutes(3) } as const;
    createDetector().apply({ ...line, status: 'down', overdue: 1, live: 3, cause: 'operator' }, (alert) =>
      alerts.push(alert),
    );
    expect(alerts[0]).toMatchObject({
      kind: 'feed-outage',
      subject: 'mlp',
      startedAtMs: minutes(3),
      reason: expect.stringContaining('运营商定位服务自'),
      reasonEn: expect.stringContaining('location service has answered of no phone since'),
    });
  });
});
