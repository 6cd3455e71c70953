/** An alert's row as the board and the REST interface show it. Pure. */
import type { AlertKindName, EvidenceFix, Severity } from '../../src/kernel/alert-event.ts';
import type { Disposition, Stage } from '../../src/kernel/casework.ts';
import type { AlertCard, AlertWorkCard } from '../protocol.ts';

/** A row of src/store/alert-queue.ts. */
export interface AlertRow {
  readonly alert: string;
  readonly version: number;
  readonly subject: string;
  readonly subject_name: string | null;
  readonly office: string | null;
  /** Null: on no roster. */
  readonly minor: boolean | null;
  readonly kind: string;
  readonly state: string;
  readonly severity: string;
  readonly started_at: Date;
  readonly detected_at: Date;
  readonly recorded_at: Date;
  readonly cleared_at: Date | null;
  readonly zone: string | null;
  readonly zone_name: string | null;
  readonly device: string | null;
  readonly confidence: number;
  readonly late: boolean;
  readonly reason: string;
  readonly reason_en: string;
  readonly evidence: unknown;
  readonly acknowledged_by: string | null;
  readonly acknowledged_at: Date | null;
  readonly change_seq: string;
  readonly stage: string;
  readonly owner: string | null;
  readonly due_at: Date | null;
  readonly escalation: number;
  readonly incident: string | null;
  readonly shelved_until: Date | null;
  readonly disposition: string | null;
  readonly measure: string | null;
  readonly task: string | null;
}

/**
 * The sentence with the person's name where it says the subject's id. The ledger never holds a name, so it is put in
 * where the sentence is shown. Only the whole id is meant: S1 is not the beginning of S10.
 */
export function nameIn(sentence: string, subject: string, name: string | null): string {
  if (name === null || name === '' || subject === '') return sentence;
  const isIdLetter = (letter: string | undefined) => letter !== undefined && /[A-Za-z0-9_-]/.test(letter);
  let text = '';
  let done = 0;
  for (let at = sentence.indexOf(subject); at >= 0; at = sentence.indexOf(subject, at + subject.length)) {
    if (isIdLetter(sentence[at - 1]) || isIdLetter(sentence[at + subject.length])) continue;
    text += sentence.slice(done, at) + name;
    done = at + subject.length;
  }
  return text + sentence.slice(done);
}

export function toAlertCard(row: AlertRow): AlertCard {
  return {
    alert: row.alert,
    version: row.version,
    subject: row.subject,
    // The ledger's columns are written from these types only (alerts/ledger.ts).
    kind: row.kind as AlertKindName,
    state: row.state as AlertCard['state'],
    severity: row.severity as Severity,
    startedAtMs: row.started_at.getTime(),
    detectedAtMs: row.detected_at.getTime(),
    recordedAtMs: row.recorded_at.getTime(),
    clearedAtMs: row.cleared_at?.getTime() ?? null,
    zone: row.zone,
    zoneName: row.zone_name,
    device: row.device,
    confidence: row.confidence,
    late: row.late,
    reason: {
      zh: nameIn(row.reason, row.subject, row.subject_name),
      en: nameIn(row.reason_en, row.subject, row.subject_name),
    },
    evidence: toEvidence(row.evidence),
    acknowledgedBy: row.acknowledged_by,
    acknowledgedAtMs: row.acknowledged_at?.getTime() ?? null,
    work: toWorkCard(row),
  };
}

/** The columns' own checks allow no other names. */
function toWorkCard(row: AlertRow): AlertWorkCard {
  return {
    stage: row.stage as Stage,
    owner: row.owner,
    dueAtMs: row.due_at?.getTime() ?? null,
    escalation: row.escalation,
    incident: row.incident,
    shelvedUntilMs: row.shelved_until?.getTime() ?? null,
    task: row.task,
    disposition: row.disposition as Disposition | null,
  };
}

/** Stored as the contract's JSON: `at` in ISO 8601. */
export function toEvidence(json: unknown): EvidenceFix[] {
  if (!Array.isArray(json)) return [];
  return json.map((fix: { at: string; lat: number; lon: number; accuracyM: number; distanceM: number }) => ({
    atMs: Date.parse(fix.at),
    lat: fix.lat,
    lon: fix.lon,
    accuracyM: fix.accuracyM,
    distanceM: fix.distanceM,
  }));
}

const WORKED_ON: ReadonlySet<Stage> = new Set(['handling', 'tasked', 'resolved', 'reviewed', 'returned']);

/** On the board: open, cleared and not yet acknowledged by anybody, or in somebody's hands. */
export function isOnBoard({ state, work }: Pick<AlertCard, 'state' | 'work'>): boolean {
  if (WORKED_ON.has(work.stage)) return true;
  if (state === 'opened' || state === 'updated') return work.stage !== 'closed';
  return state === 'cleared' && work.stage === 'opened';
}
