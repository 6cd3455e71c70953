/**
 * Every event that the observations log carries (design.md, decision 1 and "wardline replay"), as the values the
 * core works with. One line of NDJSON each on the log and in files; `log-line.ts` decodes and encodes them.
 * Times are instants (ms, UTC): `atMs` when the device took it, `receivedMs` when it reached us.
 * The log carries ids, never names or identity numbers.
 */
import type { Instant } from './instant.ts';
import type { PolicyDocument } from './policy.ts';
import type { Calendar, Muster, SubjectProfile, ZoneFeature } from './roster.ts';

export const POSITION_METHODS = ['gnss', 'wifi', 'cell'] as const;
export type PositionMethod = (typeof POSITION_METHODS)[number];

export const DEVICE_STATUSES = [
  'power-off',
  'power-on',
  'strap-cut',
  'strap-closed',
  'low-battery',
  'charging',
  'unreachable',
  'reachable',
  'sos',
] as const;
export type DeviceStatusCode = (typeof DEVICE_STATUSES)[number];

export const CHECKIN_METHODS = ['fingerprint', 'face', 'card', 'manual'] as const;
export type CheckinMethod = (typeof CHECKIN_METHODS)[number];

/** WGS-84 degrees; accuracy is the radius that holds 68 % of fixes, metres; heading clockwise from north. */
export interface Position {
  readonly type: 'position';
  readonly subject: string;
  readonly device: string;
  readonly atMs: Instant;
  readonly receivedMs: Instant;
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM?: number | undefined;
  readonly speedMps?: number | undefined;
  readonly headingDeg?: number | undefined;
  readonly altitudeM?: number | undefined;
  readonly batteryPct?: number | undefined;
  readonly mock?: boolean | undefined;
  readonly method?: PositionMethod | undefined;
  /** Tells fixes of one device at one instant apart; the frame's serial where the protocol has one. */
  readonly sequence?: number | undefined;
}

export interface DeviceStatus {
  readonly type: 'status';
  readonly subject: string;
  readonly device: string;
  readonly atMs: Instant;
  readonly receivedMs: Instant;
  readonly status: DeviceStatusCode;
}

export interface Checkin {
  readonly type: 'checkin';
  readonly subject: string;
  readonly terminal: string;
  readonly atMs: Instant;
  readonly receivedMs: Instant;
  readonly method: CheckinMethod;
}

export const SPOT_CHECK_METHODS = ['phone', 'photo', 'locate', 'video'] as const;
export type SpotCheckMethod = (typeof SPOT_CHECK_METHODS)[number];

/** 本人接通, 他人代接, 未接, 关机, 空号, 呼叫转移; the last two by `locate` only: the device answered where it is; it was reached and had no fix. */
export const SPOT_CHECK_RESULTS = [
  'self',
  'other-person',
  'no-answer',
  'off',
  'no-such-number',
  'forwarded',
  'located',
  'no-fix',
] as const;
export type SpotCheckResult = (typeof SPOT_CHECK_RESULTS)[number];

/** What came of a spot check (抽查): a fact for the record, which no rule judges. Keyed by subject. */
export interface SpotCheckDone {
  readonly type: 'spot-check';
  readonly subject: string;
  readonly check: string;
  readonly atMs: Instant;
  readonly receivedMs: Instant;
  readonly method: SpotCheckMethod;
  readonly result: SpotCheckResult;
}

/** What reaches us from outside about one subject: keyed by subject on the log. */
export type Observation = Position | DeviceStatus | Checkin;

/** Profile without the person's name. Keyed by subject. */
export interface ProfileChange {
  readonly type: 'profile';
  readonly atMs: Instant;
  readonly profile: SubjectProfile;
}

/**
 * Where one of a pair is who must not meet: what the detector's first stage tells its second. Keyed by the pair. WGS-84; σ of one
 * axis, metres.
 */
export interface Sighting {
  readonly type: 'sighting';
  /** Whose no-contact order it is, and the other. */
  readonly pair: readonly [string, string];
  readonly who: string;
  readonly atMs: Instant;
  readonly receivedMs: Instant;
  readonly lon: number;
  readonly lat: number;
  readonly sigmaM: number;
}

/** The pairs that a profile's order makes, for every partition to know. */
export function noContactOf({ id, noContact }: SubjectProfile, atMs: Instant): NoContactChange {
  return { type: 'no-contact', atMs, whose: id, others: noContact };
}

/** The key of a pair's sightings on the log. */
export function pairKey([subject, other]: Sighting['pair']): string {
  return JSON.stringify([subject, other]);
}

/** Those below stand in every partition, in the same order in each. */
export interface Tick {
  readonly type: 'tick';
  readonly atMs: Instant;
}
export interface FeedStatus {
  readonly type: 'feed';
  readonly feed: string;
  readonly atMs: Instant;
  readonly status: 'down' | 'up';
  /** Of one that went down, where it was found by its devices: since when, and how many of the live ones were overdue. */
  readonly sinceMs?: Instant;
  readonly overdue?: number;
  readonly live?: number;
  /** `operator`: it was found by the platform's own questions, which the operator's server does not answer. */
  readonly cause?: 'operator';
}
export interface ZoneChange {
  readonly type: 'zone';
  readonly atMs: Instant;
  readonly zone: ZoneFeature;
}
export interface PolicyChange {
  readonly type: 'policy';
  readonly atMs: Instant;
  readonly policy: PolicyDocument;
}
export interface CalendarChange {
  readonly type: 'calendar';
  readonly atMs: Instant;
  readonly calendar: Calendar;
}
/** A roll-call (集中点验), new or changed. */
export interface MusterChange {
  readonly type: 'muster';
  readonly atMs: Instant;
  readonly muster: Muster;
}
/** Whom a subject must not meet: all of them, as of now. */
export interface NoContactChange {
  readonly type: 'no-contact';
  readonly atMs: Instant;
  readonly whose: string;
  readonly others: readonly string[];
}

export type BroadcastEvent =
  | Tick
  | FeedStatus
  | ZoneChange
  | PolicyChange
  | CalendarChange
  | MusterChange
  | NoContactChange;
export type SubjectEvent = Observation | SpotCheckDone | ProfileChange;
export type LogEvent = SubjectEvent | Sighting | BroadcastEvent;

export function isBroadcast(event: LogEvent): event is BroadcastEvent {
  return !('subject' in event) && event.type !== 'profile' && event.type !== 'sighting';
}

/** What a line is keyed by; null: it stands in every partition. */
export function partitionKeyOf(event: LogEvent): string | null {
  if (event.type === 'profile') return event.profile.id;
  if (event.type === 'sighting') return pairKey(event.pair);
  return 'subject' in event ? event.subject : null;
}

/** Receipt time: the only time the detector's clock follows. */
export function receiptOf(event: LogEvent): Instant {
  return 'receivedMs' in event ? event.receivedMs : event.atMs;
}
