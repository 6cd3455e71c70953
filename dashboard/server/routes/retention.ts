/** `retention`, `purges` and `legal-holds`: how long what is kept, the proof of each purge, and who is exempt from it. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { type DataClass, dataClasses, type RetentionSettings } from '../../../src/retention/classes.ts';
import { addHold, findHold, liftHold, listHolds, listPurges } from '../../../src/store/retention.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { audit } from '../audit.ts';
import { can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  answers,
  beforeOf,
  Cursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  Page,
  readTime,
  rowNumbered,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Class = Type.Object({
  name: Type.String(),
  zh: Type.String(),
  keepDays: Nullable(Type.Number({ description: "Null: as long as the subject's archive" })),
  floorDays: Nullable(Type.Number({ description: 'The shortest that the law allows' })),
  article: Type.String(),
  setting: Nullable(Type.String()),
  isHeldBySubject: Type.Boolean(),
});
const Purge = Type.Object({
  seq: Type.String(),
  at: Time,
  class: Type.String(),
  before: Time,
  rows: Type.Integer(),
  held: Type.Integer({ description: 'Older, and kept because of a legal hold' }),
  unit: Type.String(),
});
const Hold = Type.Object({
  id: Type.String(),
  subject: Type.String(),
  office: Type.String(),
  reason: Type.String(),
  until: Nullable(Time),
  setBy: Type.String(),
  setAt: Time,
  liftedBy: Nullable(Type.String()),
  liftedAt: Nullable(Time),
});

export interface RetentionRouteDeps {
  readonly database: Database;
  readonly retention: RetentionSettings;
  now(): Instant;
}

export function registerRetentionRoutes(app: App, deps: RetentionRouteDeps): void {
  const db = deps.database;
  const tags = ['retention'];
  const read = { action: 'retention.read' } as const;
  const set = { action: 'holds.set' } as const;

  app.get(
    '/api/v1/retention',
    {
      config: read,
      schema: {
        tags,
        summary: 'Classes of data: how long each is kept, and by which article',
        response: answers(Type.Object({ items: Type.Array(Class), nextCursor: Type.Null() })),
      },
    },
    () => ({ items: Object.values(dataClasses(deps.retention)) as DataClass[], nextCursor: null }),
  );

  app.get(
    '/api/v1/purges',
    {
      config: read,
      schema: {
        tags,
        summary: 'What was purged, newest first',
        querystring: Type.Object({ class: Type.Optional(Id), cursor: Cursor, limit: Limit }),
        response: answers(Page(Purge)),
      },
    },
    async (request) => {
      const { class: name, cursor, limit = 100 } = request.query;
      const rows = await listPurges(db, name ?? null, beforeOf(cursor), limit + 1);
      return toPage(
        rows,
        limit,
        ({ at, before, rows, held, ...row }) => ({
          ...row,
          at: at.toISOString(),
          before: before.toISOString(),
          rows: Number(rows),
          held: Number(held),
        }),
        (last) => encodeCursor(last.seq),
      );
    },
  );

  app.get(
    '/api/v1/legal-holds',
    {
      config: read,
      schema: {
        tags,
        summary: 'Legal holds, newest first, also those that have ended',
        querystring: Type.Object({ subject: Type.Optional(Id), cursor: Cursor, limit: Limit }),
        response: answers(Page(Hold)),
      },
    },
    async (request) => {
      const { subject, cursor, limit = 100 } = request.query;
      const scope = callerOf(request).actor.organisation;
      const rows = await listHolds(db, scope, subject ?? null, beforeOf(cursor), limit + 1);
      return toPage(rows, limit, toHold, (last) => encodeCursor(last.id));
    },
  );

  app.post(
    '/api/v1/legal-holds',
    {
      config: set,
      schema: {
        tags,
        summary: 'From now on nothing of the subject is purged',
        body: Type.Object({
          subject: Id,
          reason: Type.String({ minLength: 1, maxLength: 500 }),
          until: Type.Optional(
            Nullable(Type.String({ description: 'With its zone; null: until it is lifted' })),
          ),
        }),
        response: answers(Hold),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { reason, until } = request.body;
      const [subject] = await findSubject(db, request.body.subject);
      if (subject === undefined || !can(actor, 'holds.set', subject.office)) throw new Problem('not-found');
      const untilMs = until == null ? null : readTime('until', until);
      const nowMs = deps.now();
      if (untilMs !== null && untilMs <= nowMs) throw new Problem('bad-request', told('until-ahead'));
      const { id, office } = subject;
      const row = await db.transaction(async (tx) => {
        const end = untilMs === null ? null : new Date(untilMs);
        const [made] = await addHold(tx, id, office, reason, end, actor.name, new Date(nowMs));
        await audit(tx, request, {
          action: 'hold.set',
          subject: id,
          office,
          target: made?.id ?? null,
          reason,
        });
        return made;
      });
      if (row === undefined) throw new Error('an insert answered no row');
      return toHold(row);
    },
  );

  app.delete(
    '/api/v1/legal-holds/:id',
    {
      config: set,
      schema: {
        tags,
        summary: 'Lift a hold: what is past its time goes with the next purge',
        params: Type.Object({ id: Id }),
        response: answers(Hold),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id } = request.params;
      const hold = await rowNumbered(id, (number) => findHold(db, number));
      if (hold === undefined || !can(actor, 'holds.set', hold.office)) throw new Problem('not-found');
      const row = await db.transaction(async (tx) => {
        const [lifted] = await liftHold(tx, id, actor.name, new Date(deps.now()));
        const { subject, office } = hold;
        if (lifted !== undefined)
          await audit(tx, request, { action: 'hold.lift', subject, office, target: id });
        return lifted;
      });
      if (row === undefined) throw new Problem('conflict', told('hold-lifted'));
      return toHold(row);
    },
  );
}

function toHold(row: Awaited<ReturnType<typeof findHold>>[number]): Static<typeof Hold> {
  const { id, subject, office, reason, set_by: setBy } = row;
  return {
    id,
    subject,
    office,
    reason,
    setBy,
    until: timeOrNull(row.until_at),
    setAt: row.set_at.toISOString(),
    liftedBy: row.lifted_by,
    liftedAt: timeOrNull(row.lifted_at),
  };
}
