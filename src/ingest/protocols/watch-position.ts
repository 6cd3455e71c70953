/** The position of a watch: 16 fixed values, then cells, wireless networks and an accuracy, each of which may be missing. */
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import type { DeviceRecord, RecordValue } from './record.ts';

/** Bits of the status word: states below, alarms from 16 on (protocols.md B.3). */
const STATES: readonly (string | undefined)[] = [
  'low_battery',
  'out_of_fence',
  'in_fence',
  'bracelet_state',
  'stationary',
];
const ALARMS: readonly string[] = [
  'sos',
  'low_battery',
  'fence_exit',
  'fence_enter',
  'bracelet_removed',
  'fall_down',
  'heart_rate',
];
const FIRST_ALARM_BIT = 16;

/** `values` follow the type. */
export function readWatchPosition(type: string, values: readonly string[]): Result<DeviceRecord, Refusal> {
  const [date = '', clock = '', validity, lat, northSouth, lon, eastWest] = values;
  const latitude = coordinate(lat, northSouth === 'S');
  const longitude = coordinate(lon, eastWest === 'W');
  if (latitude === undefined || longitude === undefined)
    return refuse(
      'bad-coordinates',
      `${type}.3`,
      'latitude and longitude must be degrees: date,time,A|V,lat,N|S,lon,E|W',
    );
  if (validity !== 'A' && validity !== 'V')
    return refuse('unknown-value', `${type}.2`, 'must be A (a fix) or V (none)');
  const status = hex(values[15]);
  if (status === undefined) return refuse('bad-shape', `${type}.15`, 'the status word must be hexadecimal');
  const fields: Record<string, RecordValue> = {
    kind: 'position',
    time: timeOf(date, clock),
    valid: validity === 'A',
    lat: latitude,
    lon: longitude,
  };
  put(fields, 'speed_kmh', values[7]);
  put(fields, 'course_deg', values[8]);
  put(fields, 'altitude_m', values[9]);
  put(fields, 'satellites', values[10]);
  put(fields, 'gsm_signal', values[11]);
  put(fields, 'battery_percent', values[12]);
  put(fields, 'steps', values[13]);
  put(fields, 'rolls', values[14]);
  fields.status_flags = `0x${status.toString(16).padStart(8, '0')}`;
  fields.states = names(status, 0, STATES);
  const alarms = names(status, FIRST_ALARM_BIT, ALARMS);
  // An alarm whose word names none is one all the same: it asks for an answer.
  fields.alarms = type.startsWith('AL') && alarms.length === 0 ? ['unspecified'] : alarms;
  if (type.startsWith('UD2')) fields.archived = true;
  readSurroundings(values.slice(16), fields);
  return ok(fields as DeviceRecord);
}

/** South and west may be told by the letter, by the sign, or by both. */
function coordinate(text: string | undefined, isNegative: boolean): number | undefined {
  const value = number(text);
  return value === undefined ? undefined : isNegative && value !== 0 ? -Math.abs(value) : value;
}

