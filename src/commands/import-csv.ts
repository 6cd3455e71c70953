/** CSV of positions (or statuses, check-ins) by the names of its columns, in any order and case; others are ignored. */
import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { Json } from '../kernel/field.ts';
import { formatInstant } from '../kernel/instant.ts';
import { fail, ok, type Result } from '../kernel/result.ts';

/** Field of an observation → what its column may be called. Documented in IMPORT_USAGE (import.ts). */
export const CSV_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  type: ['type'],
  subject: ['subject'],
  device: ['device', 'device_id', 'imei'],
  terminal: ['terminal'],
  at: ['at', 'ts', 'time', 'timestamp'],
  received: ['received', 'received_at', 'written_ts'],
  lat: ['lat', 'latitude'],
  lon: ['lon', 'lng', 'longitude'],
  accuracyM: ['accuracym', 'accuracy_m', 'accuracy'],
  speedMps: ['speedmps', 'speed_mps', 'speed'],
  headingDeg: ['headingdeg', 'heading_deg', 'heading', 'bearing'],
  altitudeM: ['altitudem', 'altitude_m', 'altitude'],
  batteryPct: ['batterypct', 'battery_pct', 'battery'],
  sequence: ['sequence'],
  mock: ['mock'],
  method: ['method'],
  status: ['status'],
};
const TEXTS = new Set(['type', 'subject', 'device', 'terminal', 'method', 'status']);
const TIMES = new Set(['at', 'received']);
/** A row longer than this is a quote that was never closed. */
const MAX_ROW_BYTES = 1024 * 1024;

export interface CsvRow {
  readonly json: Json;
  /** Line of the file, from 1, and the row as it stands there. */
  readonly line: number;
  readonly text: string;
}

/** Throws an error that names the line when the file is no CSV, or has no column for the time or the place. */
export async function* readCsv(input: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow> {
  const parser = parse({
    bom: true,
    raw: true,
    info: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: MAX_ROW_BYTES,
  });
  let fields: readonly (string | undefined)[] | undefined;
  for await (const item of feed(parser, input)) {
    const { record, raw, info } = item as { record: string[]; raw: string; info: { lines: number } };
    if (fields === undefined) {
      const found = fieldsOf(record);
      if (!found.ok) throw new Error(found.error);
      fields = found.value;
    } else yield { json: readRow(fields, record), line: info.lines, text: raw.trimEnd() };
  }
}

async function* feed(
  parser: ReturnType<typeof parse>,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown> {
  // A fault of the file comes out of the parser, which the pipeline ends with it.
  pipeline(Readable.from(input), parser, () => {});
  yield* parser as AsyncIterable<unknown>;
}

function fieldsOf(header: readonly string[]): Result<readonly (string | undefined)[], string> {
  const fields = header.map((name) => {
    const wanted = name.trim().toLowerCase();
    return Object.keys(CSV_COLUMNS).find((field) => CSV_COLUMNS[field]?.includes(wanted));
  });
  const needed = fields.includes('type') ? ['at'] : ['at', 'lat', 'lon'];
  const missing = needed.filter((field) => !fields.includes(field));
  if (missing.length === 0) return ok(fields);
  const names = missing.map((field) => CSV_COLUMNS[field]?.join(' or '));
  return fail(`the first line must name the columns; there is none called ${names.join('; none called ')}`);
}

function readRow(fields: readonly (string | undefined)[], record: readonly string[]): Json {
  const json: Record<string, unknown> = { type: 'position' };
  fields.forEach((field, i) => {
    const text = record[i];
    if (field === undefined || text === undefined || text === '') return;
    const value = readCell(field, text);
    if (value !== undefined) json[field] = value;
  });
  return json;
}

/** What can't be read stays a text: the intake then refuses it under the name of its field. */
function readCell(field: string, text: string): unknown {
  if (TEXTS.has(field)) return text;
  if (TIMES.has(field)) return readTime(text);
  if (field === 'mock')
    return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
  const value = Number(text);
  if (!Number.isFinite(value)) return text;
  // iOS says "unknown" by a negative speed or course.
  return (field === 'speedMps' || field === 'headingDeg') && value < 0 ? undefined : value;
}

/** Seconds below 2³¹ or milliseconds since 1970, else as it stands (ISO 8601 with its zone). */
function readTime(text: string): string {
  if (!/^\d{9,13}(\.\d+)?$/.test(text)) return text;
  const value = Number(text);
  return formatInstant(Math.round(value < 2 ** 31 ? value * 1000 : value));
}
