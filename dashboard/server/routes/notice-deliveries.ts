/** `notice-deliveries`: what went to whom by what, each try, and the dead letters, which a person sends again. */
import { randomUUID } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import { DELIVERY_STATES, type DeliveryState } from '../../../src/kernel/notices.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  addDelivery,
  findDelivery,
  listAttempts,
  listDeliveries,
  sendAgain,
  wakeSender,
} from '../../../src/store/notice-deliveries.ts';
import { audit } from '../audit.ts';
import { type Action, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { checkReceiver } from './notice-subscriptions.ts';
import {
  answers,
  beforeOf,
  Cursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  Page,
  PlainText,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Delivery = Type.Object({
  id: Type.String(),
  organisation: Type.String(),
  subscription: Nullable(Type.String({ description: 'Null: a test' })),
  channel: Type.String(),
  recipient: Type.String(),
  isUrgent: Type.Boolean(),
  state: Type.Enum(DELIVERY_STATES, {
    description:
      'gathering: waits for its time; failed: is tried again; dead: a dead letter; withdrawn: its subscription ended before',
  }),
  madeAt: Time,
  dueAt: Time,
  notices: Type.Integer({ description: 'In this one message' }),
  round: Type.Integer({ description: 'How often a person had it sent, the first time included' }),
  attempts: Type.Integer(),
  answer: Nullable(Type.String({ description: 'Code of the last answer' })),
  sentAt: Nullable(Time),
});
const Whole = Type.Object({
  ...Delivery.properties,
  tries: Type.Array(
    Type.Object({
      attempt: Type.Integer(),
      at: Time,
      answer: Nullable(Type.String()),
      isSent: Nullable(
        Type.Boolean({ description: 'Null: it was cut off, or is under way: not known whether it arrived' }),
      ),
    }),
  ),
});
type Row = Awaited<ReturnType<typeof findDelivery>>[number];

export function registerNoticeDeliveryRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['notices'];

  app.get(
    '/api/v1/notice-deliveries',
    {
      config: { action: 'deliveries.read' },
      schema: {
        tags,
        summary: 'Deliveries, newest first',
        querystring: Type.Object({
          state: Type.Optional(Type.Enum(DELIVERY_STATES)),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Delivery)),
      },
    },
    async (request) => {
      const { state = null, cursor, limit = 100 } = request.query;
      const before = beforeOf(cursor);
      const scope = callerOf(request).actor.organisation;
      const rows = await listDeliveries(db, scope, state, before, limit + 1);
      return toPage(rows, limit, toDelivery, (last) => encodeCursor(last.seq));
    },
  );

  app.get(
    '/api/v1/notice-deliveries/:id',
    {
      config: { action: 'deliveries.read' },
      schema: {
        tags,
        summary: 'One delivery with each try',
        params: Type.Object({ id: Id }),
        response: answers(Whole),
      },
    },
    async (request) => {
      const row = await find(db, request.params.id, (organisation) =>
        can(callerOf(request).actor, 'deliveries.read', organisation),
      );
      const tries = await listAttempts(db, row.id);
      return {
        ...toDelivery(row),
        tries: tries.map(({ attempt, at, answer, is_sent: isSent }) => ({
          attempt,
          at: at.toISOString(),
          answer,
          isSent,
        })),
      };
    },
  );

  app.post(
    '/api/v1/notice-deliveries/:id/retry',
    {
      config: { action: 'notices.administer' },
      schema: {
        tags,
        summary: 'Send a dead letter again',
        params: Type.Object({ id: Id }),
        response: answers(Delivery),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const action: Action = 'notices.administer';
      return db.transaction(async (tx) => {
        const row = await find(tx, request.params.id, (organisation) => can(actor, action, organisation));
        const again = await sendAgain(tx, row.id, new Date(deps.now()));
        if (again.length === 0) throw new Problem('conflict', told('no-dead-letter', { state: row.state }));
        const { organisation: office, id: target } = row;
        await audit(tx, request, { action: 'notice-delivery.retry', office, target });
        return toDelivery(await find(tx, row.id, () => true));
      });
    },
  );

  app.post(
    '/api/v1/notice-channels/:name/test',
    {
      config: { action: 'notices.administer' },
      schema: {
        tags,
        summary: 'Send a test message; its delivery says what came of it',
        params: Type.Object({ name: Id }),
        body: Type.Object({
          organisation: PlainText({ maxLength: 256, description: 'On whose behalf' }),
          recipient: Type.Optional(PlainText({ maxLength: 320 })),
        }),
        response: answers(Delivery),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation, recipient = '' } = request.body;
      const { name } = request.params;
      if (!can(actor, 'notices.administer', organisation)) throw new Problem('not-found');
      await checkReceiver(db, organisation, name, recipient);
      return db.transaction(async (tx) => {
        const [id, at] = [randomUUID(), new Date(deps.now())];
        await addDelivery(tx, id, organisation, null, name, recipient, 'zh', true, at, at);
        await wakeSender(tx);
        const detail = { channel: name };
        await audit(tx, request, { action: 'notice-channel.test', office: organisation, target: id, detail });
        return toDelivery(await find(tx, id, () => true));
      });
    },
  );
}

async function find(
  db: Pick<Database, 'query'>,
  id: string,
  isLet: (organisation: string) => boolean,
): Promise<Row> {
  const [row] = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? await findDelivery(db, id) : [];
  if (row === undefined || !isLet(row.organisation)) throw new Problem('not-found');
  return row;
}

function toDelivery(row: Row): Static<typeof Delivery> {
  return {
    id: row.id,
    organisation: row.organisation,
    subscription: row.subscription,
    channel: row.channel,
    recipient: row.recipient,
    isUrgent: row.urgent,
    // The table's own check allows no other word.
    state: row.state as DeliveryState,
    madeAt: row.made_at.toISOString(),
    dueAt: row.due_at.toISOString(),
    notices: row.notices,
    round: row.round,
    attempts: row.attempts,
    answer: row.answer,
    sentAt: timeOrNull(row.sent_at),
  };
}
