/**
 * The real traces through the running program, once by `wardline import` and once by OsmAnd requests, the places of the journal
 * as zones: as drawn, and as circles of 300 m around them. Prints the tables that `docs/real-traces.md` shows. All times are
 * moved by a whole number of weeks to end now, because no policy judges what is older than 400 days.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import { readConnection } from '../../src/adapters/embedded-postgres.ts';
import type { Position } from '../../src/kernel/log-event.ts';
import type { LonLat, ZoneFeature } from '../../src/kernel/roster.ts';
import { encodeZones } from '../../src/kernel/zone-file.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';
import { type Compared, compare, type Evidence, type PhoneFix, row, type Stay, table } from './compare.ts';
import { hasTraces, type Place, readFixes, readJournal, readPlaces, visitsOf } from './data.ts';

const mustHaveTraces = (process.env.WARDLINE_FORBID_SKIPS ?? '').split(',').includes('shared');
const isSkipped = !hasTraces && !mustHaveTraces;
if (isSkipped) console.log('T1 T2 T3 T4: skipped; the real traces (../shared/data/traces) are not here');

const PARTITIONS = 6;
const WEEK_MS = 7 * 86_400_000;
const RADIUS_M = 300;
const CIRCLE = '-300m';
const OSMAND = '-osmand';

describe.skipIf(isSkipped)('real traces through the running program', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-traces-'));
  const env = {
    DATA_DIR: join(folder, 'data'),
    PARTITIONS: String(PARTITIONS),
    POSITION_RETENTION_DAYS: '400',
    PHONE_POSITION_RETENTION_DAYS: '400',
  };
  let program: Program;
  let fixes: Map<string, Position[]>;
  let stays: Map<string, Stay[]>;
  let evidence: Evidence;

  beforeAll(async () => {
    const places = readPlaces();
    const journal = readJournal();
    fixes = Map.groupBy(readFixes(), ({ subject }) => subject);
    for (const list of fixes.values()) list.sort((a, b) => a.atMs - b.atMs);
    const all = [...fixes.values()].flat();
    evidence = {
      journal,
      visits: visitsOf(places, journal),
      fixes: all.map(({ subject, atMs, lon, lat, accuracyM = 100 }) => ({
        phone: subject,
        atMs,
        lon,
        lat,
        accuracyM,
      })),
      distanceM: distanceTo(zonesOf(places)),
    };
    const newestMs = all.reduce((newest, { atMs }) => Math.max(newest, atMs), 0);
    const shiftMs = Math.floor((Date.now() - newestMs) / WEEK_MS) * WEEK_MS;
    program = await startProgram(env);
    await loadRoster(env, folder, places, [...fixes.keys()]);
    const file = join(folder, 'fixes.csv');
    writeFileSync(file, toCsv(all, shiftMs));
    const imported = await runCommand(env, ['import', file, '--feed', 'traces', '--as-received-now']);
    expect(imported.code, imported.stderr).toBe(0);
    const url = program.addressOf('osmand');
    await Promise.all([...fixes.values()].map((list) => sendByOsmand(url, list, shiftMs)));
    await judged(program);
    stays = await readStays(env.DATA_DIR, shiftMs);
  }, 300_000);
  afterAll(() => program.end('SIGINT'));

  const rows = (suffix: string): Map<string, Compared> =>
    new Map(
      [...fixes.keys()].map((phone) => {
        const own = (stays.get(phone) ?? []).filter(
          ({ place }) => place.endsWith(CIRCLE) === (suffix === CIRCLE),
        );
        const named = own.map((stay) => ({ ...stay, place: stay.place.replace(CIRCLE, '') }));
        return [
          phone,
          compare(phone, named, {
            ...evidence,
            distanceM: (place, fix) => evidence.distanceM(`${place}${suffix}`, fix),
          }),
        ];
      }),
    );
  const sum = (all: Map<string, Compared>, of: (compared: Compared) => number) =>
    [...all.values()].reduce((total, compared) => total + of(compared), 0);

  test('T1 both ways in give the same stays, to the second', () => {
    expect([...stays.values()].flat().length).toBeGreaterThan(1000);
    for (const phone of fixes.keys()) expect(stays.get(`${phone}${OSMAND}`)).toEqual(stays.get(phone));
  });

  test('T2 circles of 300 m: entering and leaving are found wherever the phone said anything', () => {
    const all = rows(CIRCLE);
    console.log(table([...all].map(([phone, compared]) => row(phone, compared))));
    const share = (of: (compared: Compared) => { found: number; missed: number }) =>
      sum(all, (c) => of(c).found) / sum(all, (c) => of(c).found + of(c).missed);
    expect(share(({ enter }) => enter)).toBeGreaterThan(0.9);
    expect(share(({ leave }) => leave)).toBeGreaterThan(0.9);
    expect(sum(all, (compared) => compared.false)).toBeLessThan(sum(all, (compared) => compared.stays) / 20);
  });

  test('T3 as drawn, some no larger than the error of a fix: what is not sure is not claimed', () => {
    const all = rows('');
    console.log(table([...all].map(([phone, compared]) => row(phone, compared))));
    expect(sum(all, ({ enter }) => enter.found)).toBeGreaterThan(60);
    expect(sum(all, (compared) => compared.false)).toBeLessThan(sum(all, (compared) => compared.stays) / 20);
  });

  test('T4 every moment of the journal is accounted for', () => {
    for (const compared of [...rows('').values(), ...rows(CIRCLE).values()]) {
      for (const { known, blind, found, missed } of [compared.enter, compared.leave]) {
        expect(known).toBeGreaterThan(10);
        expect(blind + found + missed).toBe(known);
      }
    }
  });
});

/** As drawn, and a circle around the middle of each. */
function zonesOf(places: readonly Place[]): ZoneFeature[] {
  const circles = places.map(({ zone }) => ({
    ...zone,
    id: `${zone.id}${CIRCLE}`,
    radiusM: RADIUS_M,
    geometry: { type: 'Point' as const, coordinates: middleOf(zone.geometry.coordinates as LonLat[][]) },
  }));
  return [...places.map(({ zone }) => zone), ...circles];
}

