/** A person takes note of an alert. Twice is once: the first to acknowledge stands, whoever asks again is told who it was. */
import type { Instant } from '../src/kernel/instant.ts';
import type { Database } from '../src/ports/database.ts';
import { lockAlertWork } from '../src/store/alert-work.ts';
import { workOnLocked } from './alert-work.ts';
import { lockLedger } from './ledger-lock.ts';

export type Acknowledged =
  | { readonly outcome: 'acknowledged' | 'already'; readonly by: string; readonly at: Date }
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'retracted' };

export async function acknowledge(
  database: Pick<Database, 'transaction'>,
  deed: { readonly alert: string; readonly account: string; readonly note: string; readonly atMs: Instant },
): Promise<Acknowledged> {
  return database.transaction(async (db) => {
    await lockLedger(db);
    const [row] = await lockAlertWork(db, deed.alert);
    if (row === undefined) return { outcome: 'not-found' };
    if (row.acknowledged_by !== null && row.acknowledged_at !== null)
      return { outcome: 'already', by: row.acknowledged_by, at: row.acknowledged_at };
    if (row.state === 'retracted') return { outcome: 'retracted' };
    const done = await workOnLocked(db, row, { do: 'acknowledge' }, deed);
    if (!done.ok)
      throw new Error(`alert ${deed.alert} is ${row.stage} and unacknowledged: ${done.error.message}`);
    return { outcome: 'acknowledged', by: deed.account, at: new Date(deed.atMs) };
  });
}
