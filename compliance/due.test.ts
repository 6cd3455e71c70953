import { expect, test } from 'vitest';
import { dueOf } from './due.ts';

/** Monday, 2 March 2026, 10:00 in Beijing. */
const NOW = Date.parse('2026-03-02T02:00:00Z');
const ZONE = 'Asia/Shanghai';
const kinds = (...given: Parameters<typeof dueOf>) => dueOf(...given).map(({ kind }) => kind);

test('K50 a check-in is due until it is made, on its weekdays only, and overdue when its window has gone', () => {
  const profile = { checkins: [{ days: [1, 2], from: '08:00', to: '12:00' }] };
  expect(dueOf(profile, null, NOW, ZONE)).toEqual([
    { kind: 'check-in', dueAtMs: Date.parse('2026-03-02T04:00:00Z'), isOverdue: false },
  ]);
  expect(dueOf(profile, null, NOW + 3 * 3_600_000, ZONE)).toMatchObject([{ isOverdue: true }]);
  expect(kinds(profile, NOW - 3_600_000, NOW, ZONE)).toEqual([]);
  expect(kinds(profile, NOW - 3 * 3_600_000, NOW, ZONE)).toEqual(['check-in']);
  expect(kinds({ checkins: [{ days: [7], from: '08:00', to: '12:00' }] }, null, NOW, ZONE)).toEqual([]);
});

test('K50 a window over midnight ends on the next day', () => {
  const profile = { checkins: [{ days: [1], from: '22:00', to: '02:00' }] };
  expect(dueOf(profile, null, NOW, ZONE)).toMatchObject([{ dueAtMs: Date.parse('2026-03-02T18:00:00Z') }]);
});

test('K51 leaves, orders and corrections that run out, the most pressing first', () => {
  const profile = {
    permits: [
      { until: '2026-03-01T16:00:00Z', returnedAt: null },
      { until: '2026-03-02T16:00:00Z', returnedAt: null },
      { until: '2026-03-02T16:00:00Z', returnedAt: '2026-03-02T01:00:00Z' },
      { until: '2026-03-09T16:00:00Z', returnedAt: null },
    ],
    devices: [
      { until: null, order: { until: '2026-03-20T00:00:00Z' } },
      { until: '2026-02-01T00:00:00Z', order: { until: '2026-03-20T00:00:00Z' } },
      { until: null, order: null },
    ],
    record: { until: '2026-03-10' },
  };
  expect(kinds(profile, null, NOW, ZONE)).toEqual([
    'leave-return',
    'leave-return',
    'correction-end',
    'device-order',
  ]);
  expect(dueOf(profile, null, NOW, ZONE)[0]).toMatchObject({ isOverdue: true });
  expect(kinds({ record: { until: '2026-03-10', ended: { how: 'released' } } }, null, NOW, ZONE)).toEqual([]);
});
