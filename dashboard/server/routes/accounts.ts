/**
 * `accounts`: who signs in. Administered within the own subtree, and nobody gives, takes or resets what they may not do themselves
 * (`mayGrant`). A new or reset password is shown once, ends by itself, and opens nothing but the choice of another.
 */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import { changeAccount, findAccountView, listAccounts } from '../../../src/store/account-administration.ts';
import { createAccount, setPassword } from '../../../src/store/accounts.ts';
import { audit } from '../audit.ts';
import { type Actor, can, isRole, mayGrant, ROLES, type Role } from '../auth/access.ts';
import { hashPassword, oneTimeUntil, randomPassword } from '../auth/passwords.ts';
import { callerOf } from '../auth/route-guard.ts';
import { isAccount, type Sessions } from '../auth/sessions.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  PlainText,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Login = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._@-]+$' });
const PersonName = PlainText({ maxLength: 100 });
const Path = PlainText({ maxLength: 256, description: "Path of an organisation; '' is the whole tree" });
const Account = Type.Object({
  login: Type.String(),
  name: Type.String(),
  role: Type.Enum(ROLES),
  organisation: Type.String(),
  minors: Type.Boolean({ description: 'Cleared to see minors' }),
  mustChange: Type.Boolean({ description: 'Has not used the one-time password yet' }),
  oneTimeUntil: Nullable(Time),
  disabledAt: Nullable(Time),
  createdAt: Time,
  version: Type.Integer(),
});
const WithPassword = Type.Object({
  ...Account.properties,
  oneTimePassword: Type.String({ description: 'Shown this once; signs in until `oneTimeUntil`' }),
  oneTimeUntil: Time,
});

