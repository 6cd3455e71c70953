/** The body of 0x0200, which also stands in 0x0201, 0x0704 and 0x0210: 28 fixed bytes, then items (protocols.md A.5). */
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import type { WallClock } from '../../kernel/wall-clock.ts';
import { bcd, hex32, i16, u16, u32 } from './jt808-bytes.ts';
import type { Told } from './jt808-fields.ts';
import { readItems } from './jt808-items.ts';
import type { DeviceRecord, RecordValue } from './record.ts';
import { recordTime } from './record-time.ts';
import type { StrapWord } from './wire.ts';

/** Bits of the alarm word. */
const ALARMS: readonly (string | undefined)[] = [
  'sos',
  'overspeed',
  'fatigue',
  'danger_warning',
  'gnss_fault',
  'gnss_antenna_open',
  'gnss_antenna_short',
  'main_power_undervoltage',
  'main_power_down',
  'display_fault',
  'tts_fault',
  'camera_fault',
  'ic_module_fault',
  'overspeed_warning',
  'fatigue_warning',
  undefined,
  undefined,
  undefined,
  'daily_driving_timeout',
  'parking_timeout',
  'area_in_out',
  'route_in_out',
  'segment_time_fault',
  'route_deviation',
  'vss_fault',
  'fuel_abnormal',
  'vehicle_stolen',
  'illegal_ignition',
  'illegal_displacement',
  'collision',
  'rollover',
  'illegal_door_open',
];
/**
 * Bits 15 to 17 are reserved in 2013, where trackers on persons and goods use them for shocks and for being opened; 2019 gives them to
 * vehicles. They are told as states: no standard that we have names them as alarms.
 */
const TRACKER_STATES: readonly string[] = ['vibration', 'tampering', 'tampering'];
const STATES_2019: readonly string[] = ['illegal_driving', 'tyre_pressure', 'right_turn_blind_zone'];
const FIRST_STATE_BIT = 15;

const ACC = 1;
const POSITIONED = 1 << 1;
const SOUTH = 1 << 2;
const WEST = 1 << 3;
const ENCRYPTED = 1 << 5;
const CHARGING = 1 << 26;

const FIXED_BYTES = 28;
const PER_DEGREE = 1_000_000;
/** What terminals write that have none. */
const [NO_ALTITUDE, NO_COURSE] = [-32_768, 0xffff];

export interface LocationOptions {
  readonly is2019: boolean;
  /** What the terminal's times are in; undefined: GMT+8, as the standard says. */
  readonly clock: WallClock | undefined;
  /** Of a bulk message: whether it was kept while there was no network. */
  readonly archived?: boolean;
}

export interface Located {
  readonly record: DeviceRecord;
  readonly strap: StrapWord;
}

export function readLocation(
  body: Uint8Array,
  { is2019, archived, clock }: LocationOptions,
): Result<Located, Refusal> {
  if (body.length < FIXED_BYTES)
    return refuse('bad-shape', 'location', `has ${body.length} bytes: at least ${FIXED_BYTES} are needed`);
  const alarmFlags = u32(body, 0);
  const status = u32(body, 4);
  const fields: Record<string, RecordValue> = {
    kind: 'position',
    time: readTime(body, 22, clock),
    valid: (status & POSITIONED) !== 0,
    lat: degrees(u32(body, 8), (status & SOUTH) !== 0),
    lon: degrees(u32(body, 12), (status & WEST) !== 0),
    altitude_m: i16(body, 16),
    speed_kmh: u16(body, 18) / 10,
    course_deg: u16(body, 20),
    acc_on: (status & ACC) !== 0,
    alarm_flags: hex32(alarmFlags),
    status_flags: hex32(status),
  };
  if (fields.altitude_m === NO_ALTITUDE) delete fields.altitude_m;
  if (fields.course_deg === NO_COURSE) delete fields.course_deg;
  if (archived !== undefined) fields.archived = archived;
  if ((status & ENCRYPTED) !== 0) fields.coordinates_encrypted = true;
  if ((status & CHARGING) !== 0) fields.charging = true;
  const told: Told = { alarms: alarmsOf(alarmFlags), states: statesOf(alarmFlags, is2019) };
  if (!readTail(body, fields)) readItems(body, FIXED_BYTES, fields, told);
  fields.alarms = told.alarms;
  if (told.states.length > 0) fields.states = told.states;
  return ok({ record: fields as DeviceRecord, strap: strapOf(alarmFlags, is2019, told) });
}

