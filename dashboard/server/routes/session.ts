/** `session`: signing in and out; `me`: who calls. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import { formatInstant } from '../../../src/kernel/instant.ts';
import { recordAudit } from '../../../src/store/audit.ts';
import type { Db } from '../../../src/store/statement.ts';
import { audit } from '../audit.ts';
import { actionsFor, ROLES } from '../auth/access.ts';
import { callerOf, checkOrigin, SESSION_COOKIE } from '../auth/route-guard.ts';
import type { Session, Sessions, SignInFault } from '../auth/sessions.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, Nullable, problem, Time } from './schemas.ts';

const RoleName = Type.Enum(ROLES);
const SessionView = Type.Object({
  login: Type.String(),
  role: RoleName,
  organisation: Type.String({
    description: "Path of the organisation whose subtree is seen; '' is the whole tree",
  }),
  csrf: Type.String({ description: 'Send it as X-CSRF-Token with every call that changes something' }),
  expiresAt: Time,
  mustChangePassword: Type.Boolean({
    description: 'Signed in by a one-time password: until it is changed, nothing else is open',
  }),
});
const MapTiles = Type.Object(
  {
    urls: Type.Array(Type.String({ description: 'With {z}, {x} and {y}; the lowest first' })),
    attribution: Nullable(Type.String()),
    maxZoom: Type.Integer(),
  },
  { description: 'What the maps lie on; null: what the page brings' },
);
export type MapTiles = Static<typeof MapTiles>;
const Me = Type.Object({
  kind: Type.Enum(['account', 'token']),
  name: Type.String(),
  role: RoleName,
  organisation: Type.String(),
  minors: Type.Boolean({ description: 'Cleared to see minors' }),
  actions: Type.Array(Type.String()),
  expiresAt: Nullable(Time),
  tiles: Nullable(MapTiles),
});

export function registerSessionRoutes(
  app: App,
  deps: { readonly sessions: Sessions; readonly database: Db; readonly tiles: MapTiles | null },
): void {
  const tags = ['session'];

  app.post(
    '/api/v1/session',
    {
      config: { action: 'public' },
      bodyLimit: 4096,
      schema: {
        tags,
        summary: 'Sign in: sets the session cookie',
        body: Type.Object({
          login: Type.String({ minLength: 1, maxLength: 256 }),
          password: Type.String({ minLength: 1, maxLength: 1024 }),
        }),
        response: answers(SessionView),
      },
    },
    async (request, reply) => {
      checkOrigin(request, false);
      const { login, password } = request.body;
      const result = await deps.sessions.signIn(login, password, request.ip);
      if (!result.ok) {
        request.log.info({ event: 'session.refused', why: result.error.why, login }, 'sign-in refused');
        if (result.error.why !== 'wait' && result.error.why !== 'busy')
          // Attempts that must wait are not checked and not recorded: the back-off also bounds what a stranger can write.
          await recordAudit(deps.database, {
            actor: { kind: 'account', name: login, organisation: null },
            action: 'session.refused',
            address: request.ip,
            ...(result.error.why === 'one-time-password-expired' ? { detail: { why: 'expired' } } : {}),
          });
        throw problemOf(result.error);
      }
      const { token, session } = result.value;
      await recordAudit(deps.database, {
        actor: session.actor,
        action: 'session.begun',
        address: request.ip,
      });
      request.log.info({ event: 'session.begun', login }, 'signed in');
      reply.setCookie(SESSION_COOKIE, token, {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure: request.protocol === 'https',
        expires: new Date(session.expiresAtMs),
      });
      return reply.header('cache-control', 'no-store').send(toView(session));
    },
  );

  app.get(
    '/api/v1/session',
    {
      config: { action: 'account.own' },
      schema: { tags, summary: 'The session of the cookie', response: answers(SessionView) },
    },
    async (request, reply) => {
      const { session } = callerOf(request);
      if (session === null) throw new Problem('not-found', told('token-no-session'));
      return reply.header('cache-control', 'no-store').send(toView(session));
    },
  );

  app.delete(
    '/api/v1/session',
    {
      config: { action: 'account.own' },
      schema: {
        tags,
        summary: 'Sign out: ends the session and its live connections',
        response: { 204: Type.Null(), '4xx': problem('The request was refused') },
      },
    },
    async (request, reply) => {
      const token = request.cookies[SESSION_COOKIE];
      if (callerOf(request).session === null || token === undefined)
        throw new Problem('not-found', told('token-no-session'));
      await deps.sessions.end(token);
      await audit(deps.database, request, { action: 'session.ended' });
      return reply.clearCookie(SESSION_COOKIE, { path: '/' }).code(204).send(null);
    },
  );

  app.put(
    '/api/v1/session/password',
    {
      config: { action: 'account.own' },
      bodyLimit: 4096,
      schema: {
        tags,
        summary: 'Choose another password: ends every session of the account, this one too',
        body: Type.Object({
          password: Type.String({ minLength: 1, maxLength: 1024, description: 'The present one' }),
          next: Type.String({ minLength: 12, maxLength: 1024 }),
        }),
        response: { 204: Type.Null(), '4xx': problem('The request was refused'), '5xx': problem('Not now') },
      },
    },
    async (request, reply) => {
      const { actor, session } = callerOf(request);
      if (session === null) throw new Problem('forbidden', told('token-no-password'));
      const { password, next } = request.body;
      if (password.normalize('NFC') === next.normalize('NFC') || next.includes(actor.name))
        throw new Problem('bad-request', told('weak-password'));
      const result = await deps.sessions.changePassword(actor.name, password, next, request.ip);
      if (!result.ok) {
        // Somebody at an open desk who guesses.
        if (result.error.why === 'wrong-login-or-password')
          await audit(deps.database, request, { action: 'account.secret-refused', target: actor.name });
        throw problemOf(result.error);
      }
      request.log.info({ event: 'account.password-changed', account: actor.name }, 'password changed');
      return reply.clearCookie(SESSION_COOKIE, { path: '/' }).code(204).send(null);
    },
  );

  app.get(
    '/api/v1/me',
    {
      config: { action: 'account.own' },
      schema: { tags, summary: 'Who calls, and what they may do', response: answers(Me) },
    },
    async (request) => {
      const { actor, session } = callerOf(request);
      const { kind, name, role, organisation, minors } = actor;
      return {
        kind,
        name,
        role,
        organisation,
        minors,
        actions: [...actionsFor(actor)],
        expiresAt: session === null ? null : formatInstant(session.expiresAtMs),
        tiles: deps.tiles,
      };
    },
  );
}

function problemOf(fault: SignInFault): Problem {
  if (fault.why === 'busy') return new Problem('unavailable', told('many-sign-in'), 1);
  if (fault.why === 'wrong-login-or-password') return new Problem('wrong-login-or-password');
  if (fault.why === 'one-time-password-expired')
    return new Problem('password-expired', told('one-time-password-expired'));
  const waitS = Math.ceil(fault.waitMs / 1000);
  return new Problem('too-many-attempts', told('wait-seconds', { s: waitS }), waitS);
}

function toView({ actor, csrf, expiresAtMs, mustChange }: Session) {
  const { name, role, organisation } = actor;
  return {
    login: name,
    role,
    organisation,
    csrf,
    expiresAt: formatInstant(expiresAtMs),
    mustChangePassword: mustChange,
  };
}
