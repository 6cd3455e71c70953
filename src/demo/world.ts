/**
 * The demo's city: Jieyang's five real counties with 96 invented justice offices, 1,762 invented subjects and what
 * each of them carries and may not do. Pure: the same seed gives the same people; `nowMs` moves only orders and
 * permits, which must be in force.
 */
import type { PolicyDocument } from '../kernel/policy.ts';
import type { Grade, Roster, ZoneFeature } from '../kernel/roster.ts';
import { terminalsOf } from './checkins.ts';
import { COUNTIES, type County } from './counties.ts';
import { officeName, subjectName } from './names.ts';
import { findHomes, type Office, placeOffices } from './places.ts';
import { moved, type Point, toPlane } from './plane.ts';
import { LEAVE_PLACES, profileOf, zonesOf } from './profiles.ts';
import { createRandom, hash, uniform } from './random.ts';
import { buildRoads, type Roads } from './roads.ts';

/** What a subject is in the demo for. Each incident kind has its own people, so that no two incidents meet in one. */
export const ROLES = [
  'opener',
  'out-of-bounds',
  'exclusion-entry',
  'phone-off',
  'silent',
  'on-leave',
  'ordinary',
] as const;
export type Role = (typeof ROLES)[number];

export interface DemoDevice {
  /** Distinguishes its noise from that of others. */
  readonly number: number;
  readonly id: string;
  /** Id on the wire. */
  readonly address: string;
  readonly kind: 'phone' | 'wristband';
  readonly intervalS: number;
  /** When in the interval it reports, ms. */
  readonly phaseMs: number;
  /** While moving it also reports each time it has gone so far (the Traccar Client's distance setting); 0: not. */
  readonly distanceM: number;
  /** Index into `RECEPTIONS`. */
  readonly reception: number;
  /** `platform`: its vendor's platform posts for it; `mlp`: the operator is asked for it. */
  readonly speaks: 'osmand' | 'owntracks' | 'watch' | 'mlp' | 'jt808' | 'platform';
  /** The Traccar Client's newer JSON form instead of the query. */
  readonly speaksJson: boolean;
}

/** A place that roads lead to. */
export interface Place extends Point {
  readonly node: number;
}

export interface Circle {
  readonly zone: string;
  readonly centre: Point;
  readonly radiusM: number;
}

export interface DemoSubject {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly office: string;
  readonly county: County;
  readonly grade: Grade;
  readonly role: Role;
  readonly home: Place;
  readonly work: Place | null;
  readonly errand: Place | null;
  /** Out-of-bounds people: the far end of their way, straight over the edge `insideM` from home. */
  readonly beyond: { readonly point: Point; readonly insideM: number; readonly outsideM: number } | null;
  readonly exclusion: Circle | null;
  readonly leave: {
    readonly destination: Point;
    readonly zone: string;
    readonly fromMs: number;
    readonly untilMs: number;
  } | null;
  readonly phone: DemoDevice;
  readonly wristband: DemoDevice | null;
}

export interface World {
  readonly seed: number;
  readonly offices: readonly Office[];
  readonly roads: ReadonlyMap<string, Roads>;
  readonly subjects: readonly DemoSubject[];
  readonly byRole: ReadonlyMap<Role, readonly DemoSubject[]>;
  /** Every organisation with its name: the city (path ''), counties and offices. */
  readonly organisations: readonly { readonly path: string; readonly name: string }[];
  readonly roster: Roster;
  readonly zones: readonly ZoneFeature[];
  readonly policy: PolicyDocument;
}

export interface WorldOptions {
  readonly seed: number;
  /** Orders and permits are in force around this time. */
  readonly nowMs: number;
  readonly subjects?: number;
  readonly offices?: number;
}

export const SUBJECTS = 1762;
export const OFFICES = 96;
export const DEFAULT_SEED = 445200;
const DAY_MS = 86_400_000;
/** Orders and permits are renewed on this grid, so that a restart within it changes nothing. */
const RENEWAL_MS = 28 * DAY_MS;

