/** An alert as the routes answer it, and which of them a caller reaches. */
import { type Static, Type } from 'typebox';
import {
  DISPOSITIONS,
  type Disposition,
  MEASURES,
  type Measure,
  STAGES,
  type Stage,
} from '../../../src/kernel/casework.ts';
import { formatInstant } from '../../../src/kernel/instant.ts';
import type { Db } from '../../../src/ports/database.ts';
import { findAlert, type listAlertVersions } from '../../../src/store/alert-queue.ts';
import { type AlertRow, nameIn, toEvidence } from '../alert-view.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { Problem } from '../problem.ts';
import { AlertKind, AlertStateName, Evidence, Nullable, SeverityName, Time, timeOrNull } from './schemas.ts';

export const Version = Type.Object({
  version: Type.Integer(),
  state: AlertStateName,
  severity: SeverityName,
  startedAt: Time,
  detectedAt: Time,
  clearedAt: Nullable(Time),
  recordedAt: Time,
  zone: Nullable(Type.String()),
  device: Nullable(Type.String()),
  confidence: Type.Number(),
  late: Type.Boolean(),
  reason: Type.String(),
  reasonEn: Type.String(),
  evidence: Evidence,
});
const Work = Type.Object({
  stage: Type.Enum(STAGES),
  owner: Nullable(Type.String()),
  dueAt: Nullable(Time),
  escalation: Type.Integer({ description: 'How many promises of this stage were broken' }),
  incident: Nullable(Type.String()),
  shelvedUntil: Nullable(Time),
  task: Nullable(Type.String()),
  disposition: Nullable(Type.Enum(DISPOSITIONS)),
  measure: Nullable(Type.Enum(MEASURES)),
});
export const Alert = Type.Object({
  alert: Type.String(),
  subject: Type.String(),
  subjectName: Nullable(Type.String()),
  office: Nullable(Type.String()),
  kind: AlertKind,
  zoneName: Nullable(Type.String()),
  acknowledgedBy: Nullable(Type.String()),
  acknowledgedAt: Nullable(Time),
  ...Work.properties,
  ...Version.properties,
});
/** One outside the caller's reach is as if it did not exist. */
export async function findSeenAlert(db: Db, actor: Actor, action: Action, id: string): Promise<AlertRow> {
  const [row] = await findAlert(db, id);
  const isEverybodys = row?.kind === 'feed-outage' && row.office === null;
  const [office, minor] = isEverybodys
    ? [actor.organisation, false]
    : [row?.office ?? null, row?.minor ?? true];
  if (row === undefined || !can(actor, action, office, minor)) throw new Problem('not-found');
  return row;
}

type VersionRow = Awaited<ReturnType<typeof listAlertVersions>>[number];

export function toVersion(
  row: VersionRow,
  alert: Pick<AlertRow, 'subject' | 'subject_name'>,
): Static<typeof Version> {
  return {
    version: row.version,
    // The ledger's columns are written from these types only (alerts/ledger.ts).
    state: row.state as Static<typeof AlertStateName>,
    severity: row.severity as Static<typeof SeverityName>,
    startedAt: row.started_at.toISOString(),
    detectedAt: row.detected_at.toISOString(),
    clearedAt: timeOrNull(row.cleared_at),
    recordedAt: row.recorded_at.toISOString(),
    zone: row.zone,
    device: row.device,
    confidence: row.confidence,
    late: row.late,
    reason: nameIn(row.reason, alert.subject, alert.subject_name),
    reasonEn: nameIn(row.reason_en, alert.subject, alert.subject_name),
    evidence: toEvidence(row.evidence).map(({ atMs, ...fix }) => ({ at: formatInstant(atMs), ...fix })),
  };
}

export function toAlertItem(row: AlertRow): Static<typeof Alert> {
  return {
    alert: row.alert,
    subject: row.subject,
    subjectName: row.subject_name,
    office: row.office,
    kind: row.kind as Static<typeof AlertKind>,
    zoneName: row.zone_name,
    acknowledgedBy: row.acknowledged_by,
    acknowledgedAt: timeOrNull(row.acknowledged_at),
    stage: row.stage as Stage,
    owner: row.owner,
    dueAt: timeOrNull(row.due_at),
    escalation: row.escalation,
    incident: row.incident,
    shelvedUntil: timeOrNull(row.shelved_until),
    task: row.task,
    disposition: row.disposition as Disposition | null,
    measure: row.measure as Measure | null,
    ...toVersion(row, row),
  };
}
