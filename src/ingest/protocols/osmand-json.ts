/** One location of Traccar Client's JSON form (client 9 and later): a fix, or an event without one. */
import { isObject, type Json, show } from '../../kernel/field.ts';
import type { Instant } from '../../kernel/instant.ts';
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import {
  type Fields,
  finite,
  known,
  MAX_ATTRIBUTES,
  MAX_TEXT,
  put,
  putFlag,
  putText,
  readPlace,
  readTimestamp,
  setOwn,
} from './osmand-values.ts';
import type { DeviceRecord } from './record.ts';
import { recordTime } from './record-time.ts';

const KMH_PER_MPS = 3.6;

export function decodeLocation(location: unknown, receivedMs: Instant): Result<DeviceRecord, Refusal> {
  if (!isObject(location))
    return refuse('missing-field', 'location', `must be an object, not ${show(location)}`);
  const { timestamp, coords } = location;
  const atMs = timestamp === undefined || timestamp === null ? receivedMs : readTimestamp(timestamp);
  if (atMs === undefined)
    return refuse(
      'bad-time',
      'location.timestamp',
      `must be ISO 8601, seconds or milliseconds, not ${show(timestamp)}`,
    );
  const fields: Fields = {};
  let where: { lat: number; lon: number } | undefined;
  if (isObject(coords)) {
    const { latitude, longitude } = coords;
    const place = readPlace(finite(latitude), finite(longitude), latitude, longitude, 'location.coords.');
    if (!place.ok) return place;
    where = place.value;
    const speed = known(coords.speed);
    put(fields, 'speed_kmh', speed === undefined ? undefined : speed * KMH_PER_MPS, 0);
    put(fields, 'course_deg', known(coords.heading), 0);
    put(fields, 'accuracy_m', known(coords.accuracy), 0);
    put(fields, 'altitude_m', known(coords.altitude));
  }
  const battery = isObject(location.battery) ? location.battery : {};
  const activity = isObject(location.activity) ? location.activity.type : location.activity;
  const level = known(battery.level);
  const odometerM = known(location.odometer);
  // Rounded: level × 100 cut to an integer makes 28 of 0.29.
  put(fields, 'battery_percent', level === undefined ? undefined : Math.round(level * 100), 0);
  putFlag(fields, 'charging', battery.is_charging);
  putFlag(fields, 'motion', location.is_moving);
  putFlag(fields, 'mock', location.mock ?? (isObject(coords) ? coords.mock : undefined));
  putText(fields, 'activity', activity);
  putText(fields, 'event', location.event);
  putText(fields, 'alarm', location.alarm);
  put(fields, 'odometer_km', odometerM === undefined ? undefined : odometerM / 1000, 0);
  const extras = isObject(location.extras) ? attributesOf(location.extras) : {};
  if (Object.keys(extras).length > 0) fields.attributes = extras;
  // Heartbeats and provider changes come without coordinates: the phone lives.
  const time = recordTime(atMs);
  return ok(
    where === undefined
      ? { kind: 'status', time, ...fields }
      : { kind: 'position', time, valid: true, lat: where.lat, lon: where.lon, ...fields },
  );
}

function attributesOf(extras: Json): Fields {
  const attributes: Fields = {};
  for (const [key, value] of Object.entries(extras).slice(0, MAX_ATTRIBUTES)) {
    if (key.length > MAX_TEXT) continue;
    if (typeof value === 'string') setOwn(attributes, key, value.slice(0, MAX_TEXT));
    else if (typeof value === 'number' || typeof value === 'boolean') setOwn(attributes, key, value);
  }
  return attributes;
}
