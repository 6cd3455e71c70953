/** Incidents by hand: what the machine did not see, or saw wrongly. What a person joined or parted the machine leaves alone. */

import { told } from '../src/kernel/fault.ts';
import { fail, ok, type Result } from '../src/kernel/result.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { findIncident, lockAlertsWork, makeIncident } from '../src/store/alert-work.ts';
import { saveDeeds, toWork, type WorkFault } from './alert-work.ts';
import { allOrNothing } from './all-or-nothing.ts';
import { type AlertCommand, type By, decideAlert, evolveAlert } from './casework/alert-stages.ts';
import { newIncidentId } from './follow-ledger.ts';
import { lockLedger } from './ledger-lock.ts';

/** `incident` null: a new one. Answers its id. All or none. */
export function mergeAlerts(
  database: Pick<Database, 'transaction'>,
  given: { readonly incident: string | null; readonly alerts: readonly string[]; readonly by: By },
): Promise<Result<string, WorkFault>> {
  const { alerts, by } = given;
  return allOrNothing<string, WorkFault>(database, async (db) => {
    await lockLedger(db);
    const rows = await lockAlertsWork(db, [...alerts]);
    if (rows.length < new Set(alerts).size) return fail({ code: 'not-found', ...told('no-alert') });
    if (given.incident !== null && (await findIncident(db, given.incident)).length === 0)
      return fail({ code: 'not-found', ...told('no-incident') });
    const incident = given.incident ?? newIncidentId();
    if (given.incident === null) {
      const subjects = new Set(rows.map(({ subject }) => subject));
      const subject = subjects.size === 1 ? (rows[0]?.subject ?? null) : null;
      await makeIncident(db, incident, subject, 'by-hand', by.account, new Date(by.atMs));
    }
    const done = await doToAll(db, rows, { do: 'merge', incident, byHand: true, cause: 'by-hand' }, by);
    return done.ok ? ok(incident) : done;
  });
}

export function splitAlerts(
  database: Pick<Database, 'transaction'>,
  given: { readonly incident: string; readonly alerts: readonly string[]; readonly by: By },
): Promise<Result<string, WorkFault>> {
  return allOrNothing<string, WorkFault>(database, async (db) => {
    await lockLedger(db);
    const rows = await lockAlertsWork(db, [...given.alerts]);
    if (rows.length < new Set(given.alerts).size) return fail({ code: 'not-found', ...told('no-alert') });
    const done = await doToAll(db, rows, { do: 'split', incident: given.incident }, given.by);
    return done.ok ? ok(given.incident) : done;
  });
}

async function doToAll(
  db: Db,
  rows: Awaited<ReturnType<typeof lockAlertsWork>>,
  command: AlertCommand,
  by: By,
): Promise<Result<void, WorkFault>> {
  const done = [];
  for (const row of rows) {
    const work = toWork(row);
    const deed = decideAlert(work, command, by);
    if (!deed.ok) return fail({ ...deed.error, message: `${row.alert}: ${deed.error.message}` });
    done.push({ deed: deed.value, work: evolveAlert(work, deed.value) });
  }
  await saveDeeds(db, done);
  return ok(undefined);
}
