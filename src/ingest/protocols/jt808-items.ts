/**
 * The items after a location: id, length, value (protocols.md A.5). Those of the standard and the battery, signal, network and motion
 * of trackers have fields; what is not understood is kept as it came, in `extras`. Of an item that comes twice the first counts, and
 * one that runs past the end ends the list.
 */

import { hex16, hex32, hexOf, i8, i16, textOf, u16, u24, u32 } from './jt808-bytes.ts';
import { append, type Fields, put, type Told } from './jt808-fields.ts';
import { readNestedItems } from './jt808-nested.ts';
import { readExtension, readMasked } from './jt808-vendor.ts';
import type { RecordValue } from './record.ts';

/** Reads the value from `at` to `end`. False: it is not understood. */
type ItemReader = (bytes: Uint8Array, at: number, end: number, fields: Fields, told: Told) => boolean;

export function readItems(body: Uint8Array, from: number, fields: Fields, told: Told): void {
  let extras: RecordValue[] | undefined;
  for (let at = from; at + 2 <= body.length; ) {
    const id = body[at] ?? 0;
    const start = at + 2;
    const end = start + (body[at + 1] ?? 0);
    if (end > body.length) break;
    if (READERS[id]?.(body, start, end, fields, told) !== true) {
      extras ??= [];
      extras.push({ id: `0x${hexOf(body, at, at + 1)}`, hex: hexOf(body, start, end) });
    }
    at = end;
  }
  if (extras !== undefined) fields.extras = extras;
}

const MAX_PERCENT = 100;
const CHARGING = 0xff;

/** A byte of percent; FF: it is being charged. */
function putPercent(fields: Fields, percent: number): boolean {
  if (percent === CHARGING) return put(fields, 'charging', true);
  return percent <= MAX_PERCENT && put(fields, 'battery_percent', percent);
}

/** Reads values of one length only. */
function ofLength(
  length: number,
  read: (bytes: Uint8Array, at: number, fields: Fields, told: Told) => boolean,
): ItemReader {
  return (bytes, at, end, fields, told) => end - at === length && read(bytes, at, fields, told);
}

const HAS_PERCENT = 0x8000;

const STANDARD: ReadonlyMap<number, ItemReader> = new Map<number, ItemReader>([
  [0x01, ofLength(4, (bytes, at, fields) => put(fields, 'odometer_km', u32(bytes, at) / 10))],
  [
    0x02,
    ofLength(2, (bytes, at, fields) => {
      const fuel = u16(bytes, at);
      return (fuel & HAS_PERCENT) === 0
        ? put(fields, 'fuel_l', fuel / 10)
        : put(fields, 'fuel_percent', fuel & ~HAS_PERCENT);
    }),
  ],
  [0x03, ofLength(2, (bytes, at, fields) => put(fields, 'recorder_speed_kmh', u16(bytes, at) / 10))],
  [0x04, ofLength(2, (bytes, at, fields) => put(fields, 'manual_alarm_event', u16(bytes, at)))],
  [
    0x05,
    ofLength(30, (bytes, at, fields) => put(fields, 'tyre_pressures', [...bytes.subarray(at, at + 30)])),
  ],
  [
    0x06,
    (bytes, at, end, fields) => {
      // One byte is a tracker's battery, two are the cabin's temperature of 2019.
      if (end - at === 1) return putPercent(fields, bytes[at] ?? 0);
      return end - at === 2 && put(fields, 'cabin_temperature_c', i16(bytes, at));
    },
  ],
  [
    0x11,
    (bytes, at, end, fields) => {
      if (end - at !== 1 && end - at !== 5) return false;
      const type = bytes[at] ?? 0;
      return put(fields, 'overspeed_place', end - at === 1 ? { type } : { type, id: u32(bytes, at + 1) });
    },
  ],
  [
    0x12,
    ofLength(6, (bytes, at, fields) =>
      put(fields, 'area_or_route', {
        type: bytes[at] ?? 0,
        id: u32(bytes, at + 1),
        direction: bytes[at + 5] === 0 ? 'in' : 'out',
      }),
    ),
  ],
  [
    0x13,
    ofLength(7, (bytes, at, fields) =>
      put(fields, 'segment_time', {
        id: u32(bytes, at),
        duration_s: u16(bytes, at + 4),
        result: bytes[at + 6] ?? 0,
      }),
    ),
  ],
  [0x25, ofLength(4, (bytes, at, fields) => put(fields, 'extended_signals', hex32(u32(bytes, at))))],
  [0x2a, ofLength(2, (bytes, at, fields) => put(fields, 'io_status', hex16(u16(bytes, at))))],
  // AD0 is the low word.
  [0x2b, ofLength(4, (bytes, at, fields) => put(fields, 'analog', [u16(bytes, at + 2), u16(bytes, at)]))],
  [0x30, ofLength(1, (bytes, at, fields) => put(fields, 'gsm_signal', bytes[at] ?? 0))],
  [0x31, ofLength(1, (bytes, at, fields) => put(fields, 'satellites', bytes[at] ?? 0))],
]);

