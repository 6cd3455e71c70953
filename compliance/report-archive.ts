/** Reports made by a person or by the schedule, kept as they were made. */
import type { Instant } from '../src/kernel/instant.ts';
import type { Db } from '../src/ports/database.ts';
import { addReport, hasScheduled } from '../src/store/reports.ts';
import { hashOf } from './daily-logs.ts';
import { addDays } from './periods.ts';
import { composeReport, periodOfReport, type Report, type ReportKind } from './report.ts';

/** By nobody: the schedule. */
export const SCHEDULE = '';

export async function keepReport(
  db: Db,
  report: Report,
  by: string,
  atMs: Instant,
): Promise<string | undefined> {
  const document = JSON.stringify(report);
  const { kind, organisation, period } = report;
  const at = new Date(atMs);
  const [row] = await addReport(
    db,
    kind,
    organisation,
    period.from,
    period.until,
    document,
    hashOf(document),
    by,
    at,
  );
  return row?.seq;
}

/** What is over and not made: of the whole tree, yesterday's, last week's, last month's, last quarter's. Twice makes one. */
export async function makeScheduled(db: Db, today: string, nowMs: Instant): Promise<ReportKind[]> {
  const made: ReportKind[] = [];
  for (const kind of ['daily', 'weekly', 'monthly', 'quarterly'] as const) {
    const running = periodOfReport(kind, today);
    const day = addDays(running.from, -1);
    const { from } = periodOfReport(kind, day);
    if ((await hasScheduled(db, kind, '', from)).length > 0) continue;
    const report = await composeReport(db, { kind, scope: '', organisation: '', day, nowMs });
    if ((await keepReport(db, report, SCHEDULE, nowMs)) !== undefined) made.push(kind);
  }
  return made;
}