export function registerAccountRoutes(
  app: App,
  deps: {
    readonly database: Database;
    readonly sessions: Pick<Sessions, 'rightsChanged'>;
    now(): number;
  },
): void {
  const db = deps.database;
  const tags = ['accounts'];

  app.get(
    '/api/v1/accounts',
    {
      config: { action: 'accounts.read' },
      schema: {
        tags,
        summary: 'Accounts of the own organisation and those below it, by login',
        querystring: Type.Object({ organisation: OrganisationPath, cursor: Cursor, limit: Limit }),
        response: answers(Page(Account)),
      },
    },
    async (request) => {
      const { organisation, cursor, limit = 100 } = request.query;
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const { actor } = callerOf(request);
      const rows = await listAccounts(db, actor.organisation, organisation ?? '', after, limit + 1);
      return toPage(rows, limit, toItem, (last) => encodeCursor(last.login));
    },
  );

  app.post(
    '/api/v1/accounts',
    {
      config: { action: 'accounts.administer' },
      schema: {
        tags,
        summary: 'Make an account with a one-time password',
        body: Type.Object({
          login: Login,
          name: Type.Optional(PersonName),
          role: Type.Enum(ROLES),
          organisation: Path,
          minors: Type.Optional(Type.Boolean()),
        }),
        response: answers(WithPassword),
      },
    },
    async (request, reply) => {
      const { actor } = callerOf(request);
      const { login, name = '', role, organisation, minors = false } = request.body;
      requireGrant(actor, { role, organisation, minors });
      const oneTimePassword = randomPassword();
      const hash = await hashPassword(oneTimePassword);
      const until = oneTimeUntil(deps.now());
      await db.transaction(async (tx) => {
        const made = await createAccount(tx, login, hash, role, organisation, minors, until, name);
        if (made.length === 0) throw new Problem('conflict', told('login-taken'));
        const detail = { role, organisation, minors };
        await audit(tx, request, { action: 'account.make', target: login, detail });
      });
      request.log.info(
        { event: 'account.made', account: actor.name, login, role, organisation },
        'account made',
      );
      const item = toItem(await findSeen(actor, login));
      return reply
        .header('cache-control', 'no-store')
        .send({ ...item, oneTimePassword, oneTimeUntil: until.toISOString() });
    },
  );

  app.patch(
    '/api/v1/accounts/:login',
    {
      config: { action: 'accounts.administer' },
      schema: {
        tags,
        summary: 'Change role, organisation, clearance or name; disable or enable. Holds at once',
        params: Type.Object({ login: Login }),
        body: Type.Object({
          version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
          name: Type.Optional(PersonName),
          role: Type.Optional(Type.Enum(ROLES)),
          organisation: Type.Optional(Path),
          minors: Type.Optional(Type.Boolean()),
          disabled: Type.Optional(Type.Boolean()),
        }),
        response: answers(Account),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const before = await findAdministered(actor, request.params.login);
      const { version, disabled, ...change } = request.body;
      const next = { ...toItem(before), ...change };
      requireGrant(actor, next);
      const disabledAt =
        disabled === undefined
          ? before.disabled_at
          : disabled
            ? (before.disabled_at ?? new Date(deps.now()))
            : null;
      const row = await db.transaction(async (tx) => {
        const [changed] = await changeAccount(
          tx,
          before.login,
          version,
          next.name,
          next.role,
          next.organisation,
          next.minors,
          disabledAt,
        );
        if (changed === undefined) throw new Problem('conflict', told('not-this-version', { version }));
        const { role, organisation, minors } = changed;
        const detail = { role, organisation, minors, disabled: changed.disabled_at !== null };
        await audit(tx, request, { action: 'account.change', target: changed.login, detail });
        return changed;
      });
      deps.sessions.rightsChanged(isAccount(row.login));
      request.log.info(
        { event: 'account.changed', account: actor.name, login: row.login },
        'account changed',
      );
      return toItem(row);
    },
  );

  app.post(
    '/api/v1/accounts/:login/reset',
    {
      config: { action: 'accounts.administer' },
      schema: {
        tags,
        summary: 'A new one-time password; ends every session of the account',
        params: Type.Object({ login: Login }),
        response: answers(WithPassword),
      },
    },
    async (request, reply) => {
      const { actor } = callerOf(request);
      const { login } = await findAdministered(actor, request.params.login);
      const oneTimePassword = randomPassword();
      const hash = await hashPassword(oneTimePassword);
      const until = oneTimeUntil(deps.now());
      await db.transaction(async (tx) => {
        await setPassword(tx, login, hash, until);
        await audit(tx, request, { action: 'account.reset', target: login });
      });
      deps.sessions.rightsChanged(isAccount(login));
      request.log.info({ event: 'account.reset', account: actor.name, login }, 'password reset');
      const item = toItem(await findSeen(actor, login));
      return reply
        .header('cache-control', 'no-store')
        .send({ ...item, oneTimePassword, oneTimeUntil: until.toISOString() });
    },
  );

  async function findSeen(actor: Actor, login: string) {
    const [row] = await findAccountView(db, login);
    if (row === undefined || !can(actor, 'accounts.administer', row.organisation))
      throw new Problem('not-found');
    return row;
  }

  /** Nobody administers themselves: the last who can would lock everybody out. */
  async function findAdministered(actor: Actor, login: string) {
    const row = await findSeen(actor, login);
    if (actor.kind === 'account' && row.login === actor.name)
      throw new Problem('forbidden', told('own-account'));
    requireGrant(actor, toItem(row));
    return row;
  }
}

function requireGrant(actor: Actor, grant: { role: Role; organisation: string; minors: boolean }): void {
  if (!mayGrant(actor, grant)) throw new Problem('forbidden', told('grant-beyond-own'));
}

function toItem(row: Awaited<ReturnType<typeof findAccountView>>[number]): Static<typeof Account> {
  const { login, name, role, organisation, minors, version } = row;
  if (!isRole(role)) throw new Error(`account ${login} has the unknown role ${role}`);
  return {
    login,
    name,
    role,
    organisation,
    minors,
    mustChange: row.one_time_until !== null,
    oneTimeUntil: timeOrNull(row.one_time_until),
    disabledAt: timeOrNull(row.disabled_at),
    createdAt: row.created_at.toISOString(),
    version,
  };
}
