import { booleanPointInPolygon, distance } from '@turf/turf';
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../kernel/policy.ts';
import { dayOf, dayStartMs, planDay } from './day-plan.ts';
import { extent, type Incident, incidentAround, incidentsBetween, openingIncident } from './incidents.ts';
import { createMotion } from './motion.ts';
import { outline } from './outline.testing.ts';
import { distanceM, isInside, toLonLat } from './plane.ts';
import { strapCut } from './strap.ts';
import { createWorld, DEFAULT_SEED, type DemoSubject } from './world.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 8);
const HOUR_MS = 3_600_000;
const world = createWorld({ seed: DEFAULT_SEED, nowMs: NOW_MS });
const motion = createMotion(world, undefined);
const day = incidentsBetween(world, NOW_MS, NOW_MS + 24 * HOUR_MS);
const ofKind = (kind: Incident['kind']) =>
  day.filter((incident) => incident.kind === kind && incident.cause !== 'battery');

/** By turf on degrees, not by the code that made the motion. */
function isOutside(subject: DemoSubject, atMs: number): boolean {
  const shape = outline(subject.county.coordinates);
  return !booleanPointInPolygon([...toLonLat(motion.whereIs(subject, atMs))], shape);
}

function throughout({ startedAtMs, endedAtMs }: Incident): number[] {
  return Array.from(
    { length: 21 },
    (_, i) => startedAtMs + 2000 + ((endedAtMs - startedAtMs - 4000) * i) / 20,
  );
}

describe('motion', () => {
  test('M1 is a function of time, whatever was asked before', () => {
    const times = [0, 5, 1, 30, 2].map((hours) => NOW_MS + hours * HOUR_MS);
    for (const subject of world.subjects.filter(({ number }) => number % 50 === 0)) {
      const shuffled = times.map((atMs) => motion.whereIs(subject, atMs));
      const fresh = times.map((atMs) => createMotion(world, undefined).whereIs(subject, atMs));
      expect(shuffled.map(({ x, y, speedMps }) => ({ x, y, speedMps }))).toEqual(
        fresh.map(({ x, y, speedMps }) => ({ x, y, speedMps })),
      );
    }
  });

  test('M2 nobody is outside the county or inside a forbidden circle but in an incident or on leave', () => {
    for (const subject of world.subjects) {
      if (subject.leave !== null) continue;
      for (let atMs = NOW_MS; atMs < NOW_MS + 24 * HOUR_MS; atMs += 600_000) {
        if (incidentAround(world, subject, atMs).now?.way) continue;
        const at = motion.whereIs(subject, atMs);
        expect(isInside(subject.county.rings, at), `${subject.id} ${atMs}`).toBe(true);
        if (subject.exclusion !== null)
          expect(distanceM(at, subject.exclusion.centre)).toBeGreaterThan(subject.exclusion.radiusM + 200);
      }
    }
  });

  test('M3 a day is continuous and nobody is faster than a car', () => {
    for (const subject of world.subjects.filter(({ role }) => role === 'ordinary').slice(0, 300)) {
      const segments = planDay(world, subject, 20_000);
      expect(segments[0]?.fromMs).toBe(dayStartMs(20_000));
      expect(segments.at(-1)?.untilMs).toBe(dayStartMs(20_001));
      segments.forEach((segment, i) => {
        if (i > 0) expect(segment.fromMs).toBe(segments[i - 1]?.untilMs);
        expect(segment.untilMs).toBeGreaterThan(segment.fromMs);
        if (segment.path !== null) {
          expect((segment.path.lengthM * 1000) / (segment.untilMs - segment.fromMs)).toBeLessThan(14);
          const before = segments[i - 1];
          if (before?.path === null)
            expect(segment.path.points[0]).toMatchObject({ x: before.at.x, y: before.at.y });
        }
      });
    }
    const moving = world.subjects.filter((subject) => {
      const from = motion.whereIs(subject, NOW_MS + HOUR_MS);
      return distanceM(from, subject.home) > 300;
    });
    expect(moving.length).toBeGreaterThan(300);
  });

  test('M4 a leave is spent at its destination under a permit and ends at home', () => {
    const onLeave = world.subjects.filter(({ leave }) => leave !== null);
    expect(onLeave.length).toBeGreaterThan(5);
    for (const subject of onLeave) {
      const permit = world.roster.subjects[subject.number - 1]?.permits[0];
      const zone = world.zones.find(({ id }) => id === permit?.destination);
      if (permit === undefined || zone?.geometry.type !== 'Point') throw new Error('no permit');
      expect(permit.fromMs).toBeLessThan(NOW_MS);
      expect(permit.untilMs).toBeGreaterThan(NOW_MS);
      const at = [...toLonLat(motion.whereIs(subject, NOW_MS))];
      expect(distance(at, [...zone.geometry.coordinates]) * 1000).toBeLessThan(zone.radiusM ?? 0);
      expect(distanceM(motion.whereIs(subject, permit.untilMs), subject.home)).toBeLessThan(1);
      expect(distanceM(motion.whereIs(subject, permit.untilMs - 1800_000), subject.home)).toBeLessThan(1);
    }
  });
});

