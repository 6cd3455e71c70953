import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Fix, GAP_MS, indexAt, partsOf, SLOT_MS, slotsOf, staysOf } from './track.ts';

const fix = (atMs: number, given: Partial<Fix> = {}): Fix => ({
  atMs,
  lon: 116.3,
  lat: 23.5,
  accuracyM: 20,
  speedMps: null,
  batteryPct: null,
  method: 'gnss',
  device: 'D1',
  ...given,
});
const times = fc
  .array(fc.integer({ min: 0, max: 86_399_999 }), { maxLength: 200 })
  .map((all) => all.sort((a, b) => a - b).map((at) => fix(at)));

test('S1 parts are all fixes in order, none has a gap, and between two of them there is one', () => {
  fc.assert(
    fc.property(times, (fixes) => {
      const parts = partsOf(fixes);
      expect(parts.flat()).toEqual(fixes);
      for (const part of parts)
        part.slice(1).forEach((next, i) => {
          expect(next.atMs - (part[i]?.atMs ?? 0)).toBeLessThanOrEqual(GAP_MS);
        });
      parts.slice(1).forEach((next, i) => {
        expect((next[0]?.atMs ?? 0) - (parts[i]?.at(-1)?.atMs ?? 0)).toBeGreaterThan(GAP_MS);
      });
    }),
  );
});

test('S2 the place at a time is the newest fix not after it', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: -1, max: 86_400_000 }), (fixes, ms) => {
      expect(indexAt(fixes, ms)).toBe(fixes.filter(({ atMs }) => atMs <= ms).length - 1);
    }),
  );
});

test('S3 a slot is filled exactly when a fix lies in it; what lies outside of the day fills none', () => {
  fc.assert(
    fc.property(times, (fixes) => {
      const day = 20 * 60_000;
      const filled = new Set(fixes.map(({ atMs }) => Math.floor((atMs - day) / SLOT_MS)));
      slotsOf(fixes, day).forEach((isFilled, i) => {
        expect(isFilled).toBe(filled.has(i));
      });
    }),
  );
});

test('S4 a lone wild fix does not end a stay, two do, and a gap does', () => {
  const minute = 60_000;
  const at = (from: number, until: number, given: Partial<Fix> = {}) =>
    Array.from({ length: until - from + 1 }, (_, i) => fix((from + i) * minute, given));
  const away = { lat: 23.6 };
  expect(staysOf([...at(0, 20), fix(21 * minute, away), ...at(22, 40)])).toEqual([
    expect.objectContaining({ fromMs: 0, untilMs: 40 * minute, fixes: 40 }),
  ]);
  expect(
    staysOf([...at(0, 20), ...at(21, 50, away)]).map(({ fromMs, untilMs }) => [fromMs, untilMs]),
  ).toEqual([
    [0, 20 * minute],
    [21 * minute, 50 * minute],
  ]);
  expect(staysOf([...at(0, 15), ...at(35, 50)])).toEqual([]);
});
