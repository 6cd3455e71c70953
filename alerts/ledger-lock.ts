/** Whoever writes alerts or the work on them takes this first: change numbers are then in the order of the commits. */
import type { Db } from '../src/ports/database.ts';
import { takeLedgerLock } from '../src/store/ledger.ts';

const LEDGER_LOCK = 7_261_002;

/** Holds until the transaction ends. */
export async function lockLedger(db: Db): Promise<void> {
  await takeLedgerLock(db, LEDGER_LOCK);
}
