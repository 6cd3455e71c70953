/**
 * What an ordinary subject does in a day: home, work, errands, and the ways between, at a walk, on an e-bike or by car.
 * Pure: a function of (world, subject, day). A day runs from 04:00 to 04:00 Beijing time; everybody is at home then.
 */
import { along, distanceM, type Path, type Point, reversed } from './plane.ts';
import { createRandom, type RandomStream } from './random.ts';
import { route } from './roads.ts';
import type { DemoSubject, Place, World } from './world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 04:00 in Asia/Shanghai is 20:00 UTC; China has no summer time. */
const DAY_START_MS = 20 * HOUR_MS;

export type Segment =
  | { readonly fromMs: number; readonly untilMs: number; readonly at: Point; readonly path: null }
  | { readonly fromMs: number; readonly untilMs: number; readonly path: Path };

export interface Whereabouts extends Point {
  readonly speedMps: number;
  /** Where one faces while moving. */
  readonly headingDeg: number;
  /** When this stay or way ends. */
  readonly untilMs: number;
}

export function dayOf(atMs: number): number {
  return Math.floor((atMs - DAY_START_MS) / DAY_MS);
}

export function dayStartMs(day: number): number {
  return day * DAY_MS + DAY_START_MS;
}

/** Segments without a hole from the day's start to its end. */
export function planDay(world: World, subject: DemoSubject, day: number): Segment[] {
  const random = createRandom(world.seed, subject.number, day, 31);
  const startMs = dayStartMs(day);
  const segments: Segment[] = [];
  let nowMs = startMs;
  const stay = (at: Point, untilMs: number) => {
    if (untilMs <= nowMs) return;
    segments.push({ fromMs: nowMs, untilMs, at, path: null });
    nowMs = untilMs;
  };
  const go = (path: Path) => {
    const untilMs = nowMs + Math.round((path.lengthM / speedFor(path.lengthM, random)) * 1000);
    segments.push({ fromMs: nowMs, untilMs, path });
    nowMs = untilMs;
  };
  const outing = (place: Place, leaveMs: number, returnMs: number) => {
    const way = wayTo(world, subject, place);
    stay(subject.home, leaveMs);
    go(way);
    stay(place, Math.max(returnMs, nowMs + 10 * 60_000));
    go(reversed(way));
  };
  // ISO weekday of the day's noon in China; 1970-01-01 was a Thursday.
  const weekday = ((day + 1 + 3) % 7) + 1;
  const { work, errand } = subject;
  if (work !== null && weekday !== 7) {
    outing(work, startMs + hours(random, 3, 5.5), startMs + hours(random, 12.8, 15.2));
  } else if (errand !== null && random.next() < 0.7) {
    const leaveMs = startMs + hours(random, 4.5, 7.5);
    outing(errand, leaveMs, leaveMs + hours(random, 0.4, 2));
  }
  if (errand !== null && random.next() < 0.35) {
    const leaveMs = Math.max(nowMs + 15 * 60_000, startMs + hours(random, 15.2, 16.2));
    outing(errand, leaveMs, leaveMs + hours(random, 0.4, 1.2));
  }
  stay(subject.home, startMs + DAY_MS);
  return segments;
}

function hours(random: RandomStream, low: number, high: number): number {
  return Math.round(random.between(low, high) * HOUR_MS);
}

/** Walk up to about a kilometre and a half, then e-bike, then car; metres a second over the whole way. */
function speedFor(lengthM: number, random: RandomStream): number {
  const nearM = random.between(0.7, 1.3) * lengthM;
  if (nearM < 1500) return random.between(1, 1.5);
  return nearM < 8000 ? random.between(4, 6.5) : random.between(8, 13);
}

/** Ways are the same every day: found once for each subject and place. */
const ways = new WeakMap<Place, Path>();

function wayTo(world: World, subject: DemoSubject, place: Place): Path {
  const known = ways.get(place);
  if (known !== undefined) return known;
  const roads = world.roads.get(subject.county.code);
  if (roads === undefined) throw new Error(`no roads in ${subject.county.code}`);
  const way = route(roads, subject.home, subject.home.node, place, place.node);
  ways.set(place, way);
  return way;
}

/** Where the segments put one at `atMs`, which they must cover. */
export function whereIn(segments: readonly Segment[], atMs: number): Whereabouts {
  const segment = segments.find((candidate) => atMs < candidate.untilMs) ?? segments.at(-1);
  if (segment === undefined) throw new Error('an empty plan');
  if (segment.path === null)
    return { x: segment.at.x, y: segment.at.y, speedMps: 0, headingDeg: 0, untilMs: segment.untilMs };
  return onTheWay(segment.path, segment.fromMs, segment.untilMs, atMs);
}

export function onTheWay(path: Path, fromMs: number, untilMs: number, atMs: number): Whereabouts {
  const share = Math.min(1, Math.max(0, (atMs - fromMs) / (untilMs - fromMs)));
  return {
    ...along(path, share * path.lengthM),
    speedMps: (path.lengthM * 1000) / (untilMs - fromMs),
    untilMs,
  };
}

/** The straight line that somebody takes who goes there and comes back. */
export function straight(from: Point, to: Point): Path {
  return { points: [from, to], walkedM: [0, distanceM(from, to)], lengthM: distanceM(from, to) };
}
