/** The stays at the places of the real traces that each rule finds, beside what the experimenter wrote down (circles of 300 m). */
import { createReplay } from '../../consumers/detector/replay.ts';
import { type PreparedZone, prepareZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Position } from '../../src/kernel/log-event.ts';
import { EMPTY_POLICY_DOCUMENT } from '../../src/kernel/policy.ts';
import type { LonLat, ZoneFeature } from '../../src/kernel/roster.ts';
import { type Compared, compare, type Evidence, type Stay } from '../real-traces/compare.ts';
import { type Place, readFixes, readJournal, readPlaces, visitsOf } from '../real-traces/data.ts';
import { PLAIN } from './plain-rules.ts';

export interface RealRow {
  readonly rule: string;
  /** Moments of entering or leaving that the journal has and at which the phone said something. */
  readonly real: number;
  readonly blind: number;
  readonly found: number;
  readonly missed: number;
  /** Stays where no other phone was either. */
  readonly false: number;
  /** From the button at the door, which is inside the circle: negative is before it. */
  readonly medianDelayS: number;
  readonly p95DelayS: number;
}

const RADIUS_M = 300;
const BEFORE_MS = Date.parse('2019-01-01T00:00:00Z');

export function judgeTraces(): RealRow[] {
  const places = readPlaces();
  const zones = places.map(circleOf);
  const prepared = new Map(
    zones.flatMap((zone): [string, PreparedZone][] => {
      const result = prepareZone(zone);
      return result.ok ? [[zone.id, result.value]] : [];
    }),
  );
  // One of the phones has written down a fix of 1970.
  const fixes = readFixes().filter(({ atMs }) => atMs > BEFORE_MS);
  const distanceM = (place: string, lon: number, lat: number) => {
    const zone = prepared.get(place);
    return zone === undefined ? Number.POSITIVE_INFINITY : signedDistanceM(zone, lon, lat);
  };
  const journal = readJournal();
  const evidence: Evidence = {
    journal,
    visits: visitsOf(places, journal),
    fixes: fixes
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ subject, atMs, lon, lat, accuracyM = 100 }) => ({ phone: subject, atMs, lon, lat, accuracyM })),
    distanceM: (place, { lon, lat }) => distanceM(place, lon, lat),
  };
  const phones = [...new Set(fixes.map(({ subject }) => subject))];
  const row = (rule: string, stays: ReadonlyMap<string, readonly Stay[]>) =>
    sum(
      rule,
      phones.map((phone) => compare(phone, stays.get(phone) ?? [], evidence)),
    );
  return [
    row('wardline', byDetector(places, zones, fixes, phones)),
    ...PLAIN.map((rule) => row(rule.name, byPlainRule(rule, zones, fixes, distanceM))),
  ];
}

function byDetector(
  places: readonly Place[],
  zones: readonly ZoneFeature[],
  fixes: readonly Position[],
  phones: readonly string[],
): Map<string, Stay[]> {
  const alerts: AlertEvent[] = [];
  const rules = {
    zones,
    policy: EMPTY_POLICY_DOCUMENT,
    roster: {
      subjects: phones.map((phone) => ({
        id: phone,
        name: '',
        office: '',
        grade: 'standard' as const,
        devices: [
          {
            id: phone,
            kind: 'phone' as const,
            feed: null,
            intervalS: 60,
            fromMs: 0,
            untilMs: null,
            protocol: null,
            address: null,
            order: null,
          },
        ],
        zones: places.map(({ zone }) => ({
          zone: zone.id,
          rule: 'keep-out' as const,
          bufferM: 0,
          schedule: null,
        })),
        curfews: [],
        checkins: [],
        permits: [],
        noContact: [],
      })),
      musters: [],
      calendar: { days: {}, timeZone: 'Asia/Shanghai' },
    },
  };
  // Stored for days by some phones: put in order, as an import does.
  const replay = createReplay(rules, { ticks: true, feeds: true, sightings: true }, (alert) =>
    alerts.push(alert),
  );
  for (const fix of fixes.toSorted((a, b) => a.atMs - b.atMs)) replay.take({ ...fix, receivedMs: fix.atMs });
  const ends = new Map(
    alerts.flatMap(({ alert, state, clearedAtMs }) => (state === 'cleared' ? [[alert, clearedAtMs]] : [])),
  );
  return Map.groupBy(
    alerts
      .filter(({ kind, state }) => kind === 'exclusion-entry' && state === 'opened')
      .map(({ alert, subject, zone, startedAtMs }) => ({
        subject,
        place: zone ?? '',
        fromMs: startedAtMs,
        untilMs: ends.get(alert) ?? null,
      })),
    ({ subject }) => subject,
  );
}

function byPlainRule(
  { mostAccuracyM, inRow }: (typeof PLAIN)[number],
  zones: readonly ZoneFeature[],
  fixes: readonly Position[],
  distanceM: (place: string, lon: number, lat: number) => number,
): Map<string, Stay[]> {
  const stays = new Map<string, Stay[]>();
  for (const [phone, own] of Map.groupBy(fixes, ({ subject }) => subject)) {
    const found: Stay[] = [];
    const good = own
      .filter(({ accuracyM = 100 }) => accuracyM <= mostAccuracyM)
      .toSorted((a, b) => a.atMs - b.atMs);
    for (const { id } of zones) {
      let row = 0;
      let fromMs: number | null = null;
      for (const { atMs, lon, lat } of good) {
        row = distanceM(id, lon, lat) < 0 ? row + 1 : 0;
        if (row >= inRow) fromMs ??= atMs;
        if (row > 0 || fromMs === null) continue;
        found.push({ place: id, fromMs, untilMs: atMs });
        fromMs = null;
      }
      if (fromMs !== null) found.push({ place: id, fromMs, untilMs: null });
    }
    stays.set(
      phone,
      found.sort((a, b) => a.fromMs - b.fromMs),
    );
  }
  return stays;
}

function circleOf({ zone }: Place): ZoneFeature {
  const { geometry } = zone;
  const [ring = []] = geometry.type === 'Polygon' ? geometry.coordinates : [];
  const corners = ring.slice(0, -1);
  const mean = (of: (corner: LonLat) => number) =>
    corners.reduce((total, corner) => total + of(corner), 0) / corners.length;
  const middle: LonLat = [mean(([lon]) => lon), mean(([, lat]) => lat)];
  return { ...zone, radiusM: RADIUS_M, geometry: { type: 'Point', coordinates: middle } };
}

function sum(rule: string, all: readonly Compared[]): RealRow {
  const moments = all.flatMap(({ enter, leave }) => [enter, leave]);
  const total = (of: (moment: (typeof moments)[number]) => number) =>
    moments.reduce((n, moment) => n + of(moment), 0);
  const delaysS = all.flatMap(({ enter }) => enter.delaysS).sort((a, b) => a - b);
  return {
    rule,
    real: total(({ known }) => known),
    blind: total(({ blind }) => blind),
    found: total(({ found }) => found),
    missed: total(({ missed }) => missed),
    false: all.reduce((n, compared) => n + compared.false, 0),
    medianDelayS: delaysS[delaysS.length >> 1] ?? Number.NaN,
    p95DelayS: delaysS[Math.floor(delaysS.length * 0.95)] ?? Number.NaN,
  };
}
