import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addSample,
  type ClockSample,
  driftOf,
  MAX_DRIFT_MS,
  NO_DRIFT,
  type SampleKind,
  TOLERANCE_MS,
} from './terminal-clock.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 8);
const HOUR_MS = 3_600_000;

function after(...said: readonly (readonly [kind: SampleKind, aheadS: number])[]) {
  let samples: readonly ClockSample[] = [];
  said.forEach(([kind, aheadS], i) => {
    samples = addSample(samples, { kind, aheadMs: aheadS * 1000, receivedMs: NOW_MS + i * 10_000 });
  });
  return driftOf(samples, NOW_MS + HOUR_MS);
}

test('TC1 a punch ahead of its receipt proves a clock that is ahead, at once', () => {
  expect(after(['stored', 600])).toMatchObject({ driftMs: 600_000, foundBy: 'ahead' });
  expect(after(['stored', 600], ['stored', 550])).toMatchObject({ driftMs: 600_000 });
});

test('TC2 a punch that lies behind may have waited: it proves nothing alone, three live ones that agree do', () => {
  expect(after(['stored', -7200])).toEqual(NO_DRIFT);
  expect(after(['live', -600])).toEqual(NO_DRIFT);
  expect(after(['live', -600], ['live', -595])).toEqual(NO_DRIFT);
  expect(after(['live', -600], ['live', -595], ['live', -602])).toMatchObject({
    driftMs: -595_000,
    foundBy: 'live',
  });
  expect(after(['live', -600], ['live', -100], ['live', -602])).toEqual(NO_DRIFT);
});

test('TC3 a live punch at the right time, and the Date of a request, say that the clock is right', () => {
  expect(after(['stored', 600], ['live', -3])).toMatchObject({ driftMs: 0, foundBy: 'live' });
  expect(after(['live', -600], ['live', -600], ['live', -600], ['date', 2])).toMatchObject({
    driftMs: 0,
    foundBy: 'date',
  });
  expect(after(['live', 0], ['date', -900])).toMatchObject({ driftMs: -900_000, foundBy: 'date' });
  expect(after(['live', 3600], ['stored', 3000])).toMatchObject({ driftMs: 3_600_000 });
});

test('TC4 seconds are no drift; a clock that was never set is not mended; what was measured long ago holds no more', () => {
  expect(after(['date', 20])).toMatchObject({ driftMs: 0 });
  expect(after(['stored', 2 * 86_400])).toEqual(NO_DRIFT);
  expect(after(['date', -400 * 86_400])).toEqual(NO_DRIFT);
  const old = addSample([], { kind: 'date', aheadMs: HOUR_MS, receivedMs: NOW_MS });
  expect(driftOf(old, NOW_MS + 8 * 86_400_000)).toEqual(NO_DRIFT);
});

test('TC5 a clock off by any amount, heard live, is found to within the network’s delay; nothing but its own punches is needed', () => {
  const delays = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 3, maxLength: 20 });
  const drifts = fc.integer({ min: -MAX_DRIFT_MS + 10_000, max: MAX_DRIFT_MS - 10_000 });
  fc.assert(
    fc.property(drifts, delays, (driftMs, waits) => {
      let samples: readonly ClockSample[] = [];
      waits.forEach((waitMs, i) => {
        samples = addSample(samples, {
          kind: 'live',
          aheadMs: driftMs - waitMs,
          receivedMs: NOW_MS + i * 60_000,
        });
      });
      const found = driftOf(samples, NOW_MS + HOUR_MS).driftMs;
      if (Math.abs(driftMs) > TOLERANCE_MS + 5000)
        expect(Math.abs(found - driftMs)).toBeLessThanOrEqual(5000);
      else expect(Math.abs(found)).toBeLessThanOrEqual(TOLERANCE_MS + 5000);
    }),
  );
});

test('TC6 a right clock is never corrected, however long its punches have waited', () => {
  const samples = fc.array(
    fc.record({
      kind: fc.constant<SampleKind>('stored'),
      aheadMs: fc.integer({ min: -MAX_DRIFT_MS, max: 0 }),
      receivedMs: fc.constant(NOW_MS),
    }),
  );
  fc.assert(
    fc.property(samples, (given) => {
      expect(driftOf(given.reduce(addSample, [] as readonly ClockSample[]), NOW_MS).driftMs).toBe(0);
    }),
  );
});
