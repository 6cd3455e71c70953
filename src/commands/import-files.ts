/** Files of observations as rows, whatever their form: CSV, NDJSON or GPX, gzipped or not. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { isObject, type Json } from '../kernel/field.ts';
import { ok, type Refusal, type Result, refuse } from '../kernel/result.ts';
import { readCsv } from './import-csv.ts';
import { readGpx } from './import-gpx.ts';

export const FORMATS = ['csv', 'ndjson', 'gpx'] as const;
export type Format = (typeof FORMATS)[number];

export interface FileRow {
  readonly json: Result<Json, Refusal>;
  readonly file: string;
  readonly line: number;
  /** The row as it stands in the file; for GPX, which has no rows, none. */
  readonly text: string | null;
}

/** By the end of the name, `.gz` left aside. */
export function formatOf(path: string): Format | undefined {
  const ending = /\.([a-z]+)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  if (ending === 'jsonl') return 'ndjson';
  return FORMATS.find((format) => format === ending);
}

/** Throws an error whose message says what is wrong with the file. `onBytes` hears how much of it was read. */
export async function* readRows(
  path: string,
  format: Format,
  onBytes: (bytes: number) => void,
): AsyncGenerator<FileRow> {
  const file = basename(path);
  const input = openFile(path, onBytes);
  if (format === 'csv') {
    for await (const { json, line, text } of readCsv(input)) yield { json: ok(json), file, line, text };
  } else if (format === 'gpx') {
    for await (const { json, line } of readGpx(input)) yield { json: ok(json), file, line, text: null };
  } else {
    yield* readNdjson(file, input);
  }
}

async function* openFile(path: string, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path);
  stream.on('data', (chunk) => onBytes(chunk.length));
  if (!path.endsWith('.gz')) {
    yield* stream as AsyncIterable<Uint8Array>;
    return;
  }
  const plain = createGunzip();
  stream.on('error', (error) => plain.destroy(error));
  yield* stream.pipe(plain) as AsyncIterable<Uint8Array>;
}

/** A longer line is no observation: what follows up to its end is passed over. */
const MAX_LINE_BYTES = 1024 * 1024;

async function* readNdjson(file: string, input: AsyncIterable<Uint8Array>): AsyncGenerator<FileRow> {
  let rest = '';
  let line = 0;
  let isTooLong = false;
  const decoder = new TextDecoder();
  const rows = function* (text: string) {
    line++;
    const whole = isTooLong ? text.slice(0, 1000) : text;
    if (whole.trim() === '' && !isTooLong) return;
    yield { json: isTooLong ? TOO_LONG : readLine(whole), file, line, text: whole };
    isTooLong = false;
  };
  for await (const chunk of input) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield* rows(text);
    if (rest.length > MAX_LINE_BYTES) {
      isTooLong = true;
      rest = rest.slice(0, 1000);
    }
  }
  if (rest !== '') yield* rows(rest);
}

const TOO_LONG = refuse('too-large', '', `the line is longer than ${MAX_LINE_BYTES} characters`);

function readLine(text: string): Result<Json, Refusal> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refuse('not-json', '', `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return isObject(json) ? ok(json) : refuse('not-an-object', '', 'a line must be a JSON object');
}
