/**
 * Signing in and proving who calls: a cookie with a random token of which only the SHA-256 is stored, or a bearer
 * token. `signIn` is the one place where a second factor or OpenID Connect would be put.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Instant } from '../../../src/kernel/instant.ts';
import { fail, ok, type Result } from '../../../src/kernel/result.ts';
import {
  createSession,
  endSession,
  findAccount,
  findRoleToken,
  findSession,
} from '../../../src/store/accounts.ts';
import type { Db } from '../../../src/store/statement.ts';
import { type Actor, isRole } from './access.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { createSignInLimits } from './sign-in-limits.ts';

/** A shift and the hand-over; after it a person signs in again. */
const SESSION_MS = 12 * 3_600_000;
/** Each check of a password takes 19 MiB and a thread of the pool: more at once would starve the rest. */
const MAX_CHECKS_AT_ONCE = 8;

export interface Session {
  readonly actor: Actor;
  readonly csrf: string;
  readonly expiresAtMs: Instant;
}

/** Who calls and by what. `key` names the credential without giving it away; a session's end is told by it. */
export interface Caller {
  readonly actor: Actor;
  readonly key: string;
  /** Null for a bearer token: no browser sends one by itself. */
  readonly session: Session | null;
}

export type SignInFault =
  | { readonly why: 'wrong-login-or-password' }
  | { readonly why: 'wait'; readonly waitMs: number }
  | { readonly why: 'busy' };

export interface Sessions {
  signIn(
    login: string,
    password: string,
    address: string,
  ): Promise<Result<{ readonly token: string; readonly session: Session }, SignInFault>>;
  callerOfCookie(token: string): Promise<Caller | undefined>;
  callerOfBearer(token: string): Promise<Caller | undefined>;
  /** Ends the session of a cookie at once, its websockets too. */
  end(token: string): Promise<void>;
  onEnded(told: (key: string) => void): void;
}

const hashOf = (token: string) => createHash('sha256').update(token).digest();
const keyOf = (hash: Buffer) => hash.toString('hex').slice(0, 16);

export function createSessions(deps: { readonly db: Db; now(): Instant }): Sessions {
  const limits = createSignInLimits();
  const listeners: ((key: string) => void)[] = [];
  // An unknown login is checked against this, so that it takes as long as a known one.
  const nobody = hashPassword(randomBytes(16).toString('hex'));
  let checking = 0;

  const check = async (login: string, password: string) => {
    checking++;
    try {
      const [account] = await findAccount(deps.db, login);
      const right = await verifyPassword(password, account?.password_hash ?? (await nobody));
      return right && account !== undefined && isRole(account.role)
        ? { ...account, role: account.role }
        : undefined;
    } finally {
      checking--;
    }
  };

  return {
    async signIn(login, password, address) {
      const waitMs = limits.waitMs(login, address, deps.now());
      if (waitMs > 0) return fail({ why: 'wait', waitMs });
      if (checking >= MAX_CHECKS_AT_ONCE) return fail({ why: 'busy' });
      // Counted before the check: attempts in parallel must not share one allowance.
      limits.failed(login, address, deps.now());
      const account = await check(login, password);
      if (account === undefined) return fail({ why: 'wrong-login-or-password' });
      limits.succeeded(login, address);
      const token = randomBytes(32).toString('base64url');
      const csrf = randomBytes(24).toString('base64url');
      const expiresAtMs = deps.now() + SESSION_MS;
      await createSession(deps.db, hashOf(token), login, csrf, new Date(expiresAtMs));
      const { role, organisation } = account;
      const actor: Actor = { kind: 'account', name: login, role, organisation };
      return ok({ token, session: { actor, csrf, expiresAtMs } });
    },

    async callerOfCookie(token) {
      const hash = hashOf(token);
      const [row] = await findSession(deps.db, hash, new Date(deps.now()));
      if (row === undefined || !isRole(row.role)) return undefined;
      const { login, role, organisation, csrf } = row;
      const actor: Actor = { kind: 'account', name: login, role, organisation };
      return { actor, key: keyOf(hash), session: { actor, csrf, expiresAtMs: row.expires_at.getTime() } };
    },

    async callerOfBearer(token) {
      const hash = hashOf(token);
      const [row] = await findRoleToken(deps.db, hash, new Date(deps.now()));
      if (row === undefined || !isRole(row.role)) return undefined;
      const key = keyOf(hash);
      const { role, organisation } = row;
      return { actor: { kind: 'token', name: `token:${key}`, role, organisation }, key, session: null };
    },

    async end(token) {
      const hash = hashOf(token);
      await endSession(deps.db, hash, new Date(deps.now()));
      for (const told of listeners) told(keyOf(hash));
    },

    onEnded: (told) => void listeners.push(told),
  };
}
