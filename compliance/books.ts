/** What is to be written down because time has gone: figures of months that are over, what signed days are known as by now, reports. */
import type { Instant } from '../src/kernel/instant.ts';
import type { Database } from '../src/ports/database.ts';
import { freezeMonths } from '../src/store/compliance.ts';
import { amendLogs } from './daily-logs.ts';
import { OTHER_RESPONSE_S, timeZoneOf, WEIGHTY_RESPONSE_S } from './figures.ts';
import { localDay, periodOf } from './periods.ts';
import { FORMULA_VERSION } from './rates.ts';
import { makeScheduled } from './report-archive.ts';

/** The last facts of a month come in the first minutes of the next. */
const FREEZE_AFTER_MS = 3_600_000;

/** Repeating it writes nothing twice. */
export async function keepBooks(database: Database, nowMs: Instant): Promise<void> {
  const timeZone = await timeZoneOf(database);
  const month = periodOf('month', localDay(nowMs - FREEZE_AFTER_MS, timeZone)).from;
  await freezeMonths(database, month, FORMULA_VERSION, timeZone, WEIGHTY_RESPONSE_S, OTHER_RESPONSE_S);
  const today = localDay(nowMs - FREEZE_AFTER_MS, timeZone);
  await amendLogs(database, localDay(nowMs, timeZone), nowMs);
  await makeScheduled(database, today, nowMs);
}