const batteryByte = ofLength(1, (bytes, at, fields) => putPercent(fields, bytes[at] ?? 0));

const powerTenths = ofLength(2, (bytes, at, fields) => put(fields, 'power_volts', u16(bytes, at) / 10));

const TRACKERS: ReadonlyMap<number, ItemReader> = new Map<number, ItemReader>([
  [0x33, readLockText],
  [0x56, ofLength(2, (bytes, at, fields) => putPercent(fields, (bytes[at] ?? 0) * 10))],
  [0x61, ofLength(2, (bytes, at, fields) => put(fields, 'power_volts', u16(bytes, at) / 100))],
  [0x68, ofLength(2, (bytes, at, fields) => put(fields, 'battery_percent', u16(bytes, at) / 100))],
  [0x69, ofLength(2, (bytes, at, fields) => put(fields, 'battery_volts', u16(bytes, at) / 100))],
  [
    0xd0,
    ofLength(4, (bytes, at, _fields, { alarms }) => alarmIf((u32(bytes, at) & 8) !== 0, 'vibration', alarms)),
  ],
  [0x82, powerTenths],
  [0xd3, powerTenths],
  [0xd4, batteryByte],
  [0xd5, ofLength(2, (bytes, at, fields) => put(fields, 'battery_volts', u16(bytes, at) / 100))],
  [
    0xe1,
    (bytes, at, end, fields, told) => {
      if (end - at === 1) return batteryByte(bytes, at, end, fields, told);
      if (end - at === 2) return powerTenths(bytes, at, end, fields, told);
      if (end - at < 12 || (end - at - 4) % 8 !== 0) return false;
      return append(fields, 'cells', cellsOf(bytes, at, end));
    },
  ],
  [
    0xe3,
    (bytes, at, end, fields) => {
      const percent = bytes[at + 1] ?? 0;
      const volts = u16(bytes, at + 2) / 100;
      // Others use the same id for something else: both must be possible.
      if (end - at < 4 || percent < 1 || percent > MAX_PERCENT || volts < 2.5 || volts > 5.5) return false;
      return put(fields, 'battery_percent', percent) && put(fields, 'battery_volts', volts);
    },
  ],
  [
    0xe4,
    ofLength(2, (bytes, at, fields) => {
      if (bytes[at] === 0) put(fields, 'charging', true);
      return putPercent(fields, bytes[at + 1] ?? 0);
    }),
  ],
  [0xe5, ofLength(1, (bytes, at, fields) => put(fields, 'motion', bytes[at] === 1))],
  [
    0xe7,
    ofLength(8, (bytes, at, _fields, { alarms }) => {
      const word = u16(bytes, at);
      alarmIf((word & 1) !== 0, 'vibration', alarms);
      return alarmIf((word & 0b1110) !== 0, 'sos', alarms);
    }),
  ],
  [0xe8, readExtension],
  [0xe9, batteryByte],
  [0xeb, readVendorBlock],
  [0xec, readNetworks],
  [
    0xee,
    ofLength(6, (bytes, at, fields) => {
      put(fields, 'gsm_signal', bytes[at] ?? 0);
      put(fields, 'power_volts', u16(bytes, at + 1) / 1000);
      put(fields, 'battery_volts', u16(bytes, at + 3) / 1000);
      return put(fields, 'satellites', bytes[at + 5] ?? 0);
    }),
  ],
  [0xf0, readLongCells],
  [0xf1, ofLength(4, (bytes, at, fields) => put(fields, 'power_volts', u32(bytes, at) / 1000))],
  [0xf4, readNetworks],
  [
    0xf7,
    (bytes, at, end, fields) => {
      if (end - at < 6) return false;
      put(fields, 'battery_volts', u32(bytes, at) / 1000);
      const state = bytes[at + 4];
      if (state === 2 || state === 3) put(fields, 'charging', true);
      return putPercent(fields, bytes[at + 5] ?? 0);
    },
  ],
  [0xf9, readMasked],
  [
    0xfe,
    (bytes, at, end, fields, told) =>
      end - at === 2 ? powerTenths(bytes, at, end, fields, told) : batteryByte(bytes, at, end, fields, told),
  ],
]);