/** Bits 16 and 17 of the alarm word, which 2019 gives to vehicles. */
const TAMPERING = 0b11 << 16;

function strapOf(alarmFlags: number, is2019: boolean, { isStrapOpen }: Told): StrapWord {
  if (isStrapOpen === true) return 'cut-by-item';
  if (!is2019 && (alarmFlags & TAMPERING) !== 0) return 'cut';
  if (isStrapOpen === false) return 'closed-by-item';
  return is2019 ? null : 'closed';
}

/** The sign is a status bit; some encoders write the two's complement as well. */
function degrees(value: number, isNegative: boolean): number {
  const size = Math.abs(value >= 2 ** 31 ? value - 2 ** 32 : value);
  const positive = size / PER_DEGREE;
  return isNegative && positive !== 0 ? -positive : positive;
}

function alarmsOf(flags: number): string[] {
  const found: string[] = [];
  for (let bit = 0, rest = flags; rest !== 0; bit++, rest >>>= 1) {
    const name = ALARMS[bit];
    if ((rest & 1) === 1 && name !== undefined) found.push(name);
  }
  return found;
}

function statesOf(flags: number, is2019: boolean): string[] {
  const names = is2019 ? STATES_2019 : TRACKER_STATES;
  return names.filter((_, nth) => ((flags >>> (FIRST_STATE_BIT + nth)) & 1) === 1);
}

const CHINA_H = 8;

/** BCD YYMMDDhhmmss; null: the terminal has no time yet. */
export function readTime(bytes: Uint8Array, at: number, clock: WallClock | undefined): string | null {
  const [year, month, day] = [bcd(bytes[at]), bcd(bytes[at + 1]), bcd(bytes[at + 2])];
  const [hour, minute, second] = [bcd(bytes[at + 3]), bcd(bytes[at + 4]), bcd(bytes[at + 5])];
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, year))) return null;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return null;
  if (clock !== undefined)
    return recordTime(clock.toInstant(Date.UTC(2000 + year, month - 1, day, hour, minute, second)));
  if (hour < CHINA_H)
    return recordTime(Date.UTC(2000 + year, month - 1, day, hour - CHINA_H, minute, second));
  // The same day in UTC: the digits are there already.
  return `20${two(year)}-${two(month)}-${two(day)}T${two(hour - CHINA_H)}:${two(minute)}:${two(second)}Z`;
}

const TWO = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));

function two(value: number): string {
  return TWO[value] ?? '';
}

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const TAIL_BYTES = 18;

/**
 * One family of trackers ends with a block instead of items: mileage in km at 4, 0.1 V at 8, signal at 14. Where its bytes can be read as
 * items to the end they are items.
 */
function readTail(body: Uint8Array, fields: Record<string, RecordValue>): boolean {
  if (body.length !== FIXED_BYTES + TAIL_BYTES || areItems(body)) return false;
  fields.odometer_km = u32(body, FIXED_BYTES + 4);
  fields.battery_volts = u16(body, FIXED_BYTES + 8) / 10;
  fields.gsm_signal = body[FIXED_BYTES + 14] ?? 0;
  return true;
}

function areItems(body: Uint8Array): boolean {
  let at = FIXED_BYTES;
  // No item has the id 0.
  while (at + 2 <= body.length && body[at] !== 0) at += 2 + (body[at + 1] ?? 0);
  return at === body.length;
}
