/** One OwnTracks message → records, by its `_type` (owntracks.org/booklet/tech/json). Zero-valued elements may be left out; −1 is unknown. */
import { isObject, type Json, show } from '../../kernel/field.ts';
import type { Instant } from '../../kernel/instant.ts';
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import type { DeviceRecord, RecordValue } from './record.ts';
import { recordTime } from './record-time.ts';

type Fields = Record<string, RecordValue>;
type Records = Result<readonly DeviceRecord[], Refusal>;

/** `isOld`: the broker had kept it. */
export function decodeMessage(item: Json, receivedMs: Instant, isOld: boolean): Records {
  switch (item._type) {
    case 'location':
      return decodeLocation(item, isOld);
    case 'transition':
      return decodeTransition(item);
    case 'waypoint':
      return ok([decodeWaypoint(item)]);
    case 'waypoints':
      return ok(
        (Array.isArray(item.waypoints) ? item.waypoints : [])
          .slice(0, MAX_ITEMS)
          .filter(isObject)
          .map(decodeWaypoint),
      );
    case 'lwt':
      return ok([{ kind: 'lwt', time: recordTime(readTime(item.tst) ?? receivedMs) }]);
    case 'status':
      return ok([
        { kind: 'status', time: recordTime(readTime(item.tst) ?? receivedMs), ...platformsOf(item) },
      ]);
    case 'steps':
      return ok([
        {
          kind: 'health',
          time: recordTime(readTime(item.tst) ?? receivedMs),
          ...pick(item, STEPS),
        },
      ]);
    case 'beacon':
      return ok([
        {
          kind: 'network',
          time: recordTime(readTime(item.tst) ?? receivedMs),
          beacons: [pick(item, BEACON)],
        },
      ]);
    // What the server says to phones, friends to each other, and a phone about its own settings, passwords among them.
    case 'cmd':
    case 'card':
    case 'msg':
    case 'request':
    case 'configuration':
    case 'dump':
      return ok([]);
    default:
      return refuse(
        item._type === undefined ? 'missing-field' : 'unknown-value',
        '_type',
        `must be a message of OwnTracks, not ${show(item._type)}`,
      );
  }
}

/** Where an element of a message goes in the record, and what may stand in it: numbers have a least value that means something. */
type Field =
  | { readonly to: string; readonly min: number }
  | { readonly to: string; readonly is: 'text' | 'texts' | 'time' };
type FieldMap = ReadonlyMap<string, Field>;

const number = (to: string, min = 0): Field => ({ to, min });
const text = (to: string): Field => ({ to, is: 'text' });
const time = (to: string): Field => ({ to, is: 'time' });

const LOCATION: FieldMap = new Map([
  ['acc', number('accuracy_m')],
  ['alt', number('altitude_m', -12_000)],
  ['vac', number('vertical_accuracy_m')],
  ['vel', number('speed_kmh')],
  ['cog', number('course_deg')],
  ['batt', number('battery_percent')],
  ['p', number('pressure_kpa')],
  ['m', number('monitoring_mode', -2)],
  ['t', text('trigger')],
  ['tid', text('tracker_id')],
  ['conn', text('connection')],
  ['SSID', text('ssid')],
  ['BSSID', text('bssid')],
  ['poi', text('poi')],
  ['tag', text('tag')],
  ['created_at', time('created')],
  ['inregions', { to: 'regions', is: 'texts' }],
  ['inrids', { to: 'region_ids', is: 'texts' }],
  ['motionactivities', { to: 'motion_activities', is: 'texts' }],
  // Of Queclink trackers behind their gateway.
  ['ubatt', number('battery_volts')],
  ['uext', number('power_volts')],
  ['odometer', number('odometer_km')],
  ['rpm', number('rpm')],
]);
const TRANSITION: FieldMap = new Map([
  ['acc', number('accuracy_m')],
  ['desc', text('region')],
  ['rid', text('region_id')],
  ['t', text('trigger')],
  ['tid', text('tracker_id')],
  ['wtst', time('region_created')],
  ['created_at', time('created')],
]);
const WAYPOINT: FieldMap = new Map([
  ['rad', number('radius_m')],
  ['desc', text('region')],
  ['rid', text('region_id')],
  ['tst', time('region_created')],
  ['uuid', text('beacon_uuid')],
  ['major', number('beacon_major')],
  ['minor', number('beacon_minor')],
]);
const BEACON: FieldMap = new Map([
  ['uuid', text('uuid')],
  ['major', number('major')],
  ['minor', number('minor')],
  ['acc', number('accuracy_m')],
  ['rssi', number('rssi', -200)],
]);
const STEPS: FieldMap = new Map([['steps', number('steps')]]);

const BATTERY_STATES = ['unknown', 'unplugged', 'charging', 'full'] as const;
/** Letters of `t` by which the Queclink gateway tells an alarm. */
const ALARMS: ReadonlyMap<unknown, string> = new Map([
  ['9', 'low_battery'],
  ['1', 'power_on'],
  ['e', 'power_cut'],
  ['E', 'power_restored'],
  ['!', 'tow'],
  ['s', 'overspeed'],
]);

