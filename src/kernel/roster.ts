/**
 * The roster: who is watched, with what, where and when. These are the values that `roster.json` carries
 * (design.md, "wardline replay"), that the tables keep and that the detector reads as profiles.
 * Decoding and validation: `roster-file.ts`.
 */
import type { Contact } from './casework.ts';
import type { Instant } from './instant.ts';
import type { SubjectRecord } from './subject-record.ts';

export type Grade = 'strict' | 'standard' | 'relaxed';
export type DeviceKind = 'phone' | 'wristband';
export type Protocol = 'jt808' | 'watch' | 'osmand' | 'owntracks' | 'zkteco' | 'mlp';

/** Electronic-positioning order, Community Corrections Law art. 29: ground, start and end (three months at most). */
export interface PositioningOrder {
  readonly ground: string;
  readonly fromMs: Instant;
  readonly untilMs: Instant;
}

/** A device as assigned to a subject from `fromMs` (inclusive) until `untilMs` (exclusive; null: open). */
export interface Device {
  readonly id: string;
  readonly kind: DeviceKind;
  readonly feed: string | null;
  /** How often the device is asked to report, seconds. */
  readonly intervalS: number;
  readonly fromMs: Instant;
  readonly untilMs: Instant | null;
  readonly protocol: Protocol | null;
  /** Id on the wire; the device's own id where null. */
  readonly address: string | null;
  readonly order: PositioningOrder | null;
  /** Of a terminal that is one subject's: what its wall clock is in. Absent: the roster's. */
  readonly timeZone?: string;
}

/** Of the phones that the operator is asked for, where the roster names no feed for them. */
export const OPERATOR_FEED = 'mlp';

/** By what a device's data come in, where that can fail as a whole. */
export function feedOf({ feed, protocol }: Pick<Device, 'feed' | 'protocol'>): string | null {
  return feed ?? (protocol === 'mlp' ? OPERATOR_FEED : null);
}

/** Days of the week (ISO 8601: 1 Monday … 7 Sunday) and a daily window in the roster's time zone; `to` before `from` runs over midnight. */
export interface Schedule {
  readonly days: readonly number[];
  /** `HH:MM` */
  readonly from: string;
  /** `HH:MM` */
  readonly to: string;
}

export const EVERY_DAY: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

export interface ZoneAssignment {
  readonly zone: string;
  readonly rule: 'stay-in' | 'keep-out';
  /** Metres that the edge is moved in the subject's favour: outwards for stay-in, inwards for keep-out. */
  readonly bufferM: number;
  readonly schedule: Schedule | null;
}

export interface Curfew extends Schedule {
  readonly zone: string;
}

export interface CheckinWindow extends Schedule {
  readonly id: string;
}

export interface Permit {
  readonly id: string;
  readonly fromMs: Instant;
  readonly untilMs: Instant;
  readonly destination: string | null;
  readonly returnedAtMs: Instant | null;
}

/** A fingerprint terminal of an office. It serves many subjects: `TerminalPin` says who is who. */
export interface Terminal {
  readonly id: string;
  readonly name: string;
  readonly office: string;
  /** Serial number on the wire; the terminal's own id where null. */
  readonly address: string | null;
  /** What its wall clock is in: an IANA name or an offset such as `+08:00`; the roster's where null. */
  readonly timeZone: string | null;
}

/** Who a PIN is on a terminal, from `fromMs` (inclusive) until `untilMs` (exclusive; null: open). */
export interface TerminalPin {
  /** Id of the terminal. */
  readonly terminal: string;
  /** As the terminal writes it: leading zeros count. */
  readonly pin: string;
  readonly fromMs: Instant;
  readonly untilMs: Instant | null;
}

/** Whom to call about a subject, for the response card: the subject, the guarantor or family, the office, the police. */
export interface SubjectContact {
  readonly whom: Contact;
  readonly name: string;
  readonly phone: string;
}

/** One entry of `roster.json`. The log carries it without `name`, `minor`, `contacts` and `record`. */
export interface SubjectProfile {
  readonly id: string;
  readonly name: string;
  readonly office: string;
  readonly grade: Grade;
  readonly devices: readonly Device[];
  readonly zones: readonly ZoneAssignment[];
  readonly curfews: readonly Curfew[];
  readonly checkins: readonly CheckinWindow[];
  readonly permits: readonly Permit[];
  readonly noContact: readonly string[];
  /** By which terminals know the subject. Absent: by none. */
  readonly pins?: readonly TerminalPin[];
  /** Under 18, of whom less people may know (Community Corrections Law art. 52, 54). Absent: of age. */
  readonly minor?: true;
  /** Absent: nothing was entered yet. */
  readonly record?: SubjectRecord;
  /** Absent: none is known. */
  readonly contacts?: readonly SubjectContact[];
}

export interface Muster {
  readonly id: string;
  readonly zone: string;
  readonly fromMs: Instant;
  readonly untilMs: Instant;
  readonly subjects: readonly string[];
  readonly excused: readonly string[];
}

export interface Calendar {
  /** `YYYY-MM-DD` → what that day is where it differs from the weekday. */
  readonly days: Readonly<Record<string, 'holiday' | 'workday'>>;
  readonly timeZone: string;
}

export interface Roster {
  readonly subjects: readonly SubjectProfile[];
  readonly musters: readonly Muster[];
  readonly calendar: Calendar;
  /** Absent: none. */
  readonly terminals?: readonly Terminal[];
}

export const ZONE_PURPOSES = ['no-signal'] as const;
export type ZonePurpose = (typeof ZONE_PURPOSES)[number];

/** Those that a rule, a curfew, a permit or a muster may name. */
export function bindingZones(zones: readonly ZoneFeature[]): ReadonlySet<string> {
  return new Set(zones.flatMap(({ id, purpose }) => (purpose === undefined ? [id] : [])));
}

/**
 * A zone as `zones.geojson` gives it: Polygon, MultiPolygon, Point with `radiusM`, LineString with `widthM`.
 * Coordinates WGS-84, longitude first (RFC 7946). Preparing and checking the shape belongs to `geofences`.
 */
export interface ZoneFeature {
  readonly id: string;
  readonly name: string | null;
  readonly radiusM: number | null;
  readonly widthM: number | null;
  /** Absent: a zone that somebody may be bound by. `no-signal`: known dead ground, which binds nobody and explains silence. */
  readonly purpose?: ZonePurpose;
  readonly geometry: ZoneGeometry;
}

export type LonLat = readonly [number, number];
export type ZoneGeometry =
  | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly LonLat[])[] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly (readonly LonLat[])[])[] }
  | { readonly type: 'Point'; readonly coordinates: LonLat }
  | { readonly type: 'LineString'; readonly coordinates: readonly LonLat[] };

export const EMPTY_ROSTER: Roster = {
  subjects: [],
  musters: [],
  calendar: { days: {}, timeZone: 'Asia/Shanghai' },
};
