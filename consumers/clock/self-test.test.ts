import { expect, test } from 'vitest';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import { decodeLogLine } from '../../src/kernel/log-line.ts';
import { partitionOf } from '../../src/kernel/partition.ts';
import { isSelfTestEvent, selfTestPeriodMs } from '../../src/kernel/self-test.ts';
import { createDetector } from '../detector/detector.ts';
import { selfTestLines } from './self-test.ts';

const AT = Date.UTC(2026, 2, 1, 8, 3);
const PERIODS = 30;

/** What a detector of one partition concludes of so many periods, ticks and tests alone. */
function conclude(selfTestS: number, everyMs: number): AlertEvent[] {
  const detector = createDetector();
  const alerts: AlertEvent[] = [];
  const untilMs = AT + PERIODS * selfTestPeriodMs(selfTestS, everyMs);
  for (let atMs = Math.ceil(AT / everyMs) * everyMs; atMs < untilMs; atMs += everyMs) {
    detector.apply({ type: 'tick', atMs }, (alert) => alerts.push(alert));
    for (const { line } of selfTestLines(1, selfTestS, atMs, everyMs)) {
      const event = decodeLogLine(line);
      if (!event.ok) throw new Error(event.error.message);
      detector.apply(event.value, (alert) => alerts.push(alert));
    }
  }
  return alerts;
}

test.each([
  [300, 10_000],
  [60, 10_000],
  [60, 60_000],
  [300, 1000],
  [3600, 10_000],
  [86_400, 60_000],
])(
  'ST1 every %i s, with ticks of %i ms, the detector raises each violation and ends it',
  (selfTestS, everyMs) => {
    const told = conclude(selfTestS, everyMs).filter(({ kind }) => kind === 'out-of-bounds');
    const opened = told.filter(({ state }) => state === 'opened');
    expect(opened.length).toBeGreaterThanOrEqual(PERIODS - 1);
    expect(opened.length).toBeLessThanOrEqual(PERIODS + 1);
    expect(told.filter(({ state }) => state === 'cleared').length).toBeGreaterThanOrEqual(opened.length - 1);
  },
);

test('ST1 between two steps nothing is written, and every line is one of a self-test, keyed to its partition', () => {
  expect(selfTestLines(6, 300, Date.UTC(2026, 2, 1, 8, 0, 10), 10_000)).toEqual([]);
  const lines = selfTestLines(6, 300, Date.UTC(2026, 2, 1, 8), 10_000);
  expect(lines.map(({ key }) => (key === null ? null : partitionOf(key, 6)))).toEqual([
    null,
    ...[0, 1, 2, 3, 4, 5],
    ...[0, 1, 2, 3, 4, 5],
  ]);
  for (const { line } of lines) {
    const event = decodeLogLine(line);
    expect(event.ok && isSelfTestEvent(event.value)).toBe(true);
  }
  expect(selfTestLines(6, 300, Date.UTC(2026, 2, 1, 8, 4), 10_000)).toHaveLength(6);
});
