/** What was refused because the law lets nobody collect it: counts by device, reason and day of receipt. */
import { statement } from './statement.ts';

export const countUncollected = statement<
  [devices: string[], subjects: string[], codes: string[], receivedAt: Date[]]
>()(
  'uncollected.count',
  {},
  // In one order, so that two counters never wait for each other.
  `INSERT INTO uncollected AS u (device, subject, code, day, count, first_at, last_at)
   SELECT device, subject, code, (at AT TIME ZONE 'UTC')::date, count(*), min(at), max(at)
     FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS r (device, subject, code, at)
    GROUP BY 1, 2, 3, 4 ORDER BY subject, device, code, 4
   ON CONFLICT (subject, device, code, day) DO UPDATE
     SET count = u.count + excluded.count, first_at = least(u.first_at, excluded.first_at), last_at = greatest(u.last_at, excluded.last_at)`,
);

/** Newest day first, within what the caller may see. */
export const listUncollected = statement<
  [
    scope: string,
    organisation: string,
    subject: string | null,
    beforeDay: string | null,
    beforeSubject: string,
    beforeDevice: string,
    beforeCode: string,
    limit: number,
  ]
>()(
  'uncollected.list',
  {
    device: 'text',
    subject: 'text',
    code: 'text',
    day: 'text',
    count: 'int8',
    first_at: 'timestamptz',
    last_at: 'timestamptz',
  },
  `SELECT u.device, u.subject, u.code, u.day::text, u.count, u.first_at, u.last_at
     FROM uncollected u JOIN subjects s ON s.id = u.subject
    WHERE ($1::text = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))
      AND ($2::text = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))
      AND ($3::text IS NULL OR u.subject = $3)
      AND ($4::date IS NULL OR (u.day, u.subject, u.device, u.code) < ($4::date, $5, $6, $7))
    ORDER BY u.day DESC, u.subject DESC, u.device DESC, u.code DESC LIMIT $8`,
);
