/** Days on which a subject need not be located: recorded, and ended early, by rows that stay. */
import { statement } from './statement.ts';

export const addExemption = statement<
  [subject: string, from: string, until: string, ground: string, note: string, account: string]
>()(
  'exemptions.add',
  { seq: 'int8' },
  `INSERT INTO positioning_exemptions (subject, from_day, until_day, ground, note, account)
   VALUES ($1, $2::date, $3::date, $4, $5, $6) RETURNING seq`,
);

/** `ends`: each early end, the oldest first. */
export const listExemptions = statement<[subject: string, limit: number]>()(
  'exemptions.list',
  {
    seq: 'int8',
    from_day: 'text',
    until_day: 'text',
    ground: 'text',
    note: 'text',
    account: 'text',
    at: 'timestamptz',
    ends: 'jsonb',
  },
  `SELECT seq, from_day::text AS from_day, until_day::text AS until_day, ground, note, account, at,
          coalesce((SELECT jsonb_agg(jsonb_build_object('until', e.until_day, 'reason', e.reason, 'by', e.account, 'at', e.at) ORDER BY e.seq)
                      FROM positioning_exemption_ends e WHERE e.exemption = x.seq), '[]') AS ends
   FROM positioning_exemptions x WHERE subject = $1 ORDER BY from_day DESC, seq DESC LIMIT $2`,
);

/** Two ends of one come one after the other. */
export const lockExemption = statement<[id: string, subject: string]>()(
  'exemptions.lock',
  { seq: 'int8' },
  'SELECT seq FROM positioning_exemptions WHERE seq = $1::bigint AND subject = $2 FOR UPDATE',
);

/** As it holds now. */
export const findSpan = statement<[id: string]>()(
  'exemptions.span',
  { from_day: 'text?', until_day: 'text?' },
  'SELECT from_day::text AS from_day, until_day::text AS until_day FROM exempt_spans WHERE seq = $1::bigint',
);

export const endExemption = statement<
  [id: string, subject: string, until: string, reason: string, account: string, at: Date]
>()(
  'exemptions.end',
  {},
  `INSERT INTO positioning_exemption_ends (exemption, subject, until_day, reason, account, at)
   VALUES ($1::bigint, $2, $3::date, $4, $5, $6)`,
);
