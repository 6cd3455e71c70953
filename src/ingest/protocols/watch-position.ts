/** The position of a watch: 16 fixed values, then cells, wireless networks and an accuracy, each of which may be missing. */
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import type { WallClock } from '../../kernel/wall-clock.ts';
import type { DeviceRecord, RecordValue } from './record.ts';
import { recordTime } from './record-time.ts';
import {
  countOf,
  hexAt,
  integerAt,
  isBlankAt,
  lengthAt,
  letterAt,
  numberAt,
  textAt,
  type WatchValues,
} from './watch-values.ts';
import type { StrapWord } from './wire.ts';

/** Bits of the status word: states below, alarms from 16 on (protocols.md B.3). */
const STATES: readonly (string | undefined)[] = [
  'low_battery',
  'out_of_fence',
  'in_fence',
  'bracelet_state',
  'stationary',
  ...new Array<undefined>(9).fill(undefined),
  'power_cut',
];
const ALARMS: readonly (string | undefined)[] = [
  'sos',
  'low_battery',
  'fence_exit',
  'fence_enter',
  'bracelet_removed',
  'fall_down',
  'heart_rate',
];
const FIRST_ALARM_BIT = 16;

/** `values` follow the type; `clock`: what the watch's times are in, UTC where it is undefined. Without coordinates it is a status: an alarm counts wherever it was raised. */
export function readWatchPosition(
  type: string,
  values: WatchValues,
  clock: WallClock | undefined,
): Result<DeviceRecord, Refusal> {
  const validity = letterAt(values, 2);
  if (validity !== FIX && validity !== NO_FIX)
    return refuse('unknown-value', `${type}.2`, 'must be A (a fix) or V (none)');
  const lat = coordinateAt(values, 3, SOUTH);
  const lon = coordinateAt(values, 5, WEST);
  const isPlace = lat !== undefined && lon !== undefined;
  if (!isPlace && validity === FIX && !(isBlankAt(values, 3) && isBlankAt(values, 5)))
    return refuse(
      'bad-coordinates',
      `${type}.3`,
      'latitude and longitude must be degrees: date,time,A|V,lat,N|S,lon,E|W',
    );
  const isSilent = isBlankAt(values, 15);
  const status = isSilent ? 0 : hexAt(values, 15);
  if (status === undefined) return refuse('bad-shape', `${type}.15`, 'the status word must be hexadecimal');
  const time = timeOf(values, clock);
  const fields: Record<string, RecordValue> = isPlace
    ? { kind: 'position', time, valid: validity === FIX, lat, lon }
    : { kind: 'status', time };
  put(fields, 'speed_kmh', numberAt(values, 7));
  put(fields, 'course_deg', numberAt(values, 8));
  put(fields, 'altitude_m', numberAt(values, 9));
  put(fields, 'satellites', numberAt(values, 10));
  put(fields, 'gsm_signal', numberAt(values, 11));
  put(fields, 'battery_percent', numberAt(values, 12));
  put(fields, 'steps', numberAt(values, 13));
  put(fields, 'rolls', numberAt(values, 14));
  if (!isSilent) fields.status_flags = status === 0 ? NO_FLAGS : `0x${status.toString(16).padStart(8, '0')}`;
  fields.states = names(status, 0, STATES);
  const alarms = names(status, FIRST_ALARM_BIT, ALARMS);
  // An alarm whose word names none is one all the same: it asks for an answer.
  fields.alarms = type.startsWith('AL') && alarms.length === 0 ? ['unspecified'] : alarms;
  if (type.startsWith('UD2')) fields.archived = true;
  readSurroundings(values, fields);
  return ok(fields as DeviceRecord);
}

/**
 * The alarm bit goes with the message of the moment, the state of the bracelet stays: as long as it is set, or an alarm has no name,
 * nothing says that the strap is closed.
 */
export function strapOf({ alarms, states, status_flags }: DeviceRecord): StrapWord {
  if (status_flags === undefined) return null;
  if (has(alarms, 'bracelet_removed')) return 'cut';
  return has(states, 'bracelet_state') || has(alarms, 'unspecified') ? null : 'closed';
}

function has(names: RecordValue | undefined, name: string): boolean {
  return Array.isArray(names) && names.includes(name);
}

const NO_FLAGS = '0x00000000';
const [FIX, NO_FIX, SOUTH, WEST] = [0x41, 0x56, 0x53, 0x57];

/** South and west may be told by the letter, by the sign, or by both. */
function coordinateAt(values: WatchValues, nth: number, negative: number): number | undefined {
  const value = numberAt(values, nth);
  if (value === undefined || value === 0) return value;
  return letterAt(values, nth + 1) === negative ? -Math.abs(value) : value;
}

