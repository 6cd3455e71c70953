/**
 * Officers' deeds on alerts: load under the ledger's lock, decide, append, save, in one transaction. Two at once come one after
 * the other, and the second is told who has it.
 */
import type { AlertKindName, AlertState, Severity } from '../src/kernel/alert-event.ts';
import type { Disposition, Measure, Stage } from '../src/kernel/casework.ts';
import { type Told, told } from '../src/kernel/fault.ts';
import { fail, ok, type Result } from '../src/kernel/result.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { addDisposition, appendAlertDeeds, lockAlertWork, saveAlertWork } from '../src/store/alert-work.ts';
import {
  type AlertCommand,
  type AlertDeed,
  type AlertWork,
  type By,
  decideAlert,
  evolveAlert,
  type WorkRefusal,
} from './casework/alert-stages.ts';
import { lockLedger } from './ledger-lock.ts';
import { noticed } from './noticed.ts';

export type WorkRow = Awaited<ReturnType<typeof lockAlertWork>>[number];
export type WorkFault = WorkRefusal | ({ readonly code: 'not-found' } & Told);

export interface Worked {
  readonly work: AlertWork;
  readonly row: WorkRow;
}

/** The tables' own checks allow no other names. */
export function toWork(row: WorkRow): AlertWork {
  return {
    alert: row.alert,
    kind: row.kind as AlertKindName,
    severity: row.severity as Severity,
    state: row.state as AlertState,
    stage: row.stage as Stage,
    owner: row.owner,
    acknowledgedBy: row.acknowledged_by,
    acknowledgedAtMs: row.acknowledged_at?.getTime() ?? null,
    dueAtMs: row.due_at?.getTime() ?? null,
    escalateAtMs: row.escalate_at?.getTime() ?? null,
    escalation: row.escalation,
    incident: row.incident,
    incidentFixed: row.incident_fixed,
    shelvedUntilMs: row.shelved_until?.getTime() ?? null,
    disposition: row.disposition as Disposition | null,
    measure: row.measure as Measure | null,
    resolvedBy: row.resolved_by,
    task: row.task,
  };
}

export function workOn(
  database: Pick<Database, 'transaction'>,
  alert: string,
  command: AlertCommand,
  by: By,
): Promise<Result<Worked, WorkFault>> {
  return database.transaction(async (db) => {
    await lockLedger(db);
    const [row] = await lockAlertWork(db, alert);
    if (row === undefined) return fail({ code: 'not-found', ...told('no-alert') });
    return workOnLocked(db, row, command, by);
  });
}

/** Within a transaction that holds the ledger's lock and the alert's row. */
export async function workOnLocked(
  db: Db,
  row: WorkRow,
  command: AlertCommand,
  by: By,
): Promise<Result<Worked, WorkRefusal>> {
  const before = toWork(row);
  const deed = decideAlert(before, command, by);
  if (!deed.ok) return deed;
  const work = evolveAlert(before, deed.value);
  await saveDeeds(db, [{ deed: deed.value, work }]);
  const { disposition, measure, resolvedBy } = before;
  const at = new Date(by.atMs);
  if (command.do === 'close' && disposition !== null)
    await addDisposition(db, row.alert, disposition, measure, resolvedBy, by.account, at);
  if (command.do === 'reopen')
    await addDisposition(db, row.alert, 'withdrawn', null, resolvedBy, by.account, at);
  if (command.do === 'assign' || command.do === 'reopen')
    await noticed(db, [
      {
        what: command.do === 'assign' ? 'alert-assigned' : 'alert-reopened',
        about: 'alert',
        ref: row.alert,
        subject: row.subject,
        office: row.office,
        account: work.owner,
        severity: row.severity,
        atMs: by.atMs,
      },
    ]);
  return ok({ work, row });
}

/** Deeds in their order, each with what the alert is after it. */
export async function saveDeeds(
  db: Db,
  done: readonly { readonly deed: AlertDeed; readonly work: AlertWork }[],
): Promise<void> {
  if (done.length === 0) return;
  await appendAlertDeeds(
    db,
    JSON.stringify(
      done.map(({ deed: { do: action, account, atMs, note, ...detail }, work }) => ({
        alert: work.alert,
        action,
        account,
        note,
        at: new Date(atMs),
        detail,
      })),
    ),
  );
  // Several deeds on one: the last says what it is.
  const last = new Map(done.map(({ work }) => [work.alert, toColumns(work)]));
  await saveAlertWork(db, JSON.stringify([...last.values()]));
}

const time = (ms: number | null) => (ms === null ? null : new Date(ms));

function toColumns(work: AlertWork) {
  return {
    alert: work.alert,
    stage: work.stage,
    owner: work.owner,
    acknowledgedBy: work.acknowledgedBy,
    acknowledgedAt: time(work.acknowledgedAtMs),
    dueAt: time(work.dueAtMs),
    escalateAt: time(work.escalateAtMs),
    escalation: work.escalation,
    incident: work.incident,
    incidentFixed: work.incidentFixed,
    shelvedUntil: time(work.shelvedUntilMs),
    disposition: work.disposition,
    measure: work.measure,
    resolvedBy: work.resolvedBy,
    task: work.task,
  };
}
