/** Accounts, sessions and bearer tokens. Secrets are stored as hashes only. */
import { statement } from './statement.ts';

export const findAccount = statement<[login: string]>()(
  'accounts.find',
  { login: 'text', password_hash: 'text', role: 'text', organisation: 'text' },
  'SELECT login, password_hash, role, organisation FROM accounts WHERE login = $1',
);

/** Answers no row when the login is taken. */
export const createAccount = statement<
  [login: string, passwordHash: string, role: string, organisation: string]
>()(
  'accounts.create',
  { login: 'text' },
  `INSERT INTO accounts (login, password_hash, role, organisation) VALUES ($1, $2, $3, $4)
   ON CONFLICT (login) DO NOTHING RETURNING login`,
);

/** A new password ends every session that was begun with the old one. */
export const setPassword = statement<[login: string, passwordHash: string]>()(
  'accounts.set-password',
  { login: 'text' },
  `WITH ended AS (DELETE FROM sessions WHERE login = $1)
   UPDATE accounts SET password_hash = $2 WHERE login = $1 RETURNING login`,
);

export const createSession = statement<[tokenHash: Buffer, login: string, csrf: string, expiresAt: Date]>()(
  'sessions.create',
  { login: 'text' },
  'INSERT INTO sessions (token_hash, login, csrf, expires_at) VALUES ($1, $2, $3, $4) RETURNING login',
);

export const findSession = statement<[tokenHash: Buffer, now: Date]>()(
  'sessions.find',
  { login: 'text', csrf: 'text', expires_at: 'timestamptz', role: 'text', organisation: 'text' },
  `SELECT s.login, s.csrf, s.expires_at, a.role, a.organisation
   FROM sessions s JOIN accounts a ON a.login = s.login
   WHERE s.token_hash = $1 AND s.expires_at > $2`,
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
  { role: 'text', organisation: 'text' },
  `SELECT role, organisation FROM tokens
   WHERE token_hash = $1 AND role IS NOT NULL AND (expires_at IS NULL OR expires_at > $2)`,
);
