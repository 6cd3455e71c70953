/** Writing positions: COPY into a staging table of the session, from there into `positions`, each fix once. */
import { crc32 } from 'node:zlib';
import { formatInstant } from '../kernel/instant.ts';
import type { Position } from '../kernel/log-event.ts';
import { statement } from './statement.ts';

const STAGED =
  'at, device, subject, sequence, received_at, lat, lon, accuracy_m, speed_mps, heading_deg, altitude_m, battery_pct, method, mock';

export const makeStaging = {
  text: `CREATE TEMPORARY TABLE IF NOT EXISTS staged_positions (
           at timestamptz, device text, subject text, sequence bigint, received_at timestamptz, lat float8, lon float8,
           accuracy_m real, speed_mps real, heading_deg real, altitude_m real, battery_pct real, method text, mock boolean
         ) ON COMMIT DELETE ROWS`,
  values: [],
};

export const COPY_INTO_STAGING = `COPY staged_positions (${STAGED}) FROM STDIN`;

/** The staging table lives in a session, so this one is no registered statement. */
export const moveStaged = {
  name: 'positions.move-staged',
  text: `INSERT INTO positions (${STAGED}) SELECT ${STAGED} FROM staged_positions ON CONFLICT DO NOTHING`,
  values: [],
};

export const countPositions = statement<[]>()(
  'positions.count',
  { n: 'int8' },
  'SELECT count(*) AS n FROM positions',
);

/** Lines of COPY's text format, one a position, each closed by a newline. */
export function toCopyText(positions: readonly Position[]): string {
  let text = '';
  for (const p of positions) {
    text += `${formatInstant(p.atMs)}\t${escapeCopy(p.device)}\t${escapeCopy(p.subject)}\t${sequenceOf(p)}\t${formatInstant(p.receivedMs)}\t${p.lat}\t${p.lon}\t${orNull(p.accuracyM)}\t${orNull(p.speedMps)}\t${orNull(p.headingDeg)}\t${orNull(p.altitudeM)}\t${orNull(p.batteryPct)}\t${orNull(p.method)}\t${orNull(p.mock)}\n`;
  }
  return text;
}

/** Two different fixes of one instant are both facts; the same fix twice is one. So without a number the content is it. */
export function sequenceOf(position: Position): number {
  return position.sequence ?? crc32(`${position.lat},${position.lon}`);
}

function orNull(value: number | string | boolean | undefined): string {
  return value === undefined ? '\\N' : String(value);
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

export function escapeCopy(text: string): string {
  return SPECIAL.test(text)
    ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
    : text;
}
