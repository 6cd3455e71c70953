/**
 * The people of the month: the demo's city, its homes, roads and daily ways, with what the demo leaves out: homes close to a county's
 * edge, curfews, check-in windows, orders that end, pairs who must not meet, leaves; and what each of them does wrong, and when.
 */
import type { County } from '../../src/demo/counties.ts';
import { isWellInside } from '../../src/demo/counties.ts';
import { dayStartMs, planDay } from '../../src/demo/day-plan.ts';
import { distanceM, moved, type Point, toLonLat, toPlane } from '../../src/demo/plane.ts';
import { LEAVE_PLACES } from '../../src/demo/profiles.ts';
import { createWorld, type DemoSubject, type World } from '../../src/demo/world.ts';
import type { Permit, Schedule, SubjectProfile, ZoneFeature } from '../../src/kernel/roster.ts';
import { DAY_MS, FIRST_DAY, HOUR_MS, MINUTE_MS } from './calendar.ts';
import { between, createDice, type Dice, logBetween, pick } from './dice.ts';
import { devicesOf } from './kit.ts';

/** From home straight to a place and back. */
export interface Trip {
  readonly to: Point;
  readonly leftMs: number;
  readonly arrivedMs: number;
  readonly turnedMs: number;
  readonly homeMs: number;
}

export interface Leave {
  readonly permit: Permit;
  readonly destination: Point;
  readonly leftMs: number;
  readonly arrivedMs: number;
  readonly turnedMs: number;
  readonly homeMs: number;
  /** Off to somewhere else in the middle of it. */
  readonly stray: Trip | null;
  /** When the return was put on record; null: never. */
  readonly recordedMs: number | null;
}

export interface Circle extends Point {
  readonly zone: string;
  readonly radiusM: number;
}

export interface Person {
  readonly number: number;
  readonly demo: DemoSubject;
  readonly county: County;
  readonly home: Point;
  readonly profile: SubjectProfile;
  readonly exclusion: Circle | null;
  readonly curfewZone: Circle | null;
  readonly trips: readonly Trip[];
  readonly leave: Leave | null;
  /** Orders that were renewed in time: when, and until when. */
  readonly renewedMs: number | null;
}

