/** Values as OsmAnd / Traccar Client writes them, and the fields of a record that is being made. */
import { show } from '../../kernel/field.ts';
import { type Instant, parseInstant } from '../../kernel/instant.ts';
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import type { RecordValue } from './record.ts';

export type Fields = Record<string, RecordValue>;

export const MAX_ATTRIBUTES = 50;
export const MAX_TEXT = 256;

/** Whether they can be on the globe is the intake's to say; here they must be numbers, both. */
export function readPlace(
  lat: number | undefined,
  lon: number | undefined,
  givenLat: unknown,
  givenLon: unknown,
  where: string,
): Result<{ lat: number; lon: number }, Refusal> {
  if (lat !== undefined && lon !== undefined) return ok({ lat, lon });
  const [key, given] =
    lat === undefined
      ? [where === '' ? 'lat' : 'latitude', givenLat]
      : [where === '' ? 'lon' : 'longitude', givenLon];
  const isMissing = given === null || given === undefined || given === '';
  return refuse(
    isMissing ? 'missing-field' : 'bad-coordinates',
    `${where}${key}`,
    isMissing ? 'is missing: a place has latitude and longitude' : `must be degrees, not ${show(given)}`,
  );
}

/** A stranger's key may be `__proto__`. */
export function setOwn(fields: Fields, key: string, value: RecordValue): void {
  Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Seconds below 2³¹, else milliseconds; ISO 8601; `yyyy-MM-dd HH:mm:ss`, whose zone is not told and taken as UTC. */
export function readTimestamp(value: unknown): Instant | undefined {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{1,16}(\.\d{1,9})?$/.test(value))) {
    const number = Number(value);
    const ms = Math.round(number < 2 ** 31 ? number * 1000 : number);
    return ms >= 0 && ms <= LAST_MS ? ms : undefined;
  }
  if (typeof value !== 'string' || value.length > 40) return undefined;
  const plain = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?$/.test(value)
    ? `${value.replace(' ', 'T')}Z`
    : value;
  const ms = parseInstant(plain);
  return ms !== undefined && ms <= LAST_MS ? ms : undefined;
}

/** The last time that RFC 3339 can write with four digits of the year. */
const LAST_MS = Date.UTC(9999, 11, 31);

export function readNumber(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return finite(Number(text));
}

export function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** −1 stands for unknown in the JSON form. */
export function known(value: unknown): number | undefined {
  return value === -1 ? undefined : finite(value);
}

/** Below `min` it says that there is none: clients write −1. */
export function put(
  fields: Fields,
  key: string,
  value: number | undefined,
  min = Number.NEGATIVE_INFINITY,
): void {
  if (value !== undefined && value >= min) fields[key] = value;
}

export function putFlag(fields: Fields, key: string, value: unknown): void {
  const flag = value === '1' ? true : value === '0' ? false : readFlag(value);
  if (flag !== undefined) fields[key] ??= flag;
}

export function readFlag(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

export function putText(fields: Fields, key: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') fields[key] ??= value.slice(0, MAX_TEXT);
}
