/**
 * 0x5501 and 0x5502 of locks and trackers whose header counts messages in one byte: a location in BCD, degrees and minutes, then items
 * after fixed fields. 0x5502 is of a time without network.
 */
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import type { WallClock } from '../../kernel/wall-clock.ts';
import { bcd, hex16, hexOf, i16, u16, u32 } from './jt808-bytes.ts';
import type { DeviceRecord, RecordValue } from './record.ts';
import { recordTime } from './record-time.ts';

export const SHORT_LOCATION = 0x5501;
export const SHORT_STORED = 0x5502;

const FIXED_BYTES = 35;
const KMH_PER_KNOT = 1.852;
const FIX = 1;
const NORTH = 2;
const EAST = 4;
const MAX_PERCENT = 100;
const CHARGING: ReadonlySet<number> = new Set([0xaa, 0xab]);

/** By the product's number; the bits of others are not known. */
const ALARMS: ReadonlyMap<number, readonly (string | undefined)[]> = new Map([
  [1, ['low_power']],
  [2, ['low_power']],
  [3, ['overspeed', 'low_power', 'vibration', 'low_battery', undefined, 'fence_enter', 'fence_exit']],
]);

/** `clock`: what the device's times are in; absent: UTC. */
export function readShortLocation(
  id: number,
  body: Uint8Array,
  clock: WallClock | undefined,
): Result<DeviceRecord, Refusal> {
  if (body.length < FIXED_BYTES)
    return refuse('bad-shape', 'location', `has ${body.length} bytes: at least ${FIXED_BYTES} are needed`);
  const [latDigits, lonDigits] = [hexOf(body, 6, 10), hexOf(body, 10, 15).slice(0, 9)];
  const lat = degreesOf(latDigits, 2);
  const lon = degreesOf(lonDigits, 3);
  if (lat === undefined || lon === undefined)
    return refuse('bad-coordinates', 'location', `${latDigits} and ${lonDigits} are no degrees and minutes`);
  const flags = body[14] ?? 0;
  const fields: Record<string, RecordValue> = {
    kind: 'position',
    time: timeOf(body, clock),
    valid: (flags & FIX) !== 0,
    lat: (flags & NORTH) !== 0 || lat === 0 ? lat : -lat,
    lon: (flags & EAST) !== 0 || lon === 0 ? lon : -lon,
    course_deg: (body[16] ?? 0) * 2,
    gsm_signal: body[17] ?? 0,
    satellites: body[18] ?? 0,
    odometer_km: u32(body, 19),
    status_flags: hex16(u16(body, 31)),
    alarm_flags: hex16(u16(body, 33)),
    alarms: alarmsOf(body[30] ?? 0, u16(body, 33)),
  };
  const knots = bcd(body[15]);
  if (!Number.isNaN(knots)) fields.speed_kmh = knots * KMH_PER_KNOT;
  if (id === SHORT_STORED) fields.archived = true;
  const battery = body[23] ?? 0;
  if (battery <= MAX_PERCENT) fields.battery_percent = battery;
  else if (CHARGING.has(battery)) fields.charging = true;
  readItems(body, fields);
  return ok(fields as DeviceRecord);
}

/** `22348476`: 22° 34.8476′. */
function degreesOf(digits: string, degreeDigits: 2 | 3): number | undefined {
  if (!/^\d+$/.test(digits)) return undefined;
  const minutes = Number(digits.slice(degreeDigits)) / 10_000;
  const degrees = Number(digits.slice(0, degreeDigits)) + minutes / 60;
  return minutes < 60 && degrees <= (degreeDigits === 2 ? 90 : 180)
    ? Math.round(degrees * 1e7) / 1e7
    : undefined;
}

/** DDMMYYhhmmss; null when it is none. */
function timeOf(body: Uint8Array, clock: WallClock | undefined): string | null {
  const [day, month, year] = [bcd(body[0]), bcd(body[1]), bcd(body[2])];
  const [hour, minute, second] = [bcd(body[3]), bcd(body[4]), bcd(body[5])];
  if (!(hour <= 23 && minute <= 59 && second <= 59 && day >= 1 && year >= 0)) return null;
  const shownMs = Date.UTC(2000 + year, month - 1, day, hour, minute, second);
  const shown = new Date(shownMs);
  // The language reads 30 February as 2 March.
  if (!(shown.getUTCMonth() === month - 1 && shown.getUTCDate() === day)) return null;
  return recordTime(clock === undefined ? shownMs : clock.toInstant(shownMs));
}

function alarmsOf(product: number, flags: number): string[] {
  const names = ALARMS.get(product) ?? [];
  return names.filter((name, bit): name is string => name !== undefined && ((flags >>> bit) & 1) === 1);
}

const [ALTITUDE, NETWORK] = [0x02, 0x0a];

/** Id, length, value; the cell stands before them and its network among them. */
function readItems(body: Uint8Array, fields: Record<string, RecordValue>): void {
  const cell = { lac: u16(body, 28), cid: u32(body, 24) };
  const extras: RecordValue[] = [];
  let network: { mcc: number; mnc: number } | undefined;
  for (let at = FIXED_BYTES; at + 2 <= body.length; ) {
    const [id, start] = [body[at] ?? 0, at + 2];
    const end = start + (body[at + 1] ?? 0);
    if (end > body.length) break;
    if (id === ALTITUDE && end - start === 2) fields.altitude_m = i16(body, start);
    else if (id === NETWORK && end - start === 3)
      network = { mcc: u16(body, start), mnc: body[start + 2] ?? 0 };
    else extras.push({ id: `0x${hexOf(body, at, at + 1)}`, hex: hexOf(body, start, end) });
    at = end;
  }
  if (cell.lac > 0 && cell.cid > 0 && network !== undefined && network.mcc > 0)
    fields.cells = [{ ...network, ...cell }];
  if (extras.length > 0) fields.extras = extras;
}
