/** `reports`: looked at, archived as made, signed off, and as Excel and Word. */
import { type Static, Type } from 'typebox';
import { timeZoneOf } from '../../../compliance/figures.ts';
import { localDay } from '../../../compliance/periods.ts';
import { composeReport, REPORT_KINDS, type Report } from '../../../compliance/report.ts';
import { keepReport } from '../../../compliance/report-archive.ts';
import { toExcel, toWord } from '../../../compliance/report-files.ts';
import { withNames } from '../../../compliance/report-names.ts';
import { told } from '../../../src/kernel/fault.ts';
import { findReport, listReports, signReport } from '../../../src/store/reports.ts';
import { audit } from '../audit.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import type { FigureDeps } from './compliance.ts';
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
  problem,
  readDay,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Item = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  organisation: Type.String(),
  from: Day,
  until: Day,
  sha256: Type.String(),
  madeBy: Nullable(Type.String({ description: 'Null: by the schedule' })),
  madeAt: Time,
  signedBy: Nullable(Type.String()),
  signedAt: Nullable(Time),
});
const Document = Type.Record(Type.String(), Type.Unknown(), { description: 'compliance/report.ts, Report' });
const ReportId = Type.Object({ id: Type.String({ pattern: '^\\d{1,18}$' }) });
const Asked = Type.Object({
  kind: Type.Enum(REPORT_KINDS),
  day: Type.Optional(Day),
  organisation: OrganisationPath,
});

const FORMATS = {
  xlsx: {
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    make: toExcel,
  },
  docx: {
    type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    make: toWord,
  },
} as const;

export function registerReportRoutes(app: App, deps: FigureDeps): void {
  const db = deps.database;
  const tags = ['reports'];

  async function compose({ organisation: scope }: Actor, asked: Static<typeof Asked>): Promise<Report> {
    const { kind, organisation = scope } = asked;
    const day = asked.day ?? localDay(deps.now(), await timeZoneOf(db));
    return composeReport(deps.whole, {
      kind,
      scope,
      organisation,
      day: readDay('day', day),
      nowMs: deps.now(),
    });
  }

  async function findSeen(actor: Actor, action: Action, id: string) {
    const [row] = await findReport(db, id);
    if (row === undefined || !can(actor, action, row.organisation)) throw new Problem('not-found');
    return row;
  }

  app.get(
    '/api/v1/reports',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'Archived reports, newest first',
        querystring: Type.Object({ organisation: OrganisationPath, cursor: Cursor, limit: Limit }),
        response: answers(Page(Item)),
      },
    },
    async (request) => {
      const { organisation = '', cursor, limit = 100 } = request.query;
      const [before = null] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const scope = callerOf(request).actor.organisation;
      const rows = await listReports(db, scope, organisation, before, limit + 1);
      return toPage(rows, limit, toItem, (last) => encodeCursor(last.seq));
    },
  );

  app.get(
    '/api/v1/reports/preview',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'A report as it would be made now',
        querystring: Asked,
        response: answers(Document),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      return { ...(await withNames(db, await compose(actor, request.query), actor.minors)) };
    },
  );

  app.post(
    '/api/v1/reports',
    {
      config: { action: 'reports.sign' },
      schema: {
        tags,
        summary: 'Makes a report and keeps it as it is',
        body: Asked,
        response: answers(Type.Object({ id: Type.String() })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      if (!can(actor, 'reports.sign', request.body.organisation ?? actor.organisation))
        throw new Problem('not-found');
      const report = await compose(actor, request.body);
      return db.transaction(async (tx) => {
        const kept = await keepReport(tx, report, actor.name, deps.now());
        if (kept === undefined) throw new Error('a report that a person makes has no key to fall on');
        const { id, detail } = kept;
        await audit(tx, request, { action: 'report.make', office: report.organisation, target: id, detail });
        return { id };
      });
    },
  );

  app.get(
    '/api/v1/reports/:id',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'One archived report',
        params: ReportId,
        response: answers(Type.Object({ ...Item.properties, document: Document })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const row = await findSeen(actor, 'compliance.read', request.params.id);
      const report = await withNames(db, JSON.parse(row.document) as Report, actor.minors);
      return { ...toItem(row), document: { ...report } };
    },
  );

  app.get(
    '/api/v1/reports/:id/file',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'One archived report as Excel or Word; goes into the audit',
        params: ReportId,
        querystring: Type.Object({ format: Type.Enum(['xlsx', 'docx']) }),
        response: {
          200: {
            description: 'The file',
            content: Object.fromEntries(
              Object.values(FORMATS).map(({ type }) => [type, { schema: Type.Any() }]),
            ),
          },
          '4xx': problem('The request was refused'),
          '5xx': problem('It could not be done now'),
        },
      },
    },
    async (request, reply) => {
      const { actor } = callerOf(request);
      const row = await findSeen(actor, 'compliance.read', request.params.id);
      const { format } = request.query;
      const { type, make } = FORMATS[format];
      await audit(db, request, {
        action: 'report.export',
        office: row.organisation,
        target: row.seq,
        detail: { kind: row.kind, from: row.from_day, format },
      });
      const file = await make(await withNames(db, JSON.parse(row.document) as Report, actor.minors));
      const name = `wardline-${row.kind}-${row.from_day}.${format}`;
      return reply
        .header('content-type', type)
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(file);
    },
  );

  app.post(
    '/api/v1/reports/:id/signature',
    {
      config: { action: 'reports.sign' },
      schema: {
        tags,
        summary: 'Signs a report off, once',
        params: ReportId,
        body: Type.Object({ note: Type.String({ maxLength: 2000 }) }),
        response: answers(Type.Object({ id: Type.String() })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const row = await findSeen(actor, 'reports.sign', request.params.id);
      const { note } = request.body;
      return db.transaction(async (tx) => {
        const [signed] = await signReport(tx, row.seq, actor.name, note, new Date(deps.now()));
        if (signed === undefined)
          throw new Problem(
            'conflict',
            told('report-signed', { by: row.signed_by ?? 'somebody else just now' }),
          );
        const { seq: target, organisation: office, sha256 } = row;
        await audit(tx, request, { action: 'report.sign', office, target, reason: note, detail: { sha256 } });
        return { id: target };
      });
    },
  );
}

function toItem(row: Awaited<ReturnType<typeof listReports>>[number]): Static<typeof Item> {
  return {
    id: row.seq,
    kind: row.kind,
    organisation: row.organisation,
    from: row.from_day,
    until: row.until_day,
    sha256: row.sha256,
    madeBy: row.made_by === '' ? null : row.made_by,
    madeAt: row.made_at.toISOString(),
    signedBy: row.signed_by,
    signedAt: timeOrNull(row.signed_at),
  };
}
