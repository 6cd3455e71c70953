/**
 * What the detector concludes: one line each in `wardline replay`'s output and one row each in the ledger
 * (design.md, "Alert event"). Append-only: a later version never edits an earlier one.
 */
import type { Instant } from './instant.ts';
import { formatInstant } from './instant.ts';

export const ALERT_KINDS = [
  'out-of-bounds',
  'exclusion-entry',
  'curfew',
  'abscond',
  'phone-off',
  'silent',
  'separation',
  'strap-tamper',
  'low-battery',
  'missed-checkin',
  'leave-deviation',
  'overdue-leave',
  'implausible-fix',
  'gathering',
  'feed-outage',
  'device-expiry',
] as const;
export type AlertKindName = (typeof ALERT_KINDS)[number];

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const ALERT_STATES = ['opened', 'updated', 'cleared', 'retracted'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** A fix as judged: signed distance of the estimate to the zone's edge, metres, positive outside. */
export interface EvidenceFix {
  readonly atMs: Instant;
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM: number;
  readonly distanceM: number;
}

export interface AlertEvent {
  /** Hash of (subject, kind, what it is about, when it began): the same facts give the same id. */
  readonly alert: string;
  /** 1 for `opened`, one more for each later event of the same alert. */
  readonly version: number;
  readonly subject: string;
  readonly kind: AlertKindName;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly startedAtMs: Instant;
  readonly detectedAtMs: Instant;
  readonly clearedAtMs: Instant | null;
  readonly zone: string | null;
  readonly device: string | null;
  /** Probability that it is so, by the evidence (0…1). */
  readonly confidence: number;
  readonly late: boolean;
  /** One sentence in Chinese, built from the evidence; ids and places, never a name. */
  readonly reason: string;
  /** The same in English. */
  readonly reasonEn: string;
  readonly evidence: readonly EvidenceFix[];
}

/** One NDJSON line, keys in the order of the contract. */
export function encodeAlertEvent(event: AlertEvent): string {
  return JSON.stringify({
    alert: event.alert,
    version: event.version,
    subject: event.subject,
    kind: event.kind,
    state: event.state,
    severity: event.severity,
    startedAt: formatInstant(event.startedAtMs),
    detectedAt: formatInstant(event.detectedAtMs),
    clearedAt: event.clearedAtMs === null ? null : formatInstant(event.clearedAtMs),
    zone: event.zone,
    device: event.device,
    confidence: event.confidence,
    late: event.late,
    reason: event.reason,
    reasonEn: event.reasonEn,
    evidence: event.evidence.map((fix) => ({
      at: formatInstant(fix.atMs),
      lat: fix.lat,
      lon: fix.lon,
      accuracyM: fix.accuracyM,
      distanceM: fix.distanceM,
    })),
  });
}
