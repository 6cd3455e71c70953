/**
 * The open alerts of one subject: turns what the kinds say into numbered alert events. Never two open for one thing; cleared
 * only after opened; versions count up. Ids are a hash of (subject, kind, about, begin): the same facts, the same id.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { AlertKind, Verdict } from '../../alerts/kinds/kind.ts';
import type { AlertEvent, AlertState, EvidenceFix, Severity } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';

/** JSON, kept in the detector's state. */
export interface OpenAlert {
  readonly alert: string;
  readonly kind: string;
  readonly about: string;
  version: number;
  readonly startedAtMs: Instant;
  severity: Severity;
  readonly zone: string | null;
  readonly device: string | null;
  readonly confidence: number;
  readonly evidence: readonly EvidenceFix[];
  readonly late: boolean;
}

export interface Moment {
  readonly subject: string;
  /** Receipt of what raised or ended it. */
  readonly nowMs: Instant;
  /** Further back than this a begin is told late. */
  readonly lateAfterS: number;
  /** The observation itself came late (a stored fix). */
  readonly isLateFact: boolean;
}

const ID_HEX = 32;

/** Moves `open` in place and emits what changed. */
export function settle(
  kind: AlertKind,
  verdicts: readonly Verdict[],
  open: OpenAlert[],
  moment: Moment,
  emit: (event: AlertEvent) => void,
): void {
  for (let i = open.length - 1; i >= 0; i--) {
    const alert = open[i];
    if (alert === undefined || alert.kind !== kind.name) continue;
    const verdict = verdicts.find((candidate) => candidate.about === alert.about);
    if (verdict !== undefined && verdict.says !== 'over') continue;
    open.splice(i, 1);
    alert.version++;
    // What is not watched any more ended now; what is over ended when the facts say, but never before it began.
    const endedMs = Math.max(alert.startedAtMs, verdict?.sinceMs ?? moment.nowMs);
    const over = verdict ?? { ...blankOf(alert), sinceMs: endedMs };
    emit(toEvent(kind, alert, 'cleared', over, moment, endedMs));
  }
  for (const verdict of verdicts) {
    if (verdict.says !== 'holds') continue;
    const known = open.find((candidate) => candidate.kind === kind.name && candidate.about === verdict.about);
    if (known !== undefined) {
      if (known.severity === verdict.severity) continue;
      known.severity = verdict.severity;
      known.version++;
      emit(toEvent(kind, known, 'updated', verdict, moment, null));
      continue;
    }
    const alert: OpenAlert = {
      alert: idOf(moment.subject, kind.name, verdict.about, verdict.sinceMs),
      kind: kind.name,
      about: verdict.about,
      version: 1,
      startedAtMs: verdict.sinceMs,
      severity: verdict.severity,
      zone: verdict.zone,
      device: verdict.device,
      confidence: verdict.confidence,
      evidence: verdict.evidence.slice(-10),
      late: moment.isLateFact,
    };
    open.push(alert);
    emit(toEvent(kind, alert, 'opened', verdict, moment, null));
  }
}

function blankOf(alert: OpenAlert): Verdict {
  return {
    about: alert.about,
    says: 'over',
    sinceMs: alert.startedAtMs,
    severity: alert.severity,
    confidence: alert.confidence,
    zone: alert.zone,
    device: alert.device,
    evidence: [],
    facts: {},
  };
}

function idOf(subject: string, kind: string, about: string, startedAtMs: Instant): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([subject, kind, about, startedAtMs])))).slice(
    0,
    ID_HEX,
  );
}

function toEvent(
  kind: AlertKind,
  alert: OpenAlert,
  state: AlertState,
  verdict: Verdict,
  moment: Moment,
  clearedAtMs: Instant | null,
): AlertEvent {
  const { zh, en } = kind.explain(moment.subject, verdict, state === 'cleared');
  return {
    alert: alert.alert,
    version: alert.version,
    subject: moment.subject,
    kind: kind.name,
    state,
    severity: alert.severity,
    startedAtMs: alert.startedAtMs,
    detectedAtMs: moment.nowMs,
    clearedAtMs,
    zone: alert.zone,
    device: alert.device,
    confidence: state === 'cleared' ? alert.confidence : verdict.confidence,
    late: alert.late,
    reason: zh,
    reasonEn: en,
    evidence: state === 'cleared' ? alert.evidence : verdict.evidence.slice(-10),
  };
}