/** By id: looked up for every item of every location. */
const READERS: readonly (ItemReader | undefined)[] = Array.from(
  { length: 256 },
  (_, id) => STANDARD.get(id) ?? TRACKERS.get(id),
);

function alarmIf(isSet: boolean, name: string, alarms: string[]): true {
  if (isSet) alarms.push(name);
  return true;
}

/** MCC W, MNC W, then LAC of three bytes, cell DWORD and signal each. */
function cellsOf(bytes: Uint8Array, from: number, end: number): RecordValue[] {
  const cells: RecordValue[] = [];
  const [mcc, mnc] = [u16(bytes, from), u16(bytes, from + 2)];
  for (let at = from + 4; at + 8 <= end; at += 8)
    cells.push({ mcc, mnc, lac: u24(bytes, at), cid: u32(bytes, at + 3), signal: bytes[at + 7] ?? 0 });
  return cells;
}

/** Each cell whole: MCC W, MNC W, cell DWORD, LAC DWORD, signal. */
function readLongCells(bytes: Uint8Array, from: number, end: number, fields: Fields): boolean {
  if (end === from || (end - from) % 13 !== 0) return false;
  const cells: RecordValue[] = [];
  for (let at = from; at < end; at += 13)
    cells.push({
      mcc: u16(bytes, at),
      mnc: u16(bytes, at + 2),
      lac: u32(bytes, at + 8),
      cid: u32(bytes, at + 4),
      signal: bytes[at + 12] ?? 0,
    });
  return append(fields, 'cells', cells);
}

/** MAC and signed RSSI each. */
function readNetworks(bytes: Uint8Array, from: number, end: number, fields: Fields): boolean {
  if (end === from || (end - from) % 7 !== 0) return false;
  const wifi: RecordValue[] = [];
  for (let at = from; at < end; at += 7)
    wifi.push({ mac: hexOf(bytes, at, at + 6, ':'), rssi: i8(bytes, at + 6) });
  return append(fields, 'wifi', wifi);
}

/** EB: cells, or a time zone as text (`UTC+08:00`), or items of its own. */
function readVendorBlock(bytes: Uint8Array, from: number, end: number, fields: Fields, told: Told): boolean {
  const first = u16(bytes, from);
  if (end - from >= 8 && first > 200 && (end - from - 3) % 5 === 0) {
    const cells: RecordValue[] = [];
    for (let at = from + 3; at < end; at += 5)
      cells.push({
        mcc: first,
        mnc: bytes[from + 2] ?? 0,
        lac: u16(bytes, at),
        cid: u16(bytes, at + 2),
        signal: bytes[at + 4] ?? 0,
      });
    return append(fields, 'cells', cells);
  }
  if (isPrintable(bytes, from, end)) return put(fields, 'time_zone', textOf(bytes, from, end));
  return readNestedItems(bytes, from, end, fields, told);
}

/** `*M00,45,1138600…`: of a lock's state the third to fifth digit are its battery in 0.01 V. */
function readLockText(bytes: Uint8Array, from: number, end: number, fields: Fields): boolean {
  const digits = /^\*M00,..,\d{2}(\d{3})/.exec(textOf(bytes, from, end))?.[1];
  if (digits !== undefined) put(fields, 'battery_volts', Number(digits) / 100);
  // The rest of it is not understood.
  return false;
}

function isPrintable(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e) return false;
  }
  return end > from;
}