/** DDMMYY and hhmmss; null when they are no time. */
function timeOf({ text, starts }: WatchValues, declared: WallClock | undefined): string | null {
  const [date = 0, clock = 0, next = 0] = starts;
  if (clock - date !== 7 || next - clock !== 7) return null;
  const [day, month, year] = [twoAt(text, date), twoAt(text, date + 2), twoAt(text, date + 4)];
  const [hour, minute, second] = [twoAt(text, clock), twoAt(text, clock + 2), twoAt(text, clock + 4)];
  // What is no number is no day, no hour, nothing: comparisons with NaN are false.
  if (!(hour <= 23 && minute <= 59 && second <= 59 && day >= 1 && day <= daysOf(month, year))) return null;
  if (declared !== undefined)
    return recordTime(declared.toInstant(Date.UTC(2000 + year, month - 1, day, hour, minute, second)));
  const at = (from: number) => text.slice(from, from + 2);
  return `20${at(date + 4)}-${at(date + 2)}-${at(date)}T${at(clock)}:${at(clock + 2)}:${at(clock + 4)}Z`;
}

/** Two digits; NaN where there are none. */
function twoAt(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 0x30, text.charCodeAt(at + 1) - 0x30];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** NaN where month or year are none. */
function daysOf(month: number, year: number): number {
  if (!(month >= 1 && month <= 12 && year >= 0)) return Number.NaN;
  if (month === 2) return year % 4 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const NO_NAMES: readonly string[] = [];

function names(word: number, firstBit: number, of: readonly (string | undefined)[]): readonly string[] {
  if (((word >>> firstBit) & ((1 << of.length) - 1)) === 0) return NO_NAMES;
  return of.filter(
    (name, bit): name is string => name !== undefined && ((word >>> (firstBit + bit)) & 1) === 1,
  );
}

const CELL_COUNT = 16;
const [MCC, MNC, CELLS] = [18, 19, 20];

/** From 16 on: `n,ta,mcc,mnc,n×(lac,cid,signal),w,w×(ssid,mac,rssi),accuracy`. */
function readSurroundings(values: WatchValues, fields: Record<string, RecordValue>): void {
  const count = integerAt(values, CELL_COUNT) ?? 0;
  if (count > 0) {
    const end = CELLS + 3 * count;
    const mcc = integerAt(values, MCC);
    const mnc = integerAt(values, MNC);
    // FFFF stands for none (protocols.md B.3).
    if (mcc !== undefined && mnc !== undefined) {
      const cells = readCells(values, Math.min(end, countOf(values)), mcc, mnc);
      if (cells.length > 0) fields.cells = cells;
    }
    readNetworks(values, end, fields);
    return;
  }
  // Without cells the three values before them may be missing altogether.
  if (!readNetworks(values, CELL_COUNT + 1, fields)) readNetworks(values, CELLS, fields);
}

function readCells(values: WatchValues, end: number, mcc: number, mnc: number): RecordValue[] {
  const cells: RecordValue[] = [];
  for (let at = CELLS; at + 1 < end; at += 3) {
    const lac = decimalOrHex(values, at);
    const cid = decimalOrHex(values, at + 1);
    const signal = at + 2 < end ? numberAt(values, at + 2) : undefined;
    if (lac === undefined || cid === undefined) continue;
    cells.push(signal === undefined ? { mcc, mnc, lac, cid } : { mcc, mnc, lac, cid, signal });
  }
  return cells;
}

/** LAC and cell id of some models are hexadecimal, to be known by a letter; FF… stands for none. */
function decimalOrHex(values: WatchValues, nth: number): number | undefined {
  const decimal = integerAt(values, nth);
  if (decimal !== undefined) return decimal;
  const value = hexAt(values, nth);
  return value === 16 ** (textAt(values, nth)?.trim().length ?? 0) - 1 ? undefined : value;
}

/** False when what stands at `from` is no list of networks. An SSID may hold commas: the MACs tell where each ends. */
function readNetworks(values: WatchValues, from: number, fields: Record<string, RecordValue>): boolean {
  const count = integerAt(values, from);
  // Some models end in `,,00` or `,,10`: neither networks nor an accuracy.
  if (count === undefined) return false;
  const wifi: RecordValue[] = [];
  let next = from + 1;
  while (wifi.length < count) {
    const at = nextMac(values, next + 1);
    if (at === undefined) break;
    const ssid = textAt(values, next, at - 1) ?? '';
    const mac = textAt(values, at) ?? '';
    const rssi = numberAt(values, at + 1);
    wifi.push(rssi === undefined ? { ssid, mac } : { ssid, mac, rssi });
    next = at + 2;
  }
  if (wifi.length === 0 && (count > 0 || countOf(values) > next + 1)) return false;
  if (wifi.length > 0) fields.wifi = wifi;
  const accuracyM = numberAt(values, next);
  // 0 is what is written where there is none: no fix is exact. Nor is one known beyond the millimetre.
  if (next === countOf(values) - 1 && accuracyM !== undefined && accuracyM > 0)
    fields.accuracy_m = Math.round(accuracyM * 1000) / 1000;
  return true;
}

const MAC_LENGTH = 17;
const MAC = /^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$/;

function nextMac(values: WatchValues, from: number): number | undefined {
  for (let at = from; at < countOf(values); at++)
    if (lengthAt(values, at) === MAC_LENGTH && MAC.test(textAt(values, at) ?? '')) return at;
  return undefined;
}

function put(fields: Record<string, RecordValue>, key: string, value: number | undefined): void {
  if (value !== undefined) fields[key] = value;
}
