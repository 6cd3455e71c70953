import { expect, test } from 'vitest';
import type { AlertEvent } from './alert-event.ts';
import type { LogEvent } from './log-event.ts';
import { partitionOf } from './partition.ts';
import {
  isSelfTest,
  isSelfTestEvent,
  selfTestLimitMs,
  selfTestSubject,
  selfTestsIn,
  withoutSelfTests,
} from './self-test.ts';

const AT = Date.UTC(2026, 2, 1, 8);

test.each([1, 2, 6, 7, 100])('ST1 of %i partitions each has a subject of its own', (partitions) => {
  for (let partition = 0; partition < partitions; partition++) {
    const id = selfTestSubject(partition, partitions);
    expect(partitionOf(id, partitions)).toBe(partition);
    expect(isSelfTest(id)).toBe(true);
  }
});

const alert = (more: Partial<AlertEvent>) =>
  ({
    subject: selfTestSubject(4, 6),
    kind: 'out-of-bounds',
    state: 'opened',
    detectedAtMs: AT,
    ...more,
  }) as AlertEvent;

test('ST2 the newest opened violation of a partition counts, and nobody else’s', () => {
  const found = selfTestsIn([
    alert({ detectedAtMs: AT + 5 }),
    alert({}),
    alert({ detectedAtMs: AT + 9, state: 'cleared' }),
    alert({ detectedAtMs: AT + 9, kind: 'silent' }),
    alert({ detectedAtMs: AT + 9, subject: 'S1' }),
    alert({ detectedAtMs: AT + 2, subject: selfTestSubject(0, 6) }),
  ]);
  expect([...found]).toEqual([
    [4, AT + 5],
    [0, AT + 2],
  ]);
});

test('ST3 what is left without them is what is about people, or for everybody', () => {
  const fix = (subject: string): LogEvent => ({
    type: 'position',
    subject,
    device: 'D',
    atMs: AT,
    receivedMs: AT,
    lat: 1,
    lon: 1,
  });
  const others: LogEvent[] = [{ type: 'tick', atMs: AT }, fix('S1')];
  expect(withoutSelfTests(others)).toBe(others);
  expect(withoutSelfTests([fix(selfTestSubject(0, 1)), ...others])).toEqual(others);
  expect(isSelfTestEvent({ type: 'tick', atMs: AT })).toBe(false);
});

test('ST4 two and a half periods are late; slow ticks make the period longer', () => {
  expect(selfTestLimitMs(300, 10_000)).toBe(750_000);
  expect(selfTestLimitMs(60, 60_000)).toBe(750_000);
});