async function loadRoster(
  env: Readonly<Record<string, string>>,
  folder: string,
  places: readonly Place[],
  phones: readonly string[],
): Promise<void> {
  const zones = zonesOf(places);
  const assignments = zones.map(({ id }) => ({ zone: id, rule: 'keep-out' }));
  const device = { kind: 'phone', intervalS: 60, from: '2015-01-01T00:00:00Z' };
  const subjects = phones.flatMap((phone) => [
    { id: phone, name: '测试手机', zones: assignments, devices: [{ ...device, id: phone, feed: 'traces' }] },
    {
      id: `${phone}${OSMAND}`,
      name: '测试手机',
      zones: assignments,
      devices: [{ ...device, id: `${phone}${OSMAND}`, protocol: 'osmand' }],
    },
  ]);
  const write = (name: string, json: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(json));
    return join(folder, name);
  };
  const loaded = await runCommand(env, [
    'roster',
    'load',
    '--roster',
    write('roster.json', { subjects }),
    '--zones',
    write('zones.geojson', encodeZones(zones)),
    '--policy',
    write('policy.json', { default: { backfillHorizonS: 400 * 86_400 } }),
  ]);
  expect(loaded.code, loaded.stderr).toBe(0);
  // The roster's lines go through the log before the fixes do.
  await new Promise((resolve) => setTimeout(resolve, 3000));
}

function distanceTo(zones: readonly ZoneFeature[]): (place: string, fix: PhoneFix) => number {
  const prepared = new Map(
    zones.map((zone) => {
      const result = prepareZone(zone);
      if (!result.ok) throw new Error(`${zone.id}: ${result.error.message}`);
      return [zone.id, result.value];
    }),
  );
  return (place, { lon, lat }) => {
    const zone = prepared.get(place);
    return zone === undefined ? Number.POSITIVE_INFINITY : signedDistanceM(zone, lon, lat);
  };
}

function middleOf([ring = []]: readonly (readonly LonLat[])[]): LonLat {
  const corners = ring.slice(0, -1);
  const mean = (of: (corner: LonLat) => number) =>
    corners.reduce((sum, c) => sum + of(c), 0) / corners.length;
  return [mean(([lon]) => lon), mean(([, lat]) => lat)];
}

