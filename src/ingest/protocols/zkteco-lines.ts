/**
 * The lines that a terminal uploads (protocols.md, part E), each to a record. Templates, pictures and passwords are passed over and
 * stand in no record: biometric data is never kept. Pure.
 */
import { isObject } from '../../kernel/field.ts';
import type { WallClock } from '../../kernel/wall-clock.ts';
import type { DeviceRecord, RecordKind, RecordValue } from './record.ts';
import { recordTime } from './record-time.ts';
import {
  columnsOf,
  fieldsOf,
  isPin,
  readTerminalTime,
  readWhole,
  showTerminalTime,
  type TerminalTime,
} from './zkteco-values.ts';

/** What the wall clock of the terminal is in. */
export interface TerminalZone {
  readonly clock: WallClock;
  /** Somebody has said so for this terminal: what it says of itself counts for less. */
  readonly isDeclared: boolean;
}

/** `false`: it can't be read; `null`: read, and nothing of it is kept. */
export type ReadLine = DeviceRecord | null | false;

const DIRECTIONS = ['in', 'out', 'out', 'in', 'in', 'out'] as const;
const KEYED_PUNCH = new Set(['pin', 'datetime', 'time', 'verified', 'verify', 'status', 'workcode']);

/** PIN, time, status, verify, workcode, two reserved, mask, temperature, converted temperature, UTC offset s, base64 of a place. */
export function readPunch(line: string, zone: TerminalZone): ReadLine {
  if (/^\s*PIN\s*=/i.test(line)) {
    const fields = fieldsOf(line, KEYED_PUNCH);
    const columns = [
      fields.get('pin') ?? '',
      fields.get('datetime') ?? fields.get('time') ?? '',
      fields.get('status'),
      fields.get('verified') ?? fields.get('verify'),
      fields.get('workcode'),
    ];
    return punchOf(columns, zone);
  }
  return punchOf(columnsOf(line), zone);
}

function punchOf(columns: readonly (string | undefined)[], zone: TerminalZone): ReadLine {
  const pin = columns[0] ?? '';
  const time = readTerminalTime(columns[1] ?? '');
  if (time === undefined || !isPin(pin)) return false;
  const status = readWhole(columns[2]);
  const record: Record<string, RecordValue> & { kind: RecordKind } = {
    kind: 'attendance',
    pin,
    ...timesOf(time, zone, readOffsetMs(columns[10])),
    status,
    verify: readWhole(columns[3]),
    direction: status === null ? 'unknown' : (DIRECTIONS[status] ?? 'unknown'),
  };
  if (columns[4] !== undefined) record.workcode = columns[4].slice(0, MAX_CODE);
  const mask = readWhole(columns[7]);
  if (mask !== null && mask > 0) record.mask = mask;
  const temperature = Number(columns[8] ?? '');
  if (temperature > 0 && temperature < 100) record.temperature = temperature;
  const place = columns[11] === undefined ? undefined : readPlace(columns[11]);
  if (place !== undefined) Object.assign(record, place);
  return record;
}

const MAX_TEXT = 256;
/** Codes and PINs are short: nothing longer, which could be a template in the wrong place, gets into a record. */
const MAX_CODE = 23;
const MAX_OFFSET_S = 14 * 3600;

/** `+28800`: what the terminal says that it is ahead of UTC. */
function readOffsetMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^[+-]\d{1,5}$/.test(text)) return undefined;
  const seconds = Number(text);
  return Math.abs(seconds) <= MAX_OFFSET_S ? seconds * 1000 : undefined;
}

function timesOf(time: TerminalTime, zone: TerminalZone, ownOffsetMs: number | undefined) {
  if ('atMs' in time) return { time: recordTime(time.atMs) };
  const { shownMs } = time;
  const atMs =
    ownOffsetMs === undefined || zone.isDeclared ? zone.clock.toInstant(shownMs) : shownMs - ownOffsetMs;
  return { time: recordTime(atMs), local_time: showTerminalTime(shownMs) };
}

/** `{"GPSInfo":{"longitude","latitude"}}` of a terminal that is carried about. */
function readPlace(base64: string): { lat: number; lon: number } | undefined {
  if (base64.length > 1000) return undefined;
  try {
    const json: unknown = JSON.parse(atob(base64));
    const place = isObject(json) && isObject(json.GPSInfo) ? json.GPSInfo : {};
    const [lat, lon] = [Number(place.latitude ?? ''), Number(place.longitude ?? '')];
    const isOne = Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && (lat !== 0 || lon !== 0);
    return isOne ? { lat, lon } : undefined;
  } catch {
    // Not base64, or not JSON: the punch counts without it.
    return undefined;
  }
}

/** A line of OPERLOG begins with its word; BIODATA comes as a table of its own, too. */
export function readOperation(line: string, zone: TerminalZone): ReadLine {
  const [, word, rest = ''] = /^\s*([A-Za-z]+)(?:\s+(.*))?$/s.exec(line) ?? [];
  switch (word?.toUpperCase()) {
    case 'OPLOG':
      return readOplog(rest, zone);
    case 'USER':
      return readUser(rest);
    case 'FP':
      return readTemplate('fingerprint', rest);
    case 'FACE':
      return readTemplate('face', rest);
    case 'BIODATA':
      return readBiodata(rest);
    case 'USERPIC':
    case 'BIOPHOTO':
      return null;
    default:
      return false;
  }
}

