/** Where a person truly is, and which rules about places that breaks. */
import { dayOf, dayStartMs, planDay, type Segment, whereIn } from '../../src/demo/day-plan.ts';
import { distanceM, distanceToEdgeM, isInside, type Point, toPlane } from '../../src/demo/plane.ts';
import { LEAVE_PLACES } from '../../src/demo/profiles.ts';
import type { World } from '../../src/demo/world.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './calendar.ts';
import { LEAVE_RADIUS_M, type Person, type Trip } from './people.ts';

export interface Where extends Point {
  readonly speedMps: number;
}

/** Asked in the order of time it costs little. */
export type Way = (atMs: number) => Where;

export type PlaceKind = 'out-of-bounds' | 'exclusion-entry' | 'curfew' | 'leave-deviation';

export interface Broken {
  readonly kind: PlaceKind;
  readonly fromMs: number;
  readonly untilMs: number;
}

export function createWay(world: World, { demo, home, trips, leave }: Person): Way {
  let day = Number.NaN;
  let segments: Segment[] = [];
  let nextTrip = 0;
  return (atMs) => {
    if (leave !== null && atMs >= leave.leftMs && atMs < leave.homeMs) {
      const { stray, destination } = leave;
      if (stray !== null && atMs >= stray.leftMs && atMs < stray.homeMs)
        return onTrip(destination, stray, atMs);
      return onTrip(home, { ...leave, to: destination }, atMs);
    }
    while (nextTrip > 0 && (trips[nextTrip - 1]?.homeMs ?? 0) > atMs) nextTrip--;
    while (nextTrip < trips.length && (trips[nextTrip]?.homeMs ?? 0) <= atMs) nextTrip++;
    const trip = trips[nextTrip];
    if (trip !== undefined && atMs >= trip.leftMs) return onTrip(home, trip, atMs);
    if (demo.beyond !== null || demo.leave !== null) return { ...home, speedMps: 0 };
    if (dayOf(atMs) !== day) {
      day = dayOf(atMs);
      segments = planDay(world, demo, day);
    }
    return whereIn(segments, atMs);
  };
}

function onTrip(from: Point, { to, leftMs, arrivedMs, turnedMs, homeMs }: Trip, atMs: number): Where {
  const out = (atMs - leftMs) / (arrivedMs - leftMs);
  const back = (homeMs - atMs) / (homeMs - turnedMs);
  const share = Math.max(0, Math.min(1, out, back));
  const speedMps = share < 1 ? (distanceM(from, to) * 1000) / (arrivedMs - leftMs) : 0;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, speedMps };
}

const STEP_MS = 20_000;

/** By the true position, looked at every 20 s: what is broken for at least a minute. */
export function brokenOn(world: World, person: Person, day: number): Broken[] {
  const [fromMs, untilMs] = [dayStartMs(day), dayStartMs(day + 1)];
  const { trips, leave, curfewZone } = person;
  const isOut = trips.some((trip) => trip.leftMs < untilMs && trip.homeMs > fromMs);
  const isOnLeave = leave !== null && fromMs < leave.homeMs && untilMs > leave.leftMs - DAY_MS;
  if (!isOut && !isOnLeave && curfewZone === null) return [];
  const way = createWay(world, person);
  const open = new Map<PlaceKind, number>();
  const broken: Broken[] = [];
  for (let atMs = fromMs; atMs <= untilMs; atMs += STEP_MS) {
    const hour = (((atMs / HOUR_MS + 8) % 24) + 24) % 24;
    // Curfew alone: by day there is nothing to look at.
    if (!isOut && !isOnLeave && hour >= 6 && hour < 22) continue;
    const where = way(atMs);
    for (const kind of ['out-of-bounds', 'exclusion-entry', 'curfew', 'leave-deviation'] as const) {
      const isBroken = atMs < untilMs && depthM(person, kind, atMs, where) > 0;
      const since = open.get(kind);
      if (isBroken && since === undefined) open.set(kind, atMs);
      if (isBroken || since === undefined) continue;
      open.delete(kind);
      if (atMs - since >= MINUTE_MS) broken.push({ kind, fromMs: since, untilMs: atMs });
    }
  }
  return broken;
}

/** How deep the person is on the forbidden side, metres; not above zero: on the allowed one, or no such rule holds. */
export function depthM(person: Person, kind: PlaceKind, atMs: number, where: Point): number {
  const { leave, county, exclusion, curfewZone } = person;
  const permit = leave?.permit;
  const endMs = permit === undefined ? 0 : Math.min(permit.untilMs, leave?.recordedMs ?? permit.untilMs);
  const isOnLeave = permit !== undefined && atMs >= permit.fromMs && atMs < endMs;
  switch (kind) {
    case 'out-of-bounds':
      if (isOnLeave || isInside(county.rings, where)) return 0;
      return distanceToEdgeM(county.rings, where);
    case 'exclusion-entry':
      return exclusion === null ? 0 : exclusion.radiusM - distanceM(exclusion, where);
    case 'curfew': {
      const hour = (((atMs / HOUR_MS + 8) % 24) + 24) % 24;
      if (curfewZone === null || isOnLeave || (hour >= 6 && hour < 22)) return 0;
      return distanceM(curfewZone, where) - curfewZone.radiusM;
    }
    case 'leave-deviation': {
      const place = LEAVE_PLACES.find(({ id }) => id === permit?.destination);
      if (!isOnLeave || place === undefined || isInside(county.rings, where)) return 0;
      const middle = toPlane([place.lon, place.lat]);
      const thereM = Math.max(0, distanceM(where, middle) - LEAVE_RADIUS_M);
      const homeM = distanceToEdgeM(county.rings, where);
      // The policy's own words (A19): lines of 1.2 × the distance and 3 km together.
      return Math.min(
        thereM,
        homeM,
        (homeM + thereM - 1.2 * distanceToEdgeM(county.rings, middle) - 3000) / 2,
      );
    }
  }
}
