/** Stories for the detector's tests: one subject around a circle of 1 km, minutes after eight in the morning, Beijing time. */
import { scaleX, scaleY } from '../../geofences/metres.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatusCode, LogEvent, Position } from '../../src/kernel/log-event.ts';
import type { PolicyPart } from '../../src/kernel/policy.ts';
import type { Device, LonLat, SubjectProfile, ZoneFeature } from '../../src/kernel/roster.ts';
import { createDetector, type Detector } from './detector.ts';

/** A Monday, 08:00 in Beijing. */
export const AT = Date.parse('2026-03-02T00:00:00Z');
const LON = 116.3;
const LAT = 23.5;

export const minutes = (n: number): Instant => AT + Math.round(n * 60_000);

/** A place so many metres east of the middle. */
export function east(metres: number): { lon: number; lat: number } {
  return { lon: LON + metres / scaleX(LAT), lat: LAT };
}

export function circle(id: string, radiusM = 1000, eastM = 0): ZoneFeature {
  const { lon, lat } = east(eastM);
  return { id, name: null, radiusM, widthM: null, geometry: { type: 'Point', coordinates: [lon, lat] } };
}

export function square(id: string, halfM = 1000, eastM = 0): ZoneFeature {
  const x = halfM / scaleX(LAT);
  const y = halfM / scaleY(LAT);
  const { lon, lat } = east(eastM);
  const ring: LonLat[] = [
    [lon - x, lat - y],
    [lon + x, lat - y],
    [lon + x, lat + y],
    [lon - x, lat + y],
    [lon - x, lat - y],
  ];
  return { id, name: null, radiusM: null, widthM: null, geometry: { type: 'Polygon', coordinates: [ring] } };
}

export function phone(id = 'D1', more: Partial<Device> = {}): Device {
  return {
    id,
    kind: 'phone',
    feed: 'F1',
    intervalS: 60,
    fromMs: AT - 86_400_000,
    untilMs: null,
    protocol: null,
    address: null,
    order: null,
    ...more,
  };
}

export function person(more: Partial<SubjectProfile> = {}): SubjectProfile {
  return {
    id: 'S1',
    name: '测试人员一',
    office: '445281/office-01',
    grade: 'standard',
    devices: [phone()],
    zones: [{ zone: 'home', rule: 'stay-in', bufferM: 0, schedule: null }],
    curfews: [],
    checkins: [],
    permits: [],
    noContact: [],
    ...more,
  };
}

export const profile = (minute: number, more: Partial<SubjectProfile> = {}): LogEvent => ({
  type: 'profile',
  atMs: minutes(minute),
  profile: person(more),
});

export const zone = (minute: number, feature: ZoneFeature): LogEvent => ({
  type: 'zone',
  atMs: minutes(minute),
  zone: feature,
});

export const policy = (minute: number, part: PolicyPart): LogEvent => ({
  type: 'policy',
  atMs: minutes(minute),
  policy: { default: part, grades: {}, organisations: {}, keyPeriods: [] },
});

/** A fix `metres` east of the middle, received a second later. */
export const fix = (minute: number, metres: number, more: Partial<Position> = {}): Position => ({
  type: 'position',
  subject: 'S1',
  device: 'D1',
  atMs: minutes(minute),
  receivedMs: minutes(minute) + 1000,
  ...east(metres),
  accuracyM: 10,
  batteryPct: 80,
  ...more,
});

export const status = (minute: number, code: DeviceStatusCode, device = 'D1'): LogEvent => ({
  type: 'status',
  subject: 'S1',
  device,
  atMs: minutes(minute),
  receivedMs: minutes(minute) + 1000,
  status: code,
});

export const tick = (minute: number): LogEvent => ({ type: 'tick', atMs: minutes(minute) });
export const feed = (minute: number, code: 'down' | 'up', id = 'F1'): LogEvent => ({
  type: 'feed',
  feed: id,
  atMs: minutes(minute),
  status: code,
});

/** Ticks every ten seconds, from one minute up to another. */
export function ticks(from: number, to: number): LogEvent[] {
  return Array.from({ length: Math.round((to - from) * 6) }, (_, i) => tick(from + (i + 1) / 6));
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

export const SETTING: readonly LogEvent[] = [zone(0, circle('home')), zone(0, circle('school', 500, 5000))];

/** In order of receipt, the setting first, ticks every ten seconds between if asked for. */
export function inOrder(events: readonly LogEvent[]): LogEvent[] {
  const time = (event: LogEvent) => ('receivedMs' in event ? event.receivedMs : event.atMs);
  return [...events].sort((a, b) => time(a) - time(b));
}

export function play(events: readonly LogEvent[], detector: Detector = createDetector()): AlertEvent[] {
  const alerts: AlertEvent[] = [];
  for (const event of events) detector.apply(event, (alert) => alerts.push(alert));
  return alerts;
}

/** `out-of-bounds opened 5.0` …: kind, state and the minute by the evidence. */
export function told(alerts: readonly AlertEvent[]): string[] {
  return alerts.map(({ kind, state, startedAtMs, clearedAtMs }) => {
    const minute = ((clearedAtMs ?? startedAtMs) - AT) / 60_000;
    return `${kind} ${state} ${minute.toFixed(1)}`;
  });
}
