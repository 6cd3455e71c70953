/**
 * OsmAnd / Traccar Client over HTTP (protocols.md, part C; traccar.org/osmand). Query form: any method and path, parameters in
 * the query or, when that is empty, in an urlencoded body; speed in knots. JSON form (client 9 and later): speed in m/s,
 * battery level 0…1, −1 for unknown, `location` possibly an array of stored fixes. Pure: request in, native observations out.
 */
import { isObject, type Json, show } from '../../kernel/field.ts';
import { formatInstant, type Instant, parseInstant } from '../../kernel/instant.ts';
import type { DeviceStatusCode } from '../../kernel/log-event.ts';
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';

export interface OsmandRequest {
  /** The part of the request's target behind `?`, or empty. */
  readonly query: string;
  readonly contentType: string;
  readonly body: string;
}

export interface OsmandReport {
  /** Id on the wire. */
  readonly device: string;
  readonly observations: readonly OsmandObservation[];
}

export interface OsmandObservation {
  /** An observation in the native form without subject, or why it could not be read. */
  readonly json: Result<Json, Refusal>;
  /** What it was read from, when the request held many: a request of its own, so that it can be replayed alone. */
  readonly part: OsmandRequest | null;
}

const MPS_PER_KNOT = 1852 / 3600;

/** Fails when the body can't be read at all (`not-json`, `not-an-object`) or names no device (`missing-field`). */
export function decodeOsmand(request: OsmandRequest, receivedMs: Instant): Result<OsmandReport, Refusal> {
  if (/^application\/json\b/i.test(request.contentType) && request.body.trim() !== '')
    return decodeJsonForm(request.body, receivedMs);
  const parameters = new URLSearchParams(request.query !== '' ? request.query : request.body);
  const device = parameters.get('id') ?? parameters.get('deviceid');
  if (device === null || device === '')
    return refuse('missing-field', 'id', 'the request names no device: set id');
  const records = decodeParameters(device, parameters, receivedMs);
  return ok({ device, observations: records.map((json) => ({ json, part: null })) });
}

function decodeParameters(
  device: string,
  parameters: URLSearchParams,
  receivedMs: Instant,
): Result<Json, Refusal>[] {
  const given = parameters.get('timestamp');
  const atMs = given === null || given === '' ? receivedMs : readTimestamp(given);
  if (atMs === undefined)
    return [refuse('bad-time', 'timestamp', `must be seconds, milliseconds or ISO 8601, not ${show(given)}`)];
  const at = formatInstant(atMs);
  const number = (key: string) => readNumber(parameters.get(key));
  const [first = null, second = null] = parameters.get('location')?.split(',') ?? [];
  const latText = parameters.get('lat') ?? first;
  const lonText = parameters.get('lon') ?? second;
  const valid = parameters.get('valid');
  const isFix =
    (latText !== null || lonText !== null) && (valid === null || valid === 'true' || valid === '1');
  const mock = parameters.get('mock');
  return [
    isFix
      ? ok({
          type: 'position',
          device,
          at,
          lat: readNumber(latText) ?? latText ?? undefined,
          lon: readNumber(lonText) ?? lonText ?? undefined,
          ...optional({
            speedMps: times(number('speed'), MPS_PER_KNOT),
            headingDeg: number('bearing') ?? number('heading'),
            altitudeM: number('altitude'),
            accuracyM: number('accuracy'),
            batteryPct: number('batt'),
          }),
          ...(mock === null ? {} : { mock: mock === 'true' || mock === '1' }),
        })
      : ok(status(device, at, 'reachable')),
    ...statusesOf(device, at, parameters.get('alarm'), parameters.get('charge') === 'true'),
  ];
}

function decodeJsonForm(body: string, receivedMs: Instant): Result<OsmandReport, Refusal> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse('not-json', '', `the body is not JSON: ${reason}`);
  }
  if (!isObject(json)) return refuse('not-an-object', '', 'the body must be a JSON object');
  const { device_id: id, location } = json;
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '')
    return refuse('missing-field', 'device_id', 'the body names no device: set device_id');
  const device = String(id);
  if (!Array.isArray(location)) {
    const records = decodeLocation(device, location, receivedMs);
    return ok({ device, observations: records.map((record) => ({ json: record, part: null })) });
  }
  return ok({
    device,
    observations: location.flatMap((item: unknown): OsmandObservation[] => {
      const part = requestOf(id, item);
      if (!part.ok) return [{ json: part, part: null }];
      return decodeLocation(device, item, receivedMs).map((json) => ({ json, part: part.value }));
    }),
  });
}

