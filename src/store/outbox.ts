/** Lines on their way from a table's transaction to the observations log. */
import { statement } from './statement.ts';

/** Keys and lines in order; a null key means every partition. Wakes the relay. */
export const addToOutbox = statement<[keys: (string | null)[], lines: string[]]>()(
  'outbox.add',
  { sent: 'text' },
  // Who serves callers may write here and not read: what is returned names no column.
  `WITH added AS (
     INSERT INTO log_outbox (key, line)
     SELECT key, line FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS o (key, line, n) ORDER BY n
     RETURNING 1)
   SELECT pg_notify('outbox', '')::text AS sent FROM (SELECT count(*) FROM added) AS done`,
);

export const nextOutbox = statement<[limit: number]>()(
  'outbox.next',
  { id: 'int8', key: 'text?', line: 'text' },
  'SELECT id, key, line FROM log_outbox ORDER BY id LIMIT $1',
);

export const removeFromOutbox = statement<[ids: string[]]>()(
  'outbox.remove',
  {},
  'DELETE FROM log_outbox WHERE id = ANY ($1::bigint[])',
);
