/**
 * How somebody proves who they are: by a password. The one place where a second factor or OpenID Connect would be put: whatever is
 * asked for beside or instead of the password is asked here, and `createSessions` only learns who it is.
 */
import { randomBytes } from 'node:crypto';
import type { Instant } from '../../../src/kernel/instant.ts';
import { findAccount } from '../../../src/store/accounts.ts';
import type { Db } from '../../../src/store/statement.ts';
import { isCleared, isRole, type Role } from './access.ts';
import { hashPassword, verifyPassword } from './passwords.ts';

export interface ProvenAccount {
  readonly login: string;
  readonly role: Role;
  readonly organisation: string;
  readonly minors: boolean;
  /** The password is a one-time one, and signs in until then; null: one of their own. */
  readonly oneTimeUntilMs: Instant | null;
}

export interface PasswordProof {
  /** Each check takes 19 MiB and a thread of the pool: more at once would starve the rest. */
  isBusy(): boolean;
  /** Undefined: no such account, or not its password. */
  prove(login: string, password: string): Promise<ProvenAccount | undefined>;
}

const MAX_CHECKS_AT_ONCE = 8;

export function createPasswordProof(db: Db): PasswordProof {
  // An unknown login is checked against this, so that it takes as long as a known one.
  const nobody = hashPassword(randomBytes(16).toString('hex'));
  let checking = 0;
  return {
    isBusy: () => checking >= MAX_CHECKS_AT_ONCE,
    async prove(login, password) {
      checking++;
      try {
        const [account] = await findAccount(db, login);
        const right = await verifyPassword(password, account?.password_hash ?? (await nobody));
        if (!right || account === undefined || !isRole(account.role)) return undefined;
        const { role, organisation, one_time_until: until } = account;
        return {
          login: account.login,
          role,
          organisation,
          minors: isCleared(role, account.minors),
          oneTimeUntilMs: until?.getTime() ?? null,
        };
      } finally {
        checking--;
      }
    },
  };
}
