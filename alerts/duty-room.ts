/** The duty room: signing on, handing over with a sheet that writes itself and two signatures, the journal. */
import { createHash } from 'node:crypto';
import type { AlertKindName, Severity } from '../src/kernel/alert-event.ts';
import type { Stage } from '../src/kernel/casework.ts';
import { type Told, told } from '../src/kernel/fault.ts';
import type { Instant } from '../src/kernel/instant.ts';
import { fail, ok, type Result } from '../src/kernel/result.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { lockAlertWork } from '../src/store/alert-work.ts';
import {
  addJournalEntry,
  beginShift,
  findRota,
  findRunningShift,
  listGauges,
  listOpenItems,
  listOpenPromises,
  listShelvingsEnding,
  listTasksDue,
  lockShift,
  saveShift,
} from '../src/store/duty-room.ts';
import { hiddenFrom } from '../src/store/minors.ts';
import { workOnLocked } from './alert-work.ts';
import { allOrNothing } from './all-or-nothing.ts';
import type { By } from './casework/alert-stages.ts';
import { composeSheet, type OpenItem, type Sheet, unexplained } from './casework/hand-over.ts';
import { type PlannedShift, type Rota, shiftAt } from './casework/rota.ts';
import { lockLedger } from './ledger-lock.ts';
import { noticed } from './noticed.ts';

export type ShiftRow = Awaited<ReturnType<typeof lockShift>>[number];
export interface ShiftFault extends Told {
  readonly code:
    | 'not-found'
    | 'running'
    | 'not-yours'
    | 'not-now'
    | 'unexplained'
    | 'same-person'
    | 'bad-promise';
}
const no = (code: ShiftFault['code'], said: Told): Result<never, ShiftFault> => fail({ ...said, code });

/** Where no rota says anything. */
const SHIFT_MS = 8 * 3_600_000;
/** Who comes a little early takes the shift that comes. */
const EARLY_MS = 3_600_000;
const GAUGE_REACH_MS = 3 * 3_600_000;

export async function plannedAt(db: Db, organisation: string, atMs: Instant): Promise<PlannedShift> {
  const [row] = await findRota(db, organisation);
  if (row !== undefined) return shiftAt(row.rota as Rota, atMs);
  return { day: '', name: '', group: '', members: [], fromMs: atMs, untilMs: atMs + SHIFT_MS };
}

export function signOn(
  database: Pick<Database, 'transaction'>,
  organisation: string,
  by: By,
): Promise<Result<ShiftRow, ShiftFault>> {
  return database.transaction(async (db) => {
    const begun = await begin(db, organisation, await plannedAt(db, organisation, by.atMs), by);
    if (begun !== undefined) return ok(begun);
    const [running] = await findRunningShift(db, organisation);
    return no('running', told('shift-running', { officer: running?.officer ?? 'somebody' }));
  });
}

async function begin(
  db: Db,
  organisation: string,
  planned: PlannedShift,
  by: By,
): Promise<ShiftRow | undefined> {
  const { name, group, members, fromMs, untilMs } = planned;
  const isSubstitute = members.length > 0 && !members.includes(by.account);
  const [row] = await beginShift(
    db,
    organisation,
    name,
    group,
    new Date(fromMs),
    new Date(untilMs),
    by.account,
    isSubstitute,
    new Date(by.atMs),
    by.note,
  );
  return row;
}

