/** What is to be written down because time has gone: the figures of a month that is over, and what signed days are known as by now. */
import type { Instant } from '../src/kernel/instant.ts';
import type { Database } from '../src/ports/database.ts';
import { freezeMonths } from '../src/store/compliance.ts';
import { amendLogs } from './daily-logs.ts';
import { OTHER_RESPONSE_S, timeZoneOf, WEIGHTY_RESPONSE_S } from './figures.ts';
import { periodOf } from './periods.ts';
import { FORMULA_VERSION } from './rates.ts';

/** The last facts of a month come in the first minutes of the next. */
const FREEZE_AFTER_MS = 3_600_000;

/** Repeating it writes nothing twice. */
export async function keepBooks(database: Database, nowMs: Instant): Promise<void> {
  const timeZone = await timeZoneOf(database);
  const month = periodOf('month', localDay(nowMs - FREEZE_AFTER_MS, timeZone)).from;
  await freezeMonths(database, month, FORMULA_VERSION, timeZone, WEIGHTY_RESPONSE_S, OTHER_RESPONSE_S);
  await amendLogs(database, localDay(nowMs, timeZone), nowMs);
}

/** `YYYY-MM-DD` in the zone. */
export function localDay(atMs: Instant, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(atMs);
}
