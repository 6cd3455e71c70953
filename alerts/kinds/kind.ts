/**
 * The contract of an alert kind. A kind is a level, not an edge: asked at any moment, it says of each thing that it watches
 * whether it holds, is over, or can't be told. The detector opens and clears by that and numbers the versions.
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
  /** Receipt of anything at all; null: never heard. */
  heardMs: Instant | null;
  /** From when silence counts: last receipt, assignment, or the return of its feed. */
  silentFromMs: Instant;
  estimate: PositionEstimate | null;
  /** Newest fixes that counted, oldest first: time, lon, lat, accuracy (m). */
  fixes: [Instant, number, number, number][];
  batteryPct: number | null;
  /** Reported off by itself or by the operator, since when. */
  off: { atMs: Instant; status: DeviceStatusCode } | null;
}

export interface SubjectView {
  readonly profile: SubjectProfile;
  readonly policy: Policy;
  readonly nowMs: Instant;
  /** Devices that are assigned now, in the order of the profile. */
  readonly devices: readonly { readonly device: Device; readonly state: DeviceState }[];
  /** The device whose estimate speaks for the subject; null while nothing is known. */
  readonly located: {
    readonly device: Device;
    readonly state: DeviceState;
    readonly estimate: PositionEstimate;
  } | null;
  zone(id: string): PreparedZone | undefined;
  isInForce(schedule: Schedule | null): boolean;
  isFeedDown(feed: string | null): boolean;
}

export interface Verdict {
  /** What it is about: with subject, kind and begin it names the alert. One alert is open for one thing at most. */
  readonly about: string;
  readonly says: 'holds' | 'over' | 'undecided';
  /** When it began by the evidence (for `holds`), or ended (for `over`). */
  readonly sinceMs: Instant;
  readonly severity: Severity;
  readonly confidence: number;
  readonly zone: string | null;
  readonly device: string | null;
  readonly evidence: readonly EvidenceFix[];
  /** Facts for the sentence, in the words of the kind's own `explain`. */
  readonly facts: Facts;
}

export interface Facts {
  readonly zone?: string;
  readonly distanceM?: number;
  readonly accuracyM?: number;
  readonly fixes?: number;
  readonly batteryPct?: number | null;
  readonly lastHeardMs?: Instant | null;
  readonly silentS?: number;
  readonly limitS?: number;
  readonly device?: Device['kind'];
  readonly status?: DeviceStatusCode;
  readonly permit?: string | null;
}

export interface AlertKind {
  readonly name: AlertKindName;
  /** Within how long an officer should have taken note, seconds, by severity. */
  deadlineS(severity: Severity): number;
  /** Pure. What it does not mention any more (an unassigned zone, a removed device) is over. */
  judge(view: SubjectView): readonly Verdict[];
  explain(subject: string, verdict: Verdict, isOver: boolean): { readonly zh: string; readonly en: string };
}