/** Share of all subjects for each role but `ordinary`. */
const ROLE_SHARES: readonly (readonly [Role, number])[] = [
  ['opener', 10 / SUBJECTS],
  ['out-of-bounds', 110 / SUBJECTS],
  ['exclusion-entry', 40 / SUBJECTS],
  ['phone-off', 120 / SUBJECTS],
  ['silent', 100 / SUBJECTS],
  ['on-leave', 12 / SUBJECTS],
];

export function createWorld({ seed, nowMs, subjects = SUBJECTS, offices = OFFICES }: WorldOptions): World {
  const renewedMs = Math.floor(nowMs / RENEWAL_MS) * RENEWAL_MS;
  const roads = new Map(COUNTIES.map((county) => [county.code, buildRoads(county, seed)]));
  const officeList = placeOffices(roads, Math.max(offices, COUNTIES.length), seed);
  const homes = findHomes(officeList, roads, rolesFor(subjects, seed), seed);
  const people = homes.map((home, i): DemoSubject => {
    const number = i + 1;
    const random = createRandom(seed, number, 7);
    const grade = gradeOf(random.next(), home.role);
    const id = `S${String(number).padStart(4, '0')}`;
    const leavePlace = LEAVE_PLACES[number % LEAVE_PLACES.length];
    return {
      number,
      id,
      name: subjectName(number),
      office: home.office.path,
      county: home.office.county,
      grade,
      role: home.role,
      home: home.home,
      work: home.work,
      errand: home.errand,
      beyond: home.beyond,
      exclusion: home.exclusion === null ? null : { zone: `keep-out-${id}`, ...home.exclusion },
      leave:
        home.role !== 'on-leave' || leavePlace === undefined
          ? null
          : {
              destination: moved(
                toPlane([leavePlace.lon, leavePlace.lat]),
                random.between(0, 360),
                random.between(0, 4000),
              ),
              zone: leavePlace.id,
              fromMs: renewedMs - DAY_MS,
              untilMs: renewedMs + 29 * DAY_MS,
            },
      phone: phoneOf(number, home.role, seed),
      wristband: hasWristband(random.next(), grade, home.role) ? wristbandOf(number, seed) : null,
    };
  });
  return {
    seed,
    offices: officeList,
    roads,
    subjects: people,
    byRole: new Map(
      ROLES.map((role) => [
        role,
        shuffled(
          people.filter((person) => person.role === role),
          seed,
        ),
      ]),
    ),
    organisations: [
      { path: '', name: '揭阳市（演示）' },
      ...COUNTIES.map(({ code, name }) => ({ path: code, name })),
      ...officeList.map(({ path, county, number }) => ({ path, name: officeName(county.name, number) })),
    ],
    roster: {
      subjects: people.map((person) => profileOf(person, renewedMs, seed, officeList)),
      musters: [],
      calendar: { days: {}, timeZone: 'Asia/Shanghai' },
      terminals: terminalsOf(officeList),
    },
    zones: zonesOf(people),
    policy: { default: {}, grades: { relaxed: { silenceMinS: 1800 } }, organisations: {}, keyPeriods: [] },
  };
}

function rolesFor(subjects: number, seed: number): Role[] {
  const roles: Role[] = [];
  for (const [role, share] of ROLE_SHARES) {
    const count = Math.max(1, Math.round(share * subjects));
    for (let i = 0; i < count && roles.length < subjects; i++) roles.push(role);
  }
  while (roles.length < subjects) roles.push('ordinary');
  return shuffled(
    roles.map((role, number) => ({ role, number })),
    seed,
  ).map(({ role }) => role);
}

function shuffled<T extends { readonly number: number }>(items: readonly T[], seed: number): T[] {
  return items.toSorted((a, b) => hash(seed, a.number, 99) - hash(seed, b.number, 99) || a.number - b.number);
}

