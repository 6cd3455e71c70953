/** What time alone brings about, asked after each tick by the clock's leader: corrections that have ended, orders that have begun. */
import type { Instant } from '../kernel/instant.ts';
import type { Database } from '../ports/database.ts';
import { listUnsettled } from '../store/legal-clocks.ts';
import { settleSubject } from './settle.ts';

const BATCH = 100;

/** Each subject in a transaction of its own, which moves its own row on; answers how many there were. */
export async function settleDue(database: Database, nowMs: Instant): Promise<number> {
  const rows = await listUnsettled(database, new Date(nowMs), BATCH);
  for (const { subject } of rows) await database.transaction((db) => settleSubject(db, subject, nowMs));
  return rows.length;
}