function toCsv(fixes: readonly Position[], shiftMs: number): string {
  const lines = fixes.map(({ subject, atMs, lat, lon, accuracyM = '', speedMps = '' }) =>
    [subject, new Date(atMs + shiftMs).toISOString(), lat, lon, accuracyM, speedMps].join(','),
  );
  return `subject,at,lat,lon,accuracy_m,speed\n${lines.join('\n')}\n`;
}

const MPS_PER_KNOT = 1852 / 3600;
const agent = new Agent({ keepAlive: true });

/** Stored fixes in one request, as a phone sends them that was away. */
const STORED = 100;

/** In the order of the fixes: those with few one by one in the query form, the others their stored fixes in the JSON form. */
async function sendByOsmand(url: string, fixes: readonly Position[], shiftMs: number): Promise<void> {
  const size = fixes.length < 7000 ? 1 : STORED;
  for (let i = 0; i < fixes.length; i += size) {
    const part = fixes.slice(i, i + size);
    const first = part[0];
    if (first === undefined) return;
    const status =
      size === 1 ? await post(`${url}/?${queryOf(first, shiftMs)}`) : await post(url, jsonOf(part, shiftMs));
    if (status !== 200) throw new Error(`OsmAnd answered ${status}`);
  }
}

function queryOf(fix: Position, shiftMs: number): URLSearchParams {
  const query = new URLSearchParams({
    id: `${fix.device}${OSMAND}`,
    timestamp: new Date(fix.atMs + shiftMs).toISOString(),
    lat: String(fix.lat),
    lon: String(fix.lon),
  });
  if (fix.accuracyM !== undefined) query.set('accuracy', String(fix.accuracyM));
  if (fix.speedMps !== undefined) query.set('speed', String(fix.speedMps / MPS_PER_KNOT));
  return query;
}

function jsonOf(fixes: readonly Position[], shiftMs: number): string {
  return JSON.stringify({
    device_id: `${fixes[0]?.device}${OSMAND}`,
    location: fixes.map(({ atMs, lat, lon, accuracyM = -1, speedMps = -1 }) => ({
      timestamp: new Date(atMs + shiftMs).toISOString(),
      coords: { latitude: lat, longitude: lon, accuracy: accuracyM, speed: speedMps },
    })),
  });
}

function post(url: string, body?: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request(url, { agent, method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/**
 * Until the detector has handled, in each partition, a tick that was made after the last fix: ticks go through the log behind it. Counting what
 * was judged would not do: after a failure of a role a tail is judged, and counted, again.
 */
async function judged(program: Program): Promise<void> {
  const sentS = Date.now() / 1000;
  for (;;) {
    const text = await (await fetch(`${program.url}/metrics`)).text();
    const frontiers = [...text.matchAll(/^wardline_frontier_seconds\{stage="detector",[^}]*\} (\S+)$/gm)].map(
      ([, seconds]) => Number(seconds),
    );
    if (frontiers.length === PARTITIONS && frontiers.every((seconds) => seconds > sentS)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function readStays(dataDir: string, shiftMs: number): Promise<Map<string, Stay[]>> {
  const client = new pg.Client({ connectionString: readConnection(dataDir) });
  await client.connect();
  const { rows } = await client.query<{
    subject: string;
    zone: string;
    started_at: Date;
    cleared_at: Date | null;
  }>(
    `SELECT subject, o.zone, o.started_at, c.cleared_at FROM alert_events o
     LEFT JOIN (SELECT alert, cleared_at FROM alert_events WHERE state = 'cleared') c USING (alert)
     WHERE o.kind = 'exclusion-entry' AND o.state = 'opened' ORDER BY subject, o.started_at, o.zone`,
  );
  await client.end();
  const stays = rows.map(({ subject, zone, started_at, cleared_at }) => ({
    subject,
    place: zone,
    fromMs: started_at.getTime() - shiftMs,
    untilMs: cleared_at === null ? null : cleared_at.getTime() - shiftMs,
  }));
  return new Map(
    [...Map.groupBy(stays, ({ subject }) => subject)].map(([subject, list]) => [
      subject,
      list.map(({ place, fromMs, untilMs }) => ({ place, fromMs, untilMs })),
    ]),
  );
}
