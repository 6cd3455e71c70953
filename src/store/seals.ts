/** The chain of seals and the leaves under them. Append-only. */
import { statement } from './statement.ts';

const SEAL = { seal: 'int8', at: 'timestamptz', previous: 'text', parts: 'jsonb', hash: 'text' } as const;

export const findLastSeal = statement<[]>()(
  'seals.last',
  SEAL,
  'SELECT seal, at, previous, parts, hash FROM seals ORDER BY seal DESC LIMIT 1',
);

/** In order, after a number. */
export const listSealsAfter = statement<[after: string, limit: number]>()(
  'seals.after',
  SEAL,
  'SELECT seal, at, previous, parts, hash FROM seals WHERE seal > $1::bigint ORDER BY seal LIMIT $2',
);

/** Newest first, before a number. */
export const listSealsBefore = statement<[before: string | null, limit: number]>()(
  'seals.before',
  SEAL,
  `SELECT seal, at, previous, parts, hash FROM seals WHERE $1::bigint IS NULL OR seal < $1::bigint
   ORDER BY seal DESC LIMIT $2`,
);

export const addSeal = statement<[seal: string, at: Date, previous: string, parts: string, hash: string]>()(
  'seals.add',
  {},
  'INSERT INTO seals (seal, at, previous, parts, hash) VALUES ($1::bigint, $2, $3, $4::jsonb, $5)',
);

export const addLeaves = statement<[seal: string, table: string, leaves: Buffer, lastSeq: string]>()(
  'seals.add-leaves',
  {},
  'INSERT INTO seal_leaves (seal, of_table, leaves, last_seq) VALUES ($1::bigint, $2, $3, $4::bigint)',
);

/** Of one table, in the order of the seals, after a seal. */
export const listLeaves = statement<[table: string, after: string, limit: number]>()(
  'seals.leaves',
  { seal: 'int8', leaves: 'bytea' },
  `SELECT seal, leaves FROM seal_leaves WHERE of_table = $1 AND seal > $2::bigint ORDER BY seal LIMIT $3`,
);

/** The seal that covers a row. */
export const findSealOf = statement<[table: string, seq: string]>()(
  'seals.of-row',
  { ...SEAL, leaves: 'bytea' },
  `SELECT s.seal, s.at, s.previous, s.parts, s.hash, l.leaves
   FROM seals s JOIN seal_leaves l ON l.seal = s.seal
   WHERE l.of_table = $1 AND l.last_seq >= $2::bigint ORDER BY l.last_seq LIMIT 1`,
);

/** Waits until nobody holds the table's fence, at most for the transaction's lock_timeout; held until the transaction ends. */
export const takeFence = statement<[table: string]>()(
  'seals.fence',
  { locked: 'text' },
  'SELECT pg_advisory_xact_lock(7261020, hashtext($1))::text AS locked',
);

export const limitLockWait = statement<[milliseconds: string]>()(
  'seals.lock-wait',
  { timeout: 'text' },
  "SELECT set_config('lock_timeout', $1, true) AS timeout",
);
