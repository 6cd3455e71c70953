/** Tasks of offices: sent about an alert, answered, accepted or returned; each deed with its rows in one transaction. */
import type { Severity } from '../src/kernel/alert-event.ts';
import type { Disposition, Measure, TaskCause, TaskStage } from '../src/kernel/casework.ts';
import { type Told, told } from '../src/kernel/fault.ts';
import type { Instant } from '../src/kernel/instant.ts';
import { fail, ok, type Result } from '../src/kernel/result.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { findAlert } from '../src/store/alert-queue.ts';
import { lockAlertWork } from '../src/store/alert-work.ts';
import { findResponseCard } from '../src/store/response-cards.ts';
import { findDocument } from '../src/store/roster.ts';
import { addTask, listTaskFiles, lockTask, saveTask } from '../src/store/tasks.ts';
import { type WorkFault, workOnLocked } from './alert-work.ts';
import { allOrNothing } from './all-or-nothing.ts';
import type { By } from './casework/alert-stages.ts';
import { taskDueS } from './casework/deadlines.ts';
import { builtInCard, type CardKind, planSteps, type ResponseCard } from './casework/response-card.ts';
import {
  decideTask,
  evolveTask,
  type Task,
  type TaskCommand,
  type TaskRefusal,
} from './casework/task-stages.ts';
import { lockLedger } from './ledger-lock.ts';
import { type Noticed, noticed } from './noticed.ts';

export type TaskRow = Awaited<ReturnType<typeof lockTask>>[number];
export type TaskFault =
  | TaskRefusal
  | WorkFault
  | ({ readonly code: 'not-found' | 'no-office' | 'unknown-file' | 'another-office' } & Told);

const DEFAULT_ZONE = 'Asia/Shanghai';

/** The tables' own checks allow no other names. */
export function toTask(row: TaskRow): Task {
  return {
    task: row.id,
    severity: row.severity as Severity,
    stage: row.stage as TaskStage,
    office: row.office,
    pastOffices: row.past_offices as string[],
    dueAtMs: row.due_at?.getTime() ?? null,
    escalateAtMs: row.escalate_at?.getTime() ?? null,
    escalation: row.escalation,
    supervisedBy: row.supervised_by,
    answeredBy: row.answered_by,
    answeredAtMs: row.answered_at?.getTime() ?? null,
    cause: row.cause as TaskCause | null,
    disposition: row.disposition as Disposition | null,
    measure: row.measure as Measure | null,
  };
}

/** The card in force for an office. */
export async function cardFor(db: Db, kind: CardKind, office: string): Promise<ResponseCard> {
  const [row] = await findResponseCard(db, kind, office);
  return row === undefined ? builtInCard(kind) : (row.card as ResponseCard);
}

export interface NewTask {
  readonly subject: string;
  readonly office: string;
  readonly kind: CardKind;
  readonly severity: Severity;
  readonly what: string;
  readonly alert: { readonly id: string; readonly version: number } | null;
  readonly spotCheck: string | null;
  readonly dueAtMs: Instant | null;
}

/** Within a transaction: the row, its planned steps, and who is told. */
export async function createTask(db: Db, given: NewTask, by: By): Promise<TaskRow> {
  const { subject, office, kind, severity, what, alert, spotCheck } = given;
  const [calendar] = await findDocument(db, 'calendar');
  const timeZone = (calendar?.document as { timeZone?: string } | undefined)?.timeZone ?? DEFAULT_ZONE;
  const steps = planSteps(await cardFor(db, kind, office), by.atMs, timeZone);
  const dueAtMs = given.dueAtMs ?? by.atMs + taskDueS(severity) * 1000;
  const [row] = await addTask(
    db,
    alert?.id ?? null,
    alert?.version ?? null,
    spotCheck,
    subject,
    office,
    kind,
    severity,
    what,
    JSON.stringify(steps.map(({ atMs, ...step }) => ({ ...step, at: new Date(atMs) }))),
    by.account,
    new Date(by.atMs),
    new Date(dueAtMs),
  );
  if (row === undefined) throw new Error('an insert answered no row');
  await noticed(db, [toldOf(row, 'task-sent', office, by.atMs)]);
  return row;
}

