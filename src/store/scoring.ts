/** Rule sheets, what people count for them, objections, and what of the facts is scored. */
import { statement } from './statement.ts';

/** Of the organisation or the nearest above it. */
export const findSheet = statement<[organisation: string]>()(
  'scoring.sheet',
  { seq: 'int8', organisation: 'text', sheet: 'jsonb', account: 'text', at: 'timestamptz' },
  `SELECT seq, organisation, sheet, account, at FROM score_sheets
   WHERE organisation = '' OR $1 = organisation OR starts_with($1, organisation || '/')
   ORDER BY length(organisation) DESC, seq DESC LIMIT 1`,
);

export const addSheet = statement<[organisation: string, sheet: string, account: string]>()(
  'scoring.add-sheet',
  { seq: 'int8' },
  'INSERT INTO score_sheets (organisation, sheet, account) VALUES ($1, $2::jsonb, $3) RETURNING seq',
);

export const addScoreEntry = statement<
  [organisation: string, day: string, entry: string, count: number, note: string, account: string]
>()(
  'scoring.add-entry',
  { seq: 'int8' },
  `INSERT INTO score_entries (organisation, day, entry, count, note, account)
   VALUES ($1, $2::date, $3, $4, $5, $6) RETURNING seq`,
);

export const sumScoreEntries = statement<[from: string, until: string]>()(
  'scoring.entries',
  { organisation: 'text', entry: 'text', count: 'int4' },
  `SELECT organisation, entry, sum(count)::int4 AS count FROM score_entries
   WHERE day >= $1::date AND day < $2::date GROUP BY organisation, entry`,
);

export const addObjection = statement<
  [organisation: string, unit: string, from: string, point: string, reason: string, account: string]
>()(
  'scoring.object',
  { seq: 'int8' },
  `INSERT INTO score_objections (organisation, unit, from_day, point, reason, account)
   VALUES ($1, $2, $3::date, $4, $5, $6) RETURNING seq`,
);

const OBJECTION = {
  seq: 'int8',
  organisation: 'text',
  unit: 'text',
  from_day: 'text',
  point: 'text',
  reason: 'text',
  account: 'text',
  at: 'timestamptz',
  is_accepted: 'bool?',
  points_back: 'float8?',
  decision: 'text?',
  decided_by: 'text?',
  decided_at: 'timestamptz?',
} as const;
const SELECT_OBJECTION = `SELECT o.seq, o.organisation, o.unit, o.from_day::text AS from_day, o.point, o.reason, o.account, o.at, d.is_accepted,
          d.points_back, d.reason AS decision, d.account AS decided_by, d.at AS decided_at
   FROM score_objections o LEFT JOIN score_decisions d ON d.objection = o.seq`;

export const listObjections = statement<
  [scope: string, organisation: string, before: string | null, limit: number]
>()(
  'scoring.objections',
  OBJECTION,
  `${SELECT_OBJECTION}
   WHERE ($1 = '' OR o.organisation = $1 OR starts_with(o.organisation, $1 || '/'))
     AND ($2 = '' OR o.organisation = $2 OR starts_with(o.organisation, $2 || '/'))
     AND ($3::bigint IS NULL OR o.seq < $3::bigint) ORDER BY o.seq DESC LIMIT $4`,
);

export const findObjection = statement<[seq: string]>()(
  'scoring.objection',
  OBJECTION,
  `${SELECT_OBJECTION} WHERE o.seq = $1::bigint`,
);

/** No row: it is decided already. */
export const decideObjection = statement<
  [seq: string, isAccepted: boolean, pointsBack: number, reason: string, account: string]
>()(
  'scoring.decide',
  { objection: 'int8' },
  `INSERT INTO score_decisions (objection, is_accepted, points_back, reason, account) VALUES ($1::bigint, $2, $3, $4, $5)
   ON CONFLICT (objection) DO NOTHING RETURNING objection`,
);

export const sumPointsBack = statement<[unit: string, from: string]>()(
  'scoring.points-back',
  { organisation: 'text', point: 'text', points: 'float8' },
  `SELECT o.organisation, o.point, sum(d.points_back) AS points
   FROM score_objections o JOIN score_decisions d ON d.objection = o.seq
   WHERE o.unit = $1 AND o.from_day = $2::date GROUP BY o.organisation, o.point`,
);

/** $5: as in compliance.days. Days that are over ($6: today) with subjects and without a signed log. */
export const countUnsigned = statement<
  [scope: string, organisation: string, from: string, until: string, by: string, today: string]
>()(
  'scoring.unsigned',
  { organisation: 'text', count: 'int4' },
  `SELECT CASE $5::text WHEN 'office' THEN d.office WHEN 'county' THEN
       array_to_string((string_to_array(d.office, '/'))[:greatest(1, cardinality(string_to_array(d.office, '/')) - 1)], '/') ELSE '' END AS organisation,
     count(*)::int4 AS count
   FROM office_days d
   WHERE ($1 = '' OR d.office = $1 OR starts_with(d.office, $1 || '/'))
     AND ($2 = '' OR d.office = $2 OR starts_with(d.office, $2 || '/'))
     AND d.day >= $3::date AND d.day < least($4::date, $6::date)
     AND NOT EXISTS (SELECT FROM daily_logs l WHERE l.kind = 'verification' AND l.office = d.office AND l.day = d.day)
   GROUP BY 1`,
);

/**
 * Powered off and not found out why; out of supervision and nobody took note within the hour ($7: time zone). Those since
 * $6 are still being worked on.
 */
export const countScoredAlerts = statement<
  [
    scope: string,
    organisation: string,
    from: string,
    until: string,
    by: string,
    workedOnSince: Date,
    timeZone: string,
  ]
>()(
  'scoring.alerts',
  { organisation: 'text', offs_unexplained: 'int4', absconds_not_followed: 'int4' },
  `SELECT CASE $5::text WHEN 'office' THEN s.office WHEN 'county' THEN
       array_to_string((string_to_array(s.office, '/'))[:greatest(1, cardinality(string_to_array(s.office, '/')) - 1)], '/') ELSE '' END AS organisation,
     (count(*) FILTER (WHERE a.kind = 'phone-off' AND NOT EXISTS (SELECT FROM alert_outcomes o WHERE o.alert = a.alert)))::int4 AS offs_unexplained,
     (count(*) FILTER (WHERE a.kind = 'abscond' AND (a.acknowledged_at IS NULL OR a.acknowledged_at > e.recorded_at + interval '1 hour')))::int4
       AS absconds_not_followed
   FROM alerts a JOIN subjects s ON s.id = a.subject JOIN alert_events e ON e.alert = a.alert AND e.version = 1
   WHERE ($1 = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))
     AND ($2 = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))
     AND a.started_at >= $3::date::timestamp AT TIME ZONE $7::text AND a.started_at < $4::date::timestamp AT TIME ZONE $7::text
     AND a.started_at < $6 AND a.kind IN ('phone-off', 'abscond') AND a.state <> 'retracted'
   GROUP BY 1`,
);
