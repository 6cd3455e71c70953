/**
 * One line of the observations log or of an observations file: JSON text ↔ `LogEvent`. Times are ISO 8601 in the text
 * and milliseconds inside. Contract: design.md, "wardline replay". Unknown keys are ignored, wrong ones refused.
 */
import { isObject, isText, type Json, show } from './field.ts';
import { formatInstant, type Instant, parseInstant } from './instant.ts';
import {
  CHECKIN_METHODS,
  DEVICE_STATUSES,
  type LogEvent,
  type Observation,
  POSITION_METHODS,
  type Position,
  receiptOf,
  SPOT_CHECK_METHODS,
  SPOT_CHECK_RESULTS,
} from './log-event.ts';
import { decodePolicyDocument, encodePolicyDocument } from './policy-file.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import {
  decodeCalendar,
  decodeMuster,
  decodeSubjectProfile,
  encodeMuster,
  encodeSubjectProfile,
} from './roster-file.ts';
import { decodeZone, encodeZone } from './zone-file.ts';

export function decodeLogLine(text: string): Result<LogEvent, Refusal> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refuse('not-json', '', `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return decodeLogEvent(json);
}

/** `received` defaults to `at`. */
export function decodeLogEvent(json: unknown): Result<LogEvent, Refusal> {
  if (!isObject(json)) return refuse('not-an-object', '', `a line must be a JSON object, not ${show(json)}`);
  switch (json.type) {
    case 'position':
    case 'status':
    case 'checkin':
      return decodeObservation(json);
    case 'tick': {
      const atMs = parseInstant(json.at);
      return atMs === undefined ? badTime(json, 'at') : ok({ type: 'tick', atMs });
    }
    case 'feed': {
      const { feed, status } = json;
      const atMs = parseInstant(json.at);
      if (atMs === undefined) return badTime(json, 'at');
      if (!isText(feed)) return badText(json, 'feed');
      if (status !== 'down' && status !== 'up')
        return refuse('unknown-value', 'status', `must be down or up, not ${show(status)}`);
      const sinceMs = parseInstant(json.since);
      const { overdue, live, cause } = json;
      return ok({
        type: 'feed',
        feed,
        atMs,
        status,
        ...(sinceMs === undefined ? {} : { sinceMs }),
        ...(typeof overdue === 'number' && typeof live === 'number' ? { overdue, live } : {}),
        ...(cause === 'operator' ? { cause } : {}),
      });
    }
    case 'profile':
      return withDocument(
        json,
        'profile',
        decodeSubjectProfile(json.profile, 'profile'),
        (atMs, profile) => ({ type: 'profile', atMs, profile }),
      );
    case 'zone':
      return withDocument(json, 'zone', decodeZone(json.zone, 'zone'), (atMs, zone) => ({
        type: 'zone',
        atMs,
        zone,
      }));
    case 'policy':
      return withDocument(json, 'policy', decodePolicyDocument(json.policy), (atMs, policy) => ({
        type: 'policy',
        atMs,
        policy,
      }));
    case 'calendar':
      return withDocument(json, 'calendar', decodeCalendar(json.calendar), (atMs, calendar) => ({
        type: 'calendar',
        atMs,
        calendar,
      }));
    case 'muster':
      return withDocument(json, 'muster', decodeMuster(json.muster), (atMs, muster) => ({
        type: 'muster',
        atMs,
        muster,
      }));
    case 'no-contact': {
      const { whose, others } = json;
      const atMs = parseInstant(json.at);
      if (atMs === undefined) return badTime(json, 'at');
      if (!isText(whose)) return badText(json, 'whose');
      if (!Array.isArray(others) || !others.every(isText))
        return refuse('wrong-type', 'others', `must be a list of ids, not ${show(others)}`);
      return ok({ type: 'no-contact', atMs, whose, others });
    }
    case 'sighting':
      return decodeSighting(json);
    case 'spot-check':
      return decodeSpotCheck(json);
    default:
      return refuse(
        json.type === undefined ? 'missing-field' : 'unknown-value',
        'type',
        `must be position, status, checkin, profile, feed, tick, zone, policy, calendar, muster, no-contact, sighting or spot-check, not ${show(json.type)}`,
      );
  }
}

/**
 * What comes from outside: position, status or check-in, subject and device (or terminal) named.
 * `receivedMs` stands in where the line has no `received`; without it `received` is `at`.
 */
export function decodeObservation(json: unknown, receivedMs?: Instant): Result<Observation, Refusal> {
  if (!isObject(json))
    return refuse('not-an-object', '', `an observation must be a JSON object, not ${show(json)}`);
  const atMs = parseInstant(json.at);
  if (atMs === undefined) return badTime(json, 'at');
  let received = receivedMs ?? atMs;
  if (json.received !== undefined && json.received !== null) {
    const given = parseInstant(json.received);
    if (given === undefined) return badTime(json, 'received');
    received = given;
  }
  const { subject } = json;
  if (!isText(subject)) return badText(json, 'subject');
  const key = json.type === 'checkin' ? 'terminal' : 'device';
  const source = json[key];
  if (!isText(source)) return badText(json, key);
  switch (json.type) {
    case 'position':
      return decodePosition(json, subject, source, atMs, received);
    case 'status': {
      const status = DEVICE_STATUSES.find((known) => known === json.status);
      if (status === undefined)
        return refuse(
          'unknown-value',
          'status',
          `must be one of ${DEVICE_STATUSES.join(', ')}, not ${show(json.status)}`,
        );
      return ok({ type: 'status', subject, device: source, atMs, receivedMs: received, status });
    }
    case 'checkin': {
      const method = CHECKIN_METHODS.find((known) => known === json.method);
      if (method === undefined)
        return refuse(
          'unknown-value',
          'method',
          `must be one of ${CHECKIN_METHODS.join(', ')}, not ${show(json.method)}`,
        );
      return ok({ type: 'checkin', subject, terminal: source, atMs, receivedMs: received, method });
    }
    default:
      return refuse('unknown-value', 'type', `must be position, status or checkin, not ${show(json.type)}`);
  }
}

/** Optional numbers of a position with what can be meant by them. */
const POSITION_NUMBERS = [
  ['accuracyM', 0, 1e7],
  ['speedMps', 0, 1e5],
  ['headingDeg', 0, 360],
  ['altitudeM', -12_000, 1e6],
  ['batteryPct', 0, 100],
  ['sequence', -2_147_483_648, 4_294_967_295],
] as const;

function decodePosition(
  json: Json,
  subject: string,
  device: string,
  atMs: Instant,
  receivedMs: Instant,
): Result<Position, Refusal> {
  const { lat, lon } = json;
  if (typeof lat !== 'number') return badNumber(json, 'lat');
  if (typeof lon !== 'number') return badNumber(json, 'lon');
  if (!(lat >= -90 && lat <= 90))
    return refuse('bad-coordinates', 'lat', `must be from -90 to 90 degrees, not ${lat}`);
  if (!(lon >= -180 && lon <= 180))
    return refuse('bad-coordinates', 'lon', `must be from -180 to 180 degrees, not ${lon}`);
  // Always the same keys: objects of one shape are read several times as quickly, and all of the core reads these.
  const position: Position = {
    type: 'position',
    subject,
    device,
    atMs,
    receivedMs,
    lat,
    lon,
    accuracyM: optional(json.accuracyM),
    speedMps: optional(json.speedMps),
    headingDeg: optional(json.headingDeg),
    altitudeM: optional(json.altitudeM),
    batteryPct: optional(json.batteryPct),
    mock: optional(json.mock),
    method: optional(json.method),
    sequence: optional(json.sequence),
  };
  const fault = findFault(position, json);
  return fault ?? ok(position);
}

/** Checked afterwards by `findFault`. */
function optional<T>(value: unknown): T | undefined {
  return value === undefined || value === null ? undefined : (value as T);
}

function findFault(position: Position, json: Json): Result<never, Refusal> | undefined {
  for (const [key, min, max] of POSITION_NUMBERS) {
    const value: unknown = position[key];
    if (value === undefined) continue;
    if (typeof value !== 'number') return badNumber(json, key);
    if (!(value >= min && value <= max))
      return refuse('out-of-range', key, `must be from ${min} to ${max}, not ${value}`);
  }
  const { mock, method, sequence } = position;
  if (sequence !== undefined && !Number.isInteger(sequence))
    return refuse('wrong-type', 'sequence', `must be a whole number, not ${sequence}`);
  if (mock !== undefined && typeof mock !== 'boolean')
    return refuse('wrong-type', 'mock', `must be true or false, not ${show(mock)}`);
  if (method !== undefined && !POSITION_METHODS.includes(method))
    return refuse(
      'unknown-value',
      'method',
      `must be one of ${POSITION_METHODS.join(', ')}, not ${show(method)}`,
    );
  return undefined;
}

function decodeSighting(json: Json): Result<LogEvent, Refusal> {
  const { pair, who, lon, lat, sigmaM } = json;
  const atMs = parseInstant(json.at);
  if (atMs === undefined) return badTime(json, 'at');
  const receivedMs = parseInstant(json.received);
  if (receivedMs === undefined) return badTime(json, 'received');
  const [one, other] = Array.isArray(pair) && pair.length === 2 ? pair : [];
  if (!isText(one) || !isText(other))
    return refuse('wrong-type', 'pair', `must be two ids, not ${show(pair)}`);
  if (!isText(who) || (who !== one && who !== other)) return badText(json, 'who');
  if (typeof lon !== 'number') return badNumber(json, 'lon');
  if (typeof lat !== 'number') return badNumber(json, 'lat');
  if (typeof sigmaM !== 'number') return badNumber(json, 'sigmaM');
  return ok({ type: 'sighting', pair: [one, other], who, atMs, receivedMs, lon, lat, sigmaM });
}

function decodeSpotCheck(json: Json): Result<LogEvent, Refusal> {
  const { subject, check } = json;
  const atMs = parseInstant(json.at);
  if (atMs === undefined) return badTime(json, 'at');
  const receivedMs = json.received === undefined ? atMs : parseInstant(json.received);
  if (receivedMs === undefined) return badTime(json, 'received');
  if (!isText(subject)) return badText(json, 'subject');
  if (!isText(check)) return badText(json, 'check');
  const method = SPOT_CHECK_METHODS.find((known) => known === json.method);
  if (method === undefined)
    return refuse(
      'unknown-value',
      'method',
      `must be one of ${SPOT_CHECK_METHODS.join(', ')}, not ${show(json.method)}`,
    );
  const result = SPOT_CHECK_RESULTS.find((known) => known === json.result);
  if (result === undefined)
    return refuse(
      'unknown-value',
      'result',
      `must be one of ${SPOT_CHECK_RESULTS.join(', ')}, not ${show(json.result)}`,
    );
  return ok({ type: 'spot-check', subject, check, atMs, receivedMs, method, result });
}

function withDocument<T>(
  json: Json,
  key: string,
  decoded: Result<T, Refusal[]>,
  make: (atMs: Instant, value: T) => LogEvent,
): Result<LogEvent, Refusal> {
  const atMs = parseInstant(json.at);
  if (atMs === undefined) return badTime(json, 'at');
  if (decoded.ok) return ok(make(atMs, decoded.value));
  const first = decoded.error[0];
  return refuse(first?.code ?? 'wrong-type', first?.where || key, first?.message ?? 'is wrong');
}

function badTime(json: Json, key: string): Result<never, Refusal> {
  return json[key] === undefined
    ? refuse('missing-field', key, 'is missing: give an ISO 8601 time with its zone')
    : refuse(
        'bad-time',
        key,
        `must be an ISO 8601 time with its zone, such as 2026-03-01T00:00:00Z, not ${show(json[key])}`,
      );
}

function badText(json: Json, key: string): Result<never, Refusal> {
  return json[key] === undefined
    ? refuse('missing-field', key, 'is missing: give a text')
    : refuse('wrong-type', key, `must be a text of 1 to 256 characters, not ${show(json[key])}`);
}

function badNumber(json: Json, key: string): Result<never, Refusal> {
  return json[key] === undefined
    ? refuse('missing-field', key, 'is missing: give a number')
    : refuse('wrong-type', key, `must be a number, not ${show(json[key])}`);
}

/** The line, without a newline. A profile loses the person's name, age class and record here: the log carries ids only. */
export function encodeLogEvent(event: LogEvent): string {
  return JSON.stringify(toJson(event));
}

function toJson(event: LogEvent): Json {
  switch (event.type) {
    case 'position': {
      // Key by key: taking the rest of an object apart costs more than writing it. Undefined ones are left out.
      const { accuracyM, speedMps, headingDeg, altitudeM, batteryPct, mock, method, sequence } = event;
      return {
        type: event.type,
        subject: event.subject,
        device: event.device,
        at: formatInstant(event.atMs),
        received: formatInstant(event.receivedMs),
        lat: event.lat,
        lon: event.lon,
        accuracyM,
        speedMps,
        headingDeg,
        altitudeM,
        batteryPct,
        mock,
        method,
        sequence,
      };
    }
    case 'status':
      return {
        type: event.type,
        subject: event.subject,
        device: event.device,
        at: formatInstant(event.atMs),
        received: formatInstant(receiptOf(event)),
        status: event.status,
      };
    case 'checkin':
      return {
        type: event.type,
        subject: event.subject,
        terminal: event.terminal,
        at: formatInstant(event.atMs),
        received: formatInstant(receiptOf(event)),
        method: event.method,
      };
    case 'profile': {
      const {
        name: _,
        minor: __,
        contacts: ___,
        record: ____,
        ...profile
      } = encodeSubjectProfile(event.profile);
      return { type: event.type, at: formatInstant(event.atMs), profile };
    }
    case 'tick':
      return { type: event.type, at: formatInstant(event.atMs) };
    case 'feed':
      return {
        type: event.type,
        feed: event.feed,
        at: formatInstant(event.atMs),
        status: event.status,
        since: event.sinceMs === undefined ? undefined : formatInstant(event.sinceMs),
        overdue: event.overdue,
        live: event.live,
        cause: event.cause,
      };
    case 'zone':
      return { type: event.type, at: formatInstant(event.atMs), zone: encodeZone(event.zone) };
    case 'policy':
      return { type: event.type, at: formatInstant(event.atMs), policy: encodePolicyDocument(event.policy) };
    case 'calendar':
      return { type: event.type, at: formatInstant(event.atMs), calendar: event.calendar };
    case 'no-contact':
      return { type: event.type, at: formatInstant(event.atMs), whose: event.whose, others: event.others };
    case 'sighting':
      return {
        type: event.type,
        pair: event.pair,
        who: event.who,
        at: formatInstant(event.atMs),
        received: formatInstant(event.receivedMs),
        lon: event.lon,
        lat: event.lat,
        sigmaM: event.sigmaM,
      };
    case 'muster':
      return { type: event.type, at: formatInstant(event.atMs), muster: encodeMuster(event.muster) };
    case 'spot-check':
      return {
        type: event.type,
        subject: event.subject,
        check: event.check,
        at: formatInstant(event.atMs),
        received: formatInstant(event.receivedMs),
        method: event.method,
        result: event.result,
      };
  }
}
