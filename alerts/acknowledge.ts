/**
 * A person takes note of an alert: the deed goes into the append-only `alert_actions`, the projection and its change
 * number move with it, in one transaction under the ledger's lock, so that who follows `change_seq` sees it in order.
 */
import type { Database } from '../src/ports/database.ts';
import { acknowledgeAlert, lockAlert, notifyAlerts } from '../src/store/alert-actions.ts';
import { lockLedger } from './ledger.ts';

export type Acknowledged =
  | { readonly outcome: 'acknowledged' | 'already'; readonly by: string; readonly at: Date }
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'retracted' };

/** Twice is once: the first to acknowledge stands, whoever asks again is told who it was. */
export async function acknowledge(
  database: Pick<Database, 'transaction'>,
  deed: { readonly alert: string; readonly account: string; readonly note: string },
): Promise<Acknowledged> {
  return database.transaction(async (db) => {
    await lockLedger(db);
    const [present] = await lockAlert(db, deed.alert);
    if (present === undefined) return { outcome: 'not-found' };
    if (present.acknowledged_by !== null && present.acknowledged_at !== null)
      return { outcome: 'already', by: present.acknowledged_by, at: present.acknowledged_at };
    if (present.state === 'retracted') return { outcome: 'retracted' };
    const [done] = await acknowledgeAlert(db, deed.alert, deed.account, deed.note);
    if (done === undefined) throw new Error(`alert ${deed.alert} vanished under the ledger's lock`);
    await notifyAlerts(db, done.change_seq);
    return { outcome: 'acknowledged', by: deed.account, at: done.acknowledged_at };
  });
}
