/**
 * Shelving (ISA-18.2): one kind of alert of one subject is put aside until a time, for a reason, once somebody else has approved
 * it; it comes back by itself, and everything that it hid is listed. Never a tamper or a separation.
 */
import type { AlertKindName } from '../src/kernel/alert-event.ts';
import { type Told, told } from '../src/kernel/fault.ts';
import type { Instant } from '../src/kernel/instant.ts';
import { fail, ok, type Result } from '../src/kernel/result.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { lockAlertsWork } from '../src/store/alert-work.ts';
import {
  approveShelving,
  askShelving,
  endShelving,
  listHidden,
  listInForce,
  listShelvable,
  lockShelving,
  noteHidden,
} from '../src/store/shelvings.ts';
import { saveDeeds, toWork } from './alert-work.ts';
import { type By, decideAlert, evolveAlert } from './casework/alert-stages.ts';
import { NEVER_SUPPRESSED } from './casework/dispositions.ts';
import { MACHINE } from './follow-ledger.ts';
import { lockLedger } from './ledger-lock.ts';
import { noticed } from './noticed.ts';

export type ShelvingRow = Awaited<ReturnType<typeof lockShelving>>[number];
export interface ShelvingFault extends Told {
  readonly code: 'not-found' | 'never-suppressed' | 'bad-time' | 'same-person' | 'ended' | 'approved';
}
type Answer = Result<ShelvingRow, ShelvingFault>;
/** In the deed's transaction, after it: its entry in the audit, which is sealed where this table is not. */
export type Noting = (db: Db, row: ShelvingRow) => Promise<void>;
const no = (code: ShelvingFault['code'], said: Told): Answer => fail({ code, ...said });

/** A shift of the duty room and the next: what lasts longer is a matter of the policy, not of shelving. */
export const LONGEST_S = 86_400;

export function ask(
  database: Pick<Database, 'transaction'>,
  given: {
    readonly subject: string;
    readonly office: string | null;
    readonly kind: AlertKindName;
    readonly untilMs: Instant;
    readonly by: By;
  },
  note: Noting,
): Promise<Answer> {
  const { subject, office, kind, untilMs, by } = given;
  return database.transaction(async (db) => {
    if (NEVER_SUPPRESSED.has(kind)) return no('never-suppressed', told('never-shelved', { kind }));
    if (!(untilMs > by.atMs && untilMs <= by.atMs + LONGEST_S * 1000))
      return no('bad-time', told('shelving-hours', { hours: LONGEST_S / 3600 }));
    const [row] = await askShelving(
      db,
      subject,
      kind,
      office,
      by.note,
      by.account,
      new Date(by.atMs),
      new Date(untilMs),
    );
    if (row === undefined) throw new Error('an insert answered no row');
    await tell(db, row, 'shelving-asked', by.atMs);
    await note(db, row);
    return ok(row);
  });
}

/** In force from now on: what stands is put aside, what comes until then too. */
export function approve(
  database: Pick<Database, 'transaction'>,
  id: string,
  by: By,
  note: Noting,
): Promise<Answer> {
  return database.transaction(async (db) => {
    await lockLedger(db);
    const [row] = await lockShelving(db, id);
    if (row === undefined) return no('not-found', told('no-shelving'));
    if (row.ended_at !== null || row.until_at.getTime() <= by.atMs) return no('ended', told('shelving-over'));
    if (row.approved_by !== null) return no('approved', told('shelving-approved', { by: row.approved_by }));
    if (row.asked_by === by.account) return no('same-person', told('shelving-by-other'));
    const [approved] = await approveShelving(db, id, by.account, new Date(by.atMs));
    if (approved === undefined) throw new Error(`shelving ${id} vanished under its lock`);
    const alerts = (await listShelvable(db, id)).map(({ alert }) => alert);
    await noteHidden(db, id, alerts, new Date(by.atMs));
    const done = [];
    for (const each of await lockAlertsWork(db, alerts)) {
      const work = toWork(each);
      const deed = decideAlert(work, { do: 'shelve', untilMs: row.until_at.getTime(), shelving: id }, by);
      if (deed.ok) done.push({ deed: deed.value, work: evolveAlert(work, deed.value) });
    }
    await saveDeeds(db, done);
    await note(db, approved);
    return ok(approved);
  });
}

/** By a person before its time, or refused before it was in force. */
export function end(
  database: Pick<Database, 'transaction'>,
  id: string,
  by: By,
  note: Noting,
): Promise<Answer> {
  return database.transaction(async (db) => {
    await lockLedger(db);
    const [row] = await lockShelving(db, id);
    if (row === undefined) return no('not-found', told('no-shelving'));
    if (row.ended_at !== null) return no('ended', told('shelving-ended'));
    const ended = await endLocked(db, row, by, by.account);
    await note(db, ended);
    return ok(ended);
  });
}

/** Its time is up: the clock's leader ends it. The ledger and the row are locked. */
export async function endDue(db: Db, row: ShelvingRow, atMs: Instant): Promise<void> {
  await endLocked(db, row, { account: MACHINE, atMs, note: '' }, null);
}

async function endLocked(db: Db, row: ShelvingRow, by: By, endedBy: string | null): Promise<ShelvingRow> {
  const [ended] = await endShelving(db, row.id, endedBy, new Date(by.atMs));
  if (ended === undefined) throw new Error(`shelving ${row.id} vanished under its lock`);
  const hidden = (await listHidden(db, row.id)).map(({ alert }) => alert);
  const rest = await listInForce(db, [row.subject], new Date(by.atMs));
  const other = rest.find(({ id, kind }) => id !== row.id && kind === row.kind);
  const done = [];
  for (const each of await lockAlertsWork(db, hidden)) {
    const work = toWork(each);
    const command =
      other === undefined
        ? ({ do: 'unshelve', shelving: row.id } as const)
        : ({ do: 'shelve', untilMs: other.until_at.getTime(), shelving: other.id } as const);
    const deed = decideAlert(work, command, by);
    if (deed.ok) done.push({ deed: deed.value, work: evolveAlert(work, deed.value) });
  }
  await saveDeeds(db, done);
  if (row.approved_at !== null) await tell(db, ended, 'shelving-ended', by.atMs);
  return ended;
}

const tell = (db: Db, row: ShelvingRow, what: 'shelving-asked' | 'shelving-ended', atMs: Instant) =>
  noticed(db, [
    {
      what,
      about: 'shelving',
      ref: row.id,
      subject: row.subject,
      office: row.office,
      account: null,
      severity: null,
      atMs,
    },
  ]);
