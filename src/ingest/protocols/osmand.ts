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
  /** Observations in the native form without subject, or why one could not be read. */
  readonly observations: readonly Result<Json, Refusal>[];
}

const KNOTS_TO_MPS = 1852 / 3600;
const MAX_STORED = 10_000;

/** Fails only when the request names no device: then it is nobody's, and the client is told so (400). */
export function decodeOsmand(request: OsmandRequest, receivedMs: Instant): Result<OsmandReport, Refusal> {
  if (/^application\/json\b/i.test(request.contentType) && request.body.trim() !== '')
    return decodeJsonForm(request.body, receivedMs);
  const parameters = new URLSearchParams(request.query !== '' ? request.query : request.body);
  const device = parameters.get('id') ?? parameters.get('deviceid');
  if (device === null || device === '')
    return refuse('missing-field', 'id', 'the request names no device: set id');
  const observations: Result<Json, Refusal>[] = [decodeParameters(device, parameters, receivedMs)];
  const status = statusOf(parameters.get('alarm'));
  const first = observations[0];
  if (status !== undefined && first?.ok === true)
    observations.push(ok(statusRecord(device, first.value.at, status)));
  return ok({ device, observations });
}

function decodeParameters(
  device: string,
  parameters: URLSearchParams,
  receivedMs: Instant,
): Result<Json, Refusal> {
  const given = parameters.get('timestamp');
  const atMs = given === null ? receivedMs : readTimestamp(given);
  if (atMs === undefined)
    return refuse('bad-time', 'timestamp', `must be seconds, milliseconds or ISO 8601, not ${show(given)}`);
  const at = formatInstant(atMs);
  const [first, second] = parameters.get('location')?.split(',') ?? [];
  const latText = parameters.get('lat') ?? first ?? null;
  const lonText = parameters.get('lon') ?? second ?? null;
  // A report of cells and Wi-Fi without a fix is a sign of life; what it heard is for the devices' own issue.
  if (latText === null && lonText === null) return ok(statusRecord(device, at, 'reachable'));
  const valid = parameters.get('valid');
  if (valid !== null && valid !== 'true' && valid !== '1') return ok(statusRecord(device, at, 'reachable'));
  return ok({
    type: 'position',
    device,
    at,
    lat: readNumber(latText),
    lon: readNumber(lonText),
    ...present('speedMps', scaled(parameters.get('speed'), KNOTS_TO_MPS)),
    ...present('headingDeg', heading(readNumber(parameters.get('bearing') ?? parameters.get('heading')))),
    ...present('altitudeM', readNumber(parameters.get('altitude'))),
    ...present('accuracyM', readNumber(parameters.get('accuracy'))),
    ...present('batteryPct', readNumber(parameters.get('batt'))),
    ...(parameters.has('mock') ? { mock: parameters.get('mock') === 'true' } : {}),
  });
}

function decodeJsonForm(body: string, receivedMs: Instant): Result<OsmandReport, Refusal> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    return refuse(
      'not-json',
      '',
      `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!isObject(json)) return refuse('not-an-object', '', 'the body must be a JSON object');
  const { device_id: id } = json;
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '')
    return refuse('missing-field', 'device_id', 'the body names no device: set device_id');
  const device = String(id);
  const locations = Array.isArray(json.location) ? json.location.slice(0, MAX_STORED) : [json.location];
  return ok({
    device,
    observations: locations.flatMap((location) => decodeLocation(device, location, receivedMs)),
  });
}

function decodeLocation(device: string, location: unknown, receivedMs: Instant): Result<Json, Refusal>[] {
  if (!isObject(location))
    return [refuse('missing-field', 'location', `must be an object, not ${show(location)}`)];
  const atMs = location.timestamp === undefined ? receivedMs : readTimestamp(location.timestamp);
  if (atMs === undefined)
    return [refuse('bad-time', 'location.timestamp', `must be ISO 8601, not ${show(location.timestamp)}`)];
  const at = formatInstant(atMs);
  const { coords } = location;
  const alarm = statusOf(location.alarm);
  const records: Result<Json, Refusal>[] = alarm === undefined ? [] : [ok(statusRecord(device, at, alarm))];
  // Heartbeats and provider changes come without coordinates: the phone lives.
  if (!isObject(coords)) return [...records, ok(statusRecord(device, at, 'reachable'))];
  const battery = isObject(location.battery) ? location.battery : {};
  const mock = location.mock ?? coords.mock;
  records.unshift(
    ok({
      type: 'position',
      device,
      at,
      lat: coords.latitude,
      lon: coords.longitude,
      ...present('accuracyM', known(coords.accuracy)),
      ...present('speedMps', known(coords.speed)),
      ...present('headingDeg', heading(known(coords.heading))),
      ...(typeof coords.altitude === 'number' ? { altitudeM: coords.altitude } : {}),
      // Rounded: level × 100 cut to an integer makes 28 of 0.29.
      ...present(
        'batteryPct',
        typeof battery.level === 'number' && battery.level >= 0 ? Math.round(battery.level * 100) : undefined,
      ),
      ...(typeof mock === 'boolean' ? { mock } : {}),
    }),
  );
  return records;
}

function statusRecord(device: string, at: unknown, status: DeviceStatusCode): Json {
  return { type: 'status', device, at, status };
}

/** Traccar's names of alarms that are statuses here. */
const ALARMS: Readonly<Record<string, DeviceStatusCode>> = {
  sos: 'sos',
  lowBattery: 'low-battery',
  powerOff: 'power-off',
  powerOn: 'power-on',
  powerCut: 'power-off',
};

function statusOf(alarm: unknown): DeviceStatusCode | undefined {
  return typeof alarm === 'string' && Object.hasOwn(ALARMS, alarm) ? ALARMS[alarm] : undefined;
}

/** Seconds below 2³¹, else milliseconds; ISO 8601; `yyyy-MM-dd HH:mm:ss`, whose zone is not told and taken as UTC. */
function readTimestamp(value: unknown): Instant | undefined {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{1,16}(\.\d+)?$/.test(value))) {
    const number = Number(value);
    const ms = number < 2 ** 31 ? number * 1000 : number;
    return ms <= 8.64e15 ? Math.round(ms) : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const plain = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(value) ? `${value.replace(' ', 'T')}Z` : value;
  return parseInstant(plain);
}

function readNumber(text: string | null): number | string | undefined {
  if (text === null || text === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function scaled(text: string | null, factor: number): number | string | undefined {
  const value = readNumber(text);
  return typeof value === 'number' ? value * factor : value;
}

/** −1 stands for unknown in the JSON form. */
function known(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

function heading(value: number | string | undefined): number | string | undefined {
  if (typeof value !== 'number') return value;
  return value < 0 ? undefined : value % 360;
}

function present(key: string, value: unknown): Json {
  return value === undefined ? {} : { [key]: value };
}
