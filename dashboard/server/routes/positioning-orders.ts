/** `positioning-orders`: electronic positioning (Community Corrections Law art. 29), a term at a time. */
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Instant } from '../../../src/kernel/instant.ts';
import {
  decideTerm,
  endOrder,
  type OrderRow,
  proposeExtension,
  proposeOrder,
} from '../../../src/legal/order-desk.ts';
import { ORDER_GROUND_NAMES, ORDER_STATES, type OrderState } from '../../../src/legal/positioning-order.ts';
import { findOrder, listOrders } from '../../../src/store/positioning-orders.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { type Deed, type LegalDeps, perform } from './legal-deeds.ts';
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
  PlainText,
  readTime,
  rowNumbered,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Order = Type.Object({
  order: Type.String(),
  subject: Type.String(),
  subjectName: Type.String(),
  office: Type.String(),
  device: Type.String(),
  ground: Type.String({ description: 'In the words of art. 29' }),
  from: Time,
  until: Time,
  extends: Nullable(Type.String({ description: 'The term that this one goes on from' })),
  assessment: Type.String({ description: 'Why it is still necessary' }),
  state: Type.Enum(ORDER_STATES),
  inForce: Type.Boolean({ description: 'Positions are collected now' }),
  measures: Type.String(),
  proposedBy: Type.String(),
  proposedAt: Time,
  decidedBy: Nullable(Type.String()),
  decidedAt: Nullable(Time),
  reason: Type.String(),
  endedBy: Nullable(Type.String()),
  endedAt: Nullable(Time),
  endReason: Type.String(),
});
const Params = Type.Object({ id: Id });
const Text = (maxLength: number, description: string) => PlainText({ minLength: 1, maxLength, description });

export function registerPositioningOrderRoutes(app: App, deps: LegalDeps): void {
  const db = deps.database;
  const tags = ['positioning-orders'];
  const path = '/api/v1/positioning-orders';

  app.get(
    path,
    {
      config: { action: 'subjects.read' },
      schema: {
        tags,
        summary: 'Terms of electronic-positioning orders, newest first',
        querystring: Type.Object({
          state: Type.Optional(Type.Enum(ORDER_STATES)),
          inForce: Type.Optional(Type.Boolean()),
          subject: Type.Optional(Id),
          organisation: OrganisationPath,
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Order)),
      },
    },
    async (request) => {
      const { state, inForce = false, subject, organisation = '', cursor, limit = 100 } = request.query;
      const scope = callerOf(request).actor.organisation;
      const nowMs = deps.now();
      const rows = await listOrders(
        db,
        scope,
        organisation,
        subject ?? null,
        state === undefined ? null : [state],
        inForce,
        new Date(nowMs),
        beforeOf(cursor),
        limit + 1,
      );
      return toPage(
        rows,
        limit,
        (row) => toOrder(row, nowMs),
        (last) => encodeCursor(last.id),
      );
    },
  );

  app.get(
    `${path}/:id`,
    {
      config: { action: 'subjects.read' },
      schema: { tags, summary: 'One term', params: Params, response: answers(Order) },
    },
    async (request) =>
      toOrder(await findSeen(callerOf(request).actor, 'subjects.read', request.params.id), deps.now()),
  );

  app.post(
    path,
    {
      config: { action: 'orders.write' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'Propose electronic positioning by a wristband of the subject',
        body: Type.Object({
          subject: Id,
          device: Id,
          ground: Type.Enum(ORDER_GROUND_NAMES, { description: 'One of the five of art. 29' }),
          from: Type.String({ maxLength: 40 }),
          until: Type.String({ maxLength: 40, description: 'Three months after from at the latest' }),
        }),
        response: answers(Order),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { subject, device, ground, from, until } = request.body;
      const [found] = await findSubject(db, subject);
      if (found === undefined || !can(actor, 'orders.write', found.office, found.minor))
        throw new Problem('not-found');
      const order = {
        subject,
        device,
        ground,
        fromMs: readTime('from', from),
        untilMs: readTime('until', until),
      };
      return done(request, {
        action: 'order.propose',
        office: found.office,
        reason: null,
        act: (tx, by) => proposeOrder(tx, order, by, deps.now()),
      });
    },
  );

  app.post(
    `${path}/:id/extend`,
    {
      config: { action: 'orders.write' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'Propose a further term, after an assessment, before this one ends',
        params: Params,
        body: Type.Object({
          until: Type.String({ maxLength: 40 }),
          assessment: Text(4000, 'Why it is still necessary'),
        }),
        response: answers(Order),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id, office } = await findSeen(actor, 'orders.write', request.params.id);
      const { until, assessment } = request.body;
      const untilMs = readTime('until', until);
      return done(request, {
        action: 'order.propose',
        office,
        reason: assessment,
        act: (tx, by) => proposeExtension(tx, id, untilMs, assessment, by, deps.now()),
      });
    },
  );

  for (const deed of ['approve', 'refuse'] as const)
    app.post(
      `${path}/:id/${deed}`,
      {
        config: { action: 'orders.decide' },
        bodyLimit: 16_384,
        schema: {
          tags,
          summary: deed === 'approve' ? 'Approve: by the head of the county’s authority' : 'Refuse',
          params: Params,
          body: Type.Object({ reason: Text(1000, 'Why') }),
          response: answers(Order),
        },
      },
      async (request) => {
        const { actor } = callerOf(request);
        const { id, office } = await findSeen(actor, 'orders.decide', request.params.id);
        const { reason } = request.body;
        return done(request, {
          action: `order.${deed}`,
          office,
          reason,
          act: (tx, by) => decideTerm(tx, id, deed === 'approve', reason, by, deps.now()),
        });
      },
    );

  app.post(
    `${path}/:id/end`,
    {
      config: { action: 'orders.write' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'End it now: it is no longer necessary; collection stops at once',
        params: Params,
        body: Type.Object({ reason: Text(1000, 'Why') }),
        response: answers(Order),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id, office } = await findSeen(actor, 'orders.write', request.params.id);
      const { reason } = request.body;
      return done(request, {
        action: 'order.end',
        office,
        reason,
        act: (tx, by) => endOrder(tx, id, reason, by, deps.now()),
      });
    },
  );

  async function done(
    request: FastifyRequest,
    deed: Omit<Deed<OrderRow>, 'detail'>,
  ): Promise<Static<typeof Order>> {
    const row = await perform(db, request, { ...deed, detail: ({ device }) => ({ device }) });
    return toOrder(row, deps.now());
  }

  async function findSeen(actor: Actor, action: Action, id: string): Promise<OrderRow> {
    const row = await rowNumbered(id, (number) => findOrder(db, number));
    if (row === undefined || !can(actor, action, row.office, row.minor)) throw new Problem('not-found');
    return row;
  }
}

function toOrder(row: OrderRow, nowMs: Instant): Static<typeof Order> {
  // The table's own check allows no other.
  const state = row.state as OrderState;
  return {
    order: row.id,
    subject: row.subject,
    subjectName: row.name,
    office: row.office,
    device: row.device,
    ground: row.ground,
    from: row.from_at.toISOString(),
    until: row.until_at.toISOString(),
    extends: row.extends,
    assessment: row.assessment,
    state,
    inForce: state === 'approved' && row.from_at.getTime() <= nowMs && nowMs < row.until_at.getTime(),
    measures: row.measures,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: timeOrNull(row.decided_at),
    reason: row.reason,
    endedBy: row.ended_by,
    endedAt: timeOrNull(row.ended_at),
    endReason: row.end_reason,
  };
}
