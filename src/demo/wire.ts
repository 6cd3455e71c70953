/**
 * The wire formats that the demo's devices speak (protocols.md, part C; design.md, native ingest). Pure: a fix or a
 * status in, the request's target and body out.
 */
import { formatInstant } from '../kernel/instant.ts';
import type { DeviceStatusCode } from '../kernel/log-event.ts';
import type { Fix } from './fixes.ts';
import type { DemoDevice } from './world.ts';

/** 1 knot = 1852 m an hour. OsmAnd's query form gives speed in knots, the JSON form in m/s. */
const KNOTS_PER_MPS = 3600 / 1852;

export interface WireRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query, below the address of the server. */
  readonly path: string;
  readonly contentType: string | null;
  readonly body: string;
}

/** As the Android client sends it: an empty POST with everything in the query. */
export function osmandQuery(device: DemoDevice, fix: Fix): WireRequest {
  const query = new URLSearchParams({
    id: device.address,
    timestamp: String(Math.floor(fix.atMs / 1000)),
    lat: String(fix.lat),
    lon: String(fix.lon),
    speed: (fix.speedMps * KNOTS_PER_MPS).toFixed(3),
    bearing: String(fix.headingDeg),
    altitude: String(fix.altitudeM),
    accuracy: String(fix.accuracyM),
    batt: String(fix.batteryPct),
  });
  if (fix.charging) query.set('charge', 'true');
  return { method: 'POST', path: `/?${query}`, contentType: null, body: '' };
}

/** As the client of version 9 and later sends it. −1 is "unknown" there. */
export function traccarJson(device: DemoDevice, fix: Fix): WireRequest {
  const body = JSON.stringify({
    location: {
      timestamp: formatInstant(fix.atMs),
      coords: {
        latitude: fix.lat,
        longitude: fix.lon,
        accuracy: fix.accuracyM,
        speed: fix.moving ? fix.speedMps : -1,
        heading: fix.moving ? fix.headingDeg : -1,
        altitude: fix.altitudeM,
      },
      is_moving: fix.moving,
      odometer: 0,
      event: fix.moving ? 'motionchange' : 'heartbeat',
      battery: { level: fix.batteryPct / 100, is_charging: fix.charging },
      activity: { type: activityOf(fix) },
      extras: {},
    },
    device_id: device.address,
  });
  return { method: 'POST', path: '/', contentType: 'application/json', body };
}

function activityOf({ moving, speedMps }: Fix): string {
  if (!moving) return 'still';
  if (speedMps < 2.5) return 'walking';
  return speedMps < 8 ? 'on_bicycle' : 'in_vehicle';
}

export function phoneRequest(device: DemoDevice, fix: Fix): WireRequest {
  return device.speaksJson ? traccarJson(device, fix) : osmandQuery(device, fix);
}

/** As OwnTracks posts it in its HTTP mode; `t` for a report on its interval, `r` for one that was asked for. */
export function owntracksRequest(device: DemoDevice, fix: Fix, trigger: 't' | 'r'): WireRequest {
  const body = JSON.stringify({
    _type: 'location',
    tid: device.id.slice(-2),
    tst: Math.floor(fix.atMs / 1000),
    lat: fix.lat,
    lon: fix.lon,
    acc: Math.round(fix.accuracyM),
    alt: fix.altitudeM,
    vel: Math.round(fix.speedMps * 3.6),
    cog: fix.headingDeg,
    batt: fix.batteryPct,
    bs: fix.charging ? 2 : 1,
    conn: 'm',
    t: trigger,
  });
  const [, user = '', name = ''] = device.address.split('/');
  return { method: 'POST', path: `/owntracks?u=${user}&d=${name}`, contentType: 'application/json', body };
}

/** One line of a platform's batch to the native ingest. */
export function positionLine(subject: string, device: DemoDevice, fix: Fix): string {
  return JSON.stringify({
    type: 'position',
    subject,
    device: device.id,
    at: formatInstant(fix.atMs),
    lat: fix.lat,
    lon: fix.lon,
    accuracyM: fix.accuracyM,
    ...(fix.moving ? { speedMps: fix.speedMps, headingDeg: fix.headingDeg } : {}),
    altitudeM: fix.altitudeM,
    batteryPct: fix.batteryPct,
    method: fix.method,
  });
}

export function statusLine(
  subject: string,
  device: DemoDevice,
  status: DeviceStatusCode,
  atMs: number,
): string {
  return JSON.stringify({ type: 'status', subject, device: device.id, at: formatInstant(atMs), status });
}
