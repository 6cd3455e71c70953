/** `verification-logs` (信息化核查日志) and `inspection-logs` (每日督查日志): listed with what is missing, one day then and now, signed once. */
import { Type } from 'typebox';
import { composeLogs, hashOf, signLog } from '../../../compliance/daily-logs.ts';
import {
  changesBetween,
  DAY_LOG_FIELDS,
  type DayLog,
  type LogChange,
  type LogKind,
} from '../../../compliance/day-log.ts';
import { timeZoneOf } from '../../../compliance/figures.ts';
import { addDays, daysOf, localDay } from '../../../compliance/periods.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { findDailyLog, listAmendments, listDailyLogs, listNames } from '../../../src/store/daily-logs.ts';
import { hiddenFrom } from '../../../src/store/minors.ts';
import { can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  answers,
  Cursor,
  Day,
  decodeCursor,
  encodeCursor,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  readDay,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const PATHS: Readonly<Record<LogKind, string>> = {
  verification: '/api/v1/verification-logs',
  inspection: '/api/v1/inspection-logs',
};
const Document = Type.Record(Type.String(), Type.Unknown(), { description: 'compliance/day-log.ts, DayLog' });
const State = Type.Enum(['running', 'unsigned', 'signed', 'amended']);
const Item = Type.Object({
  office: Type.String(),
  day: Day,
  state: State,
  seq: Nullable(Type.String()),
  signedBy: Nullable(Type.String()),
  signedAt: Nullable(Time),
});
const Change = Type.Object({ field: Type.String(), before: Type.Unknown(), after: Type.Unknown() });
const OneDay = Type.Object({
  ...Item.properties,
  fields: Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 2, maxItems: 2 })),
  asKnownNow: Document,
  asKnownThen: Nullable(Document),
  sha256: Nullable(Type.String({ description: 'Of what was signed' })),
  sha256Now: Type.String({ description: 'Of the day as it is known now: to be sent with the signature' }),
  remarks: Nullable(Type.String()),
  changes: Type.Array(Change),
  amendments: Type.Array(
    Type.Object({ seq: Type.String(), foundAt: Time, sha256: Type.String(), changes: Type.Array(Change) }),
  ),
  names: Type.Record(Type.String(), Type.String()),
  hidden: Type.Integer({ description: 'Rows about minors that are left out: the caller is not cleared' }),
});

export interface DailyLogDeps {
  readonly database: Database;
  /** Sees the whole tree: a log is the same whoever opens it, and its number follows the one before it wherever that is. */
  readonly whole: Database;
  now(): Instant;
}

export function registerDailyLogRoutes(app: App, deps: DailyLogDeps): void {
  for (const kind of ['verification', 'inspection'] as const) registerKind(app, deps, kind);
}

