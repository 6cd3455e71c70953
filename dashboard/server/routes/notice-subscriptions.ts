/**
 * `notice-channels` and `notice-subscriptions`: by what notices leave the house, and who gets which. Addresses of channels and their
 * secrets are the configuration's of the process that sends: a caller only names a channel.
 */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import {
  CHANNEL_KINDS,
  type ChannelKind,
  NOTICE_LANGUAGES,
  NOTICES,
  type NoticeName,
  needsRecipient,
  TELLS,
} from '../../../src/kernel/notices.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  addSubscription,
  endSubscription,
  findSubscription,
  listChannels,
  listSubscriptions,
} from '../../../src/store/notices.ts';
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
  PlainText,
  rowNumbered,
  SeverityName,
  Time,
  toPage,
} from './schemas.ts';

const Channel = Type.Object({
  name: Type.String(),
  kind: Type.Enum(CHANNEL_KINDS),
  organisation: Type.String({ description: 'Whose subtree may use it' }),
  host: Type.String(),
  needsRecipient: Type.Boolean({ description: 'An address or a number; else it has one receiver' }),
});
const TimeOfDay = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' });
const Quiet = Nullable(
  Type.Object(
    { from: TimeOfDay, until: TimeOfDay },
    { description: 'Of the office’s day; what is critical passes' },
  ),
);
const KINDS = Nullable(Type.Array(Type.Enum(NOTICES), { minItems: 1, maxItems: NOTICES.length }));
const Subscription = Type.Object({
  id: Type.String(),
  organisation: Type.String(),
  reach: Type.Enum(['own', 'subtree'], { description: 'What is addressed to it, or to all below it too' }),
  kinds: Nullable(Type.Array(Type.Enum(NOTICES), { description: 'Null: all' })),
  fromSeverity: SeverityName,
  channel: Type.String(),
  recipient: Type.String({ description: 'Empty where the channel has one receiver' }),
  language: Type.Enum(NOTICE_LANGUAGES),
  tells: Type.Enum(TELLS, {
    description: 'person: masked name and office; place: rounded position; never both',
  }),
  quiet: Quiet,
  madeBy: Type.String(),
  madeAt: Time,
});
const Given = Type.Object({
  organisation: PlainText({ maxLength: 256 }),
  reach: Type.Enum(['own', 'subtree']),
  kinds: Type.Optional(KINDS),
  fromSeverity: SeverityName,
  channel: Id,
  recipient: Type.Optional(PlainText({ maxLength: 320 })),
  language: Type.Optional(Type.Enum(NOTICE_LANGUAGES)),
  tells: Type.Optional(Type.Enum(TELLS)),
  quiet: Type.Optional(Quiet),
});

export function registerNoticeSubscriptionRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['notices'];

  app.get(
    '/api/v1/notice-channels',
    {
      config: { action: 'deliveries.read' },
      schema: {
        tags,
        summary: 'Channels that serve your organisation, as the process that sends was configured',
        response: answers(Type.Object({ items: Type.Array(Channel) })),
      },
    },
    async (request) => {
      const rows = await listChannels(db, callerOf(request).actor.organisation);
      return {
        items: rows.map((row) => {
          const kind = row.kind as ChannelKind;
          return { ...row, kind, needsRecipient: needsRecipient(kind) };
        }),
      };
    },
  );

  app.get(
    '/api/v1/notice-subscriptions',
    {
      config: { action: 'deliveries.read' },
      schema: {
        tags,
        summary: 'Subscriptions in force, newest first',
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(Subscription)),
      },
    },
    async (request) => {
      const { cursor, limit = 100 } = request.query;
      const before = beforeOf(cursor);
      const scope = callerOf(request).actor.organisation;
      const rows = await listSubscriptions(db, scope, before, limit + 1);
      return toPage(rows, limit, toSubscription, (last) => encodeCursor(last.id));
    },
  );

  app.post(
    '/api/v1/notice-subscriptions',
    {
      config: { action: 'notices.administer' },
      schema: { tags, summary: 'Subscribe an organisation', body: Given, response: answers(Subscription) },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation, reach, fromSeverity, channel: name, ...given } = request.body;
      if (!can(actor, 'notices.administer', organisation)) throw new Problem('not-found');
      const { kinds = null, recipient = '', language = 'zh', tells = 'person', quiet = null } = given;
      await checkReceiver(db, organisation, name, recipient);
      return db.transaction(async (tx) => {
        const [row] = await addSubscription(
          tx,
          organisation,
          reach,
          kinds === null ? null : [...new Set(kinds)],
          fromSeverity,
          name,
          recipient,
          language,
          tells,
          quiet?.from ?? null,
          quiet?.until ?? null,
          actor.name,
          new Date(deps.now()),
        );
        if (row === undefined) throw new Error('an insert answered no row');
        const detail = { channel: name, reach, fromSeverity };
        await audit(tx, request, {
          action: 'notice-subscription.add',
          office: organisation,
          target: row.id,
          detail,
        });
        return toSubscription(row);
      });
    },
  );

  app.delete(
    '/api/v1/notice-subscriptions/:id',
    {
      config: { action: 'notices.administer' },
      schema: {
        tags,
        summary: 'End it; what has not been sent yet is withdrawn',
        params: Type.Object({ id: Id }),
        response: answers(Subscription),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id } = request.params;
      return db.transaction(async (tx) => {
        const found = await rowNumbered(id, (number) => findSubscription(tx, number));
        if (found === undefined || !can(actor, 'notices.administer', found.organisation))
          throw new Problem('not-found');
        const [row] = await endSubscription(tx, id, actor.name, new Date(deps.now()));
        if (row === undefined) throw new Problem('not-found');
        await audit(tx, request, {
          action: 'notice-subscription.end',
          office: row.organisation,
          target: id,
        });
        return toSubscription(row);
      });
    },
  );
}

/** Throws unless the channel serves the organisation and the recipient is of its kind. */
export async function checkReceiver(
  db: Database,
  organisation: string,
  name: string,
  recipient: string,
): Promise<void> {
  const channel = (await listChannels(db, organisation)).find((each) => each.name === name);
  if (channel === undefined) throw new Problem('bad-request', told('no-channel'));
  const shape = RECIPIENTS[channel.kind as ChannelKind];
  if (!shape.test(recipient)) throw new Problem('bad-request', told('bad-recipient', { kind: channel.kind }));
}

const NONE = /^$/;
const RECIPIENTS: Readonly<Record<ChannelKind, RegExp>> = {
  email: /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\]+$/,
  sms: /^\+?\d{5,20}$/,
  webhook: NONE,
  wecom: NONE,
  dingtalk: NONE,
  feishu: NONE,
};

function toSubscription(
  row: Awaited<ReturnType<typeof listSubscriptions>>[number],
): Static<typeof Subscription> {
  return {
    id: row.id,
    organisation: row.organisation,
    // The table's own checks, and the schema above, allow no other words.
    reach: row.reach as 'own' | 'subtree',
    kinds: row.kinds as NoticeName[] | null,
    fromSeverity: row.from_severity as Static<typeof SeverityName>,
    channel: row.channel,
    recipient: row.recipient,
    language: row.language as (typeof NOTICE_LANGUAGES)[number],
    tells: row.tells as (typeof TELLS)[number],
    quiet:
      row.quiet_from === null || row.quiet_until === null
        ? null
        : { from: row.quiet_from, until: row.quiet_until },
    madeBy: row.made_by,
    madeAt: row.made_at.toISOString(),
  };
}