/** A, who calls on B, and when they are together. */
export interface Meeting {
  readonly a: string;
  readonly b: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface People {
  readonly world: World;
  readonly people: readonly Person[];
  readonly zones: readonly ZoneFeature[];
  readonly meetings: readonly Meeting[];
  readonly startMs: number;
}

export const NIGHT: Schedule = { days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' };
export const LEAVE_RADIUS_M = 10_000;

/** Who must not meet somebody, and how often a pair meets all the same: assumptions. */
const IN_PAIRS_SHARE = 1 / 15;
const MEETS_A_DAY = 0.05;

export function createPeople(seed: number, subjects: number, days: number): People {
  const startMs = dayStartMs(FIRST_DAY);
  const world = createWorld({ seed, nowMs: startMs, subjects });
  const meetings: Meeting[] = [];
  const extraTrips = new Map<number, Trip[]>();
  const noContact = new Map<number, string[]>();
  const ordinary = world.subjects.filter(({ role }) => role === 'phone-off' || role === 'silent');
  const dice = createDice(seed, 71);
  for (let i = 0; i + 1 < ordinary.length && i < subjects * IN_PAIRS_SHARE; i += 2) {
    const [a, b] = [ordinary[i] as DemoSubject, ordinary[i + 1] as DemoSubject];
    noContact.set(a.number, [b.id]);
    for (let day = FIRST_DAY; day < FIRST_DAY + days; day++) {
      if (dice() > MEETS_A_DAY) continue;
      // Some pass by for minutes, which is no gathering.
      const stayMs = dice() < 0.3 ? between(dice, 3, 15) * MINUTE_MS : logBetween(dice, 40, 180) * MINUTE_MS;
      const homeMs = Math.max(eveningAtHome(world, a, day), eveningAtHome(world, b, day));
      const trip = tripTo(a.home, b.home, homeMs + between(dice, 5, 60) * MINUTE_MS, stayMs, dice);
      if (trip.homeMs > dayStartMs(day + 1)) continue;
      extraTrips.set(a.number, [...(extraTrips.get(a.number) ?? []), trip]);
      meetings.push({ a: a.id, b: b.id, fromMs: trip.arrivedMs, untilMs: trip.turnedMs });
    }
  }
  const people = world.subjects.map((demo) =>
    personOf(world, demo, seed, days, extraTrips.get(demo.number) ?? [], noContact.get(demo.number) ?? []),
  );
  return { world, people, zones: zonesOf(world, people), meetings, startMs };
}

function personOf(
  world: World,
  demo: DemoSubject,
  seed: number,
  days: number,
  visits: readonly Trip[],
  noContact: readonly string[],
): Person {
  const dice = createDice(seed, demo.number, 72);
  const { role, county, number } = demo;
  const isAtEdge = role === 'opener' || role === 'out-of-bounds';
  const home = isAtEdge ? edgeHome(demo, dice) : demo.home;
  const exclusion = demo.exclusion === null ? null : { ...demo.exclusion.centre, ...demo.exclusion };
  const isFree = visits.length === 0 && noContact.length === 0;
  const hasCurfew = isFree && dice() < (demo.grade === 'strict' ? 0.5 : 0.08);
  const curfewZone = hasCurfew
    ? { ...home, zone: `home-${demo.id}`, radiusM: Math.round(between(dice, 150, 400)) }
    : null;
  const isOnLeave = role === 'on-leave' || (isFree && !isAtEdge && exclusion === null && dice() < 0.02);
  const leave = isOnLeave ? leaveOf(demo, home, days, dice) : null;
  const trips = [...visits];
  for (let day = FIRST_DAY; day < FIRST_DAY + days; day++) {
    const trip = wrongTrip(world, demo, home, exclusion, hasCurfew, day, dice);
    if (trip === null || trip.homeMs > dayStartMs(day + 1)) continue;
    if (leave !== null && trip.homeMs > leave.leftMs && trip.leftMs < leave.homeMs) continue;
    trips.push(trip);
  }
  trips.sort((a, b) => a.leftMs - b.leftMs);
  const { devices, renewedMs } = devicesOf(demo, days, dice);
  const monday = 1 + (number % 5);
  const isMorning = Math.floor(number / 5) % 2 === 0;
  return {
    number,
    demo,
    county,
    home,
    exclusion,
    curfewZone,
    trips,
    leave,
    renewedMs,
    profile: {
      id: demo.id,
      name: demo.name,
      office: demo.office,
      grade: demo.grade,
      devices,
      zones: [
        { zone: `county-${county.code}`, rule: 'stay-in', bufferM: 0, schedule: null },
        ...(exclusion === null
          ? []
          : [{ zone: exclusion.zone, rule: 'keep-out' as const, bufferM: 0, schedule: null }]),
      ],
      curfews: curfewZone === null ? [] : [{ zone: curfewZone.zone, ...NIGHT }],
      checkins: [
        {
          id: 'weekly',
          days: [monday],
          from: isMorning ? '08:30' : '14:30',
          to: isMorning ? `11:${10 + (number % 41)}` : `17:${10 + (number % 41)}`,
        },
      ],
      permits: leave === null ? [] : [leave.permit],
      noContact,
    },
  };
}

/** Near the edge, some nearer than an honest fix is off. */
function edgeHome({ beyond, home, county }: DemoSubject, dice: Dice): Point {
  if (beyond === null) return home;
  const { point, insideM, outsideM } = beyond;
  const [ux, uy] = [(point.x - home.x) / (insideM + outsideM), (point.y - home.y) / (insideM + outsideM)];
  const wantedM = logBetween(dice, 70, 600);
  const near = { x: home.x + ux * (insideM - wantedM), y: home.y + uy * (insideM - wantedM) };
  return isWellInside(county, near, wantedM * 0.7) ? near : home;
}

function wrongTrip(
  world: World,
  demo: DemoSubject,
  home: Point,
  exclusion: Circle | null,
  hasCurfew: boolean,
  day: number,
  dice: Dice,
): Trip | null {
  const atHour = (low: number, high: number) => dayStartMs(day) + between(dice, low, high) * HOUR_MS;
  const stayMs = () => logBetween(dice, 4, 360) * MINUTE_MS;
  const { beyond, work } = demo;
  if (beyond !== null) {
    const outM = distanceM(home, beyond.point);
    const way = { x: (beyond.point.x - home.x) / outM, y: (beyond.point.y - home.y) / outM };
    const edgeM = outM - beyond.outsideM;
    const draw = dice();
    // Over the edge by little or by much, or up to it and no farther.
    const farM =
      draw < 0.04
        ? edgeM + logBetween(dice, 100, 1500)
        : draw < 0.055
          ? edgeM + logBetween(dice, 2500, 20_000)
          : draw < 0.3
            ? edgeM * between(dice, 0.3, 0.9)
            : null;
    if (farM === null) return null;
    const to = { x: home.x + way.x * farM, y: home.y + way.y * farM };
    return tripTo(home, to, atHour(3, 14), stayMs(), dice);
  }
  if (exclusion !== null && work === null) {
    const draw = dice();
    if (draw < 0.05) return tripTo(home, exclusion, atHour(3, 14), stayMs(), dice);
    if (draw > 0.4) return null;
    const beside = moved(exclusion, 360 * dice(), exclusion.radiusM + logBetween(dice, 60, 300));
    return tripTo(home, beside, atHour(3, 14), stayMs(), dice);
  }
  if (!hasCurfew || dice() > 0.03) return null;
  const leftMs = Math.max(
    eveningAtHome(world, demo, day) + 10 * MINUTE_MS,
    dayStartMs(day) + between(dice, 17, 21) * HOUR_MS,
  );
  const to = moved(home, 360 * dice(), logBetween(dice, 500, 4000));
  return isWellInside(demo.county, to, 100)
    ? tripTo(home, to, leftMs, logBetween(dice, 10, 120) * MINUTE_MS, dice)
    : null;
}

function tripTo(home: Point, to: Point, leftMs: number, stayMs: number, dice: Dice): Trip {
  const lengthM = distanceM(home, to);
  const speedMps =
    lengthM < 1500 ? between(dice, 1, 1.6) : lengthM < 6000 ? between(dice, 3.5, 6.5) : between(dice, 9, 15);
  const wayMs = (lengthM / speedMps) * 1000;
  return {
    to: { x: to.x, y: to.y },
    leftMs,
    arrivedMs: leftMs + wayMs,
    turnedMs: leftMs + wayMs + stayMs,
    homeMs: leftMs + 2 * wayMs + stayMs,
  };
}

/** When the last way of the day has ended. */
function eveningAtHome(world: World, demo: DemoSubject, day: number): number {
  return planDay(world, demo, day).at(-1)?.fromMs ?? dayStartMs(day);
}

function leaveOf(demo: DemoSubject, home: Point, days: number, dice: Dice): Leave | null {
  const long = Math.ceil(between(dice, 1, 6));
  if (days < long + 2) return null;
  const place = pick(dice, LEAVE_PLACES);
  const firstDay = FIRST_DAY + Math.floor(between(dice, 1, days - long));
  const centre = toPlane([place.lon, place.lat]);
  const destination = moved(centre, 360 * dice(), between(dice, 0, 4000));
  const fromMs = dayStartMs(firstDay) - 4 * HOUR_MS;
  const untilMs = fromMs + long * DAY_MS;
  const wayMs = (distanceM(home, destination) / 15) * 1000;
  const leftMs = fromMs + between(dice, 8, 12) * HOUR_MS;
  const arrivedMs = leftMs + wayMs;
  const isLate = dice() < 0.15;
  const homeMs = isLate
    ? untilMs + between(dice, 4, 20) * HOUR_MS
    : Math.max(arrivedMs + HOUR_MS, untilMs - between(dice, 1, 5) * HOUR_MS - wayMs) + wayMs;
  const turnedMs = homeMs - wayMs;
  const away = moved(destination, 360 * dice(), between(dice, 30_000, 60_000));
  const strayMs = arrivedMs + between(dice, 1, 6) * HOUR_MS;
  const stray = tripTo(destination, away, strayMs, between(dice, 20, 180) * MINUTE_MS, dice);
  return {
    destination,
    leftMs,
    arrivedMs,
    turnedMs,
    homeMs,
    stray: dice() < 0.4 && stray.homeMs < turnedMs ? stray : null,
    recordedMs: dice() < 0.25 ? null : Math.round(homeMs + between(dice, 0.1, 0.9) * HOUR_MS),
    permit: { id: `leave-${demo.id}`, fromMs, untilMs, destination: place.id, returnedAtMs: null },
  };
}

function zonesOf(world: World, people: readonly Person[]): ZoneFeature[] {
  const circle = (id: string, { x, y }: Point, radiusM: number): ZoneFeature => ({
    id,
    name: null,
    radiusM,
    widthM: null,
    geometry: { type: 'Point', coordinates: toLonLat({ x, y }) },
  });
  return [
    ...world.zones.filter(({ id }) => id.startsWith('county-') || id.startsWith('leave-')),
    ...people.flatMap(({ exclusion, curfewZone }) =>
      [exclusion, curfewZone].flatMap((zone) =>
        zone === null ? [] : [circle(zone.zone, zone, zone.radiusM)],
      ),
    ),
  ];
}
