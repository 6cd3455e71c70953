/**
 * Positions as the log itself writes them, and as most files do: one flat object without white space or escapes, read from its bytes
 * without text or JSON value in between: a third of the time, and nearly all lines of a file are such. Whatever is out of the
 * ordinary is left to the general way (log-line.ts), which also says what is wrong; both answer the same (tested).
 */
import type { Instant } from './instant.ts';
import type { Position, PositionMethod } from './log-event.ts';

const HEAD = '{"type":"position"';
const [QUOTE, COMMA, MINUS, POINT, NOUGHT, BACKSLASH, CLOSE] = [34, 44, 45, 46, 48, 92, 125];

/** Where what was read last ends; −1: it was not as expected. One for all: nothing is awaited meanwhile. */
let end = 0;

/** The line without its end, from `from` until `until`. Undefined: to be read the general way. */
export function readPositionBytes(bytes: Uint8Array, from: number, until: number): Position | undefined {
  const position = read(bytes, from, until);
  if (position === undefined || position.subject === '') return undefined;
  if (Number.isNaN(position.receivedMs)) position.receivedMs = position.atMs;
  return position;
}

/** As a device's sender writes it: without a receipt time, `subject` empty where none is named, `receivedMs` the caller's. */
export function readSentPosition(bytes: Uint8Array, receivedMs: Instant): Position | undefined {
  const position = read(bytes, 0, bytes.length);
  if (position === undefined || !Number.isNaN(position.receivedMs)) return undefined;
  position.receivedMs = receivedMs;
  return position;
}

type Fresh = Omit<Position, 'receivedMs'> & { receivedMs: Instant };

/** `receivedMs` NaN: the line has none; `subject` empty: it names none. */
function read(bytes: Uint8Array, from: number, until: number): Fresh | undefined {
  if (!isAt(bytes, from, HEAD)) return undefined;
  end = from + HEAD.length;
  let [subject, device] = ['', ''];
  let [atMs, lat, lon] = [Number.NaN, Number.NaN, Number.NaN];
  let receivedMs = Number.NaN;
  let accuracyM: number | undefined;
  let speedMps: number | undefined;
  let headingDeg: number | undefined;
  let altitudeM: number | undefined;
  let batteryPct: number | undefined;
  let mock: boolean | undefined;
  let method: PositionMethod | undefined;
  let sequence: number | undefined;
  while (bytes[end] === COMMA) {
    const key = end + 1;
    switch ((bytes[key + 1] as number) * 256 + (bytes[key + 2] as number)) {
      case SU:
        subject = readId(bytes, key, '"subject":');
        break;
      case DE:
        device = readId(bytes, key, '"device":');
        break;
      case AT:
        atMs = readTime(bytes, key, '"at":');
        break;
      case RE:
        receivedMs = readTime(bytes, key, '"received":');
        break;
      case LA:
        lat = readNumber(bytes, key, '"lat":', -90, 90);
        break;
      case LO:
        lon = readNumber(bytes, key, '"lon":', -180, 180);
        break;
      case AC:
        accuracyM = readNumber(bytes, key, '"accuracyM":', 0, 1e7);
        break;
      case SP:
        speedMps = readNumber(bytes, key, '"speedMps":', 0, 1e5);
        break;
      case HE:
        headingDeg = readNumber(bytes, key, '"headingDeg":', 0, 360);
        break;
      case AL:
        altitudeM = readNumber(bytes, key, '"altitudeM":', -12_000, 1e6);
        break;
      case BA:
        batteryPct = readNumber(bytes, key, '"batteryPct":', 0, 100);
        break;
      case SE:
        sequence = readNumber(bytes, key, '"sequence":', -2_147_483_648, 4_294_967_295);
        if (!Number.isInteger(sequence)) return undefined;
        break;
      case ME:
        method = readMethod(bytes, key, '"method":');
        break;
      case MO:
        mock = readBoolean(bytes, key, '"mock":');
        break;
      default:
        return undefined;
    }
  }
  if (bytes[end] !== CLOSE || end + 1 !== until) return undefined;
  if (device === '' || Number.isNaN(atMs + lat + lon)) return undefined;
  return {
    type: 'position',
    subject,
    device,
    atMs,
    receivedMs,
    lat,
    lon,
    accuracyM,
    speedMps,
    headingDeg,
    altitudeM,
    batteryPct,
    mock,
    method,
    sequence,
  };
}

const pair = (letters: string) => letters.charCodeAt(0) * 256 + letters.charCodeAt(1);
const [SU, DE, AT, RE] = [pair('su'), pair('de'), pair('at'), pair('re')];
const [LA, LO, AC, SP, HE] = [pair('la'), pair('lo'), pair('ac'), pair('sp'), pair('he')];
const [AL, BA, SE, ME, MO] = [pair('al'), pair('ba'), pair('se'), pair('me'), pair('mo')];

