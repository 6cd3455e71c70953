/**
 * The open alerts of one subject: turns what the kinds say into numbered alert events. Never two open for one thing; cleared
 * only after opened; versions count up. Ids are a hash of (subject, kind, about, begin): the same facts, the same id.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Account, AlertKind, SubjectView, Verdict } from '../../alerts/kinds/kind.ts';
import { viewOfVerdict } from '../../alerts/kinds/whereabouts.ts';
import type { AlertEvent, AlertState, Severity } from '../../src/kernel/alert-event.ts';
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
  confidence: number;
  readonly late: boolean;
}

/** JSON, kept in the detector's state. */
export interface Book {
  /** Replaced, not moved: most subjects share the empty one. */
  open: readonly OpenAlert[];
  /** `kind about` → end of the last alert of that thing. */
  ended: Record<string, Instant>;
}

const ID_HEX = 32;
/** A subject has a few devices and zones; of more things than this the oldest end is forgotten. */
const MAX_ENDED = 32;
/** Opened on less, an alert is told again once the evidence leaves no doubt; after that no fix says anything new. */
const BEYOND_DOUBT = 0.9999;

/** Of a million subjects nearly all have nothing open: one list for all of them. */
export const NONE_OPEN: readonly OpenAlert[] = Object.freeze([]);

/** Moves the book and emits what changed. `isLateFact`: what is looked at was stored and came late. */
export function settle(
  kind: AlertKind,
  view: SubjectView,
  book: Book,
  isLateFact: boolean,
  emit: (event: AlertEvent) => void,
): void {
  const verdicts = kind.judge(view);
  if (verdicts.length === 0 && book.open.length === 0) return;
  const { ended } = book;
  const isOfPlace = kind.judges === 'place';
  for (const alert of book.open) {
    if (alert.kind !== kind.name || verdicts.some(({ about }) => about === alert.about)) continue;
    // A fix from before it began says nothing against it.
    if (isOfPlace && view.atMs < alert.startedAtMs) continue;
    book.open = book.open.length === 1 ? NONE_OPEN : book.open.filter((other) => other !== alert);
    alert.version++;
    const event = toEvent(kind, view, alert, 'cleared', kind.explainEnd(view, alert));
    noteEnd(ended, `${kind.name} ${alert.about}`, event.clearedAtMs ?? view.nowMs);
    emit(event);
  }
  for (const verdict of verdicts) {
    if (verdict.says !== 'holds') continue;
    const known = book.open.find((alert) => alert.kind === kind.name && alert.about === verdict.about);
    if (known === undefined) {
      const endedMs = ended[`${kind.name} ${verdict.about}`];
      // A fix from before the last one ended belongs to that one.
      if (isOfPlace && endedMs !== undefined && view.atMs < endedMs) continue;
      const account = kind.explain(viewOfVerdict(view, verdict), verdict);
      // What stands again began after it had ended: with the same begin it would be the same alert, and fall on the ledger's key.
      const beginMs = endedMs === undefined ? account.atMs : Math.max(account.atMs, endedMs + 1);
      const alert = openAlert(kind, view, verdict, account.zone, beginMs, isLateFact);
      book.open = book.open.concat(alert);
      emit(toEvent(kind, view, alert, 'opened', account));
    } else if (
      known.severity !== verdict.severity ||
      (known.confidence < BEYOND_DOUBT && verdict.confidence >= BEYOND_DOUBT)
    ) {
      known.severity = verdict.severity;
      known.confidence = Math.max(known.confidence, verdict.confidence);
      known.version++;
      const account = kind.explain(viewOfVerdict(view, verdict), verdict);
      emit(toEvent(kind, view, known, 'updated', account));
    }
  }
}

/** The same facts, the same id. */
export function alertId(subject: string, kind: string, about: string, startedAtMs: Instant): string {
  const facts = JSON.stringify([subject, kind, about, startedAtMs]);
  return bytesToHex(sha256(utf8ToBytes(facts))).slice(0, ID_HEX);
}

function openAlert(
  kind: AlertKind,
  { profile }: SubjectView,
  { about, severity, confidence, device }: Verdict,
  zone: string | null,
  startedAtMs: Instant,
  late: boolean,
): OpenAlert {
  return {
    alert: alertId(profile.id, kind.name, about, startedAtMs),
    kind: kind.name,
    about,
    version: 1,
    startedAtMs,
    severity,
    zone,
    device,
    confidence,
    late,
  };
}

function noteEnd(ended: Record<string, Instant>, thing: string, endedMs: Instant): void {
  ended[thing] = Math.max(ended[thing] ?? endedMs, endedMs);
  const things = Object.keys(ended);
  if (things.length > MAX_ENDED && things[0] !== undefined) delete ended[things[0]];
}

function toEvent(
  kind: AlertKind,
  view: SubjectView,
  alert: OpenAlert,
  state: AlertState,
  account: Account,
): AlertEvent {
  return {
    alert: alert.alert,
    version: alert.version,
    subject: view.profile.id,
    kind: kind.name,
    state,
    severity: alert.severity,
    startedAtMs: alert.startedAtMs,
    detectedAtMs: view.nowMs,
    // What a late fact ends can't have ended before it began.
    clearedAtMs: state === 'cleared' ? Math.max(alert.startedAtMs, account.atMs) : null,
    zone: alert.zone,
    device: alert.device,
    confidence: alert.confidence,
    late: alert.late,
    reason: account.zh,
    reasonEn: account.en,
    evidence: account.evidence,
  };
}