function registerKind(app: App, deps: DailyLogDeps, kind: LogKind): void {
  const db = deps.database;
  const path = PATHS[kind];
  const tags = ['daily logs'];
  const today = async () => localDay(deps.now(), await timeZoneOf(db));

  app.get(
    path,
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'Days, newest first: signed, amended, and those that are missing a signature',
        querystring: Type.Object({
          organisation: OrganisationPath,
          from: Type.Optional(Day),
          until: Type.Optional(Day),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Item)),
      },
    },
    async (request) => {
      const { organisation = '', cursor, limit = 100 } = request.query;
      const { actor } = callerOf(request);
      const now = await today();
      const until = readDay('until', request.query.until ?? addDays(now, 1));
      const from = readDay('from', request.query.from ?? addDays(until, -31));
      const [beforeDay = null, afterOffice = ''] = cursor === undefined ? [] : decodeCursor(cursor, 2);
      if (beforeDay !== null) readDay('cursor', beforeDay);
      if (kind === 'inspection') {
        const office = organisation === '' ? actor.organisation : organisation;
        if (!can(actor, 'compliance.read', office)) throw new Problem('not-found');
        const days = daysOf({ from, until })
          .reverse()
          .filter((day) => beforeDay === null || day < beforeDay);
        const rows = [];
        for (const day of days.slice(0, limit + 1)) {
          const [row] = await findDailyLog(db, kind, office, day);
          const amended = row === undefined ? false : (await listAmendments(db, row.seq)).length > 0;
          rows.push({ office, day, seq: null, signed_by: null, signed_at: null, ...row, amended });
        }
        return toPage(
          rows,
          limit,
          (row) => toItem(row, now),
          (last) => encodeCursor(last.day, last.office),
        );
      }
      const rows = await listDailyLogs(
        db,
        actor.organisation,
        organisation,
        from,
        until,
        kind,
        beforeDay,
        afterOffice,
        limit + 1,
      );
      return toPage(
        rows,
        limit,
        (row) => toItem(row, now),
        (last) => encodeCursor(last.day, last.office),
      );
    },
  );

  app.get(
    `${path}/day`,
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'One day as known then (as signed) and as known now, with what differs',
        querystring: Type.Object({
          office: Type.Optional(
            Type.String({ maxLength: 256, description: 'Absent: the whole tree’s centre' }),
          ),
          day: Day,
        }),
        response: answers(OneDay),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { office = '' } = request.query;
      const day = readDay('day', request.query.day);
      if (!can(actor, 'compliance.read', office)) throw new Problem('not-found');
      const now = (await composeLogs(deps.whole, kind, actor.organisation, office, day)).find(
        (log) => log.office === office,
      );
      if (now === undefined) throw new Problem('not-found', told('day-unknown', { office, day }));
      const [signed] = await findDailyLog(db, kind, office, day);
      const then = signed === undefined ? null : (JSON.parse(signed.document) as DayLog);
      const amendments = signed === undefined ? [] : await listAmendments(db, signed.seq);
      const people = [...new Set([...now.abnormal, ...(then?.abnormal ?? [])].map(({ subject }) => subject))];
      const names = await listNames(db, people);
      const changes = then === null ? [] : changesBetween(then, now);
      // The document is the same whoever opens it, and so is its hash; what is shown of it is not.
      const hidden = await hiddenFrom(db, actor.minors, [
        ...people,
        ...[changes, ...amendments.map((each) => each.changes as LogChange[])].flat().flatMap(subjectsOf),
      ]);
      const shown = (log: DayLog) => ({
        ...log,
        abnormal: log.abnormal.filter(({ subject }) => !hidden.has(subject)),
      });
      const seen = (found: readonly LogChange[]) =>
        found.filter((change) => subjectsOf(change).every((subject) => !hidden.has(subject)));
      const row = signed ?? { office, day, seq: null, signed_by: null, signed_at: null };
      const amended = amendments.length > 0 || changes.length > 0;
      return {
        ...toItem({ ...row, amended: signed !== undefined && amended }, await today()),
        fields: Object.fromEntries(
          Object.entries(DAY_LOG_FIELDS).map(([id, [zh, en]]) => [id, [zh, en] as [string, string]]),
        ),
        asKnownNow: shown(now),
        asKnownThen: then === null ? null : shown(then),
        sha256: signed?.sha256 ?? null,
        sha256Now: hashOf(JSON.stringify(now)),
        remarks: signed?.remarks ?? null,
        changes: seen(changes),
        amendments: amendments.map((each) => ({
          seq: each.seq,
          foundAt: each.found_at.toISOString(),
          sha256: each.sha256,
          changes: seen(each.changes as LogChange[]),
        })),
        names: Object.fromEntries(names.map(({ id, name }) => [id, name])),
        hidden: now.abnormal.length - shown(now).abnormal.length,
      };
    },
  );

  app.post(
    `${path}/sign`,
    {
      config: { action: 'logs.sign' },
      schema: {
        tags,
        summary: 'Signs a day that is over: it is locked, and what becomes known later stands beside it',
        body: Type.Object({
          office: Type.String({ maxLength: 256 }),
          day: Day,
          remarks: Type.String({ maxLength: 4000 }),
          sha256: Type.Optional(
            Type.String({
              description: 'Of the document that was looked at: refused if it is another by now',
            }),
          ),
        }),
        response: answers(Type.Object({ seq: Type.String(), sha256: Type.String() })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { office, remarks, sha256 } = request.body;
      const day = readDay('day', request.body.day);
      if (!can(actor, 'logs.sign', office)) throw new Problem('not-found');
      if (day >= (await today())) throw new Problem('conflict', told('day-running', { day }));
      const result = await signLog(deps.whole, {
        kind,
        office,
        day,
        remarks,
        by: actor.name,
        atMs: deps.now(),
        ...(sha256 === undefined ? {} : { sha256 }),
      });
      if (result.ok) {
        const { seq, sha256: hash } = result.value;
        request.log.info(
          { event: 'log.signed', kind, office, day, seq, account: actor.name },
          'daily log signed',
        );
        return { seq, sha256: hash };
      }
      if (result.error.code === 'nothing-there')
        throw new Problem('not-found', told('day-unknown', { office, day }));
      if (result.error.code === 'changed') throw new Problem('conflict', told('log-changed', { day }));
      const { by, at } = result.error;
      throw new Problem('conflict', told('log-signed', { office, day, by, at: at.toISOString() }));
    },
  );
}

/** Whom a difference is about: one of an abnormal subject's alert names it. */
function subjectsOf({ before, after }: LogChange): string[] {
  return [before, after].flatMap((side) => {
    const { subject } = (side ?? {}) as { subject?: unknown };
    return typeof subject === 'string' ? [subject] : [];
  });
}

function toItem(
  row: {
    readonly office: string;
    readonly day: string;
    readonly seq: string | null;
    readonly signed_by: string | null;
    readonly signed_at: Date | null;
    readonly amended: boolean;
  },
  today: string,
) {
  const unsigned = row.day >= today ? ('running' as const) : ('unsigned' as const);
  return {
    office: row.office,
    day: row.day,
    state: row.seq === null ? unsigned : row.amended ? ('amended' as const) : ('signed' as const),
    seq: row.seq,
    signedBy: row.signed_by,
    signedAt: timeOrNull(row.signed_at),
  };
}
