/** Daily logs of offices and of a command centre: composed for many at once, signed once, amended where the day is known otherwise by now. */
import { createHash } from 'node:crypto';
import type { Instant } from '../src/kernel/instant.ts';
import { fail, ok, type Result } from '../src/kernel/result.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { countConfirmed, sumByDays } from '../src/store/compliance.ts';
import {
  amendDailyLog,
  findDailyLog,
  listAmendments,
  listDayAlerts,
  listDayChecks,
  listDayShifts,
  listDaySupervised,
  listLogOffices,
  listSignedSince,
  lockDailyLogs,
  signDailyLog,
} from '../src/store/daily-logs.ts';
import type { Measures } from '../src/store/presence.ts';
import {
  changesBetween,
  composeDayLog,
  type DayFactsOfOffice,
  type DayLog,
  type LogKind,
} from './day-log.ts';
import { timeZoneOf } from './figures.ts';
import { addDays } from './periods.ts';
import type { RateCounts } from './rates.ts';

const LOGS_LOCK = 7_261_041;
/** Late facts reach back so far (policy, backfillHorizonS), and what people decide about alerts comes later still. */
const AMENDED_DAYS = 40;

/** One log for each office (verification), or one for all of them together (inspection, under the organisation's path). */
export async function composeLogs(
  db: Db,
  kind: LogKind,
  scope: string,
  organisation: string,
  day: string,
): Promise<DayLog[]> {
  const until = addDays(day, 1);
  const offices = (await listLogOffices(db, scope, organisation, day, until)).map(({ office }) => office);
  if (offices.length === 0) return [];
  const timeZone = await timeZoneOf(db);
  const by = kind === 'verification' ? 'office' : 'all';
  const group = [scope, organisation, day, until, by] as const;
  const sums = await sumByDays(db, ...group);
  const confirmed = new Map(
    (await countConfirmed(db, ...group, timeZone)).map((row) => [row.organisation, row]),
  );
  const alerts = await listDayAlerts(db, offices, day, timeZone);
  const checks = await listDayChecks(db, offices, day, timeZone);
  const centre = kind === 'inspection' ? await centreOf(db, organisation, offices, day, timeZone) : undefined;
  const isOf = (group: string) => (row: { readonly office: string }) => by === 'all' || row.office === group;
  const alertsOf = Map.groupBy(alerts, ({ office }) => (by === 'all' ? '' : office));
  return sums.map((row) => {
    const counts: RateCounts = {
      violators: confirmed.get(row.organisation)?.violators ?? 0,
      absconders: confirmed.get(row.organisation)?.absconders ?? 0,
      alertsRaised: alertsOf.get(row.organisation)?.length ?? 0,
      alertsDue: 0,
      alertsInTime: 0,
    };
    const facts: DayFactsOfOffice = {
      office: kind === 'verification' ? row.organisation : organisation,
      day,
      measures: row.measures as Measures,
      counts,
      alerts: (alertsOf.get(row.organisation) ?? []).map((alert) => ({
        alert: alert.alert,
        subject: alert.subject,
        kind: alert.kind,
        startedAtMs: alert.started_at.getTime(),
        clearedAtMs: alert.cleared_at?.getTime() ?? null,
        acknowledgedBy: alert.acknowledged_by,
        disposition: alert.disposition,
        measure: alert.measure,
        cause: alert.cause,
      })),
      checks: checks.filter(isOf(row.organisation)),
      ...(centre === undefined ? {} : { centre }),
    };
    return withoutResponse(composeDayLog(kind, facts));
  });
}

async function centreOf(
  db: Db,
  organisation: string,
  offices: readonly string[],
  day: string,
  timeZone: string,
): Promise<NonNullable<DayFactsOfOffice['centre']>> {
  const shifts = await listDayShifts(db, organisation, day, timeZone);
  return {
    shifts: shifts.map(({ name, duty_group, officer, is_substitute, signed_on_at }) => ({
      name,
      group: duty_group,
      officer,
      isSubstitute: is_substitute,
      signedOnAtMs: signed_on_at.getTime(),
    })),
    supervised: await listDaySupervised(db, offices, day, timeZone),
  };
}

/** How quickly alerts were noted goes on moving after the day; it is a figure of the month, not of the log. */
function withoutResponse(log: DayLog): DayLog {
  return { ...log, rates: log.rates.filter(({ id }) => id !== 'response') };
}

export interface Signed {
  readonly seq: string;
  readonly sha256: string;
  readonly log: DayLog;
}

export type NotSigned =
  | { readonly code: 'nothing-there' }
  | { readonly code: 'changed' }
  | { readonly code: 'signed-already'; readonly by: string; readonly at: Date };

/** Whose the office is, and that the day is over, is the caller's to check. */
export async function signLog(
  database: Database,
  given: {
    readonly kind: LogKind;
    readonly office: string;
    readonly day: string;
    readonly remarks: string;
    readonly by: string;
    readonly atMs: Instant;
    /** Of the document that was looked at. */
    readonly sha256?: string;
  },
): Promise<Result<Signed, NotSigned>> {
  const { kind, office, day, remarks, by, atMs } = given;
  return database.transaction(async (db) => {
    await lockDailyLogs(db, LOGS_LOCK);
    const [known] = await findDailyLog(db, kind, office, day);
    if (known !== undefined)
      return fail({ code: 'signed-already', by: known.signed_by, at: known.signed_at });
    const log = (await composeLogs(db, kind, '', office, day)).find((each) => each.office === office);
    if (log === undefined) return fail({ code: 'nothing-there' });
    const document = JSON.stringify(log);
    const sha256 = hashOf(document);
    // Here, where it is written: between a look and the lock the day may have become another.
    if (given.sha256 !== undefined && given.sha256 !== sha256) return fail({ code: 'changed' });
    const [row] = await signDailyLog(db, kind, office, day, document, sha256, remarks, by, new Date(atMs));
    if (row === undefined) throw new Error(`${kind} log of ${office} on ${day} was signed under the lock`);
    return ok({ seq: row.seq, sha256, log });
  });
}

/** Looks at what was signed in the last days and writes down what is known otherwise by now. Answers how many. */
export async function amendLogs(database: Database, today: string, atMs: Instant): Promise<number> {
  const since = addDays(today, -AMENDED_DAYS);
  let amended = 0;
  const signed = await listSignedSince(database, since);
  for (const [key, rows] of Map.groupBy(signed, ({ kind, day }) => `${kind} ${day}`)) {
    const [kind = '', day = ''] = key.split(' ');
    const isOfOffices = kind === 'verification';
    const all = isOfOffices ? await composeLogs(database, 'verification', '', '', day) : [];
    for (const row of rows) {
      const found = isOfOffices ? all : await composeLogs(database, 'inspection', '', row.office, day);
      const now = found.find(({ office }) => office === row.office);
      if (now === undefined) continue;
      const document = JSON.stringify(now);
      if (document === (row.newest ?? row.document)) continue;
      const newest = JSON.parse(row.newest ?? row.document) as DayLog;
      if (changesBetween(newest, now).length === 0) continue;
      const changes = changesBetween(JSON.parse(row.document) as DayLog, now);
      const isNew = await database.transaction(async (db) => {
        await lockDailyLogs(db, LOGS_LOCK);
        // Another process may have written the same meanwhile.
        if ((await listAmendments(db, row.seq)).at(-1)?.document === document) return false;
        const at = new Date(atMs);
        await amendDailyLog(db, row.seq, row.office, document, hashOf(document), JSON.stringify(changes), at);
        return true;
      });
      if (isNew) amended++;
    }
  }
  return amended;
}

export function hashOf(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}