/** About an alert: it is with the office from now on. */
export function sendTask(
  database: Pick<Database, 'transaction'>,
  given: { readonly alert: string; readonly what: string; readonly dueAtMs: Instant | null; readonly by: By },
): Promise<Result<TaskRow, TaskFault>> {
  const { by } = given;
  return allOrNothing<TaskRow, TaskFault>(database, async (db) => {
    await lockLedger(db);
    const [work] = await lockAlertWork(db, given.alert);
    const [alert] = await findAlert(db, given.alert);
    if (work === undefined || alert === undefined) return fail({ code: 'not-found', ...told('no-alert') });
    if (work.office === null)
      return fail({
        code: 'no-office',
        ...told('no-office-to-send'),
      });
    if (given.dueAtMs !== null && given.dueAtMs <= by.atMs)
      return fail({ code: 'bad-time', ...told('until-ahead') });
    const row = await createTask(
      db,
      {
        subject: work.subject,
        office: work.office,
        kind: work.kind as CardKind,
        severity: work.severity as Severity,
        what: given.what === '' ? alert.reason : given.what,
        alert: { id: alert.alert, version: alert.version },
        spotCheck: null,
        dueAtMs: given.dueAtMs,
      },
      by,
    );
    const done = await workOnLocked(db, work, { do: 'task', task: row.id }, by);
    return done.ok ? ok(row) : done;
  });
}

/** `scope`: the caller's organisation. An office that no longer has the task is told so; to others it does not exist. */
export function actOnTask(
  database: Pick<Database, 'transaction'>,
  given: {
    readonly task: string;
    readonly command: TaskCommand;
    readonly by: By;
    reaches(office: string): boolean;
  },
): Promise<Result<TaskRow, TaskFault>> {
  const { task: id, command, by } = given;
  return allOrNothing<TaskRow, TaskFault>(database, async (db) => {
    // The ledger's lock first, wherever an alert may follow: two orders of locks would wait for each other.
    await lockLedger(db);
    const [row] = await lockTask(db, id);
    if (row === undefined) return fail({ code: 'not-found', ...told('no-task') });
    const before = toTask(row);
    if (!given.reaches(row.office)) {
      if (before.pastOffices.some(given.reaches))
        return fail({
          code: 'another-office',
          ...told('task-moved'),
        });
      return fail({ code: 'not-found', ...told('no-task') });
    }
    if (command.do === 'answer') {
      const present = new Set((await listTaskFiles(db, id)).map((file) => file.id));
      const missing = command.files.find((file) => !present.has(file));
      if (missing !== undefined)
        return fail({
          code: 'unknown-file',
          ...told('no-file', { file: missing }),
        });
    }
    return actLocked(db, row, command, by);
  });
}

/** Within a transaction that holds the ledger's lock and the task's row. */
export async function actLocked(
  db: Db,
  row: TaskRow,
  command: TaskCommand,
  by: By,
): Promise<Result<TaskRow, TaskFault>> {
  const before = toTask(row);
  const deed = decideTask(before, command, by);
  if (!deed.ok) return deed;
  const saved = await save(db, evolveTask(before, deed.value), command, by);
  const told: Partial<Record<TaskCommand['do'], Noticed['what']>> = {
    answer: 'task-answered',
    return: 'task-returned',
    supervise: 'task-supervised',
    'hand-over': 'task-handed-over',
  };
  const what = told[command.do];
  if (what !== undefined) {
    // An answer concerns who sent it; all else the office.
    const to = command.do === 'answer' ? parentOf(saved.office) : saved.office;
    await noticed(db, [toldOf(saved, what, to, by.atMs)]);
  }
  if (row.alert !== null && (command.do === 'accept' || command.do === 'withdraw')) {
    const [work] = await lockAlertWork(db, row.alert);
    // The alert may have been resolved by another way: the task ends all the same.
    if (work?.stage === 'tasked' && work.task === row.id) {
      const after = await workOnLocked(
        db,
        work,
        command.do === 'accept'
          ? { do: 'resolve', disposition: command.disposition, measure: command.measure }
          : { do: 'return' },
        by,
      );
      if (!after.ok) return after;
    }
  }
  return ok(saved);
}

async function save(db: Db, task: Task, command: TaskCommand, by: By): Promise<TaskRow> {
  const { do: action, ...detail } = command;
  const time = (ms: Instant | null) => (ms === null ? null : new Date(ms));
  const [row] = await saveTask(
    db,
    task.task,
    action,
    by.account,
    by.note,
    new Date(by.atMs),
    JSON.stringify(detail),
    task.stage,
    task.office,
    [...task.pastOffices],
    time(task.dueAtMs),
    time(task.escalateAtMs),
    task.escalation,
    task.supervisedBy,
    task.answeredBy,
    time(task.answeredAtMs),
    task.cause,
    task.disposition,
    task.measure,
  );
  if (row === undefined) throw new Error(`task ${task.task} vanished under its lock`);
  return row;
}

export function toldOf(row: TaskRow, what: Noticed['what'], office: string, atMs: Instant): Noticed {
  return {
    what,
    about: 'task',
    ref: row.id,
    subject: row.subject,
    office,
    account: null,
    severity: row.severity,
    atMs,
  };
}

const parentOf = (office: string) => office.split('/').slice(0, -1).join('/');
