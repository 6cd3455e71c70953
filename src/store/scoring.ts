/** Rule sheets, what people count for them, objections, and what of the facts is scored. */
import { joinOfficeThen, officeThen } from './compliance.ts';
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

const countyOf = (column: string) => `CASE $5::text WHEN 'office' THEN ${column} WHEN 'county' THEN
       array_to_string((string_to_array(${column}, '/'))[:greatest(1, cardinality(string_to_array(${column}, '/')) - 1)], '/') ELSE '' END`;
const inScope = (column: string) =>
  `($1 = '' OR ${column} = $1 OR starts_with(${column}, $1 || '/')) AND ($2 = '' OR ${column} = $2 OR starts_with(${column}, $2 || '/'))`;

/**
 * $5: as in compliance.days. Days that are over ($6: today) with subjects, less those with a signed log; months that are over by their
 * sums, where the period is of whole months ($7).
 */
export const countUnsigned = statement<
  [
    scope: string,
    organisation: string,
    from: string,
    until: string,
    by: string,
    today: string,
    isOfMonths: boolean,
  ]
>()(
  'scoring.unsigned',
  { organisation: 'text', count: 'int4' },
  `WITH running AS (SELECT CASE WHEN $7::bool THEN least($4::date, date_trunc('month', $6::date)::date) ELSE $3::date END AS day)
   SELECT ${countyOf('office')} AS organisation, greatest(0, sum(count))::int4 AS count FROM (
     SELECT office, sum(days) AS count FROM office_months, running
     WHERE ${inScope('office')} AND office_months.day >= $3::date AND office_months.day < running.day GROUP BY office
     UNION ALL
     SELECT office, count(*) FROM office_days, running
     WHERE ${inScope('office')} AND office_days.day >= greatest($3::date, running.day)
       AND office_days.day < least($4::date, $6::date) GROUP BY office
     UNION ALL
     SELECT office, -count(*) FROM daily_logs
     WHERE kind = 'verification' AND ${inScope('office')} AND day >= $3::date AND day < least($4::date, $6::date) GROUP BY office
   ) counted GROUP BY 1`,
  'by-values',
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
  `SELECT ${countyOf(officeThen('s.office'))} AS organisation,
     (count(*) FILTER (WHERE a.kind = 'phone-off' AND NOT EXISTS (SELECT FROM alert_outcomes o WHERE o.alert = a.alert)))::int4 AS offs_unexplained,
     (count(*) FILTER (WHERE a.kind = 'abscond' AND (a.acknowledged_at IS NULL OR a.acknowledged_at > e.recorded_at + interval '1 hour')))::int4
       AS absconds_not_followed
   FROM alerts a JOIN subjects s ON s.id = a.subject JOIN alert_events e ON e.alert = a.alert AND e.version = 1
   ${joinOfficeThen('a', 'started_at', '$7')}
   WHERE ${inScope(officeThen('s.office'))}
     AND a.started_at >= $3::date::timestamp AT TIME ZONE $7::text AND a.started_at < $4::date::timestamp AT TIME ZONE $7::text
     AND a.started_at < $6 AND a.kind IN ('phone-off', 'abscond') AND a.state <> 'retracted'
   GROUP BY 1`,
  'by-values',
);
