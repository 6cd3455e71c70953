/** What the ledger says since a time. */
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Db } from '../../src/ports/database.ts';
import { type AlertRow, toAlertEvent } from '../../src/store/alert-rows.ts';
import { findNewestMeetings, findNewestVersions } from '../../src/store/night.ts';

/** Of some subjects, by id: the newest version of each alert that stood at `fromMs` or began later, but for meetings. */
export async function findKnown(
  database: Db,
  subjects: readonly string[],
  fromMs: Instant,
): Promise<Map<string, AlertEvent>> {
  return byId(await findNewestVersions(database, [...subjects], new Date(fromMs)));
}

/** The same of all that tell a meeting. */
export async function findKnownMeetings(database: Db, fromMs: Instant): Promise<Map<string, AlertEvent>> {
  return byId(await findNewestMeetings(database, new Date(fromMs)));
}

const byId = (rows: readonly AlertRow[]) => new Map(rows.map((row) => [row.alert, toAlertEvent(row)]));