/** `lowSubjects`: whose last known battery is low enough to look at how fast it empties. */
export async function draftSheet(
  db: Db,
  shift: ShiftRow,
  lowSubjects: readonly string[],
  atMs: Instant,
): Promise<{ readonly sheet: Sheet; readonly unexplained: readonly OpenItem[] }> {
  const { organisation } = shift;
  const next = await plannedAt(db, organisation, Math.max(atMs, shift.until_at.getTime()));
  const nextUntil = new Date(next.untilMs);
  const open = (await listOpenItems(db, organisation, shift.signed_on_at)).map((row) => ({
    alert: row.alert,
    subject: row.subject,
    // The ledger's columns are written from these types only.
    kind: row.kind as AlertKindName,
    severity: row.severity as Severity,
    stage: row.stage as Stage,
    owner: row.owner,
    startedAtMs: row.started_at.getTime(),
    dueAtMs: row.due_at?.getTime() ?? null,
    incident: row.incident,
    explanation: row.explanation,
  }));
  const gauges = await listGauges(db, organisation, [...lowSubjects], new Date(atMs - GAUGE_REACH_MS));
  const sheet = composeSheet({
    atMs,
    nextUntilMs: next.untilMs,
    open,
    tasksDue: (await listTasksDue(db, organisation, nextUntil)).flatMap(({ id, office, due_at }) =>
      due_at === null ? [] : [{ task: id, office, dueAtMs: due_at.getTime() }],
    ),
    promises: (await listOpenPromises(db, organisation)).flatMap(({ entry, account, promised_at }) =>
      promised_at === null ? [] : [{ entry, by: account, promisedAtMs: promised_at.getTime() }],
    ),
    shelvings: (await listShelvingsEnding(db, organisation, nextUntil)).map(
      ({ id, subject, kind, until_at }) => ({
        shelving: id,
        subject,
        kind: kind as AlertKindName,
        untilMs: until_at.getTime(),
      }),
    ),
    gauges: gauges.map(({ subject, device, at, pct, per_hour }) => ({
      subject,
      device,
      pct,
      atMs: at.getTime(),
      perHour: per_hour,
    })),
  });
  return { sheet, unexplained: unexplained(open) };
}

/** The first signature: what is explained goes to the alerts as notes, the sheet is frozen as it is. */
export function handOver(
  database: Pick<Database, 'transaction'>,
  given: {
    readonly shift: string;
    readonly explanations: readonly { readonly alert: string; readonly note: string }[];
    readonly lowSubjects: readonly string[];
    readonly by: By;
    /** Whether who signs is cleared for minors: what they may not see is not told them, and holds the shift all the same. */
    readonly mayMinors: boolean;
  },
): Promise<Result<ShiftRow, ShiftFault>> {
  const { by } = given;
  return allOrNothing<ShiftRow, ShiftFault>(database, async (db) => {
    await lockLedger(db);
    const [shift] = await lockShift(db, given.shift);
    if (shift === undefined) return no('not-found', told('no-shift'));
    if (shift.state !== 'on') return no('not-now', told('shift-state', { state: shift.state }));
    if (shift.officer !== by.account)
      return no('not-yours', told('shift-not-yours', { officer: shift.officer }));
    const before = await draftSheet(db, shift, given.lowSubjects, by.atMs);
    const known = new Set(before.sheet.incidents.flatMap(({ parts }) => parts.map(({ alert }) => alert)));
    for (const { alert, note } of given.explanations) {
      const [row] = known.has(alert) ? await lockAlertWork(db, alert) : [];
      if (row === undefined) return no('not-found', told('no-open-alert', { alert }));
      const done = await workOnLocked(db, row, { do: 'note' }, { ...by, note });
      if (!done.ok) return no('unexplained', { ...done.error, message: `${alert}: ${done.error.message}` });
    }
    const { sheet, unexplained: open } = await draftSheet(db, shift, given.lowSubjects, by.atMs);
    if (open.length > 0) {
      const hidden = await hiddenFrom(
        db,
        given.mayMinors,
        open.map(({ subject }) => subject),
      );
      const seen = open.filter(({ subject }) => !hidden.has(subject));
      if (seen.length === 0) return no('unexplained', told('unexplained-minors', { n: open.length }));
      return no(
        'unexplained',
        told('unexplained', { alerts: seen.map(({ alert, kind }) => `${kind} ${alert}`).join(', ') }),
      );
    }
    const text = JSON.stringify(sheet);
    const sha256 = createHash('sha256').update(text).digest('hex');
    return ok(await save(db, shift, 'handed', { text, sha256 }, 'hand-over', by));
  });
}

