/** `shelvings`: what is put aside until when, why, approved by whom, and everything that it hid. */
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  approve,
  ask,
  end,
  LONGEST_S,
  type Noting,
  type ShelvingFault,
  type ShelvingRow,
} from '../../../alerts/shelving.ts';
import type { AlertKindName } from '../../../src/kernel/alert-event.ts';
import { STAGES, type Stage } from '../../../src/kernel/casework.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { listHidden, listShelvings, lockShelving } from '../../../src/store/shelvings.ts';
import { audit } from '../audit.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  AlertKind,
  AlertStateName,
  answers,
  assertNumber,
  Cursor,
  decodeCursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  Page,
  readTime,
  rowNumbered,
  SeverityName,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Shelving = Type.Object({
  id: Type.String(),
  subject: Type.String(),
  kind: AlertKind,
  office: Nullable(Type.String()),
  reason: Type.String(),
  state: Type.Enum(['asked', 'in-force', 'refused', 'ended']),
  askedBy: Type.String(),
  askedAt: Time,
  until: Time,
  approvedBy: Nullable(Type.String()),
  approvedAt: Nullable(Time),
  endedBy: Nullable(Type.String({ description: 'Null: by its time' })),
  endedAt: Nullable(Time),
});
const Listed = Type.Object({ ...Shelving.properties, hidden: Type.Integer() });
const Report = Type.Object({
  ...Shelving.properties,
  alerts: Type.Array(
    Type.Object({
      alert: Type.String(),
      at: Time,
      kind: AlertKind,
      state: AlertStateName,
      severity: SeverityName,
      startedAt: Time,
      stage: Type.Enum(STAGES),
    }),
  ),
});

export function registerShelvingRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['shelvings'];

  app.get(
    '/api/v1/shelvings',
    {
      config: { action: 'alerts.read' },
      schema: {
        tags,
        summary: 'Shelvings with how many alerts each hid, newest first',
        querystring: Type.Object({
          state: Type.Optional(Type.Enum(['open', 'all'])),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Listed)),
      },
    },
    async (request) => {
      const { state = 'open', cursor, limit = 100 } = request.query;
      const [before] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      assertNumber(before);
      const scope = callerOf(request).actor.organisation;
      const rows = await listShelvings(db, scope, state === 'open', before ?? null, limit + 1);
      return toPage(
        rows,
        limit,
        (row) => ({ ...toShelving(row, deps.now()), hidden: row.hidden }),
        (last) => encodeCursor(last.id),
      );
    },
  );

  app.get(
    '/api/v1/shelvings/:id',
    {
      config: { action: 'alerts.read' },
      schema: {
        tags,
        summary: 'One shelving and everything that it hid',
        params: Type.Object({ id: Id }),
        response: answers(Report),
      },
    },
    async (request) => {
      const row = await findSeen(callerOf(request).actor, 'alerts.read', request.params.id);
      const hidden = await listHidden(db, row.id);
      return {
        ...toShelving(row, deps.now()),
        alerts: hidden.map((each) => ({
          alert: each.alert,
          at: each.at.toISOString(),
          // The columns are written from these types only.
          kind: each.kind as AlertKindName,
          state: each.state as Static<typeof AlertStateName>,
          severity: each.severity as Static<typeof SeverityName>,
          startedAt: each.started_at.toISOString(),
          stage: each.stage as Stage,
        })),
      };
    },
  );

  app.post(
    '/api/v1/shelvings',
    {
      config: { action: 'alerts.work' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: `Ask that a kind of alert of a subject be put aside, for ${LONGEST_S / 3600} hours at most. Never a tamper or a separation`,
        body: Type.Object({
          subject: Id,
          kind: AlertKind,
          until: Type.String(),
          reason: Type.String({ minLength: 1, maxLength: 2000, pattern: '\\S' }),
        }),
        response: answers(Shelving),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { subject: id, kind, until, reason } = request.body;
      const [subject] = await findSubject(db, id);
      if (subject === undefined || !can(actor, 'alerts.work', subject.office)) throw new Problem('not-found');
      const by = { account: actor.name, atMs: deps.now(), note: reason };
      const asked = await ask(
        db,
        { subject: id, office: subject.office, kind, untilMs: readTime('until', until), by },
        noting(request, 'shelving.ask'),
      );
      if (!asked.ok) throw shelvingProblem(asked.error);
      return toShelving(asked.value, deps.now());
    },
  );

  for (const [name, action, summary] of [
    ['approve', 'shelvings.approve', 'Approve it: by somebody else than who asked'],
    ['end', 'alerts.work', 'Refuse it, or end it before its time'],
  ] as const) {
    app.post(
      `/api/v1/shelvings/:id/${name}`,
      {
        config: { action },
        schema: { tags, summary, params: Type.Object({ id: Id }), response: answers(Shelving) },
      },
      async (request) => {
        const { actor } = callerOf(request);
        const { id } = await findSeen(actor, action, request.params.id);
        const by = { account: actor.name, atMs: deps.now(), note: '' };
        const done = await (name === 'approve' ? approve : end)(
          db,
          id,
          by,
          noting(request, `shelving.${name}`),
        );
        if (!done.ok) throw shelvingProblem(done.error);
        request.log.info({ event: `shelving.${name}`, id, account: actor.name }, 'shelving');
        return toShelving(done.value, deps.now());
      },
    );
  }

  const noting =
    (request: FastifyRequest, action: string): Noting =>
    (tx, { id: target, subject, office, kind, reason, until_at: until }) =>
      audit(tx, request, { action, subject, office, target, reason, detail: { kind, until } });

  async function findSeen(actor: Actor, action: Action, id: string): Promise<ShelvingRow> {
    const row = await rowNumbered(id, (number) => lockShelving(db, number));
    if (row === undefined || !can(actor, action, row.office)) throw new Problem('not-found');
    return row;
  }
}

function shelvingProblem(fault: ShelvingFault): Problem {
  const { code } = fault;
  if (code === 'not-found') return new Problem('not-found');
  return new Problem(code === 'bad-time' ? 'bad-request' : 'conflict', fault);
}

function toShelving(row: ShelvingRow, nowMs: Instant): Static<typeof Shelving> {
  return {
    id: row.id,
    subject: row.subject,
    kind: row.kind as AlertKindName,
    office: row.office,
    reason: row.reason,
    state: stateOf(row, nowMs),
    askedBy: row.asked_by,
    askedAt: row.asked_at.toISOString(),
    until: row.until_at.toISOString(),
    approvedBy: row.approved_by,
    approvedAt: timeOrNull(row.approved_at),
    endedBy: row.ended_by,
    endedAt: timeOrNull(row.ended_at),
  };
}

function stateOf(row: ShelvingRow, nowMs: Instant): Static<typeof Shelving>['state'] {
  if (row.refused_by !== null) return 'refused';
  if (row.ended_at !== null || row.until_at.getTime() <= nowMs) return 'ended';
  return row.approved_at === null ? 'asked' : 'in-force';
}
