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
          ...numbers(item, [['steps', 'steps', 0]]),
        },
      ]);
    case 'beacon':
      return ok([decodeBeacon(item, receivedMs)]);
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

/** Key in the message, key in the record, least value that means something. */
type NumberField = readonly [string, string, number];

const LOCATION_NUMBERS: readonly NumberField[] = [
  ['acc', 'accuracy_m', 0],
  ['alt', 'altitude_m', -12_000],
  ['vac', 'vertical_accuracy_m', 0],
  ['vel', 'speed_kmh', 0],
  ['cog', 'course_deg', 0],
  ['batt', 'battery_percent', 0],
  ['p', 'pressure_kpa', 0],
  ['m', 'monitoring_mode', -2],
  // Of Queclink trackers behind their gateway.
  ['ubatt', 'battery_volts', 0],
  ['uext', 'power_volts', 0],
  ['odometer', 'odometer_km', 0],
  ['rpm', 'rpm', 0],
];

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
  const state = BATTERY_STATES[finite(item.bs) ?? -1];
  const alarm = ALARMS.get(item.t);
  const created = readTime(item.created_at);
  return ok([
    {
      kind: 'position',
      time: recordTime(at.value),
      valid: true,
      ...place.value,
      ...numbers(item, LOCATION_NUMBERS),
      ...texts(item, [
        ['t', 'trigger'],
        ['tid', 'tracker_id'],
        ['conn', 'connection'],
        ['SSID', 'ssid'],
        ['BSSID', 'bssid'],
        ['poi', 'poi'],
        ['tag', 'tag'],
      ]),
      ...lists(item, [
        ['inregions', 'regions'],
        ['inrids', 'region_ids'],
        ['motionactivities', 'motion_activities'],
      ]),
      ...(state === undefined ? {} : { battery_state: state }),
      ...(state === undefined || state === 'unknown' ? {} : { charging: state !== 'unplugged' }),
      ...(typeof item.ign === 'boolean' ? { acc_on: item.ign } : {}),
      ...(alarm === undefined ? {} : { alarms: [alarm] }),
      ...(created === undefined ? {} : { created: recordTime(created) }),
      ...(isOld ? { archived: true } : {}),
    },
  ]);
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
      ...numbers(item, [['acc', 'accuracy_m', 0]]),
      ...texts(item, [
        ['desc', 'region'],
        ['rid', 'region_id'],
        ['t', 'trigger'],
        ['tid', 'tracker_id'],
      ]),
      ...times(item, [
        ['wtst', 'region_created'],
        ['created_at', 'created'],
      ]),
    },
  ]);
}

function decodeWaypoint(item: Json): DeviceRecord {
  const place = placeOf(item);
  return {
    kind: 'waypoint',
    ...(place.ok ? place.value : {}),
    ...numbers(item, [
      ['rad', 'radius_m', 0],
      ['major', 'beacon_major', 0],
      ['minor', 'beacon_minor', 0],
    ]),
    ...texts(item, [
      ['desc', 'region'],
      ['rid', 'region_id'],
      ['uuid', 'beacon_uuid'],
    ]),
    ...times(item, [['tst', 'region_created']]),
  };
}

function decodeBeacon(item: Json, receivedMs: Instant): DeviceRecord {
  const beacon: Fields = {
    ...texts(item, [['uuid', 'uuid']]),
    ...numbers(item, [
      ['major', 'major', 0],
      ['minor', 'minor', 0],
      ['acc', 'accuracy_m', 0],
      ['rssi', 'rssi', -200],
    ]),
  };
  return { kind: 'network', time: recordTime(readTime(item.tst) ?? receivedMs), beacons: [beacon] };
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

function numbers(item: Json, fields: readonly NumberField[]): Fields {
  const found: Fields = {};
  for (const [theirs, ours, min] of fields) {
    const value = numberOf(item[theirs]);
    if (value !== undefined && value >= min) found[ours] = value;
  }
  return found;
}

function texts(item: Json, fields: readonly (readonly [string, string])[]): Fields {
  const found: Fields = {};
  for (const [theirs, ours] of fields) {
    const value = item[theirs];
    if (typeof value === 'string' && value !== '') found[ours] = value.slice(0, MAX_TEXT);
  }
  return found;
}

function lists(item: Json, fields: readonly (readonly [string, string])[]): Fields {
  const found: Fields = {};
  for (const [theirs, ours] of fields) {
    const value = item[theirs];
    if (!Array.isArray(value)) continue;
    found[ours] = value
      .slice(0, MAX_ITEMS)
      .flatMap((each: unknown) => (typeof each === 'string' ? [each.slice(0, MAX_TEXT)] : []));
  }
  return found;
}

function times(item: Json, fields: readonly (readonly [string, string])[]): Fields {
  const found: Fields = {};
  for (const [theirs, ours] of fields) {
    const value = readTime(item[theirs]);
    if (value !== undefined) found[ours] = recordTime(value);
  }
  return found;
}
