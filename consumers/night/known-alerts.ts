/** What the ledger says of some subjects since a time. */
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Db } from '../../src/ports/database.ts';
import { toAlertEvent } from '../../src/store/alert-rows.ts';
import { findNewestVersions } from '../../src/store/night.ts';

/** By id, the newest version of each alert that stood at `fromMs` or began later. */
export async function findKnown(
  database: Db,
  subjects: readonly string[],
  fromMs: Instant,
): Promise<Map<string, AlertEvent>> {
  const rows = await findNewestVersions(database, [...subjects], new Date(fromMs));
  return new Map(rows.map((row) => [row.alert, toAlertEvent(row)]));
}
