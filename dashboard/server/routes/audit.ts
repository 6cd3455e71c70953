/** `audit`: who did or looked at what; and of one subject, as the report that the subject may ask for (PIPL 45). */
import { type Static, Type } from 'typebox';
import type { Database } from '../../../src/ports/database.ts';
import { listAudit } from '../../../src/store/audit.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { audit, readableDetail } from '../audit.ts';
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
  OrganisationPath,
  Page,
  readTime,
  Time,
  toPage,
} from './schemas.ts';

const Entry = Type.Object({
  seq: Type.String(),
  at: Time,
  actor: Type.Object({
    kind: Type.Enum(['account', 'token', 'command', 'system']),
    name: Type.String(),
    role: Nullable(Type.String()),
    organisation: Nullable(Type.String()),
  }),
  action: Type.String({ description: 'noun.deed, such as track.read' }),
  subject: Nullable(Type.String()),
  office: Nullable(Type.String({ description: "The subject's organisation at that time" })),
  target: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  address: Nullable(Type.String({ description: "The caller's IP" })),
  detail: Type.Record(Type.String(), Type.Unknown(), {
    description: 'Of a list that showed several: `people`, their number; it is found by the id of each',
  }),
});
const Looked = Type.Object({
  seq: Type.String(),
  at: Time,
  actor: Type.String(),
  role: Nullable(Type.String()),
  organisation: Nullable(Type.String()),
  action: Type.String(),
  reason: Nullable(Type.String()),
  detail: Type.Record(Type.String(), Type.Unknown()),
});
const span = {
  from: Type.Optional(Type.String({ description: 'Inclusive, with its zone' })),
  to: Type.Optional(Type.String({ description: 'Exclusive' })),
  cursor: Cursor,
  limit: Limit,
};

export function registerAuditRoutes(
  app: App,
  deps: {
    readonly database: Database;
    /** Sees the whole tree: the report of a subject whom the caller sees is of all who looked, wherever the subject was then. */
    readonly whole: Database;
  },
): void {
  const db = deps.database;
  const tags = ['audit'];

  app.get(
    '/api/v1/audit',
    {
      config: { action: 'audit.read' },
      schema: {
        tags,
        summary: 'Who did or looked at what, newest first',
        querystring: Type.Object({
          action: Type.Optional(
            Type.String({ maxLength: 100, description: 'A deed (track.read), or all of a noun (track)' }),
          ),
          actor: Type.Optional(Type.String({ maxLength: 256 })),
          subject: Type.Optional(Id),
          organisation: OrganisationPath,
          ...span,
        }),
        response: answers(Page(Entry)),
      },
    },
    async (request) => {
      const { action, actor, subject, organisation, from, to, cursor, limit = 100 } = request.query;
      // Whether a list showed somebody is told to who may see them.
      const [seen] = subject === undefined ? [] : await findSubject(db, subject);
      const rows = await listAudit(
        db,
        callerOf(request).actor.organisation,
        organisation ?? '',
        action ?? null,
        actor ?? null,
        subject ?? null,
        dateOf('from', from),
        dateOf('to', to),
        beforeOf(cursor),
        limit + 1,
        seen?.id ?? null,
      );
      return toPage(rows, limit, toEntry, (last) => encodeCursor(last.seq));
    },
  );

  app.get(
    '/api/v1/subjects/:id/access-report',
    {
      config: { action: 'audit.subject' },
      schema: {
        tags,
        summary: 'Who looked at what of one subject, newest first: may be handed to the subject',
        params: Type.Object({ id: Id }),
        querystring: Type.Object(span),
        response: answers(Page(Looked)),
      },
    },
    async (request) => {
      const { from, to, cursor, limit = 100 } = request.query;
      const { actor } = callerOf(request);
      const [subject] = await findSubject(db, request.params.id);
      if (subject === undefined || !can(actor, 'audit.subject', subject.office, subject.minor))
        throw new Problem('not-found');
      const [since, until] = [dateOf('from', from), dateOf('to', to)];
      await audit(db, request, { action: 'access-report.read', subject: subject.id, office: subject.office });
      // All of it, also what was done while another office had the subject: the report is the subject's.
      const rows = await listAudit(
        deps.whole,
        '',
        '',
        null,
        null,
        subject.id,
        since,
        until,
        beforeOf(cursor),
        limit + 1,
        subject.id,
      );
      return toPage(
        rows,
        limit,
        ({ seq, at, actor, actor_role, organisation, action, reason, detail }) => ({
          seq,
          at: at.toISOString(),
          actor,
          role: actor_role,
          organisation,
          action,
          reason,
          detail: readableDetail(detail),
        }),
        (last) => encodeCursor(last.seq),
      );
    },
  );
}

function dateOf(name: string, text: string | undefined): Date | null {
  return text === undefined ? null : new Date(readTime(name, text));
}

type Row = Awaited<ReturnType<typeof listAudit>>[number];

function toEntry({
  actor_kind,
  actor,
  actor_role,
  organisation,
  at,
  detail,
  ...row
}: Row): Static<typeof Entry> {
  return {
    ...row,
    at: at.toISOString(),
    actor: {
      // The table's own check allows these only.
      kind: actor_kind as Static<typeof Entry>['actor']['kind'],
      name: actor,
      role: actor_role,
      organisation,
    },
    detail: readableDetail(detail),
  };
}
