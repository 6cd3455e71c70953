/** What somebody is to be told, until the notices have taken it. */
import { statement } from './statement.ts';

/** $1: array of `{what, about, ref, subject, office, account, severity, at}`. */
export const addNotices = statement<[facts: string]>()(
  'notice-outbox.add',
  { told: 'text?' },
  // Who serves callers may write here and not read: what is returned names no column.
  `WITH added AS (
     INSERT INTO notice_outbox (what, about, ref, subject, office, account, severity, at)
     SELECT what, about, ref, subject, office, account, severity, at FROM jsonb_to_recordset($1::jsonb)
       AS n (what text, about text, ref text, subject text, office text, account text, severity text, at timestamptz)
     RETURNING 1)
   SELECT pg_notify('notices', '')::text AS told FROM added HAVING count(*) > 0`,
);

/** The oldest become notices, in one statement: there is no moment in which one is neither or both. */
export const takeNotices = statement<[limit: number]>()(
  'notice-outbox.take',
  { id: 'int8', what: 'text', office: 'text', severity: 'text?' },
  `WITH taken AS (
     DELETE FROM notice_outbox WHERE id IN (SELECT id FROM notice_outbox ORDER BY id LIMIT $1)
     RETURNING id, what, about, ref, subject, office, account, severity, at)
   INSERT INTO notices (id, what, about, ref, subject, office, account, severity, at)
   SELECT id, what, about, ref, subject, coalesce(office, ''), account, severity, at FROM taken ORDER BY id
   RETURNING id, what, office, severity`,
);
