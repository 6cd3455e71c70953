import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../kernel/policy.ts';
import { batteryOutage, batteryPct } from './battery.ts';
import { dayOf, dayStartMs } from './day-plan.ts';
import { fixAt, gapAt } from './fixes.ts';
import { createMotion } from './motion.ts';
import { distanceM, toPlane } from './plane.ts';
import { DISCHARGE_PCT_PER_HOUR, quantileAt, RECEPTIONS, SHARES } from './trace-quantiles.ts';
import { createWorld, DEFAULT_SEED } from './world.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 19);
const HOUR_MS = 3_600_000;
const world = createWorld({ seed: DEFAULT_SEED, nowMs: NOW_MS });
const motion = createMotion(world, undefined);
/** At home all night: what a fix differs from home is its error. */
const atHome = world.subjects.filter(({ role }) => role === 'ordinary');

const root = join(import.meta.dirname, '../..');
const traces = join(root, '../shared/data/traces');
const hasTraces = existsSync(traces);
const mustHaveTraces = process.env.WARDLINE_FORBID_SKIPS?.includes('shared') === true;
if (!hasTraces && !mustHaveTraces)
  process.stderr.write(`skipped N1: no real traces beside the project (shared/data/traces)\n`);

interface Sample {
  readonly accuracyM: number;
  readonly ratio: number;
  readonly dx: number;
  readonly dy: number;
}

function sample(subject: (typeof atHome)[number], atMs: number): Sample {
  const fix = fixAt(world, motion, subject, subject.phone, atMs);
  const at = toPlane([fix.lon, fix.lat]);
  return {
    accuracyM: fix.accuracyM,
    ratio: distanceM(at, subject.home) / fix.accuracyM,
    dx: (at.x - subject.home.x) / fix.accuracyM,
    dy: (at.y - subject.home.y) / fix.accuracyM,
  };
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)] ?? Number.NaN;
}

describe('noise', () => {
  test.skipIf(!hasTraces && !mustHaveTraces)('N1 the table is what the real traces give', () => {
    const printed = execFileSync(
      process.execPath,
      [join(root, 'scripts/derive-trace-quantiles.ts'), traces],
      {
        encoding: 'utf8',
      },
    );
    const row = (section: string, name: string) => {
      const part = printed.split('\n\n').find((text) => text.startsWith(section)) ?? '';
      const line = part.split('\n').find((text) => text.startsWith(name)) ?? '';
      return (line.split(': ')[1] ?? '').split(' ').map(Number);
    };
    for (const { source, accuracyM, errorRatio } of RECEPTIONS) {
      expect(row('claimed accuracy', source)).toEqual(accuracyM);
      expect(row('error / claimed accuracy while slow', source)).toEqual(errorRatio);
    }
    expect(row('discharge', 'all')).toEqual(DISCHARGE_PCT_PER_HOUR);
  });

  test('N2 claims and errors of the devices follow the table', () => {
    RECEPTIONS.forEach(({ source, accuracyM, errorRatio }, reception) => {
      const phones = atHome.filter(({ phone }) => phone.reception === reception);
      expect(phones.length).toBeGreaterThan(100);
      const samples = phones.flatMap((subject) =>
        [0, 1].flatMap((half) =>
          [0, 1, 2, 3].map((k) => sample(subject, NOW_MS + half * 1_800_000 + k * 300_000)),
        ),
      );
      for (const [i, share] of [...SHARES.entries()].slice(1, 6)) {
        // Claims and ratios lie between the table's neighbours of a slightly smaller and larger share.
        for (const [row, values] of [
          [accuracyM, samples.map((one) => one.accuracyM)],
          [errorRatio, samples.map((one) => one.ratio)],
        ] as const) {
          const found = quantile(values, share);
          const where = `${source} ${share}: ${found} for ${row[i]}`;
          expect(found, where).toBeGreaterThanOrEqual(0.97 * quantileAt(row, share - 0.06) - 0.02);
          expect(found, where).toBeLessThanOrEqual(
            1.03 * quantileAt(row, Math.min(0.99, share + 0.06)) + 0.02,
          );
        }
      }
    });
  });

  test('N3 errors go together over a minute and hardly over half an hour', () => {
    const correlation = (lagMs: number) => {
      let product = 0;
      let square = 0;
      for (const subject of atHome) {
        const a = sample(subject, NOW_MS);
        const b = sample(subject, NOW_MS + lagMs);
        if (a.ratio > 4 || b.ratio > 4) continue;
        product += a.dx * b.dx + a.dy * b.dy;
        square += (a.ratio ** 2 + b.ratio ** 2) / 2;
      }
      return product / square;
    };
    expect(correlation(60_000)).toBeGreaterThan(0.35);
    expect(correlation(60_000)).toBeLessThan(0.75);
    expect(correlation(300_000)).toBeLessThan(0.45);
    expect(Math.abs(correlation(1_800_000))).toBeLessThan(0.25);
  });

  test('N2 a fix now and then is wild: kilometres off with a good claim', () => {
    let wild = 0;
    let total = 0;
    for (const subject of atHome)
      for (let k = 0; k < 20; k++) {
        const one = sample(subject, NOW_MS + k * 60_000);
        total++;
        if (one.accuracyM <= 50 && one.ratio * one.accuracyM > 900) wild++;
      }
    expect(wild / total).toBeGreaterThan(0.0002);
    expect(wild / total).toBeLessThan(0.003);
  });

  test('N4 a gap that is noise ends before it could be silence', () => {
    let gaps = 0;
    for (const { phone } of atHome) {
      const thresholdS = Math.max(
        DEFAULT_POLICY.silenceMinS,
        DEFAULT_POLICY.silenceIntervals * phone.intervalS,
      );
      let quietSinceMs = NOW_MS;
      for (let atMs = NOW_MS; atMs < NOW_MS + 12 * HOUR_MS; atMs += 30_000) {
        if (gapAt(world.seed, phone, atMs) === undefined) {
          quietSinceMs = atMs;
          continue;
        }
        gaps++;
        // The last fix before a gap may be one interval older than its beginning, the next one interval later than its end.
        expect((atMs - quietSinceMs) / 1000 + phone.intervalS).toBeLessThan(thresholdS);
      }
    }
    expect(gaps).toBeGreaterThan(1000);
  });

  test('N5 a battery falls by day, is full after the night, and few go flat', () => {
    const day = dayOf(NOW_MS);
    let flat = 0;
    for (const subject of atHome) {
      const { phone } = subject;
      const pct = (hour: number) => batteryPct(world.seed, phone, subject, dayStartMs(day) + hour * HOUR_MS);
      const outage = batteryOutage(world.seed, subject, day);
      for (let hour = 0; hour < 24; hour++) {
        expect(pct(hour)).toBeGreaterThanOrEqual(1);
        expect(pct(hour)).toBeLessThanOrEqual(100);
      }
      if (outage === undefined) {
        expect(pct(3)).toBeGreaterThan(95);
        expect(pct(18.9)).toBeLessThan(pct(3));
      } else {
        flat++;
        expect(batteryPct(world.seed, phone, subject, outage.fromMs)).toBe(1);
      }
    }
    const week = Array.from({ length: 30 }, (_, i) =>
      atHome.filter((subject) => batteryOutage(world.seed, subject, day + i) !== undefined),
    ).flat();
    expect(flat).toBeLessThan(20);
    expect(week.length / 30 / atHome.length).toBeGreaterThan(0.002);
    expect(week.length / 30 / atHome.length).toBeLessThan(0.006);
  });
});
