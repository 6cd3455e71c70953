/** Feeds and tokens. Only a token's SHA-256 is kept. */
import { statement } from './statement.ts';

export const ensureFeed = statement<[id: string, name: string]>()(
  'feeds.ensure',
  {},
  'INSERT INTO feeds (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING',
);

export const addToken = statement<
  [
    tokenHash: Buffer,
    feed: string | null,
    role: string | null,
    organisation: string,
    expiresAt: Date | null,
    minors: boolean,
  ]
>()(
  'feeds.add-token',
  {},
  'INSERT INTO tokens (token_hash, feed, role, organisation, expires_at, minors) VALUES ($1, $2, $3, $4, $5, $6)',
);

/** Of those that are good. */
export const findFeedTokens = statement<[tokenHashes: readonly Buffer[], now: Date]>()(
  'feeds.find-tokens',
  { token_hash: 'bytea', feed: 'text' },
  `SELECT token_hash, feed FROM tokens
   WHERE token_hash = ANY($1::bytea[]) AND feed IS NOT NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
);

export const listFeedCrs = statement<[]>()(
  'feeds.crs',
  { id: 'text', crs: 'text' },
  'SELECT id, crs FROM feeds',
);

/** Makes the feed when it is not there. `name` or `crs` null: as it was. */
export const declareFeed = statement<[id: string, name: string | null, crs: string | null]>()(
  'feeds.declare',
  { id: 'text' },
  `INSERT INTO feeds (id, name, crs) VALUES ($1, coalesce($2, $1), coalesce($3, 'wgs84'))
   ON CONFLICT (id) DO UPDATE SET name = coalesce($2, feeds.name), crs = coalesce($3, feeds.crs)
   RETURNING id`,
);
