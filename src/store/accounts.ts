/**
 * Signing in: accounts, sessions and bearer tokens by their secrets, of which only hashes are stored. Read as the owner of the tables,
 * before it is known who calls. Administering them: `account-administration.ts`, `token-administration.ts`.
 */
import { statement } from './statement.ts';

/** Disabled ones are not found. */
export const findAccount = statement<[login: string]>()(
  'accounts.find',
  {
    login: 'text',
    password_hash: 'text',
    role: 'text',
    organisation: 'text',
    minors: 'bool',
    one_time_until: 'timestamptz?',
  },
  `SELECT login, password_hash, role, organisation, minors, one_time_until FROM accounts
   WHERE login = $1 AND disabled_at IS NULL`,
);

/** Answers no row when the login is taken. `oneTimeUntil`: the password is a one-time one, and signs in until then. */
export const createAccount = statement<
  [
    login: string,
    passwordHash: string,
    role: string,
    organisation: string,
    minors: boolean,
    oneTimeUntil: Date | null,
    name: string,
  ]
>()(
  'accounts.create',
  { login: 'text' },
  `INSERT INTO accounts (login, password_hash, role, organisation, minors, must_change, one_time_until, name)
   VALUES ($1, $2, $3, $4, $5, $6::timestamptz IS NOT NULL, $6, $7)
   ON CONFLICT (login) DO NOTHING RETURNING login`,
);

/** A new password ends every session that was begun with the old one (trigger `accounts_end_sessions`). */
export const setPassword = statement<[login: string, passwordHash: string, oneTimeUntil: Date | null]>()(
  'accounts.set-password',
  { login: 'text' },
  `UPDATE accounts SET password_hash = $2, must_change = $3::timestamptz IS NOT NULL, one_time_until = $3, version = version + 1
   WHERE login = $1 RETURNING login`,
);

/** The way back in: enables it, too. */
export const restoreAccount = statement<[login: string, passwordHash: string]>()(
  'accounts.restore',
  { login: 'text' },
  `UPDATE accounts SET password_hash = $2, must_change = false, one_time_until = NULL, disabled_at = NULL,
                       version = version + 1
   WHERE login = $1 RETURNING login`,
);

export const isAccountThere = statement<[login: string]>()(
  'accounts.exists',
  { login: 'text' },
  'SELECT login FROM accounts WHERE login = $1',
);

export const createSession = statement<[tokenHash: Buffer, login: string, csrf: string, expiresAt: Date]>()(
  'sessions.create',
  { login: 'text' },
  'INSERT INTO sessions (token_hash, login, csrf, expires_at) VALUES ($1, $2, $3, $4) RETURNING login',
);

export const findSession = statement<[tokenHash: Buffer, now: Date]>()(
  'sessions.find',
  {
    login: 'text',
    csrf: 'text',
    expires_at: 'timestamptz',
    role: 'text',
    organisation: 'text',
    minors: 'bool',
    must_change: 'bool',
  },
  `SELECT s.login, s.csrf, s.expires_at, a.role, a.organisation, a.minors, a.must_change
   FROM sessions s JOIN accounts a ON a.login = s.login
   WHERE s.token_hash = $1 AND s.expires_at > $2 AND a.disabled_at IS NULL`,
);

/** Ends one session, and sweeps those that have expired. */
export const endSession = statement<[tokenHash: Buffer, now: Date]>()(
  'sessions.end',
  { login: 'text' },
  'DELETE FROM sessions WHERE token_hash = $1 OR expires_at <= $2 RETURNING login',
);

/** A token of an integration. A feed's token has no role and opens nothing but ingest. */
export const findRoleToken = statement<[tokenHash: Buffer, now: Date]>()(
  'tokens.find-role',
  { role: 'text', organisation: 'text', minors: 'bool', actions: 'jsonb?' },
  `SELECT role, organisation, minors, to_jsonb(actions) AS actions FROM tokens
   WHERE token_hash = $1 AND role IS NOT NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
);
