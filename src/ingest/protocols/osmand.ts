/**
 * OsmAnd / Traccar Client over HTTP (protocols.md, part C; traccar.org/osmand). Query form: any method and path, parameters in
 * the query or, when that is empty, in an urlencoded body; speed in knots. JSON form (client 9 and later): speed in m/s,
 * battery level 0…1, −1 for unknown, `location` possibly an array of stored fixes, the whole possibly an array of such bodies. Pure: request in, records out.
 */
import { isObject, show } from '../../kernel/field.ts';
import type { Instant } from '../../kernel/instant.ts';
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import { decodeLocation } from './osmand-json.ts';
import {
  type Fields,
  MAX_ATTRIBUTES,
  MAX_TEXT,
  putFlag,
  putText,
  readFlag,
  readNumber,
  readPlace,
  readTimestamp,
  setOwn,
} from './osmand-values.ts';
import type { Decoded, DeviceRecord, RecordValue } from './record.ts';
import { recordTime } from './record-time.ts';

export interface OsmandRequest {
  /** The part of the request's target behind `?`, or empty. */
  readonly query: string;
  readonly contentType: string;
  readonly body: string;
}

const KMH_PER_KNOT = 1.852;

/**
 * One `Decoded` for the request, or one for each of its stored fixes: each with bytes of its own, from which
 * `readOsmandRequest` makes a request that holds nothing else. `device` is null only where the request names none
 * (`missing-field`) or can't be read at all (`not-json`, `not-an-object`).
 */
export function decodeOsmand(request: OsmandRequest, receivedMs: Instant): readonly Decoded[] {
  if (/^application\/json\b/i.test(request.contentType) && request.body.trim() !== '')
    return decodeJsonForm(request, receivedMs);
  const parameters = new URLSearchParams(request.query !== '' ? request.query : request.body);
  const device = parameters.get('id') ?? parameters.get('deviceid');
  return device === null || device === ''
    ? [decoded(null, refuse('missing-field', 'id', 'the request names no device: set id'), request)]
    : [decoded(device, decodeParameters(parameters, receivedMs), request)];
}

function decoded(
  device: string | null,
  record: Result<DeviceRecord, Refusal>,
  request: OsmandRequest,
): Decoded {
  return {
    device,
    records: record.ok ? [record.value] : [],
    refusal: record.ok ? null : record.error,
    // Asked for only when something is refused.
    get raw() {
      return writeOsmandRequest(request);
    },
  };
}

/** The request as quarantine keeps it. */
function writeOsmandRequest({ query, contentType, body }: OsmandRequest): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ query, contentType, body }));
}

/** The inverse, for quarantined bytes. */
export function readOsmandRequest(raw: Uint8Array): OsmandRequest | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(raw));
  } catch {
    // Not what `writeOsmandRequest` wrote.
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const { query, contentType, body } = json;
  return typeof query === 'string' && typeof contentType === 'string' && typeof body === 'string'
    ? { query, contentType, body }
    : undefined;
}

/** Parameters whose value is a number: field, factor, least value that means something (clients write −1 for none). */
const NUMBERS: ReadonlyMap<string, readonly [string, number, number]> = new Map([
  ['speed', ['speed_kmh', KMH_PER_KNOT, 0]],
  ['bearing', ['course_deg', 1, 0]],
  ['heading', ['course_deg', 1, 0]],
  ['altitude', ['altitude_m', 1, Number.NEGATIVE_INFINITY]],
  ['accuracy', ['accuracy_m', 1, 0]],
  ['hdop', ['hdop', 1, 0]],
  ['batt', ['battery_percent', 1, 0]],
]);

