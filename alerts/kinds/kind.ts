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
import type { Device, Muster, Schedule, SubjectProfile } from '../../src/kernel/roster.ts';
import type { KeptEstimate } from '../evidence/kept-estimate.ts';
import type { KeptFixes } from '../evidence/kept-fixes.ts';
import type { PositionEstimate } from '../evidence/position-estimate.ts';

/** From (inclusive) until (exclusive). */
export interface Window {
  readonly fromMs: Instant;
  readonly untilMs: Instant;
}

/**
 * The charge and which way it goes. It turns only by more than a gauge's flicker, so a charge that is drawn from and one that
 * is filled up are told apart without the device's word; its word (charging, low battery) turns it at once.
 */
export interface Battery {
  pct: number | null;
  /** The lowest of this discharge, the highest of this charging, and since when; null: no figure yet. */
  extremePct: number | null;
  extremeMs: Instant;
  isCharging: boolean;
  /** The device itself called it low in this discharge, first at that time. */
  saidLowMs?: Instant;
}

/** Why a device's fixes can't be true. Each absent while it is not so. */
export interface Signs {
  /** The newest fix, and those before it without a break, admitted to be made up: since when. */
  mockMs?: Instant;
  /** The device's clock was ahead of ours by so much in what it sent last: receipt, and by how many seconds. */
  ahead?: { readonly atMs: Instant; readonly byS: number };
  /** Two confirmed places too far apart: time of the later, the speed it would have taken, and both places' distance. */
  jump?: { readonly atMs: Instant; readonly speedMps: number; readonly distanceM: number };
  /** The same satellite coordinates again: since when, how many fixes, and how many of those said that it was moving. */
  still?: { readonly fromMs: Instant; lastMs: Instant; fixes: number; moving: number };
}

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
  /** The newest fixes, oldest first, also those that did not count (`COUNTED`): one that comes late is put among them. */
  fixes: KeptFixes;
  /** The estimate before the oldest of `fixes`. */
  base: KeptEstimate | null;
  /** Time of the newest fix that was there when the rules last changed; null: none was. */
  beforeRulesMs: Instant | null;
  battery: Battery;
  /** Reported off by itself or by the operator, since when. */
  off: { atMs: Instant; status: DeviceStatusCode } | null;
  /** Reported opened or cut, and not closed since. */
  strapCutMs?: Instant;
  /** Newest report that the strap is closed. */
  strapClosedMs?: Instant;
  readonly signs: Signs;
}

/** What kinds remember of a subject from one moment to the next, by a name of their own: instants. */
export type Memory = Record<string, Instant>;

export interface OpenAlertView {
  readonly kind: string;
  readonly about: string;
  readonly startedAtMs: Instant;
  readonly confidence: number;
}

export interface WatchedDevice {
  readonly device: Device;
  readonly state: DeviceState;
}

export interface LocatedDevice extends WatchedDevice {
  readonly estimate: PositionEstimate;
}

/** What lies behind all subjects: zones, schedules, feeds. */
export interface Surroundings {
  /** Undefined while the log has not brought its shape. */
  zone(id: string): PreparedZone | undefined;
  /** By id. Where devices are known to have no signal. */
  deadGround(): ReadonlyMap<string, PreparedZone>;
  /** A roll-call (集中点验) that the subject is expected at, or was within the last days. */
  mustersOf(subject: string): readonly Muster[];
  isInForce(schedule: Schedule | null, atMs: Instant): boolean;
  /** The window of the schedule around `atMs`; null: it does not hold. */
  windowAt(schedule: Schedule, atMs: Instant): Window | null;
  /** The newest window that was over at `atMs`, of days on which an office works; null: none within two weeks. */
  lastOfficeWindow(schedule: Schedule, atMs: Instant): Window | null;
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
  /**
   * When what is looked at happened: the time of the fix that was just taken, where it speaks for the subject, else `nowMs`.
   * A rule about a place is the one in force then: stored fixes that come in the morning are judged by the night's curfew.
   */
  readonly atMs: Instant;
  /** Whether a fix was just taken that came later than the reorder window: what was concluded of its time did not know of it. */
  readonly isLate: boolean;
  /** Since when zones, policy and profile are as they are now. */
  readonly rulesFromMs: Instant;
  /** Since when the check-in windows are known: one that closed before is not asked about. */
  readonly checkinsFromMs: Instant;
  /** Times of the newest check-ins, oldest first. */
  readonly checkins: readonly Instant[];
  /** What stands open of the subject, as concluded so far: asked of the book each time, for each kind moves it. */
  readonly book: { readonly open: readonly OpenAlertView[] };
  readonly memory: Readonly<Memory>;
  /** Devices that are watched now, in the order of the profile. */
  readonly devices: readonly WatchedDevice[];
  /** The device whose estimate speaks for the subject; null while nothing is known. */
  readonly located: LocatedDevice | null;
  /** Where that one hears towers only: another that is at the same place, as far as it can tell, and knows it better. Else null. */
  readonly witness: LocatedDevice | null;
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
  /**
   * `place`: by where the subject was at `view.atMs`; a fact from before an alert began can't end it, nor one from before the
   * last one ended open it anew. `now`: by what is known now.
   */
  readonly judges: 'place' | 'now';
  /** Within how long an officer should have taken note, seconds, by severity. */
  deadlineS(severity: Severity): number;
  judge(view: SubjectView): readonly Verdict[];
  /** Moves what the kind remembers, before it is asked; where it remembers anything. */
  remember?(view: SubjectView, memory: Memory): void;
  /** When time alone can next change what it says; infinite: never. Schedules, permits and assignments are watched for all kinds. */
  nextDueMs?(view: SubjectView): Instant;
  /** Of a verdict that holds. */
  explain(view: SubjectView, verdict: Verdict): Account;
  /** Of an alert that is not named any more. */
  explainEnd(view: SubjectView, alert: EndedAlert): Account;
}

export const NOTHING: readonly Verdict[] = [];