describe('incidents', () => {
  test('T1 out of bounds is truly outside the county, and inside just before and after', () => {
    expect(ofKind('out-of-bounds').length).toBeGreaterThan(300);
    for (const incident of ofKind('out-of-bounds')) {
      for (const atMs of throughout(incident))
        expect(isOutside(incident.subject, atMs), incident.truth).toBe(true);
      expect(isOutside(incident.subject, incident.startedAtMs - 2000)).toBe(false);
      expect(isOutside(incident.subject, incident.endedAtMs + 2000)).toBe(false);
    }
  });

  test('T2 an exclusion entry is truly in the circle, and outside it just before and after', () => {
    expect(ofKind('exclusion-entry').length).toBeGreaterThan(150);
    for (const incident of ofKind('exclusion-entry')) {
      const zone = world.zones.find(({ id }) => id === incident.zone);
      if (zone?.geometry.type !== 'Point' || zone.radiusM === null) throw new Error('no circle');
      const centre = [...zone.geometry.coordinates];
      const insideM = (atMs: number) =>
        (zone.radiusM ?? 0) - distance([...toLonLat(motion.whereIs(incident.subject, atMs))], centre) * 1000;
      for (const atMs of throughout(incident)) expect(insideM(atMs), incident.truth).toBeGreaterThan(0);
      expect(insideM(incident.startedAtMs - 2000)).toBeLessThan(0);
      expect(insideM(incident.endedAtMs + 2000)).toBeLessThan(0);
    }
  });

  test('T3 the opening incident begins 20 to 40 s after the start and is truly outside', () => {
    for (let i = 0; i < 50; i++) {
      const startMs = NOW_MS + i * 1_234_567;
      const opening = openingIncident(world, startMs);
      if (opening === undefined) throw new Error('no opener');
      expect(opening.startedAtMs - startMs).toBeGreaterThanOrEqual(20_000);
      expect(opening.startedAtMs - startMs).toBeLessThanOrEqual(40_000);
      const own = createMotion(world, opening);
      const shape = outline(opening.subject.county.coordinates);
      const outside = (atMs: number) =>
        !booleanPointInPolygon([...toLonLat(own.whereIs(opening.subject, atMs))], shape);
      expect(throughout(opening).every(outside)).toBe(true);
      expect(outside(opening.startedAtMs - 2000)).toBe(false);
      expect(outside(opening.endedAtMs + 2000)).toBe(false);
    }
  });

  test('T4 incidents begin every one to three minutes, few are open at once, one for a subject', () => {
    const scheduled = day.filter(({ cause }) => cause !== 'battery');
    const meanS = (24 * 3600) / scheduled.length;
    expect(meanS).toBeGreaterThan(60);
    expect(meanS).toBeLessThan(180);
    for (let atMs = NOW_MS + 2 * HOUR_MS; atMs < NOW_MS + 24 * HOUR_MS; atMs += 300_000) {
      const open = day.filter(({ startedAtMs, endedAtMs }) => startedAtMs <= atMs && atMs < endedAtMs);
      expect(open.length).toBeLessThanOrEqual(20);
    }
    const last = new Map<string, number>();
    for (const incident of scheduled) {
      const [fromMs, untilMs] = extent(incident);
      expect(fromMs).toBeGreaterThanOrEqual(last.get(incident.subject.id) ?? 0);
      last.set(incident.subject.id, untilMs);
    }
  });

  test('T4 in a small world too a subject has one incident at a time', () => {
    const small = createWorld({ seed: 5, nowMs: NOW_MS, subjects: 12 });
    const last = new Map<string, number>();
    for (const incident of incidentsBetween(small, NOW_MS, NOW_MS + 48 * HOUR_MS)) {
      if (incident.cause === 'battery') continue;
      const [fromMs, untilMs] = extent(incident);
      expect(fromMs).toBeGreaterThanOrEqual(last.get(incident.subject.id) ?? 0);
      last.set(incident.subject.id, untilMs);
    }
    expect(last.size).toBeGreaterThan(0);
  });

  test('T5 silence outlasts the limit for the subject', () => {
    const silent = ofKind('silent');
    expect(silent.length).toBeGreaterThan(50);
    for (const { subject, startedAtMs, endedAtMs } of silent) {
      const limitS = Math.max(
        DEFAULT_POLICY.silenceMinS,
        DEFAULT_POLICY.silenceIntervals * subject.phone.intervalS,
      );
      expect(subject.grade).not.toBe('relaxed');
      expect((endedAtMs - startedAtMs) / 1000).toBeGreaterThan(limitS + 120);
    }
  });

  test('T7 about a dozen straps are cut a day, each told by a wristband with its own connection', () => {
    const cuts = day.filter(({ kind }) => kind === 'strap-tamper');
    expect(cuts.length).toBeGreaterThan(3);
    expect(cuts.length).toBeLessThan(30);
    for (const { subject, device, startedAtMs, endedAtMs } of cuts) {
      expect(subject.wristband).toMatchObject({ id: device, speaks: 'jt808' });
      expect(endedAtMs - startedAtMs).toBeLessThanOrEqual(1_800_000);
    }
  });

  test('T6 an incident has one id however the time is cut', () => {
    const cut = Array.from({ length: 24 }, (_, hour) =>
      incidentsBetween(world, NOW_MS + hour * HOUR_MS, NOW_MS + (hour + 1) * HOUR_MS),
    ).flat();
    expect(cut.map(({ truth }) => truth)).toEqual(day.map(({ truth }) => truth));
    expect(new Set(cut.map(({ truth }) => truth)).size).toBe(cut.length);
  });

  test('T6 what the motion does is what the truth says', () => {
    for (const incident of day) {
      if (incident.cause === 'battery') {
        expect(motion.darkness(incident.subject, incident.startedAtMs + 1000)?.untilMs).toBe(
          incident.endedAtMs,
        );
        continue;
      }
      const middleMs = (incident.startedAtMs + incident.endedAtMs) / 2;
      // A strap that is open says so, and moves nobody.
      if (incident.cause === 'strap') {
        expect(strapCut(world.seed, incident.subject, dayOf(middleMs))?.fromMs).toBe(incident.startedAtMs);
        continue;
      }
      expect(incidentAround(world, incident.subject, middleMs).now?.truth).toBe(incident.truth);
      expect(motion.darkness(incident.subject, middleMs) !== undefined).toBe(incident.way === null);
    }
  });
});
