/**
 * From what a device said (a record, in its protocol's words) to native observations, for the intake to check. A record may
 * give none, one, or a position and statuses. Pure.
 */
import type { Json } from '../kernel/field.ts';
import { formatInstant, type Instant, parseInstant } from '../kernel/instant.ts';
import type { DeviceStatusCode } from '../kernel/log-event.ts';
import { DEFAULT_POLICY } from '../kernel/policy.ts';
import type { Protocol } from '../kernel/roster.ts';
import { radius68M } from './confidence.ts';
import type { DeviceRecord, RecordKind } from './protocols/record.ts';

export interface ObservedBy {
  /** Id on the wire. */
  readonly device: string;
  readonly receivedMs: Instant;
  readonly protocol?: Protocol | undefined;
}

/** Whose devices mark what comes out of their store: everything else of them is said at the moment. */
const MARKS_STORED: ReadonlySet<Protocol | undefined> = new Set<Protocol | undefined>(['jt808', 'watch']);
/** What is said at the moment and bears an older time comes from a clock that was reset: a battery was out, a year was never set. */
const RESET_MS = DEFAULT_POLICY.backfillHorizonS * 1000;

const MPS_PER_KMH = 1 / 3.6;

/** Kinds that say nothing themselves but that the device lives and can speak. */
const SIGNS_OF_LIFE: ReadonlySet<RecordKind> = new Set<RecordKind>([
  'status',
  'health',
  'network',
  'transition',
  'waypoint',
  'command_result',
]);

export function signOfLife({ device, receivedMs }: ObservedBy): Json {
  return { type: 'status', device, at: formatInstant(receivedMs), status: 'reachable' };
}

/** A record whose time can't be used is of the time of receipt; what was stored and has none says only that the device is there. */
export function observationsOf(
  record: DeviceRecord,
  { device, receivedMs, protocol }: ObservedBy,
): readonly Json[] {
  const said = typeof record.time === 'string' ? record.time : undefined;
  const at = said ?? formatInstant(receivedMs);
  if (said === undefined && record.archived === true) return [signOfLife({ device, receivedMs })];
  // Its place is of the time that it says, or of none; that it speaks, and what it reports of itself, are of now.
  const wordAt = isReset(record, receivedMs, protocol) ? formatInstant(receivedMs) : at;
  const statuses = statusesOf(record).map((status) => ({ type: 'status', device, at: wordAt, status }));
  const alive = { type: 'status', device, at: wordAt, status: 'reachable' };
  if (record.kind === 'position')
    // Without a fix the coordinates are the last ones, or none: only the device is there.
    return record.valid === false ? [alive, ...statuses] : [positionOf(record, device, at), ...statuses];
  if (record.kind === 'position_error')
    // Only what the network says of the phone; that it could not find it says nothing.
    return record.reachability === 'absent' && record.asked_again !== true
      ? [{ ...alive, at: record.absent_since ?? at, status: 'unreachable' }]
      : [];
  // A last will is the broker's word about a connection: tunnels end those too, and silence has its own rule.
  return SIGNS_OF_LIFE.has(record.kind) ? [alive, ...statuses] : statuses;
}

/** Whether the clock by which a record was made had lost its time. */
export function isReset({ time, archived }: DeviceRecord, receivedMs: Instant, protocol?: Protocol): boolean {
  if (archived === true || !MARKS_STORED.has(protocol) || typeof time !== 'string') return false;
  const atMs = parseInstant(time);
  return atMs !== undefined && receivedMs - atMs > RESET_MS;
}

function positionOf(record: DeviceRecord, device: string, at: string): Json {
  const { lat, lon, mock, sequence, method } = record;
  const position: Record<string, unknown> = { type: 'position', device, at, lat, lon };
  put(position, 'speedMps', scaled(record.speed_kmh, MPS_PER_KMH), 0, 1000);
  put(position, 'headingDeg', record.course_deg, 0, 360);
  put(position, 'altitudeM', record.altitude_m, -1000, 100_000);
  // Android's 0 means that there is none (Location.getAccuracy); nobody knows a place to the millimetre.
  const { accuracy_m: said, confidence_percent: confidence } = record;
  const accuracyM =
    typeof said === 'number' && typeof confidence === 'number' ? radius68M(said, confidence) : said;
  put(position, 'accuracyM', accuracyM, Number.MIN_VALUE, 1e7);
  put(position, 'batteryPct', record.battery_percent, 0, 100);
  if (typeof mock === 'boolean') position.mock = mock;
  if (typeof sequence === 'number') position.sequence = sequence;
  if (method === 'gnss' || method === 'wifi' || method === 'cell') position.method = method;
  return position;
}

/** What can't be meant is left out: the fix itself counts. */
function put(position: Record<string, unknown>, key: string, value: unknown, min: number, max: number): void {
  if (typeof value === 'number' && value >= min && value <= max) position[key] = value;
}

function scaled(value: unknown, factor: number): number | undefined {
  return typeof value === 'number' ? value * factor : undefined;
}

/** Names of alarms and states, of all protocols, that are statuses here; the others say nothing about the device itself. */
const STATUSES: ReadonlyMap<unknown, DeviceStatusCode> = new Map<unknown, DeviceStatusCode>([
  ['sos', 'sos'],
  ['low_battery', 'low-battery'],
  ['lowBattery', 'low-battery'],
  // JT/T 808, bit 7: on what is worn, the main power is its battery.
  ['main_power_undervoltage', 'low-battery'],
  ['power_off', 'power-off'],
  ['powerOff', 'power-off'],
  ['power_on', 'power-on'],
  ['powerOn', 'power-on'],
  ['bracelet_removed', 'strap-cut'],
  ['strap_cut', 'strap-cut'],
  ['dismantled', 'strap-cut'],
  ['removing', 'strap-cut'],
  ['tampering', 'strap-cut'],
  ['strap_closed', 'strap-closed'],
]);

function statusesOf({ alarm, alarms, states, charging }: DeviceRecord): readonly DeviceStatusCode[] {
  if (alarm === undefined && alarms === undefined && states === undefined && charging !== true) return NONE;
  const found = new Set<DeviceStatusCode>();
  for (const names of [alarm, alarms, states]) {
    for (const name of Array.isArray(names) ? names : [names]) {
      const status = STATUSES.get(name);
      if (status !== undefined) found.add(status);
    }
  }
  if (charging === true) found.add('charging');
  return [...found];
}

const NONE: readonly DeviceStatusCode[] = [];