/** Not as it is: the officer on duty goes on. */
export function sendBack(
  database: Pick<Database, 'transaction'>,
  id: string,
  by: By,
): Promise<Result<ShiftRow, ShiftFault>> {
  return database.transaction(async (db) => {
    const [shift] = await lockShift(db, id);
    if (shift === undefined) return no('not-found', told('no-shift'));
    if (shift.state !== 'handed') return no('not-now', told('shift-state', { state: shift.state }));
    return ok(await save(db, shift, 'on', null, 'send-back', by));
  });
}

/** The second signature, on the sheet that `sha256` names; the next shift begins. Answers it. */
export function takeOver(
  database: Pick<Database, 'transaction'>,
  given: { readonly shift: string; readonly sha256: string; readonly by: By },
): Promise<Result<ShiftRow, ShiftFault>> {
  const { by } = given;
  return allOrNothing<ShiftRow, ShiftFault>(database, async (db) => {
    const [shift] = await lockShift(db, given.shift);
    if (shift === undefined) return no('not-found', told('no-shift'));
    if (shift.state !== 'handed') return no('not-now', told('shift-not-handed', { state: shift.state }));
    if (shift.officer === by.account) return no('same-person', told('shift-taken-by-other'));
    const { sheet, sheet_sha256 } = shift;
    if (sheet === null || sheet_sha256 !== given.sha256) return no('not-now', told('sheet-changed'));
    await save(db, shift, 'over', { text: sheet, sha256: sheet_sha256 }, 'take-over', by);
    const untilMs = shift.until_at.getTime();
    const planned = await plannedAt(
      db,
      shift.organisation,
      by.atMs >= untilMs - EARLY_MS ? Math.max(by.atMs, untilMs) : by.atMs,
    );
    const next = await begin(db, shift.organisation, planned, by);
    if (next === undefined) throw new Error('a duty room has two shifts');
    await noticed(db, [
      {
        what: 'shift-handed-over',
        about: 'shift',
        ref: next.id,
        subject: null,
        office: shift.organisation,
        account: null,
        severity: null,
        atMs: by.atMs,
      },
    ]);
    return ok(next);
  });
}

async function save(
  db: Db,
  shift: ShiftRow,
  state: 'on' | 'handed' | 'over',
  sheet: { readonly text: string; readonly sha256: string } | null,
  action: string,
  by: By,
): Promise<ShiftRow> {
  const at = new Date(by.atMs);
  const [row] = await saveShift(
    db,
    shift.id,
    state,
    sheet?.text ?? null,
    sheet?.sha256 ?? null,
    action,
    by.account,
    by.note,
    at,
  );
  if (row === undefined) throw new Error(`shift ${shift.id} vanished under its lock`);
  return row;
}

export type JournalRow = Awaited<ReturnType<typeof addJournalEntry>>[number];

/** By whoever keeps the duty room while the shift runs. */
export function writeJournal(
  database: Pick<Database, 'transaction'>,
  given: {
    readonly shift: string;
    readonly alert: string | null;
    readonly promisedAtMs: Instant | null;
    readonly keeps: string | null;
    readonly by: By;
  },
): Promise<Result<JournalRow, ShiftFault>> {
  const { alert, promisedAtMs, keeps, by } = given;
  return database.transaction(async (db) => {
    const [shift] = await lockShift(db, given.shift);
    if (shift === undefined) return no('not-found', told('no-shift'));
    if (shift.state === 'over') return no('not-now', told('journal-closed'));
    if (promisedAtMs !== null && promisedAtMs <= by.atMs) return no('bad-promise', told('promise-ahead'));
    if (keeps !== null && !(await listOpenPromises(db, shift.organisation)).some(({ seq }) => seq === keeps))
      return no('bad-promise', told('no-promise', { seq: keeps }));
    const [row] = await addJournalEntry(
      db,
      shift.id,
      shift.organisation,
      by.account,
      new Date(by.atMs),
      by.note,
      alert,
      promisedAtMs === null ? null : new Date(promisedAtMs),
      keeps,
    );
    return row === undefined ? no('bad-promise', told('promise-kept')) : ok(row);
  });
}
