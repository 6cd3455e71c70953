import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Subscription } from './kinds.ts';
import { afterQuiet, asksFor, dueAt, GROUP_MS } from './routing.ts';

const CHINA_MS = 8 * 3_600_000;
const base: Subscription = {
  id: '1',
  organisation: '445281',
  reach: 'own',
  kinds: null,
  fromSeverity: 'medium',
  channel: 'c',
  recipient: '',
  language: 'zh',
  tells: 'person',
  quiet: null,
};
const notice = { id: '1', what: 'task-overdue', office: '445281', severity: 'high' } as const;
const at = (text: string) => Date.parse(`2026-03-02T${text}+08:00`);
const NIGHT = { from: '22:00', until: '07:30' };

test.each([
  ['its own', base, notice, true],
  ['below it, not asked for', base, { ...notice, office: '445281/office-01' }, false],
  ['below it', { ...base, reach: 'subtree' }, { ...notice, office: '445281/office-01' }, true],
  [
    'a neighbour of the same beginning',
    { ...base, reach: 'subtree' },
    { ...notice, office: '4452811' },
    false,
  ],
  ['above it', { ...base, reach: 'subtree' }, { ...notice, office: '' }, false],
  ['the whole tree', { ...base, organisation: '', reach: 'subtree' }, notice, true],
  ['lighter', base, { ...notice, severity: 'low' }, false],
  ['without severity', base, { ...notice, severity: null }, true],
  ['another kind', { ...base, kinds: ['task-sent'] }, notice, false],
  ['its kind', { ...base, kinds: ['task-overdue'] }, notice, true],
] as const)('N1 a subscription asks for %s: %#', (_, subscription, given, expected) => {
  expect(asksFor(subscription, given)).toBe(expected);
});

test.each([
  ['21:59:59', '21:59:59'],
  ['22:00:00', '07:30:00 next'],
  ['23:59:59', '07:30:00 next'],
  ['00:00:00', '07:30:00'],
  ['07:29:59', '07:30:00'],
  ['07:30:00', '07:30:00'],
])('N2 over midnight: %s goes at %s', (given, expected) => {
  const nextMs = expected.endsWith('next') ? 86_400_000 : 0;
  expect(afterQuiet(at(given), NIGHT, CHINA_MS)).toBe(at(expected.slice(0, 8)) + nextMs);
});

test('N2 within a day; from and until alike: none', () => {
  expect(afterQuiet(at('13:00:00'), { from: '12:00', until: '14:00' }, CHINA_MS)).toBe(at('14:00:00'));
  expect(afterQuiet(at('15:00:00'), { from: '12:00', until: '14:00' }, CHINA_MS)).toBe(at('15:00:00'));
  expect(afterQuiet(at('12:00:00'), { from: '12:00', until: '12:00' }, CHINA_MS)).toBe(at('12:00:00'));
});

test('N2 N3 never before now, never in quiet hours, never within a minute of the last; what is critical waits for no night', () => {
  const time = fc.integer({ min: 0, max: 1439 }).map((minute) => `${two(minute / 60)}:${two(minute % 60)}`);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4e12 }),
      fc.boolean(),
      fc.record({ from: time, until: time }),
      fc.option(fc.integer({ min: -10 * GROUP_MS, max: 10 * GROUP_MS }), { nil: undefined }),
      (nowMs, isUrgent, quiet, lastAgo) => {
        const last = lastAgo === undefined ? undefined : nowMs + lastAgo;
        const due = dueAt(nowMs, isUrgent, quiet, last, CHINA_MS);
        expect(due).toBeGreaterThanOrEqual(nowMs);
        if (last !== undefined) expect(due).toBeGreaterThanOrEqual(last + GROUP_MS);
        if (isUrgent) expect(due).toBe(Math.max(nowMs, (last ?? -Infinity) + GROUP_MS));
        else expect(afterQuiet(due, quiet, CHINA_MS)).toBe(due);
      },
    ),
  );
});

const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
