/** A pack's files out of its contents. Pure: the same contents give the same bytes. */
import { encodeAlertEvent } from '../kernel/alert-event.ts';
import { formatInstant } from '../kernel/instant.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import { encodeZone } from '../kernel/zone-file.ts';
import { sealJson } from '../seal/chain.ts';
import type { PackContents, PackedFix } from './contents.ts';
import { courtPage } from './court-page.ts';
import { mapPicture } from './map-picture.ts';

export type PackFiles = Readonly<Record<string, string>>;

export const EVENTS_FILE = 'events.json';
export const LINES_FILE = 'reproduction/observations.ndjson';
export const ROWS_FILE = 'seals/rows.json';
export const SEALS_FILE = 'seals/seals.json';

export function packFiles(contents: PackContents, publicKeyPem: string, fingerprint: string): PackFiles {
  const { events, fixes, zones, rules, rows, seals, lines, judged, subject } = contents;
  const quoted = events.flatMap(({ event }) => event.evidence);
  const map = mapPicture(
    zones,
    fixes.map((fix) => ({ ...fix, isEvidence: quoted.some((one) => isSame(one, fix)) })),
  );
  return {
    'index.html': courtPage(contents, map, fingerprint),
    'map.svg': map,
    [EVENTS_FILE]: json(
      events.map(({ event, recordedMs, byNight }) => ({
        ...(JSON.parse(encodeAlertEvent(event)) as object),
        recordedAt: formatInstant(recordedMs),
        byNight,
      })),
    ),
    'fixes.json': json(fixes.map(toFix)),
    'fixes.csv': csv(fixes.map(toFix)),
    'subject.json': json(subject),
    'rules/zones.geojson': json({
      type: 'FeatureCollection',
      features: zones.map(({ zone, rule, sinceMs, sha256 }) => {
        const feature = encodeZone(zone) as { properties?: object };
        const since = sinceMs === null ? null : formatInstant(sinceMs);
        return { ...feature, properties: { ...feature.properties, rule, since, sha256 } };
      }),
    }),
    'rules/versions.json': json(
      rules.map(({ sinceMs, ...rule }) => ({ ...rule, since: formatInstant(sinceMs) })),
    ),
    [ROWS_FILE]: json(rows),
    [SEALS_FILE]: json(seals.map((seal) => ({ ...sealJson(seal), hash: seal.hash }))),
    [LINES_FILE]: lines.map((line) => `${encodeLogEvent(line)}\n`).join(''),
    'reproduction/roster.json': json({ subjects: [] }),
    'reproduction/zones.geojson': json({ type: 'FeatureCollection', features: [] }),
    'reproduction/result.json': json(judged),
    'public-key.pem': publicKeyPem,
  };
}

type Place = Pick<PackedFix, 'atMs' | 'lat' | 'lon'>;

/** The ledger rounds what it quotes, to less than a metre. */
function isSame(quoted: Place, fix: Place): boolean {
  const isThere = Math.abs(quoted.lat - fix.lat) < 1e-5 && Math.abs(quoted.lon - fix.lon) < 1e-5;
  return isThere && quoted.atMs === fix.atMs;
}

function toFix({ atMs, receivedMs, ...fix }: PackedFix) {
  return { at: formatInstant(atMs), received: formatInstant(receivedMs), ...fix };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** RFC 4180, with the mark by which spreadsheets know UTF-8. A text that a spreadsheet would run as a formula gets an apostrophe. */
function csv(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const columns = [
    'at',
    'received',
    'device',
    'lat',
    'lon',
    'accuracyM',
    'speedMps',
    'batteryPct',
    'method',
    'mock',
  ];
  const cell = (value: unknown) => {
    if (value === null || value === undefined) return '';
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `\ufeff${[columns, ...rows.map((row) => columns.map((column) => row[column]))]
    .map((row) => row.map(cell).join(','))
    .join('\r\n')}\r\n`;
}