/** The first value of a parameter counts, as for the id. */
function decodeParameters(parameters: URLSearchParams, receivedMs: Instant): Result<DeviceRecord, Refusal> {
  let timestamp = '';
  let lat: string | undefined;
  let lon: string | undefined;
  let location: string | undefined;
  let attributes: Fields | undefined;
  let attributeCount = 0;
  const cells: RecordValue[] = [];
  const wifi: RecordValue[] = [];
  const fields: Fields = {};
  // One pass: asking for each parameter by its name costs three times as much, and this is the hot path.
  for (const [key, value] of parameters) {
    const number = NUMBERS.get(key);
    if (number !== undefined) {
      const [field, factor, min] = number;
      const read = readNumber(value);
      if (read !== undefined && read >= min && fields[field] === undefined) fields[field] = read * factor;
      continue;
    }
    switch (key) {
      case 'id':
      case 'deviceid':
      // A key to somebody's phone.
      case 'notificationToken':
        break;
      case 'timestamp':
        timestamp ||= value;
        break;
      case 'lat':
        lat ??= value;
        break;
      case 'lon':
        lon ??= value;
        break;
      case 'location':
        location ??= value;
        break;
      case 'valid':
        fields.valid ??= value === 'true' || value === '1';
        break;
      case 'charge':
        putFlag(fields, 'charging', value);
        break;
      case 'mock':
        putFlag(fields, 'mock', value);
        break;
      case 'alarm':
        putText(fields, 'alarm', value);
        break;
      case 'driverUniqueId':
        putText(fields, 'driver_id', value);
        break;
      case 'cell':
        cells.push(...readCell(value));
        break;
      case 'wifi':
        wifi.push(...readWifi(value));
        break;
      default:
        if (attributeCount++ < MAX_ATTRIBUTES && key.length <= MAX_TEXT) {
          attributes ??= {};
          setOwn(attributes, key, readNumber(value) ?? readFlag(value) ?? value.slice(0, MAX_TEXT));
        }
    }
  }
  const atMs = timestamp === '' ? receivedMs : readTimestamp(timestamp);
  if (atMs === undefined)
    return refuse(
      'bad-time',
      'timestamp',
      `must be seconds, milliseconds or ISO 8601, not ${show(timestamp)}`,
    );
  if (location !== undefined) {
    const [first, second] = location.split(',');
    lat ??= first;
    lon ??= second;
  }
  if (cells.length > 0) fields.cells = cells;
  if (wifi.length > 0) fields.wifi = wifi;
  if (attributes !== undefined) fields.attributes = attributes;
  const time = recordTime(atMs);
  if (lat === undefined && lon === undefined) {
    delete fields.valid;
    return ok({ kind: cells.length + wifi.length > 0 ? 'network' : 'status', time, ...fields });
  }
  const place = readPlace(readNumber(lat), readNumber(lon), lat, lon, '');
  if (!place.ok) return place;
  return ok({ kind: 'position', time, valid: true, lat: place.value.lat, lon: place.value.lon, ...fields });
}

/** `mcc,mnc,lac,cid[,signal]`; one that is not is left out. */
function readCell(text: string): RecordValue[] {
  const [mcc, mnc, lac, cid, signal] = text.split(',').map(readNumber);
  if (mcc === undefined || mnc === undefined || lac === undefined || cid === undefined) return [];
  return [{ mcc, mnc, lac, cid, ...(signal === undefined ? {} : { signal }) }];
}

/** `mac,rssi`, the address with dashes or colons. */
function readWifi(text: string): RecordValue[] {
  const [address = '', strength] = text.split(',');
  const mac = address.replaceAll('-', ':');
  const rssi = readNumber(strength);
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) return [];
  return [{ mac, ...(rssi === undefined ? {} : { rssi }) }];
}

function decodeJsonForm(request: OsmandRequest, receivedMs: Instant): readonly Decoded[] {
  let json: unknown;
  try {
    json = JSON.parse(request.body);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [decoded(null, refuse('not-json', '', `the body is not JSON: ${reason}`), request)];
  }
  if (!Array.isArray(json)) return decodeBody(json, request, receivedMs);
  if (json.length > MAX_BODIES)
    return [decoded(null, refuse('too-large', '', `has more than ${MAX_BODIES} elements`), request)];
  return json.flatMap((each: unknown) => {
    const part = requestOf(each);
    return part.ok
      ? decodeBody(each, part.value, receivedMs)
      : [decoded(null, part, { ...request, body: '' })];
  });
}

/** As many as the port takes fixes at once. */
const MAX_BODIES = 10_000;

/** What a client sends by itself, or as one of an array of them. */
function decodeBody(json: unknown, request: OsmandRequest, receivedMs: Instant): readonly Decoded[] {
  if (!isObject(json))
    return [decoded(null, refuse('not-an-object', '', 'the body must be a JSON object'), request)];
  const { device_id: id, location } = json;
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '')
    return [
      decoded(null, refuse('missing-field', 'device_id', 'the body names no device: set device_id'), request),
    ];
  const device = String(id);
  if (!Array.isArray(location)) return [decoded(device, decodeLocation(location, receivedMs), request)];
  return location.map((item: unknown) => {
    const part = requestOf({ device_id: id, location: item });
    return part.ok
      ? decoded(device, decodeLocation(item, receivedMs), part.value)
      : decoded(device, part, { ...request, body: JSON.stringify({ device_id: id }) });
  });
}

function requestOf(json: unknown): Result<OsmandRequest, Refusal> {
  try {
    const body = JSON.stringify(json);
    return ok({ query: '', contentType: 'application/json', body });
  } catch {
    // JSON.parse reads deeper nesting than JSON.stringify can write: no client nests so deep.
    return refuse('too-large', 'location', 'is nested too deeply');
  }
}
