import { booleanPointInPolygon } from '@turf/turf';
import { describe, expect, test } from 'vitest';
import type { Position } from '../kernel/log-event.ts';
import { decodeObservation } from '../kernel/log-line.ts';
import { COUNTIES } from './counties.ts';
import { createLoad, pace } from './load.ts';
import { outline } from './outline.testing.ts';

const NOW_MS = Date.UTC(2026, 10, 23);

function decoded(line: string): Position {
  const result = decodeObservation(JSON.parse(line));
  if (!result.ok || result.value.type !== 'position') throw new Error(line);
  return result.value;
}

describe('load', () => {
  test('L1 the same seed gives the same lines, each decodes, and the times of a device increase', () => {
    const make = (seed: number) => createLoad({ seed, subjects: 50, feed: 'bench' });
    const load = make(1);
    const lines = load.positions(500, NOW_MS);
    expect(lines).toEqual(make(1).positions(500, NOW_MS));
    expect(lines).not.toEqual(make(2).positions(500, NOW_MS));
    const last = new Map<string, number>();
    for (const { device, atMs } of lines.map(decoded)) {
      expect(atMs).toBeGreaterThan(last.get(device) ?? 0);
      last.set(device, atMs);
    }
    expect(last.size).toBe(50);
    expect(load.roster.subjects.map(({ devices }) => devices[0]?.id)).toEqual([...last.keys()]);
  });

  test('L2 positions are inside the county and a violation is outside', () => {
    const load = createLoad({ seed: 1, subjects: 50, feed: 'bench' });
    const outlineOf = (subject: string) => {
      const profile = load.roster.subjects.find(({ id }) => id === subject);
      const zone = load.zones.find(({ id }) => id === profile?.zones[0]?.zone);
      if (zone?.geometry.type !== 'Polygon') throw new Error('no zone');
      return outline(zone.geometry.coordinates);
    };
    for (const { subject, lon, lat } of load.positions(200, NOW_MS).map(decoded))
      expect(booleanPointInPolygon([lon, lat], outlineOf(subject))).toBe(true);
    for (let i = 0; i < 50; i++)
      for (const { subject, lon, lat } of load.violation(i, NOW_MS + 1000).map(decoded)) {
        expect(subject).toBe(load.subjects[i]);
        for (const county of COUNTIES)
          expect(booleanPointInPolygon([lon, lat], outline(county.coordinates))).toBe(false);
      }
  });

  test('L1 pacing sends as much as the rate says, and no more calls at once than allowed', async () => {
    let nowMs = 0;
    let underWay = 0;
    let most = 0;
    const sizes: number[] = [];
    const result = await pace({
      load: createLoad({ seed: 1, subjects: 5, feed: 'bench' }),
      ratePerS: 1000,
      batch: 100,
      seconds: 2,
      inFlight: 2,
      clock: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
      send: async (lines) => {
        most = Math.max(most, ++underWay);
        sizes.push(lines.length);
        await Promise.resolve();
        underWay--;
      },
    });
    expect(sizes.every((size) => size === 100)).toBe(true);
    expect(result.sent).toBe(100 * sizes.length);
    expect(result.sent).toBeGreaterThanOrEqual(2000);
    expect(result.sent).toBeLessThanOrEqual(2100);
    expect(most).toBeLessThanOrEqual(2);
  });
});
