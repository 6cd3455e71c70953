/**
 * Cheap synthetic load for benchmarks: N subjects at home in the real counties, each position a few bytes of arithmetic.
 * Pure and seeded: the same calls give the same lines. `pace` sends batches at a rate.
 */
import type { Roster, ZoneFeature } from '../kernel/roster.ts';
import { COUNTIES, type County, isWellInside } from './counties.ts';
import { moved, type Point, toLonLat } from './plane.ts';
import { hash, uniform } from './random.ts';

export interface Load {
  readonly roster: Roster;
  readonly zones: readonly ZoneFeature[];
  readonly subjects: readonly string[];
  /**
   * The next `count` positions, one line each, round robin over the subjects, all inside their county. Call with a
   * time that does not go back; a device's fixes are at least a millisecond apart.
   */
  positions(count: number, atMs: number): string[];
  /** Two fixes a second apart, 3 km and more outside: what raises an alert for subject `i` on any reading. */
  violation(i: number, atMs: number): [string, string];
}

const HOME_MARGIN_M = 800;
const ACCURACY_M = [8, 12, 15, 25, 40] as const;

export function createLoad({
  seed,
  subjects,
  feed,
}: {
  readonly seed: number;
  readonly subjects: number;
  readonly feed: string;
}): Load {
  const people = Array.from({ length: subjects }, (_, i) => {
    const county = COUNTIES[hash(seed, i, 1) % COUNTIES.length] as County;
    const home = homeIn(county, seed, i);
    const number = String(i + 1).padStart(6, '0');
    // The line up to the time never changes: building it once makes the generator cheaper than what it measures.
    return {
      id: `L${number}`,
      device: `LD${number}`,
      county,
      home,
      head: `{"type":"position","subject":"L${number}","device":"LD${number}","at":"`,
      lastMs: 0,
    };
  });
  let next = 0;
  let drawn = 0;

  const line = (person: (typeof people)[number], atMs: number, at: Point, accuracyM: number) => {
    person.lastMs = Math.max(atMs, person.lastMs + 1);
    const [lon, lat] = toLonLat(at);
    return `${person.head}${new Date(person.lastMs).toISOString()}","lat":${lat},"lon":${lon},"accuracyM":${accuracyM},"batteryPct":80,"method":"gnss"}`;
  };

  return {
    subjects: people.map((person) => person.id),
    roster: {
      subjects: people.map(({ id, device, county }) => ({
        id,
        name: `测试人员${id}`,
        office: county.code,
        grade: 'standard' as const,
        devices: [
          {
            id: device,
            kind: 'phone' as const,
            feed,
            intervalS: 60,
            fromMs: 0,
            untilMs: null,
            protocol: null,
            address: null,
            order: null,
          },
        ],
        zones: [{ zone: `county-${county.code}`, rule: 'stay-in' as const, bufferM: 0, schedule: null }],
        curfews: [],
        checkins: [],
        permits: [],
        noContact: [],
      })),
      musters: [],
      calendar: { days: {}, timeZone: 'Asia/Shanghai' },
    },
    zones: COUNTIES.map(
      ({ code, name, coordinates }): ZoneFeature => ({
        id: `county-${code}`,
        name,
        radiusM: null,
        widthM: null,
        geometry: { type: 'Polygon', coordinates },
      }),
    ),
    positions(count, atMs) {
      const lines: string[] = [];
      for (let k = 0; k < count; k++) {
        const person = people[next++ % people.length];
        if (person === undefined) break;
        const draw = hash(seed, drawn++, 2);
        const accuracyM = ACCURACY_M[draw % ACCURACY_M.length] ?? 15;
        const at = {
          x: person.home.x + ((draw & 0xffff) / 0xffff - 0.5) * accuracyM,
          y: person.home.y + ((draw >>> 16) / 0xffff - 0.5) * accuracyM,
        };
        lines.push(line(person, atMs, at, accuracyM));
      }
      return lines;
    },
    violation(i, atMs) {
      const person = people[i % people.length];
      if (person === undefined) throw new Error('a load without subjects has no violation');
      // North-west of all of Jieyang's counties is land too, and no county of the five.
      const away = { x: -75_000, y: 65_000 + (i % 1000) };
      return [line(person, atMs, away, 8), line(person, atMs + 1000, { x: away.x + 1, y: away.y }, 8)];
    },
  };
}

function homeIn(county: County, seed: number, i: number): Point {
  const outline = county.rings.flat();
  for (let tries = 0; tries < 1000; tries++) {
    const near = outline[hash(seed, i, 3, tries) % outline.length];
    if (near === undefined) break;
    const point = moved(near, 360 * uniform(seed, i, 4, tries), 800 + 9000 * uniform(seed, i, 5, tries));
    if (isWellInside(county, point, HOME_MARGIN_M)) return point;
  }
  throw new Error(`no home found in ${county.code}`);
}

export interface Paced {
  readonly sent: number;
  /** Batches that could not begin in time because too many were under way: the other side is the limit. */
  readonly late: number;
  readonly seconds: number;
}

/**
 * Calls `send` with `batch` lines so that `ratePerS` lines a second go out, for `seconds`; open loop, at most
 * `inFlight` calls at once. A rejected `send` rejects.
 */
export async function pace(options: {
  readonly load: Load;
  readonly ratePerS: number;
  readonly batch: number;
  readonly seconds: number;
  readonly inFlight?: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly send: (lines: readonly string[]) => Promise<void>;
}): Promise<Paced> {
  const { load, ratePerS, batch, seconds, inFlight = 8, clock, sleep, send } = options;
  const startedMs = clock();
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  let late = 0;
  while (clock() - startedMs < seconds * 1000) {
    const dueMs = startedMs + (sent / ratePerS) * 1000;
    const waitMs = dueMs - clock();
    if (waitMs > 0) await sleep(waitMs);
    if (underWay.size >= inFlight) {
      late++;
      await Promise.race(underWay);
    }
    const call = send(load.positions(batch, clock()));
    const settled = call.then(() => {
      underWay.delete(settled);
    });
    // It stays among those under way: the next race, or the end, rejects with it.
    settled.catch(() => {});
    underWay.add(settled);
    sent += batch;
  }
  await Promise.all(underWay);
  return { sent, late, seconds: (clock() - startedMs) / 1000 };
}