function readOplog(rest: string, zone: TerminalZone): ReadLine {
  const columns = columnsOf(rest);
  const code = readWhole(columns[0]);
  if (code === null) return false;
  const time = readTerminalTime(columns[2] ?? '');
  const record: Record<string, RecordValue> & { kind: RecordKind } = {
    kind: 'oplog',
    code,
    operator: (columns[1] ?? '').slice(0, MAX_CODE),
    ...(time === undefined ? { time: null } : timesOf(time, zone, undefined)),
  };
  for (let i = 1; i <= 4; i++) {
    const object = columns[2 + i];
    if (object !== undefined && object !== '') record[`obj${i}`] = object.slice(0, MAX_CODE);
  }
  return record;
}

const USER = new Set(['pin', 'name', 'pri', 'card']);

function readUser(rest: string): ReadLine {
  const fields = fieldsOf(rest, USER);
  const pin = fields.get('pin') ?? '';
  if (!isPin(pin)) return false;
  return {
    kind: 'user',
    pin,
    name: (fields.get('name') ?? '').slice(0, MAX_TEXT),
    privilege: readWhole(fields.get('pri')),
    card: (fields.get('card') ?? '').slice(0, MAX_TEXT),
  };
}

const TEMPLATE = new Set(['pin', 'fid', 'no', 'valid', 'type']);

function readTemplate(kind: 'fingerprint' | 'face', rest: string): ReadLine {
  const fields = fieldsOf(rest, TEMPLATE);
  const pin = fields.get('pin') ?? '';
  if (!isPin(pin)) return false;
  return {
    kind,
    pin,
    fid: readWhole(fields.get('fid') ?? fields.get('no')),
    valid_flag: readWhole(fields.get('valid')),
  };
}

/** 1 fingerprint, 2 face by infrared, 9 face by visible light; others (veins, palms) have no kind of record. */
export function readBiodata(line: string): ReadLine {
  const fields = fieldsOf(line.replace(/^\s*BIODATA\s+/i, ''), TEMPLATE);
  if (!isPin(fields.get('pin') ?? '')) return false;
  const type = readWhole(fields.get('type'));
  if (type === 1) return readTemplate('fingerprint', line.replace(/^\s*BIODATA\s+/i, ''));
  return type === 2 || type === 9 ? readTemplate('face', line.replace(/^\s*BIODATA\s+/i, '')) : null;
}

/** `~DeviceName=X903,MAC=…`, or one a line. A value may hold commas. */
export function readOptions(text: string): DeviceRecord | undefined {
  const options: Record<string, RecordValue> = {};
  let last: string | undefined;
  for (const part of text.split(/[,\r\n]+/).slice(0, MAX_OPTIONS)) {
    const at = part.indexOf('=');
    const key = part.slice(0, at).trim().replace(/^~/, '');
    if (at > 0 && /^\w{1,64}$/.test(key)) {
      last = SECRET.test(key) ? undefined : key;
      // `__proto__` and its like must become keys of the object's own.
      if (last !== undefined)
        Object.defineProperty(options, key, {
          value: part
            .slice(at + 1)
            .trim()
            .slice(0, MAX_TEXT),
          enumerable: true,
          configurable: true,
          writable: true,
        });
    } else if (last !== undefined && part.trim() !== '') {
      options[last] = `${String(options[last])},${part.trim()}`.slice(0, MAX_TEXT);
    }
  }
  return Object.keys(options).length === 0 ? undefined : { kind: 'device_info', options };
}

const MAX_OPTIONS = 1000;
const SECRET = /passw|pwd|commkey|secret/i;

/**
 * `ID=42&Return=0&CMD=INFO`, one a line; or a line for each key, whose `Content` may have many. What a command brought is not kept:
 * it may be anything that the terminal holds.
 */
export function readResults(text: string): DeviceRecord[] {
  const found: { id: string; return: number | null; cmd: string }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const isWhole = line.includes('&');
    for (const part of isWhole ? line.split('&') : [line]) {
      const at = part.indexOf('=');
      const key = part.slice(0, at).trim().toLowerCase();
      const value = part.slice(at + 1).trim();
      const current = found.at(-1);
      if (key === 'id' && /^[A-Za-z0-9]{1,16}$/.test(value)) {
        if (found.length >= MAX_RESULTS) return shown(found);
        found.push({ id: value, return: null, cmd: '' });
      } else if (current === undefined) continue;
      else if (key === 'return' && current.return === null) current.return = readWhole(value);
      else if (key === 'cmd' && current.cmd === '') current.cmd = value.slice(0, MAX_TEXT);
    }
  }
  return shown(found);
}

const MAX_RESULTS = 1000;

function shown(found: readonly { id: string; return: number | null; cmd: string }[]): DeviceRecord[] {
  return found.map((each) => ({ kind: 'command_result', ...each }));
}
