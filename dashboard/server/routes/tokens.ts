/** `tokens`: what feeds and integrations call with. Shown once, limited in what and until when, revoked at once. */
import { createHash, randomBytes } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database, Db } from '../../../src/ports/database.ts';
import {
  createFeedToken,
  createRoleToken,
  findToken,
  listTokens,
  revokeToken,
} from '../../../src/store/token-administration.ts';
import { audit } from '../audit.ts';
import { ACTIONS, type Actor, can, isRole, mayGrant, ROLES } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  answers,
  beforeOf,
  Cursor,
  encodeCursor,
  Limit,
  Nullable,
  Page,
  PlainText,
  readTime,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const MAX_DAYS = 366;
const RowId = Type.String({ pattern: '^[0-9]{1,18}$' });
const Token = Type.Object({
  id: Type.String(),
  name: Type.String(),
  feed: Nullable(Type.String({ description: 'Opens ingest for this feed and nothing else' })),
  role: Nullable(Type.String()),
  organisation: Type.String(),
  minors: Type.Boolean(),
  actions: Nullable(Type.Array(Type.String(), { description: 'Null: all that the role may' })),
  createdBy: Nullable(Type.String()),
  createdAt: Time,
  expiresAt: Nullable(Time),
  revokedAt: Nullable(Time),
});

export function registerTokenRoutes(
  app: App,
  deps: {
    readonly database: Database;
    readonly sessions: Pick<Sessions, 'rightsChanged'>;
    now(): number;
  },
): void {
  const db = deps.database;
  const tags = ['tokens'];

  app.get(
    '/api/v1/tokens',
    {
      config: { action: 'tokens.read' },
      schema: {
        tags,
        summary: 'Tokens of the own organisation and those below it, newest first',
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(Token)),
      },
    },
    async (request) => {
      const { cursor, limit = 100 } = request.query;
      const before = beforeOf(cursor);
      const rows = await listTokens(db, callerOf(request).actor.organisation, before, limit + 1);
      return toPage(rows, limit, toItem, (last) => encodeCursor(last.id));
    },
  );

  app.post(
    '/api/v1/tokens',
    {
      config: { action: 'tokens.administer' },
      schema: {
        tags,
        summary: 'Make a token: for a feed, or with a role in an organisation',
        body: Type.Object({
          name: PlainText({ minLength: 1, maxLength: 100 }),
          feed: Type.Optional(PlainText({ minLength: 1, maxLength: 256 })),
          role: Type.Optional(Type.Enum(ROLES)),
          organisation: Type.Optional(PlainText({ maxLength: 256 })),
          minors: Type.Optional(Type.Boolean()),
          actions: Type.Optional(Type.Array(Type.Enum(ACTIONS), { minItems: 1, maxItems: ACTIONS.length })),
          expiresAt: Type.String({ description: `With its zone; at most ${MAX_DAYS} days ahead` }),
        }),
        response: answers(
          Type.Object({ ...Token.properties, token: Type.String({ description: 'Shown this once' }) }),
        ),
      },
    },
    async (request, reply) => {
      const { actor } = callerOf(request);
      const { name, feed, role, organisation = '', minors = false, actions } = request.body;
      const expiresMs = readTime('expiresAt', request.body.expiresAt);
      if (expiresMs <= deps.now() || expiresMs > deps.now() + MAX_DAYS * 86_400_000)
        throw new Problem('bad-request', told('expires-ahead', { days: MAX_DAYS }));
      if ((feed === undefined) === (role === undefined))
        throw new Problem('bad-request', told('feed-or-role'));
      const token = randomBytes(32).toString('base64url');
      const hash = createHash('sha256').update(token).digest();
      const made = await db.transaction(async (tx) => {
        const row =
          role === undefined
            ? await makeForFeed(tx, actor, hash, name, feed ?? '', new Date(expiresMs))
            : await makeForRole(tx, actor, hash, { name, role, organisation, minors, actions, expiresMs });
        const { id: target, created_by: _, created_at: __, revoked_at: ___, ...detail } = row;
        await audit(tx, request, { action: 'token.create', target, detail });
        return row;
      });
      request.log.info({ event: 'token.made', account: actor.name, id: made.id }, 'token made');
      return reply.header('cache-control', 'no-store').send({ ...toItem(made), token });
    },
  );

  app.delete(
    '/api/v1/tokens/:token',
    {
      config: { action: 'tokens.administer' },
      schema: {
        tags,
        summary: 'Revoke: it opens nothing from now on',
        params: Type.Object({ token: RowId }),
        response: answers(Token),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const [row] = await findToken(db, request.params.token);
      if (row === undefined || !can(actor, 'tokens.administer', row.organisation))
        throw new Problem('not-found');
      const { role, organisation, minors } = row;
      if (isRole(role) && !mayGrant(actor, { role, organisation, minors }))
        throw new Problem('forbidden', told('token-beyond-own'));
      const revoked = await db.transaction(async (tx) => {
        const [changed] = await revokeToken(tx, row.id, new Date(deps.now()));
        if (changed !== undefined) await audit(tx, request, { action: 'token.revoke', target: row.id });
        return changed ?? row;
      });
      deps.sessions.rightsChanged(({ kind }) => kind === 'token');
      request.log.info({ event: 'token.revoked', account: actor.name, id: row.id }, 'token revoked');
      return toItem(revoked);
    },
  );

  async function makeForFeed(
    db: Db,
    actor: Actor,
    hash: Buffer,
    name: string,
    feed: string,
    expiresAt: Date,
  ) {
    if (actor.organisation !== '') throw new Problem('forbidden', told('feeds-whole-tree'));
    const [row] = await createFeedToken(db, hash, name, feed, actor.name, expiresAt);
    if (row === undefined) throw new Problem('not-found', told('no-feed'));
    return row;
  }

  async function makeForRole(
    db: Db,
    actor: Actor,
    hash: Buffer,
    grant: {
      name: string;
      role: (typeof ROLES)[number];
      organisation: string;
      minors: boolean;
      actions: readonly string[] | undefined;
      expiresMs: number;
    },
  ) {
    if (!mayGrant(actor, grant)) throw new Problem('forbidden', told('grant-beyond-own'));
    const [row] = await createRoleToken(
      db,
      hash,
      grant.name,
      grant.role,
      grant.organisation,
      grant.minors,
      grant.actions === undefined ? null : [...grant.actions],
      actor.name,
      new Date(grant.expiresMs),
    );
    if (row === undefined) throw new Error('an insert answered no row');
    return row;
  }
}

function toItem(row: Awaited<ReturnType<typeof findToken>>[number]): Static<typeof Token> {
  const { id, name, feed, role, organisation, minors, actions } = row;
  return {
    id,
    name,
    feed,
    role,
    organisation,
    minors,
    actions: actions as string[] | null,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: timeOrNull(row.expires_at),
    revokedAt: timeOrNull(row.revoked_at),
  };
}