function isAt(bytes: Uint8Array, from: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Ids met lately, by a hash of their bytes: nearly every id has been there before, and no text is made of it again. */
const ids = new Map<number, string>();
const MOST_IDS = 1_000_000;
const LONGEST_ID = 256;

/** Printable ASCII only: what else may stand for an id is asked of the general way. */
function readId(bytes: Uint8Array, key: number, word: string): string {
  const from = key + word.length + 1;
  let to = from;
  let hash = 0;
  let byte = bytes[to] as number;
  while (byte !== QUOTE && byte >= 32 && byte < 127 && byte !== BACKSLASH) {
    hash = (Math.imul(hash, 31) + byte) | 0;
    byte = bytes[++to] as number;
  }
  const isId = byte === QUOTE && to > from && to - from <= LONGEST_ID && bytes[from - 1] === QUOTE;
  if (!isId || !isAt(bytes, key, word)) {
    end = -1;
    return '';
  }
  end = to + 1;
  const known = ids.get(hash);
  if (known !== undefined && known.length === to - from && isAt(bytes, from, known)) return known;
  const id = String.fromCharCode(...bytes.subarray(from, to));
  if (ids.size >= MOST_IDS) ids.clear();
  ids.set(hash, id);
  return id;
}

function readMethod(bytes: Uint8Array, key: number, word: string): PositionMethod | undefined {
  const from = key + word.length;
  end = isAt(bytes, key, word) ? from + 6 : -1;
  if (isAt(bytes, from, '"gnss"')) return 'gnss';
  if (isAt(bytes, from, '"wifi"')) return 'wifi';
  if (isAt(bytes, from, '"cell"')) return 'cell';
  end = -1;
  return undefined;
}

function readBoolean(bytes: Uint8Array, key: number, word: string): boolean {
  const from = key + word.length;
  const isTrue = isAt(bytes, from, 'true');
  end = isAt(bytes, key, word) && (isTrue || isAt(bytes, from, 'false')) ? from + (isTrue ? 4 : 5) : -1;
  return isTrue;
}

/** So many digits make a whole number that is exact, and one division by an exact power of ten is rounded once: as JSON.parse does. */
const MOST_DIGITS = 15;
const POWERS = Array.from({ length: MOST_DIGITS + 1 }, (_, n) => 10 ** n);

/** A decimal without exponent. */
function readNumber(bytes: Uint8Array, key: number, word: string, min: number, max: number): number {
  let at = key + word.length;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at++;
  const from = at;
  let value = 0;
  let digit = (bytes[at] as number) - NOUGHT;
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit;
    digit = (bytes[++at] as number) - NOUGHT;
  }
  const whole = at - from;
  let places = 0;
  if (bytes[at] === POINT) {
    digit = (bytes[++at] as number) - NOUGHT;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      places++;
      digit = (bytes[++at] as number) - NOUGHT;
    }
    if (places === 0) at = -1;
  }
  // No number in JSON begins with a nought before other digits.
  const isWhole = whole > 0 && (whole === 1 || bytes[from] !== NOUGHT) && whole + places <= MOST_DIGITS;
  const size = value / (POWERS[places] as number);
  const signed = isNegative ? -size : size;
  end = isWhole && isAt(bytes, key, word) && signed >= min && signed <= max ? at : -1;
  return signed;
}

const DAY = 'yyyy-mm-dd'.length;
/** The day met last, as its digits and as its first instant. */
let dayDigits = 0;
let dayMs = Number.NaN;

/** `"2026-03-01T00:00:00.000Z"`, the form that the log writes. */
function readTime(bytes: Uint8Array, key: number, word: string): Instant {
  const from = key + word.length + 1;
  end = from + 25;
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  const ms = twoDigits(bytes, from + 20) * 10 + (bytes[from + 22] as number) - NOUGHT;
  const isTime =
    isAt(bytes, key, word) &&
    bytes[from - 1] === QUOTE &&
    bytes[end - 1] === QUOTE &&
    bytes[from + 4] === MINUS &&
    bytes[from + 7] === MINUS &&
    bytes[from + DAY] === 84 &&
    bytes[from + 13] === 58 &&
    bytes[from + 16] === 58 &&
    bytes[from + 19] === POINT &&
    bytes[from + 23] === 90 &&
    (bytes[from + 22] as number) >= NOUGHT &&
    (bytes[from + 22] as number) <= NOUGHT + 9;
  const year = twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  const digits = (year * 100 + month) * 100 + day;
  if (digits !== dayDigits) {
    dayDigits = digits;
    dayMs = firstOfDay(year, month, day);
  }
  const at = dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms;
  if (!isTime || !(hour < 24 && minute < 60 && second < 60) || Number.isNaN(at)) end = -1;
  return at;
}

/** NaN: no day of the calendar, or one of the first centuries, which the language takes for the twentieth. */
function firstOfDay(year: number, month: number, day: number): Instant {
  if (!(year >= 1000)) return Number.NaN;
  const at = Date.UTC(year, month - 1, day);
  return new Date(at).getUTCDate() === day && new Date(at).getUTCMonth() === month - 1 ? at : Number.NaN;
}

/** NaN where one is no digit. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - NOUGHT;
  const ones = (bytes[at + 1] as number) - NOUGHT;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
