import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWallClock } from '../kernel/wall-clock.ts';
import { addDays, addMonths } from './local-days.ts';
import { measuresOn } from './measures.ts';
import {
  checkExtension,
  checkTerm,
  latestEnd,
  mayOrder,
  ORDER_GROUND_NAMES,
  orderOf,
} from './positioning-order.ts';

const MEASURES = measuresOn('2026-03-01');
const WALL = createWallClock('Asia/Shanghai');
const at = (iso: string) => Date.parse(`${iso}+08:00`);

test('O1 there are the five grounds of article 29 and no other', () => {
  expect(ORDER_GROUND_NAMES).toHaveLength(5);
});

test('O2 a term is three months at most, by the calendar and the roster’s clock', () => {
  const end = (iso: string) =>
    new Date(latestEnd(at(iso), WALL, MEASURES) + 8 * 3_600_000).toISOString().slice(0, 16);
  expect(end('2026-01-15T09:30:00')).toBe('2026-04-15T09:30');
  expect(end('2025-11-30T00:00:00')).toBe('2026-02-28T00:00');
  expect(end('2026-03-31T23:59:00')).toBe('2026-06-30T23:59');
  const term = (from: string, until: string) =>
    checkTerm({ fromMs: at(from), untilMs: at(until) }, WALL, MEASURES);
  expect(term('2026-01-15T09:30:00', '2026-04-15T09:30:00').ok).toBe(true);
  const long = term('2026-01-15T09:30:00', '2026-04-15T09:30:01');
  expect(long.ok ? '' : long.error.code).toBe('too-long');
  expect(term('2026-01-15T09:30:00', '2026-01-15T09:30:00').ok).toBe(false);
});

test('O2 months are never shorter than 28 days each nor longer than 31, and a later day never ends earlier', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 1, max: 24 }), (n, months) => {
      const day = addDays('2020-01-01', n);
      const end = addMonths(day, months);
      const days = Math.round((Date.parse(end) - Date.parse(day)) / 86_400_000);
      expect(days).toBeGreaterThanOrEqual(28 * months);
      expect(days).toBeLessThanOrEqual(31 * months);
      expect(addMonths(addDays(day, 1), months) >= end).toBe(true);
    }),
  );
});

test('O3 an extension follows an order that is in force, after an assessment', () => {
  const before = { fromMs: 0, untilMs: 100, state: 'approved' as const };
  expect(checkExtension(before, '经评估仍有必要', 99).ok).toBe(true);
  const codes = [
    checkExtension(before, '  ', 99),
    checkExtension(before, '经评估仍有必要', 100),
    checkExtension({ ...before, state: 'ended' }, '经评估仍有必要', 50),
    checkExtension({ ...before, state: 'proposed' }, '经评估仍有必要', 50),
  ].map((each) => (each.ok ? 'ok' : each.error.code));
  expect(codes).toEqual(['no-assessment', 'wrong-state', 'wrong-state', 'wrong-state']);
});

test('O4 the county’s head decides, or one above', () => {
  expect(
    [undefined, 'office', 'county', 'city', 'province'].map(
      (level) => mayOrder(level as 'city' | undefined, MEASURES).ok,
    ),
  ).toEqual([false, false, true, true, true]);
});

test('O5 the roster has terms without a gap as one order, and never a moment that no term has', () => {
  const term = fc
    .tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 20 }))
    .map(([fromMs, length]) => ({ ground: 'x', fromMs, untilMs: fromMs + length }));
  fc.assert(
    fc.property(fc.array(term, { maxLength: 6 }), fc.integer({ min: 0, max: 80 }), (terms, nowMs) => {
      const order = orderOf(terms, nowMs);
      const inForce = (ms: number) => terms.some(({ fromMs, untilMs }) => fromMs <= ms && ms < untilMs);
      if (order === undefined) {
        expect(terms.every(({ fromMs, untilMs }) => fromMs === untilMs)).toBe(true);
        return;
      }
      expect(order.fromMs <= nowMs && nowMs < order.untilMs).toBe(inForce(nowMs));
      for (let ms = order.fromMs; ms < order.untilMs; ms++) expect(inForce(ms)).toBe(true);
    }),
  );
});
