/**
 * The alert ledger: append-only, unique on (alert, version), so that a conclusion drawn again after a crash changes
 * nothing. Whoever writes alerts takes `lockLedger` first: change numbers are then in the order of the commits, and a
 * reader that follows them misses none.
 */
import { type AlertEvent, encodeAlertEvent } from '../src/kernel/alert-event.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { appendAlertEvents, takeLedgerLock } from '../src/store/ledger.ts';

const LEDGER_LOCK = 7_261_002;

/** Holds until the transaction ends. */
export async function lockLedger(db: Db): Promise<void> {
  await takeLedgerLock(db, LEDGER_LOCK);
}

export interface Ledger {
  /** Durable when it resolves. Answers how many events were new. */
  append(events: readonly AlertEvent[]): Promise<number>;
}

export function openLedger(database: Database): Ledger {
  return {
    append: async (events) => {
      if (events.length === 0) return 0;
      return database.transaction(async (db) => {
        await lockLedger(db);
        const added = await appendAlertEvents(db, `[${events.map(encodeAlertEvent).join(',')}]`);
        return added.length;
      });
    },
  };
}
