/** Reports made by a person or by the schedule, kept as they were made. */
import type { Instant } from '../src/kernel/instant.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { recordAudit } from '../src/store/audit.ts';
import { addReport, listReportingCounties, listScheduled } from '../src/store/reports.ts';
import { hashOf } from './daily-logs.ts';
import { addDays } from './periods.ts';
import { composeReport, periodOfReport, type Report, type ReportKind } from './report.ts';

/** By nobody: the schedule. */
export const SCHEDULE = '';

/** Answers its id and what the audit has to say of it: the table is not sealed, the audit is. Undefined: it was there. */
export async function keepReport(
  db: Db,
  report: Report,
  by: string,
  atMs: Instant,
): Promise<{ readonly id: string; readonly detail: Readonly<Record<string, unknown>> } | undefined> {
  const document = JSON.stringify(report);
  const { kind, organisation, period } = report;
  const sha256 = hashOf(document);
  const at = new Date(atMs);
  const [row] = await addReport(db, kind, organisation, period.from, period.until, document, sha256, by, at);
  return row && { id: row.seq, detail: { kind, from: period.from, sha256 } };
}

/** What a bureau sends out by itself. The ledger of key persons is made by a person, for a purpose. */
const SCHEDULED = ['daily', 'weekly', 'monthly', 'quarterly', 'statistics', 'hazards'] as const;

/** What is over and not made: of the whole tree and of each county, yesterday's, last week's, last month's, last quarter's. Twice makes one. */
export async function makeScheduled(db: Database, today: string, nowMs: Instant): Promise<ReportKind[]> {
  const due = SCHEDULED.map((kind) => {
    const day = addDays(periodOfReport(kind, today).from, -1);
    return { kind, day, ...periodOfReport(kind, day) };
  });
  const known = new Set(
    (
      await listScheduled(
        db,
        due.map(({ from }) => from),
      )
    ).map(keyOf),
  );
  const made: ReportKind[] = [];
  for (const { kind, day, from, until } of due) {
    const counties = (await listReportingCounties(db, from, until)).map(({ organisation }) => organisation);
    for (const organisation of ['', ...counties]) {
      if (known.has(keyOf({ kind, organisation, from_day: from }))) continue;
      const report = await composeReport(db, { kind, scope: '', organisation, day, nowMs });
      const isNew = await db.transaction(async (tx) => {
        const kept = await keepReport(tx, report, SCHEDULE, nowMs);
        if (kept === undefined) return false;
        await recordAudit(tx, {
          actor: { kind: 'system', name: 'schedule', organisation: '' },
          action: 'report.make',
          office: organisation,
          target: kept.id,
          detail: kept.detail,
        });
        return true;
      });
      if (isNew) made.push(kind);
    }
  }
  return made;
}

function keyOf(report: { readonly kind: string; readonly organisation: string; readonly from_day: string }) {
  return [report.kind, report.organisation, report.from_day].join('\n');
}
