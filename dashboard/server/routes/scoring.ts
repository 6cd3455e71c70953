/** `score-sheets`, `score-entries`, `score-objections`: the rules of a ranking, what people count for them, and what they object to. */
import { Type } from 'typebox';
import { PERIOD_UNITS, periodOf } from '../../../compliance/periods.ts';
import { sheetFor } from '../../../compliance/ranking.ts';
import { decodeSheet } from '../../../compliance/score.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  addObjection,
  addScoreEntry,
  addSheet,
  decideObjection,
  findObjection,
  listObjections,
} from '../../../src/store/scoring.ts';
import { audit } from '../audit.ts';
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

const Path = Type.String({ maxLength: 256 });
const Text = Type.String({ minLength: 1, maxLength: 2000 });
const Made = answers(Type.Object({ id: Type.String() }));
const Objection = Type.Object({
  id: Type.String(),
  organisation: Type.String(),
  unit: Type.String(),
  from: Day,
  point: Type.String(),
  reason: Type.String(),
  by: Type.String(),
  at: Time,
  isAccepted: Nullable(Type.Boolean({ description: 'Null: not decided' })),
  pointsBack: Nullable(Type.Number()),
  decision: Nullable(Type.String()),
  decidedBy: Nullable(Type.String()),
  decidedAt: Nullable(Time),
});

export function registerScoringRoutes(app: App, deps: { readonly database: Database }): void {
  const db = deps.database;
  const tags = ['scoring'];

  app.get(
    '/api/v1/score-sheets/current',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'The rule sheet in force for an organisation',
        querystring: Type.Object({ organisation: OrganisationPath }),
        response: answers(Type.Record(Type.String(), Type.Unknown())),
      },
    },
    async (request) => {
      const { organisation = callerOf(request).actor.organisation } = request.query;
      return { ...(await sheetFor(db, organisation)) };
    },
  );

  app.post(
    '/api/v1/score-sheets',
    {
      config: { action: 'scores.enter' },
      schema: {
        tags,
        summary: 'Puts a rule sheet into force for an organisation and what is below it',
        body: Type.Object({ organisation: Path, sheet: Type.Unknown() }),
        response: Made,
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation, sheet } = request.body;
      if (!can(actor, 'scores.enter', organisation)) throw new Problem('not-found');
      const decoded = decodeSheet(sheet);
      if (!decoded.ok) throw new Problem('bad-request', told('document-invalid', { what: decoded.error }));
      return db.transaction(async (tx) => {
        const [row] = await addSheet(tx, organisation, JSON.stringify(decoded.value), actor.name);
        const { title, version } = decoded.value;
        await audit(tx, request, {
          action: 'score-sheet.set',
          office: organisation,
          target: row?.seq ?? null,
          detail: { title: title.zh, version },
        });
        return { id: row?.seq ?? '' };
      });
    },
  );

  app.post(
    '/api/v1/score-entries',
    {
      config: { action: 'scores.enter' },
      schema: {
        tags,
        summary: 'Counts what no machine can know for a point of the sheet: a veto, a missing file',
        body: Type.Object({
          organisation: Path,
          day: Day,
          point: Type.String({ maxLength: 64 }),
          count: Type.Integer({
            minimum: -1000,
            maximum: 1000,
            description: 'Negative takes an earlier one back',
          }),
          note: Text,
        }),
        response: Made,
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation, point, count, note } = request.body;
      const day = readDay('day', request.body.day);
      if (!can(actor, 'scores.enter', organisation)) throw new Problem('not-found');
      const found = (await sheetFor(db, organisation)).points.find(({ id }) => id === point);
      if (found === undefined || (found.rule !== 'entry' && found.rule !== 'veto'))
        throw new Problem('bad-request', told('no-counted-point', { point }));
      if (count === 0) throw new Problem('bad-request', told('count-zero'));
      return db.transaction(async (tx) => {
        const [row] = await addScoreEntry(tx, organisation, day, point, count, note, actor.name);
        await audit(tx, request, {
          action: 'score-entry.add',
          office: organisation,
          target: row?.seq ?? null,
          reason: note,
          detail: { day, point, count },
        });
        return { id: row?.seq ?? '' };
      });
    },
  );

  app.get(
    '/api/v1/score-objections',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'Objections, newest first, with what was decided',
        querystring: Type.Object({ organisation: OrganisationPath, cursor: Cursor, limit: Limit }),
        response: answers(Page(Objection)),
      },
    },
    async (request) => {
      const { organisation = '', cursor, limit = 100 } = request.query;
      const [before = null] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const scope = callerOf(request).actor.organisation;
      const rows = await listObjections(db, scope, organisation, before, limit + 1);
      return toPage(rows, limit, toObjection, (last) => encodeCursor(last.seq));
    },
  );

  app.post(
    '/api/v1/score-objections',
    {
      config: { action: 'scores.object' },
      schema: {
        tags,
        summary: 'Objects to a point of one’s own score',
        body: Type.Object({
          organisation: Path,
          period: Type.Enum(PERIOD_UNITS),
          day: Day,
          point: Type.String({ maxLength: 64 }),
          reason: Text,
        }),
        response: Made,
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation, period, point, reason } = request.body;
      const { from } = periodOf(period, readDay('day', request.body.day));
      if (!can(actor, 'scores.object', organisation)) throw new Problem('not-found');
      if (!(await sheetFor(db, organisation)).points.some(({ id }) => id === point))
        throw new Problem('bad-request', told('no-point', { point }));
      return db.transaction(async (tx) => {
        const [row] = await addObjection(tx, organisation, period, from, point, reason, actor.name);
        await audit(tx, request, {
          action: 'score-objection.add',
          office: organisation,
          target: row?.seq ?? null,
          reason,
          detail: { period, from, point },
        });
        return { id: row?.seq ?? '' };
      });
    },
  );

  app.post(
    '/api/v1/score-objections/:id/decision',
    {
      config: { action: 'scores.decide' },
      schema: {
        tags,
        summary: 'Decides an objection, once',
        params: Type.Object({ id: Type.String({ pattern: '^\\d{1,18}$' }) }),
        body: Type.Object({
          isAccepted: Type.Boolean(),
          pointsBack: Type.Number({ minimum: 0, maximum: 1000 }),
          reason: Text,
        }),
        response: Made,
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { isAccepted, pointsBack, reason } = request.body;
      const [objection] = await findObjection(db, request.params.id);
      if (objection === undefined || !can(actor, 'scores.decide', objection.organisation))
        throw new Problem('not-found');
      if (objection.account === actor.name) throw new Problem('conflict', told('objector-decides-not'));
      if (!isAccepted && pointsBack > 0) throw new Problem('bad-request', told('points-back-refused'));
      return db.transaction(async (tx) => {
        const [row] = await decideObjection(tx, objection.seq, isAccepted, pointsBack, reason, actor.name);
        if (row === undefined) throw new Problem('conflict', told('objection-decided'));
        await audit(tx, request, {
          action: 'score-objection.decide',
          office: objection.organisation,
          target: row.objection,
          reason,
          detail: { isAccepted, pointsBack },
        });
        return { id: row.objection };
      });
    },
  );
}

function toObjection(row: Awaited<ReturnType<typeof listObjections>>[number]) {
  return {
    id: row.seq,
    organisation: row.organisation,
    unit: row.unit,
    from: row.from_day,
    point: row.point,
    reason: row.reason,
    by: row.account,
    at: row.at.toISOString(),
    isAccepted: row.is_accepted,
    pointsBack: row.points_back,
    decision: row.decision,
    decidedBy: row.decided_by,
    decidedAt: timeOrNull(row.decided_at),
  };
}
