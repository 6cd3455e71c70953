/** Tokens as those who administer them see them: never the token itself. */
import { statement } from './statement.ts';

const TOKEN = {
  id: 'int8',
  name: 'text',
  feed: 'text?',
  role: 'text?',
  organisation: 'text',
  minors: 'bool',
  actions: 'jsonb?',
  created_by: 'text?',
  created_at: 'timestamptz',
  expires_at: 'timestamptz?',
  revoked_at: 'timestamptz?',
} as const;
const COLUMNS =
  'id, name, feed, role, organisation, minors, to_jsonb(actions) AS actions, created_by, created_at, expires_at, revoked_at';

/** Newest first, before a cursor. */
export const listTokens = statement<[scope: string, before: string | null, limit: number]>()(
  'token-administration.list',
  TOKEN,
  `SELECT ${COLUMNS} FROM tokens
   WHERE ($1::text = '' OR organisation = $1 OR starts_with(organisation, $1 || '/')) AND ($2::bigint IS NULL OR id < $2::bigint)
   ORDER BY id DESC LIMIT $3`,
);

export const createRoleToken = statement<
  [
    tokenHash: Buffer,
    name: string,
    role: string,
    organisation: string,
    minors: boolean,
    actions: string[] | null,
    createdBy: string,
    expiresAt: Date,
  ]
>()(
  'token-administration.create-role',
  TOKEN,
  `INSERT INTO tokens (token_hash, name, role, organisation, minors, actions, created_by, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
);

/** No row: there is no such feed. */
export const createFeedToken = statement<
  [tokenHash: Buffer, name: string, feed: string, createdBy: string, expiresAt: Date]
>()(
  'token-administration.create-feed',
  TOKEN,
  `INSERT INTO tokens (token_hash, name, feed, created_by, expires_at)
   SELECT $1, $2, id, $4, $5 FROM feeds WHERE id = $3 RETURNING ${COLUMNS}`,
);

export const findToken = statement<[id: string]>()(
  'token-administration.find',
  TOKEN,
  `SELECT ${COLUMNS} FROM tokens WHERE id = $1::bigint`,
);

export const revokeToken = statement<[id: string, at: Date]>()(
  'token-administration.revoke',
  TOKEN,
  `UPDATE tokens SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1::bigint RETURNING ${COLUMNS}`,
);