/** DDMMYY and hhmmss, UTC; null when they are no time. */
function timeOf(date: string, clock: string): string | null {
  if (!SIX_DIGITS.test(date) || !SIX_DIGITS.test(clock)) return null;
  const [day, month, year] = [date.slice(0, 2), date.slice(2, 4), date.slice(4)];
  const [hour, minute, second] = [clock.slice(0, 2), clock.slice(2, 4), clock.slice(4)];
  if (hour > '23' || minute > '59' || second > '59' || !isDay(Number(year), Number(month), Number(day)))
    return null;
  return `20${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

const SIX_DIGITS = /^\d{6}$/;

function isDay(year: number, month: number, day: number): boolean {
  const days = month === 2 ? (year % 4 === 0 ? 29 : 28) : SHORT_MONTHS.has(month) ? 30 : 31;
  return month >= 1 && month <= 12 && day >= 1 && day <= days;
}

const SHORT_MONTHS: ReadonlySet<number> = new Set([4, 6, 9, 11]);

function names(word: number, firstBit: number, of: readonly (string | undefined)[]): string[] {
  const found: string[] = [];
  of.forEach((name, bit) => {
    if (name !== undefined && (word >>> (firstBit + bit)) & 1) found.push(name);
  });
  return found;
}

/** Cells, wireless networks, accuracy: `n,ta,mcc,mnc,n×(lac,cid,signal),w,w×(ssid,mac,rssi),accuracy`. */
function readSurroundings(values: readonly string[], fields: Record<string, RecordValue>): void {
  const count = number(values[0]) ?? 0;
  if (count > 0) {
    const end = 4 + 3 * count;
    const mcc = number(values[2]);
    const mnc = number(values[3]);
    // FFFF stands for none (protocols.md B.3).
    if (mcc !== undefined && mnc !== undefined) {
      const cells = readCells(values.slice(4, end), mcc, mnc);
      if (cells.length > 0) fields.cells = cells;
    }
    readNetworks(values, end, fields);
    return;
  }
  // Without cells the three values before them may be missing altogether.
  if (!readNetworks(values, 1, fields)) readNetworks(values, 4, fields);
}

function readCells(values: readonly string[], mcc: number, mnc: number): RecordValue[] {
  const cells: RecordValue[] = [];
  for (let at = 0; at + 1 < values.length; at += 3) {
    const lac = decimalOrHex(values[at]);
    const cid = decimalOrHex(values[at + 1]);
    const signal = number(values[at + 2]);
    if (lac === undefined || cid === undefined) continue;
    cells.push(signal === undefined ? { mcc, mnc, lac, cid } : { mcc, mnc, lac, cid, signal });
  }
  return cells;
}

const MAC_LENGTH = 17;
const MAC = /^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$/;

/** False when what stands at `from` is no list of networks. An SSID may hold commas: the MACs tell where each ends. */
function readNetworks(values: readonly string[], from: number, fields: Record<string, RecordValue>): boolean {
  const count = integer(values[from]);
  // Some models end in `,,00` or `,,10`: neither networks nor an accuracy.
  if (count === undefined) return false;
  const wifi: RecordValue[] = [];
  let next = from + 1;
  while (wifi.length < count) {
    const mac = nextMac(values, next + 1);
    if (mac === undefined) break;
    const rssi = number(values[mac + 1]);
    const network = { ssid: values.slice(next, mac).join(','), mac: values[mac] ?? '' };
    wifi.push(rssi === undefined ? network : { ...network, rssi });
    next = mac + 2;
  }
  if (wifi.length === 0 && (count > 0 || values.length > next + 1)) return false;
  if (wifi.length > 0) fields.wifi = wifi;
  const accuracyM = number(values[next]);
  // 0 is what is written where there is none: no fix is exact.
  // To the millimetre: some models give the digits of a float.
  if (next === values.length - 1 && accuracyM !== undefined && accuracyM > 0)
    fields.accuracy_m = Math.round(accuracyM * 1000) / 1000;
  return true;
}

function nextMac(values: readonly string[], from: number): number | undefined {
  for (let at = from; at < values.length; at++) {
    const value = values[at];
    if (value !== undefined && value.length === MAC_LENGTH && MAC.test(value)) return at;
  }
  return undefined;
}

function put(fields: Record<string, RecordValue>, key: string, text: string | undefined): void {
  const value = number(text);
  if (value !== undefined) fields[key] = value;
}

/**
 * A decimal number of up to 15 digits; spaces stand within some columns. Read by hand: there are thirty of them in a frame. With
 * so few digits mantissa and power of ten are exact, so that their quotient is the number that Number() gives. -0 is 0, as JSON writes it.
 */
function number(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  let mantissa = 0;
  let digits = 0;
  let decimals = -1;
  let isNegative = false;
  let isOver = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === SPACE) isOver = digits > 0;
    else if (isOver) return undefined;
    else if (code >= ZERO && code <= NINE) {
      mantissa = mantissa * 10 + code - ZERO;
      digits++;
      if (decimals >= 0) decimals++;
    } else if (code === DOT && decimals < 0) decimals = 0;
    else if (code === MINUS && digits === 0 && !isNegative) isNegative = true;
    else return undefined;
  }
  if (digits === 0 || digits > MAX_DIGITS) return undefined;
  const value = decimals > 0 ? mantissa / 10 ** decimals : mantissa;
  return isNegative && value !== 0 ? -value : value;
}

const MAX_DIGITS = 15;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const DOT = 0x2e;
const MINUS = 0x2d;

function integer(text: string | undefined): number | undefined {
  const value = number(text);
  return value !== undefined && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function hex(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9A-Fa-f]{1,8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** LAC and cell id of some models are hexadecimal, to be known by a letter. */
function decimalOrHex(text: string | undefined): number | undefined {
  const decimal = integer(text);
  if (decimal !== undefined) return decimal;
  return text === undefined || /^F+$/i.test(text) ? undefined : hex(text);
}