function decodeLocation(item: Json, isOld: boolean): Records {
  const at = timeOf(item);
  if (!at.ok) return at;
  const place = placeOf(item);
  if (!place.ok) return place;
  const { lat, lon } = place.value;
  const fields = pick(item, LOCATION);
  const state = BATTERY_STATES[finite(item.bs) ?? -1];
  if (state !== undefined) fields.battery_state = state;
  if (state !== undefined && state !== 'unknown') fields.charging = state !== 'unplugged';
  if (typeof item.ign === 'boolean') fields.acc_on = item.ign;
  const alarm = ALARMS.get(item.t);
  if (alarm !== undefined) fields.alarms = [alarm];
  if (isOld) fields.archived = true;
  return ok([{ kind: 'position', time: recordTime(at.value), valid: true, lat, lon, ...fields }]);
}

function decodeTransition(item: Json): Records {
  const at = timeOf(item);
  if (!at.ok) return at;
  const { event } = item;
  if (event !== 'enter' && event !== 'leave')
    return refuse('unknown-value', 'event', `must be enter or leave, not ${show(event)}`);
  // The beacon that was met may be where the phone knew no place of its own.
  const place = placeOf(item);
  return ok([
    {
      kind: 'transition',
      event,
      time: recordTime(at.value),
      ...(place.ok ? place.value : {}),
      ...pick(item, TRANSITION),
    },
  ]);
}

function decodeWaypoint(item: Json): DeviceRecord {
  const place = placeOf(item);
  return { kind: 'waypoint', ...(place.ok ? place.value : {}), ...pick(item, WAYPOINT) };
}

/** One pass over what the message has: asking for each that it may have costs twice as much. */
function pick(item: Json, map: FieldMap): Fields {
  const fields: Fields = {};
  for (const key in item) {
    const field = map.get(key);
    if (field === undefined) continue;
    const value = 'min' in field ? atLeast(field.min, item[key]) : READ[field.is](item[key]);
    if (value !== undefined) fields[field.to] = value;
  }
  return fields;
}

const READ: Readonly<Record<'text' | 'texts' | 'time', (value: unknown) => RecordValue | undefined>> = {
  text: (value) => (typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT) : undefined),
  texts: (value) =>
    Array.isArray(value)
      ? value
          .slice(0, MAX_ITEMS)
          .flatMap((each: unknown) => (typeof each === 'string' ? [each.slice(0, MAX_TEXT)] : []))
      : undefined,
  time: (value) => {
    const at = readTime(value);
    return at === undefined ? undefined : recordTime(at);
  },
};

function atLeast(min: number, given: unknown): number | undefined {
  const value = numberOf(given);
  return value !== undefined && value >= min ? value : undefined;
}

const MAX_ITEMS = 200;
const MAX_TEXT = 256;

/** What the phone says hinders it (battery saver, rights withheld): `android` {hib, bo, loc, ps, wifi} or `iOS` {…}. */
function platformsOf(item: Json): Fields {
  const fields: Fields = {};
  for (const platform of ['android', 'iOS'] as const) {
    const given = item[platform];
    if (!isObject(given)) continue;
    const said: Fields = {};
    for (const [key, value] of Object.entries(given).slice(0, MAX_ITEMS))
      if (
        key !== '__proto__' &&
        key.length <= MAX_TEXT &&
        (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string')
      )
        said[key] = typeof value === 'string' ? value.slice(0, MAX_TEXT) : value;
    fields[platform.toLowerCase()] = said;
  }
  return fields;
}

function timeOf(item: Json): Result<Instant, Refusal> {
  const at = readTime(item.tst);
  return at === undefined
    ? refuse(
        'bad-time',
        'tst',
        `must be the seconds since 1970 at which the place was found, not ${show(item.tst)}`,
      )
    : ok(at);
}

/** Seconds since 1970, in old settings milliseconds, sometimes as a text; 0 is none. */
function readTime(value: unknown): Instant | undefined {
  const number = numberOf(value);
  if (number === undefined || number <= 0) return undefined;
  const ms = Math.round(number < 1e11 ? number * 1000 : number);
  return ms <= LAST_MS ? ms : undefined;
}

const LAST_MS = Date.UTC(9999, 11, 31);

/** Whether it can be on the globe is the intake's to say. */
function placeOf(item: Json): Result<{ lat: number; lon: number }, Refusal> {
  const lat = numberOf(item.lat);
  const lon = numberOf(item.lon);
  if (lat !== undefined && lon !== undefined) return ok({ lat, lon });
  const key = lat === undefined ? 'lat' : 'lon';
  return item[key] === undefined
    ? refuse('missing-field', key, 'is missing: a place has lat and lon')
    : refuse('bad-coordinates', key, `must be degrees, not ${show(item[key])}`);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'string' && value.trim() !== '' ? finite(Number(value)) : finite(value);
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