function requestOf(id: string | number, location: unknown): Result<OsmandRequest, Refusal> {
  try {
    const body = JSON.stringify({ device_id: id, location });
    return ok({ query: '', contentType: 'application/json', body });
  } catch {
    // JSON.parse reads deeper nesting than JSON.stringify can write: no client nests so deep.
    return refuse('too-large', 'location', 'is nested too deeply');
  }
}

function decodeLocation(device: string, location: unknown, receivedMs: Instant): Result<Json, Refusal>[] {
  if (!isObject(location))
    return [refuse('missing-field', 'location', `must be an object, not ${show(location)}`)];
  const { timestamp, coords } = location;
  const atMs = timestamp === undefined || timestamp === null ? receivedMs : readTimestamp(timestamp);
  if (atMs === undefined)
    return [
      refuse(
        'bad-time',
        'location.timestamp',
        `must be ISO 8601, seconds or milliseconds, not ${show(timestamp)}`,
      ),
    ];
  const at = formatInstant(atMs);
  const battery = isObject(location.battery) ? location.battery : {};
  const statuses = statusesOf(device, at, location.alarm, battery.is_charging === true);
  // Heartbeats and provider changes come without coordinates: the phone lives.
  if (!isObject(coords)) return [ok(status(device, at, 'reachable')), ...statuses];
  const mock = location.mock ?? coords.mock;
  const level = known(battery.level);
  return [
    ok({
      type: 'position',
      device,
      at,
      lat: coords.latitude,
      lon: coords.longitude,
      ...optional({
        accuracyM: known(coords.accuracy),
        speedMps: known(coords.speed),
        headingDeg: known(coords.heading),
        altitudeM: known(coords.altitude),
        // Rounded: level × 100 cut to an integer makes 28 of 0.29.
        batteryPct: level === undefined ? undefined : Math.round(level * 100),
      }),
      ...(typeof mock === 'boolean' ? { mock } : {}),
    }),
    ...statuses,
  ];
}

function status(device: string, at: string, code: DeviceStatusCode): Json {
  return { type: 'status', device, at, status: code };
}

/** Traccar's names of alarms (`Position.ALARM_…`) that are statuses here; others say nothing about the device's state. */
const ALARMS: ReadonlyMap<string, DeviceStatusCode> = new Map([
  ['sos', 'sos'],
  ['lowBattery', 'low-battery'],
  ['powerOff', 'power-off'],
  ['powerOn', 'power-on'],
  ['removing', 'strap-cut'],
  ['tampering', 'strap-cut'],
]);

function statusesOf(
  device: string,
  at: string,
  alarm: unknown,
  isCharging: boolean,
): Result<Json, Refusal>[] {
  const code = typeof alarm === 'string' ? ALARMS.get(alarm) : undefined;
  return [
    ...(code === undefined ? [] : [ok(status(device, at, code))]),
    ...(isCharging ? [ok(status(device, at, 'charging'))] : []),
  ];
}

/** Seconds below 2³¹, else milliseconds; ISO 8601; `yyyy-MM-dd HH:mm:ss`, whose zone is not told and taken as UTC. */
function readTimestamp(value: unknown): Instant | undefined {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{1,16}(\.\d{1,9})?$/.test(value))) {
    const number = Number(value);
    const ms = Math.round(number < 2 ** 31 ? number * 1000 : number);
    return ms >= 0 && ms <= LAST_MS ? ms : undefined;
  }
  if (typeof value !== 'string' || value.length > 40) return undefined;
  const plain = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?$/.test(value)
    ? `${value.replace(' ', 'T')}Z`
    : value;
  const ms = parseInstant(plain);
  return ms !== undefined && ms <= LAST_MS ? ms : undefined;
}

/** The last time that RFC 3339 can write with four digits of the year. */
const LAST_MS = Date.UTC(9999, 11, 31);

function readNumber(text: string | null): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

/** −1 stands for unknown in the JSON form. */
function known(value: unknown): number | undefined {
  return typeof value === 'number' && value !== -1 ? value : undefined;
}

/** What a position may say beside its place. What can't be meant is left out: the fix itself counts. */
const MEANT = {
  speedMps: (value: number) => value >= 0 && value <= 1000,
  headingDeg: (value: number) => value >= 0 && value <= 360,
  altitudeM: (value: number) => value >= -1000 && value <= 100_000,
  // Android's 0 means that there is none (Location.getAccuracy); nobody knows a place to the millimetre.
  accuracyM: (value: number) => value > 0 && value <= 1e7,
  batteryPct: (value: number) => value >= 0 && value <= 100,
} as const;

function optional(values: { readonly [K in keyof typeof MEANT]: number | undefined }): Json {
  const meant: Record<string, number> = {};
  for (const key of Object.keys(MEANT) as (keyof typeof MEANT)[]) {
    const value = values[key];
    if (value !== undefined && MEANT[key](value)) meant[key] = value;
  }
  return meant;
}
