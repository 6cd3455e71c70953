/** The real traces of `../shared/data/traces` and what the experimenter says of them (its README.md). */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { Position } from '../../src/kernel/log-event.ts';
import type { ZoneFeature } from '../../src/kernel/roster.ts';
import { decodeZones } from '../../src/kernel/zone-file.ts';

const folder = fileURLToPath(new URL('../../../shared/data/traces/', import.meta.url));

export const hasTraces = existsSync(`${folder}mobilitynet_phones.csv.gz`);

function readCsv(name: string): Record<string, string>[] {
  return parse(gunzipSync(readFileSync(`${folder}${name}`)), { columns: true });
}

export interface Place {
  readonly zone: ZoneFeature;
  readonly name: string;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** `trip/leg` → whether the leg starts, ends or stays here. */
  readonly uses: ReadonlyMap<string, 'start' | 'end' | 'stay'>;
}

interface PlaceProperties {
  readonly code: string;
  readonly name: string;
  readonly valid_from: string;
  readonly valid_to: string;
  readonly used_by: string;
}

export function readPlaces(): Place[] {
  const json = JSON.parse(readFileSync(`${folder}mobilitynet_places.geojson`, 'utf8'));
  const features = json.features.map((feature: { properties: PlaceProperties }) => ({
    ...feature,
    id: feature.properties.code,
  }));
  const zones = decodeZones({ type: 'FeatureCollection', features });
  if (!zones.ok) throw new Error(`places: ${zones.error[0]?.where}: ${zones.error[0]?.message}`);
  return zones.value.map((zone, i) => {
    const { name, valid_from, valid_to, used_by }: PlaceProperties = features[i].properties;
    const uses = new Map<string, 'start' | 'end' | 'stay'>();
    for (const use of used_by.split(';')) {
      const [leg = '', role] = use.split(':');
      uses.set(leg, role === 'start_loc' ? 'start' : role === 'end_loc' ? 'end' : 'stay');
    }
    return {
      zone,
      name,
      validFromMs: Date.parse(valid_from),
      validUntilMs: Date.parse(valid_to) + 86_400_000,
      uses,
    };
  });
}

/** Fixes of all phones in the order of receipt: the phone's own writing of it, days later for some. */
export function readFixes(): Position[] {
  const lags = new Map<string, number>();
  for (const { subject, ts, written_ts } of readCsv('late_fixes.csv.gz'))
    lags.set(`${subject} ${ts}`, Date.parse(written_ts ?? '') - Date.parse(ts ?? ''));
  const fixes = readCsv('mobilitynet_phones.csv.gz').map((row): Position => {
    const { subject = '', ts = '' } = row;
    const atMs = Date.parse(ts);
    const speedMps = Number(row.speed);
    return {
      type: 'position',
      subject,
      device: subject,
      atMs,
      receivedMs: atMs + (lags.get(`${subject} ${ts}`) ?? 0),
      lat: Number(row.lat),
      lon: Number(row.lon),
      ...(row.accuracy_m === '' ? {} : { accuracyM: Number(row.accuracy_m) }),
      ...(row.speed === '' || !(speedMps >= 0) ? {} : { speedMps }),
    };
  });
  return fixes.sort((a, b) => a.receivedMs - b.receivedMs || a.atMs - b.atMs);
}

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Leg extends Span {
  /** `trip/leg` as the places name it. */
  readonly id: string;
}

export interface Journal {
  readonly legs: readonly Leg[];
  /** When the experimenter kept the journal; what happened at other times nobody wrote down. */
  readonly periods: readonly Span[];
}

/** The experimenter pressed a button at the begin and end of each leg, on one phone for all. */
export function readJournal(): Journal {
  const legs: Leg[] = [];
  const periods: Span[] = [];
  let trip = '';
  let leg: { id: string; fromMs: number } | undefined;
  let periodFromMs = Number.NaN;
  const rows = readCsv('mobilitynet_evaluation_events.csv.gz').filter(
    ({ subject }) => subject === 'mn-ios-1',
  );
  rows.sort((a, b) => Date.parse(a.ts ?? '') - Date.parse(b.ts ?? ''));
  for (const { ts = '', event, trip_id = '' } of rows) {
    const atMs = Date.parse(ts);
    if (event === 'START_EVALUATION_PERIOD') periodFromMs = atMs;
    if (event === 'STOP_EVALUATION_PERIOD') periods.push({ fromMs: periodFromMs, untilMs: atMs });
    if (event === 'START_EVALUATION_TRIP') trip = trip_id;
    // Two rows of one instant stand in any order: a leg ends where the next begins.
    if (event === 'STOP_EVALUATION_SECTION' && leg?.id === `${trip}/${trip_id}`) {
      legs.push({ ...leg, untilMs: atMs });
      leg = undefined;
    }
    if (event === 'START_EVALUATION_SECTION') {
      if (leg !== undefined) legs.push({ ...leg, untilMs: atMs });
      leg = { id: `${trip}/${trip_id}`, fromMs: atMs };
    }
  }
  return { legs, periods };
}

/** A stay at a place by the journal. `enterMs`, `leaveMs`: where the journal has that moment. */
export interface Visit extends Span {
  readonly place: string;
  readonly enterMs: number | null;
  readonly leaveMs: number | null;
}

/** Legs of one stay (arrival, changing, waiting, departure) follow each other at once. */
const JOIN_MS = 120_000;

export function visitsOf(places: readonly Place[], { legs }: Journal): Visit[] {
  const visits: Visit[] = [];
  for (const { zone, uses, validFromMs, validUntilMs } of places) {
    let open: { -readonly [K in keyof Visit]: Visit[K] } | undefined;
    for (const leg of legs) {
      const use = uses.get(leg.id);
      if (use === undefined || leg.fromMs < validFromMs || leg.untilMs >= validUntilMs) continue;
      const fromMs = use === 'end' ? leg.untilMs : leg.fromMs;
      const untilMs = use === 'start' ? leg.fromMs : leg.untilMs;
      if (open === undefined || open.leaveMs !== null || fromMs - open.untilMs > JOIN_MS) {
        open = { place: zone.id, fromMs, untilMs, enterMs: use === 'end' ? fromMs : null, leaveMs: null };
        visits.push(open);
      }
      open.untilMs = Math.max(open.untilMs, untilMs);
      if (use === 'start') open.leaveMs = leg.fromMs;
    }
  }
  return visits;
}
