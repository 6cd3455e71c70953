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

/** Nobody has taken it in time: what is old is no news. */
export const trimNotices = statement<[before: Date]>()(
  'notice-outbox.trim',
  {},
  'DELETE FROM notice_outbox WHERE at < $1',
);