function gradeOf(draw: number, role: Role): Grade {
  if (draw < 0.2) return 'strict';
  // A relaxed subject may be silent for longer than an incident lasts.
  if (draw >= 0.75 && role !== 'silent') return 'relaxed';
  return 'standard';
}

/** One in five, most of them under strict supervision. */
function hasWristband(draw: number, grade: Grade, role: Role): boolean {
  if (role !== 'ordinary' && role !== 'out-of-bounds' && role !== 'exclusion-entry') return false;
  return draw < (grade === 'strict' ? 0.75 : grade === 'standard' ? 0.14 : 0);
}

/** The phones of people whose crossing must be seen claim little and keep it (mn-android-4, mn-ios-2, mn-ios-4). */
const CALM_RECEPTIONS = [2, 3, 5];

function phoneOf(number: number, role: Role, seed: number): DemoDevice {
  const draw = (purpose: number) => uniform(seed, number, 11, purpose);
  const atTheEdge = role === 'opener' || role === 'out-of-bounds';
  const often = role === 'opener' || draw(1) < (atTheEdge || role === 'exclusion-entry' ? 0.5 : 0.08);
  const intervalS = often ? 60 : 300;
  const speaks = speechOf(role, draw(6));
  const calm = CALM_RECEPTIONS[Math.floor(draw(2) * CALM_RECEPTIONS.length)] ?? 0;
  return {
    number: number * 2,
    id: `P${String(number).padStart(4, '0')}`,
    address: phoneAddress(number, speaks),
    kind: 'phone',
    intervalS,
    phaseMs: Math.floor(draw(3) * intervalS * 1000),
    // A watch reports by time alone.
    distanceM: speaks === 'watch' ? 0 : often ? 100 : 400,
    reception: role === 'opener' ? 2 : atTheEdge ? calm : Math.floor(draw(4) * 6),
    speaks,
    speaksJson: draw(5) < 0.5,
  };
}

type Speech = DemoDevice['speaks'];

/**
 * Who must be seen within seconds speaks an app's protocol; of the others some wear a watch, and of some the operator is asked, who
 * can't say of a silent phone why it is silent.
 */
function speechOf(role: Role, draw: number): Speech {
  if (role === 'opener') return 'osmand';
  if (role === 'ordinary')
    return draw < 0.45 ? 'osmand' : draw < 0.65 ? 'owntracks' : draw < 0.8 ? 'watch' : 'mlp';
  if (draw < 0.6) return 'osmand';
  return role === 'phone-off' && draw >= 0.85 ? 'mlp' : 'owntracks';
}

function phoneAddress(number: number, speaks: Speech): string {
  const digits = String(number).padStart(4, '0');
  if (speaks === 'owntracks') return `owntracks/demo/P${digits}`;
  if (speaks === 'watch') return `100000${digits}`;
  // No number begins so: nobody's phone is asked for by mistake.
  if (speaks === 'mlp') return `861000000${digits}`;
  return String(900_000 + number);
}

/** One in six comes by its vendor's platform, the others have a connection of their own. */
const BY_PLATFORM_SHARE = 1 / 6;

function wristbandOf(number: number, seed: number): DemoDevice {
  const id = `W${String(number).padStart(4, '0')}`;
  const speaks = uniform(seed, number, 14) < BY_PLATFORM_SHARE ? 'platform' : 'jt808';
  return {
    number: number * 2 + 1,
    id,
    address: speaks === 'jt808' ? `01390000${String(number).padStart(4, '0')}` : id,
    kind: 'wristband',
    intervalS: 60,
    phaseMs: Math.floor(uniform(seed, number, 12) * 60_000),
    distanceM: 0,
    // mn-android-3: GNSS most of the time, Wi-Fi and cell where there is none, as a wristband does.
    reception: 1,
    speaks,
    speaksJson: false,
  };
}
