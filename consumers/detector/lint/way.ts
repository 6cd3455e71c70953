/** What a recorded track says of a zone: on how many days the subject was in it or passed through, and how near it came. */
import { distanceM } from '../../../geofences/metres.ts';
import type { PreparedZone } from '../../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../../geofences/signed-distance.ts';
import type { Instant } from '../../../src/kernel/instant.ts';

/** Degrees WGS-84; a track is in the order of time. */
export interface TrackPoint {
  readonly atMs: Instant;
  readonly lon: number;
  readonly lat: number;
}

export interface Way {
  /** Local days with a fix, and those of them on which the way led through the zone. */
  readonly days: number;
  readonly daysInside: number;
  /** The first time of the last such day. */
  readonly lastInsideMs: Instant | null;
  /** Least signed distance; infinite: no fix. */
  readonly nearestM: number;
}

/** Between two fixes farther apart in time nobody knows the way. */
const MAX_GAP_MS = 600_000;
/** A way that goes in and out again within this is not followed up. */
const STEP_M = 10;

/** `counts`: whether the rule holds at a time. `bufferM` moves the edge inwards. */
export function lookAtWay(
  track: readonly TrackPoint[],
  zone: PreparedZone,
  bufferM: number,
  dayOf: (atMs: Instant) => string,
  counts: (atMs: Instant) => boolean,
): Way {
  const days = new Set<string>();
  const inside = new Set<string>();
  let lastInsideMs: Instant | null = null;
  let nearestM = Number.POSITIVE_INFINITY;
  let before: TrackPoint | undefined;
  for (const point of track) {
    const day = dayOf(point.atMs);
    days.add(day);
    const from = before !== undefined && point.atMs - before.atMs <= MAX_GAP_MS ? before : point;
    const leastM = leastDistanceM(zone, from, point);
    nearestM = Math.min(nearestM, leastM);
    if (leastM < -bufferM && counts(point.atMs) && !inside.has(day)) {
      inside.add(day);
      lastInsideMs = point.atMs;
    }
    before = point;
  }
  return { days: days.size, daysInside: inside.size, lastInsideMs, nearestM };
}

/** Least signed distance on the straight way between two points: one may step as far as the edge is away. */
function leastDistanceM(zone: PreparedZone, a: TrackPoint, b: TrackPoint): number {
  const atEnd = signedDistanceM(zone, b.lon, b.lat);
  const atBegin = a === b ? atEnd : signedDistanceM(zone, a.lon, a.lat);
  let least = Math.min(atBegin, atEnd);
  if (a === b || least < 0) return least;
  const lengthM = distanceM(a.lon, a.lat, b.lon, b.lat);
  if (atBegin + atEnd > lengthM * 1.01) return least;
  for (let gone = Math.max(STEP_M, atBegin); gone < lengthM; ) {
    const t = gone / lengthM;
    const m = signedDistanceM(zone, a.lon + t * (b.lon - a.lon), a.lat + t * (b.lat - a.lat));
    least = Math.min(least, m);
    if (m < 0) return least;
    gone += Math.max(STEP_M, m);
  }
  return least;
}
