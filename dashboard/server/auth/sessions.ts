/**
 * Signing in and proving who calls: a cookie with a random token of which only the SHA-256 is stored, or a bearer
 * token. How somebody proves who they are at the sign-in stands in `password-proof.ts`.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Instant } from '../../../src/kernel/instant.ts';
import { fail, ok, type Result } from '../../../src/kernel/result.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  createSession,
  endSession,
  findRoleToken,
  findSession,
  setPassword,
} from '../../../src/store/accounts.ts';
import { recordAudit } from '../../../src/store/audit.ts';
import { type Actor, isCleared, isRole } from './access.ts';
import { createPasswordProof } from './password-proof.ts';
import { hashPassword } from './passwords.ts';
import { createSignInLimits } from './sign-in-limits.ts';

/** A shift and the hand-over; after it a person signs in again. */
const SESSION_MS = 12 * 3_600_000;

export interface Session {
  readonly actor: Actor;
  readonly csrf: string;
  readonly expiresAtMs: Instant;
  /** The password was a one-time one: nothing is open but what changes it. */
  readonly mustChange: boolean;
}

/** Who calls and by what. `key` names the credential without giving it away; a session's end is told by it. */
export interface Caller {
  readonly actor: Actor;
  readonly key: string;
  /** Null for a bearer token: no browser sends one by itself. */
  readonly session: Session | null;
  readonly mustChange: boolean;
}

export type SignInFault =
  | { readonly why: 'wrong-login-or-password' }
  /** Told to who knows it only. */
  | { readonly why: 'one-time-password-expired' }
  | { readonly why: 'wait'; readonly waitMs: number }
  | { readonly why: 'busy' };

export interface Sessions {
  signIn(
    login: string,
    password: string,
    address: string,
  ): Promise<Result<{ readonly token: string; readonly session: Session }, SignInFault>>;
  /** A new password for who knows the old one. Ends every session of the account. */
  changePassword(
    login: string,
    password: string,
    next: string,
    address: string,
  ): Promise<Result<void, SignInFault>>;
  callerOfCookie(token: string): Promise<Caller | undefined>;
  callerOfBearer(token: string): Promise<Caller | undefined>;
  /** Ends the session of a cookie at once, its websockets too. */
  end(token: string): Promise<void>;
  onEnded(told: (key: string) => void): void;
  /** Written already: what callers of this process may has changed, so that what stays open for them asks again. */
  rightsChanged(whose: (actor: Actor) => boolean): void;
  onRightsChanged(told: (whose: (actor: Actor) => boolean) => void): void;
}

export const isAccount =
  (login: string) =>
  ({ kind, name }: Actor): boolean =>
    kind === 'account' && name === login;

const hashOf = (token: string) => createHash('sha256').update(token).digest();
const keyOf = (hash: Buffer) => hash.toString('hex').slice(0, 16);

export function createSessions(deps: {
  readonly db: Pick<Database, 'query' | 'transaction'>;
  now(): Instant;
}): Sessions {
  const limits = createSignInLimits();
  const listeners: ((key: string) => void)[] = [];
  const watchers: ((whose: (actor: Actor) => boolean) => void)[] = [];
  const rightsChanged: Sessions['rightsChanged'] = (whose) => {
    for (const told of watchers) told(whose);
  };
  const proof = createPasswordProof(deps.db);

  const prove = async (login: string, password: string, address: string) => {
    const waitMs = limits.waitMs(login, address, deps.now());
    if (waitMs > 0) return fail({ why: 'wait', waitMs } as const);
    if (proof.isBusy()) return fail({ why: 'busy' } as const);
    const attempt = limits.attempt(login, address, deps.now());
    const account = await proof.prove(login, password);
    if (account === undefined) return fail({ why: 'wrong-login-or-password' } as const);
    attempt.succeeded();
    if (account.oneTimeUntilMs !== null && account.oneTimeUntilMs <= deps.now())
      return fail({ why: 'one-time-password-expired' } as const);
    return ok(account);
  };

  return {
    async signIn(login, password, address) {
      const proven = await prove(login, password, address);
      if (!proven.ok) return proven;
      const { role, organisation, minors, oneTimeUntilMs } = proven.value;
      const mustChange = oneTimeUntilMs !== null;
      const token = randomBytes(32).toString('base64url');
      const csrf = randomBytes(24).toString('base64url');
      const expiresAtMs = deps.now() + SESSION_MS;
      await createSession(deps.db, hashOf(token), login, csrf, new Date(expiresAtMs));
      const actor: Actor = { kind: 'account', name: login, role, organisation, minors };
      return ok({ token, session: { actor, csrf, expiresAtMs, mustChange } });
    },

    async changePassword(login, password, next, address) {
      const proven = await prove(login, password, address);
      if (!proven.ok) return proven;
      const hash = await hashPassword(next);
      const { role, organisation } = proven.value;
      await deps.db.transaction(async (tx) => {
        await setPassword(tx, login, hash, null);
        await recordAudit(tx, {
          actor: { kind: 'account', name: login, role, organisation },
          action: 'account.secret-set',
          target: login,
          address,
        });
      });
      rightsChanged(isAccount(proven.value.login));
      return ok(undefined);
    },

    async callerOfCookie(token) {
      const hash = hashOf(token);
      const [row] = await findSession(deps.db, hash, new Date(deps.now()));
      if (row === undefined || !isRole(row.role)) return undefined;
      const { login, role, organisation, csrf, must_change: mustChange } = row;
      const minors = isCleared(role, row.minors);
      const actor: Actor = { kind: 'account', name: login, role, organisation, minors };
      const session = { actor, csrf, expiresAtMs: row.expires_at.getTime(), mustChange };
      return { actor, key: keyOf(hash), session, mustChange };
    },

    async callerOfBearer(token) {
      const hash = hashOf(token);
      const [row] = await findRoleToken(deps.db, hash, new Date(deps.now()));
      if (row === undefined || !isRole(row.role)) return undefined;
      const key = keyOf(hash);
      const { role, organisation } = row;
      const actor: Actor = {
        kind: 'token',
        name: `token:${key}`,
        role,
        organisation,
        minors: isCleared(role, row.minors),
        ...(row.actions === null ? {} : { only: row.actions as readonly string[] }),
      };
      return { actor, key, session: null, mustChange: false };
    },

    async end(token) {
      const hash = hashOf(token);
      await endSession(deps.db, hash, new Date(deps.now()));
      for (const told of listeners) told(keyOf(hash));
    },

    onEnded: (told) => void listeners.push(told),

    rightsChanged,
    onRightsChanged: (told) => void watchers.push(told),
  };
}
