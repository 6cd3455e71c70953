/**
 * The contract of an alert kind. A kind is a level, not an edge: asked at any moment, it names what holds now and what can't
 * be told; whatever it does not name is over. The detector opens and clears by that, numbers the versions, and asks for the
 * account only when there is something to tell. Pure: no clock, no state but what the view shows.
 */
import type { PreparedZone } from '../../geofences/prepare-zone.ts';
import type { AlertKindName, EvidenceFix, Severity } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatusCode } from '../../src/kernel/log-event.ts';
import type { Policy } from '../../src/kernel/policy.ts';
import type { Device, Schedule, SubjectProfile } from '../../src/kernel/roster.ts';
import type { PositionEstimate } from '../evidence/position-estimate.ts';

/** What is known of one device; JSON, kept in the detector's state. */
export interface DeviceState {
  readonly id: string;
  /** Receipt of anything from the device itself; null: never heard. */
  heardMs: Instant | null;
  /** From when silence counts: last receipt, assignment, the return of its feed, less what could not be seen. */
  silentFromMs: Instant;
  /** Newest device time of anything that shows it on; null: nothing has. */
  onMs: Instant | null;
  estimate: PositionEstimate | null;
  /** Newest fixes that counted, oldest first: time, lon, lat, accuracy (m). */
  fixes: [Instant, number, number, number][];
  /** Time of the newest fix that was there when the rules last changed; null: none was. */
  beforeRulesMs: Instant | null;
  batteryPct: number | null;
  /** Reported off by itself or by the operator, since when. */
  off: { atMs: Instant; status: DeviceStatusCode } | null;
}

export interface WatchedDevice {
  readonly device: Device;
  readonly state: DeviceState;
}

/** What lies behind all subjects: zones, schedules, feeds. */
export interface Surroundings {
  /** Undefined while the log has not brought its shape. */
  zone(id: string): PreparedZone | undefined;
  isInForce(schedule: Schedule | null, atMs: Instant): boolean;
  /** When the schedule last began or ended, at `atMs` at the latest; null: not within the last eight days. */
  lastEdgeMs(schedule: Schedule | null, atMs: Instant): Instant | null;
  isFeedDown(feed: string | null): boolean;
  /** `2026-03-02 19:00:12` in the calendar's time zone. */
  clock(atMs: Instant): string;
}

export interface SubjectView extends Surroundings {
  readonly profile: SubjectProfile;
  readonly policy: Policy;
  /** The newest receipt of anything of the subject's, or the newest tick. */
  readonly nowMs: Instant;
  /** When what is looked at happened: the device's time of an observation, else `nowMs`. Never after `nowMs`. */
  readonly atMs: Instant;
  /** Since when zones, policy and profile are as they are now. */
  readonly rulesFromMs: Instant;
  /** Devices that are watched now, in the order of the profile. */
  readonly devices: readonly WatchedDevice[];
  /** The device whose estimate speaks for the subject; null while nothing is known. */
  readonly located: (WatchedDevice & { readonly estimate: PositionEstimate }) | null;
  /** Signed distance, exact or at least `enoughM` on the true side (geofences/signed-distance.ts). */
  distanceM(zone: PreparedZone, lon: number, lat: number, enoughM: number): number;
}

export interface Verdict {
  /** What it is about: with subject, kind and begin it names the alert. One alert is open for one thing at most. */
  readonly about: string;
  /** `undecided` keeps an open alert open and opens none. */
  readonly says: 'holds' | 'undecided';
  readonly severity: Severity;
  readonly confidence: number;
  readonly device: string | null;
}

/** The words that stand up in a hearing, in both languages, and the fixes that they were built from. */
export interface Account {
  /** When it began, or ended, by the evidence. */
  readonly atMs: Instant;
  /** The zone to name, where it is about one. */
  readonly zone: string | null;
  /** Oldest first, ten at most. */
  readonly evidence: readonly EvidenceFix[];
  readonly zh: string;
  readonly en: string;
}

/** What the book knows of an alert that is over. */
export interface EndedAlert {
  readonly about: string;
  readonly startedAtMs: Instant;
}

export interface AlertKind {
  readonly name: AlertKindName;
  /** Within how long an officer should have taken note, seconds, by severity. */
  deadlineS(severity: Severity): number;
  judge(view: SubjectView): readonly Verdict[];
  /** Of a verdict that holds. */
  explain(view: SubjectView, verdict: Verdict): Account;
  /** Of an alert that is not named any more. */
  explainEnd(view: SubjectView, alert: EndedAlert): Account;
}

export const NOTHING: readonly Verdict[] = [];
