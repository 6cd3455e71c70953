/**
 * Reading fields out of untrusted JSON: each reader answers the value or notes a fault with its path. Used by the
 * decoders of files and lines, so that every fault of a document is listed at once.
 */
import { type Instant, parseInstant } from './instant.ts';
import type { Refusal, RefusalCode } from './result.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Faults {
  readonly list: Refusal[];
  add(code: RefusalCode, where: string, message: string): void;
}

export function collectFaults(): Faults {
  const list: Refusal[] = [];
  return { list, add: (code, where, message) => void list.push({ code, where, message }) };
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as it may be quoted in an error: short, on one line. */
export function show(value: unknown): string {
  const text = write(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function write(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // JSON.parse reads deeper nesting than JSON.stringify can write (RangeError): a stranger's input must not throw here.
    return 'something nested too deeply';
  }
}

export function readObject(value: unknown, where: string, faults: Faults): Json | undefined {
  if (isObject(value)) return value;
  faults.add('not-an-object', where, `must be an object, not ${show(value)}`);
  return undefined;
}

/** Absent and null mean none. */
export function readArray(json: Json, key: string, where: string, faults: Faults): readonly unknown[] {
  const value = json[key];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  faults.add('wrong-type', join(where, key), `must be an array, not ${show(value)}`);
  return [];
}

/**
 * What may stand for an id or a name: 1 to 256 characters that every store can keep. PostgreSQL's text has no NUL and its
 * jsonb no lone surrogate; one line with such an id would stop each consumer that writes it down.
 */
export function isText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= 256 &&
    !value.includes('\u0000') &&
    value.isWellFormed()
  );
}

export function readText(json: Json, key: string, where: string, faults: Faults): string {
  const value = json[key];
  if (isText(value)) return value;
  if (value === undefined || value === null)
    faults.add('missing-field', join(where, key), 'is missing: give a text');
  else
    faults.add('wrong-type', join(where, key), `must be a text of 1 to 256 characters, not ${show(value)}`);
  return '';
}

export function readOptionalText(json: Json, key: string, where: string, faults: Faults): string | null {
  const value = json[key];
  if (value === undefined || value === null || value === '') return null;
  return readText(json, key, where, faults);
}

export function readChoice<const T extends string>(
  json: Json,
  key: string,
  choices: readonly T[],
  where: string,
  faults: Faults,
  fallback?: T,
): T {
  const value = json[key];
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const first = fallback ?? (choices[0] as T);
  if (value === undefined || value === null) {
    if (fallback === undefined)
      faults.add('missing-field', join(where, key), `is missing: one of ${choices.join(', ')}`);
  } else
    faults.add('unknown-value', join(where, key), `must be one of ${choices.join(', ')}, not ${show(value)}`);
  return first;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function readNumber(
  json: Json,
  key: string,
  range: Range,
  where: string,
  faults: Faults,
  fallback?: number,
): number {
  const value = json[key];
  if (value === undefined || value === null) {
    if (fallback === undefined) faults.add('missing-field', join(where, key), 'is missing: give a number');
    return fallback ?? 0;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    faults.add('wrong-type', join(where, key), `must be a number, not ${show(value)}`);
    return fallback ?? 0;
  }
  if (value < range.min || value > range.max) {
    faults.add('out-of-range', join(where, key), `must be from ${range.min} to ${range.max}, not ${value}`);
  }
  return value;
}

export function readInstant(
  json: Json,
  key: string,
  where: string,
  faults: Faults,
  fallback?: Instant,
): Instant {
  const value = json[key];
  if (value === undefined || value === null) {
    if (fallback === undefined)
      faults.add('missing-field', join(where, key), 'is missing: give an ISO 8601 time with zone');
    return fallback ?? 0;
  }
  const at = parseInstant(value);
  if (at !== undefined) return at;
  faults.add(
    'bad-time',
    join(where, key),
    `must be an ISO 8601 time with its zone, such as 2026-03-01T00:00:00Z, not ${show(value)}`,
  );
  return fallback ?? 0;
}

export function readOptionalInstant(json: Json, key: string, where: string, faults: Faults): Instant | null {
  const value = json[key];
  return value === undefined || value === null ? null : readInstant(json, key, where, faults);
}

export function join(where: string, key: string): string {
  return where === '' ? key : `${where}.${key}`;
}
