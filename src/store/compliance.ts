/** Figures of groups of offices over a period, from the sums; what was confirmed and what was raised beside them. */
import { MEASURES } from './presence.ts';
import { statement } from './statement.ts';

const inScope = (column: string) =>
  `($1 = '' OR ${column} = $1 OR starts_with(${column}, $1 || '/'))
     AND ($2 = '' OR ${column} = $2 OR starts_with(${column}, $2 || '/'))`;
/** $5: `office`, `county` (the organisation above the office), `city` (the one above that), `all`. */
const groupOf = (column: string) => `CASE $5::text WHEN 'office' THEN ${column}
     WHEN 'county' THEN array_to_string((string_to_array(${column}, '/'))[:greatest(1, cardinality(string_to_array(${column}, '/')) - 1)], '/')
     WHEN 'city' THEN array_to_string((string_to_array(${column}, '/'))[:cardinality(string_to_array(${column}, '/')) - 2], '/')
     ELSE '' END`;
const SUMS = `jsonb_build_object(${MEASURES.map((name) => `'${name}', sum(${name})`).join(', ')})`;
/** `days`: on which any office of the group had anybody on the register. */
const FIGURES = { organisation: 'text', offices: 'int4', days: 'int4', measures: 'jsonb' } as const;
type GroupParams = [scope: string, organisation: string, from: string, until: string, by: string];

/**
 * How many days of each month a group was there, of rows `months` (office, day, days). Its offices' days do not add up to that: they are
 * looked at one by one, unless one office alone was there on all of them.
 */
const DAYS_OF_MONTHS = `spans AS (
     SELECT ${groupOf('office')} AS organisation, day, max(days) AS days, (day + interval '1 month')::date - day AS whole
     FROM months GROUP BY 1, 2
   ), counted AS (
     SELECT ${groupOf('d.office')} AS organisation, m.day, count(DISTINCT d.day) AS days
     FROM (SELECT DISTINCT day FROM spans WHERE $5::text <> 'office' AND days < whole) m
     JOIN office_days d ON d.day >= m.day AND d.day < (m.day + interval '1 month')::date
     WHERE ${inScope('d.office')} GROUP BY 1, 2
   ), present AS (
     SELECT organisation, day, greatest(s.days, c.days)::int4 AS days
     FROM spans s LEFT JOIN counted c USING (organisation, day)
   )`;
const SUMS_OF_MONTHS = `SELECT organisation, offices, p.days, measures
   FROM (SELECT ${groupOf('office')} AS organisation, count(DISTINCT office)::int4 AS offices, ${SUMS} AS measures FROM months GROUP BY 1) f
   JOIN (SELECT organisation, sum(days)::int4 AS days FROM present GROUP BY 1) p USING (organisation) ORDER BY 1`;
/** Months as they are known now. */
const KNOWN_MONTHS = `months AS (
     SELECT office, day, ${MEASURES.join(', ')} FROM office_months
     WHERE ${inScope('office')} AND day >= $3::date AND day < $4::date
   )`;

export const sumByDays = statement<GroupParams>()(
  'compliance.days',
  FIGURES,
  `SELECT ${groupOf('office')} AS organisation, count(DISTINCT office)::int4 AS offices, count(DISTINCT day)::int4 AS days, ${SUMS} AS measures
   FROM office_days WHERE ${inScope('office')} AND day >= $3::date AND day < $4::date GROUP BY 1 ORDER BY 1`,
);

const EACH = { organisation: 'text', day: 'text', days: 'int4', measures: 'jsonb' } as const;

export const sumEachDay = statement<GroupParams>()(
  'compliance.each-day',
  EACH,
  `SELECT ${groupOf('office')} AS organisation, day::text AS day, 1 AS days, ${SUMS} AS measures
   FROM office_days WHERE ${inScope('office')} AND day >= $3::date AND day < $4::date GROUP BY 1, 2 ORDER BY 2, 1`,
);

export const sumEachMonth = statement<GroupParams>()(
  'compliance.each-month',
  EACH,
  `WITH ${KNOWN_MONTHS}, ${DAYS_OF_MONTHS}
   SELECT organisation, day::text AS day, p.days, measures
   FROM (SELECT ${groupOf('office')} AS organisation, day, ${SUMS} AS measures FROM months GROUP BY 1, 2) f
   JOIN present p USING (organisation, day) ORDER BY 2, 1`,
);

/** Whole months, as they are known now. */
export const sumByMonths = statement<GroupParams>()(
  'compliance.months',
  FIGURES,
  `WITH ${KNOWN_MONTHS}, ${DAYS_OF_MONTHS} ${SUMS_OF_MONTHS}`,
);

/** Whole months, each as it was frozen; as it is where it is not over. */
export const sumFrozen = statement<GroupParams>()(
  'compliance.frozen',
  FIGURES,
  `WITH months AS (
     SELECT office, day, ${MEASURES.join(', ')} FROM frozen_figures
     WHERE ${inScope('office')} AND day >= $3::date AND day < $4::date
     UNION ALL
     SELECT office, day, ${MEASURES.join(', ')} FROM office_months m
     WHERE ${inScope('office')} AND day >= $3::date AND day < $4::date
       AND NOT EXISTS (SELECT FROM frozen_figures f WHERE f.day = m.day)
   ), ${DAYS_OF_MONTHS} ${SUMS_OF_MONTHS}`,
);

/**
 * Whose something is that began at `at`: the office of the subject on that day (K6), by `joinOfficeThen`; the one given beside it where the day is
 * not known. By the key, one by one: left to itself the planner reads all days of three years for a month's alerts.
 */
export const officeThen = (otherwise: string) => `coalesce(p.office, ${otherwise})`;
export const joinOfficeThen = (table: string, at: string, zone: string) =>
  `LEFT JOIN LATERAL (SELECT d.office FROM presence_days d WHERE d.subject = ${table}.subject
     AND d.day = (${table}.${at} AT TIME ZONE ${zone}::text)::date LIMIT 1) p ON true`;

/** Local midnights of the days, in the zone $6. */
const DURING = `>= $3::date::timestamp AT TIME ZONE $6::text`;
const UNTIL = `< $4::date::timestamp AT TIME ZONE $6::text`;
type TimedParams = [...GroupParams, timeZone: string];

export const countConfirmed = statement<TimedParams>()(
  'compliance.confirmed',
  { organisation: 'text', violators: 'int4', violations: 'int4', absconders: 'int4' },
  `SELECT ${groupOf(officeThen('v.office'))} AS organisation, count(DISTINCT v.subject)::int4 AS violators, count(*)::int4 AS violations,
          (count(DISTINCT v.subject) FILTER (WHERE v.kind = 'abscond'))::int4 AS absconders
   FROM confirmed_violations v ${joinOfficeThen('v', 'at', '$6')}
   WHERE ${inScope(officeThen('v.office'))} AND v.at ${DURING} AND v.at ${UNTIL} GROUP BY 1`,
  'by-values',
);

/** $7: `day` or `month`. */
export const confirmedByDay = statement<[...TimedParams, unit: string]>()(
  'compliance.confirmed-by-day',
  { organisation: 'text', day: 'text', violators: 'int4', absconders: 'int4' },
  `SELECT ${groupOf(officeThen('v.office'))} AS organisation, date_trunc($7::text, v.at AT TIME ZONE $6::text)::date::text AS day,
          count(DISTINCT v.subject)::int4 AS violators, (count(DISTINCT v.subject) FILTER (WHERE v.kind = 'abscond'))::int4 AS absconders
   FROM confirmed_violations v ${joinOfficeThen('v', 'at', '$6')}
   WHERE ${inScope(officeThen('v.office'))} AND v.at ${DURING} AND v.at ${UNTIL} GROUP BY 1, 2`,
  'by-values',
);

/** Alerts by the hour of the day in which they began and the group; retracted ones are none. Raw and confirmed stand apart. */
export const countByHour = statement<TimedParams>()(
  'compliance.by-hour',
  { organisation: 'text', hour: 'int4', kind: 'text', raised: 'int4', confirmed: 'int4' },
  `SELECT ${groupOf(officeThen('s.office'))} AS organisation, extract(hour FROM a.started_at AT TIME ZONE $6::text)::int4 AS hour, a.kind,
          count(*)::int4 AS raised, (count(*) FILTER (WHERE EXISTS (SELECT FROM confirmed_violations v WHERE v.alert = a.alert)))::int4 AS confirmed
   FROM alerts a JOIN subjects s ON s.id = a.subject ${joinOfficeThen('a', 'started_at', '$6')}
   WHERE ${inScope(officeThen('s.office'))} AND a.started_at ${DURING} AND a.started_at ${UNTIL} AND a.state <> 'retracted' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  'by-values',
);

/**
 * In time: noted within ten minutes where it is critical or high, else within half an hour ($7, $8: seconds). Due: noted, or that time is
 * over; by the clock of the store, which says when an alert was recorded.
 */
export const countResponses = statement<[...TimedParams, weightyS: number, otherS: number]>()(
  'compliance.responses',
  { organisation: 'text', raised: 'int4', due: 'int4', in_time: 'int4', median_s: 'float8?' },
  `SELECT ${groupOf(officeThen('s.office'))} AS organisation, count(*)::int4 AS raised,
          (count(*) FILTER (WHERE a.acknowledged_at IS NOT NULL OR e.recorded_at + allowed <= now()))::int4 AS due,
          (count(*) FILTER (WHERE a.acknowledged_at <= e.recorded_at + allowed))::int4 AS in_time,
          percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.acknowledged_at - e.recorded_at)) AS median_s
   FROM alerts a JOIN subjects s ON s.id = a.subject ${joinOfficeThen('a', 'started_at', '$6')}
   JOIN alert_events e ON e.alert = a.alert AND e.version = 1,
   make_interval(secs => CASE WHEN a.severity IN ('critical', 'high') THEN $7::float8 ELSE $8::float8 END) allowed
   WHERE ${inScope(officeThen('s.office'))} AND a.started_at ${DURING} AND a.started_at ${UNTIL} AND a.state <> 'retracted' GROUP BY 1`,
  'by-values',
);

export const listViolators = statement<
  [
    scope: string,
    organisation: string,
    from: string,
    until: string,
    after: string,
    timeZone: string,
    kind: string | null,
    limit: number,
  ]
>()(
  'compliance.violators',
  {
    alert: 'text',
    subject: 'text',
    name: 'text?',
    office: 'text?',
    kind: 'text',
    at: 'timestamptz',
    measure: 'text?',
  },
  `SELECT v.alert, v.subject, s.name, ${officeThen('v.office')} AS office, v.kind, v.at, v.measure
   FROM confirmed_violations v LEFT JOIN subjects s ON s.id = v.subject ${joinOfficeThen('v', 'at', '$6')}
   WHERE ${inScope(officeThen('v.office'))} AND v.at ${DURING} AND v.at ${UNTIL} AND v.alert > $5
     AND ($7::text IS NULL OR v.kind = $7) ORDER BY v.alert LIMIT $8`,
);

/** Months that are over ($1: first day of the running one) and not frozen: each office's figures, and what was counted beside them. */
export const freezeMonths = statement<
  [before: string, formula: number, timeZone: string, weightyS: number, otherS: number]
>()(
  'compliance.freeze',
  { office: 'text', day: 'text' },
  `WITH due AS (SELECT m.* FROM office_months m
     WHERE m.day < $1::date AND NOT EXISTS (SELECT FROM frozen_figures f WHERE f.day = m.day)),
   confirmed AS (
     SELECT d.office, d.day, count(DISTINCT v.subject) AS violators, count(*) AS violations,
            count(DISTINCT v.subject) FILTER (WHERE v.kind = 'abscond') AS absconders
     FROM (SELECT v.*, ${officeThen('v.office')} AS office_then FROM confirmed_violations v ${joinOfficeThen('v', 'at', '$3')}) v
     JOIN due d ON v.office_then = d.office
       AND v.at >= d.day::timestamp AT TIME ZONE $3::text AND v.at < (d.day + interval '1 month') AT TIME ZONE $3::text
     GROUP BY d.office, d.day),
   answered AS (
     SELECT ${officeThen('s.office')} AS office, date_trunc('month', a.started_at AT TIME ZONE $3::text)::date AS day,
            count(*) AS raised, count(*) FILTER (WHERE a.acknowledged_at <= e.recorded_at + make_interval(secs =>
            CASE WHEN a.severity IN ('critical', 'high') THEN $4::float8 ELSE $5::float8 END)) AS in_time
     FROM alerts a JOIN subjects s ON s.id = a.subject ${joinOfficeThen('a', 'started_at', '$3')}
     JOIN alert_events e ON e.alert = a.alert AND e.version = 1
     WHERE a.state <> 'retracted' AND a.started_at >= (SELECT min(day) FROM due)::timestamp AT TIME ZONE $3::text
       AND a.started_at < $1::date::timestamp AT TIME ZONE $3::text GROUP BY 1, 2)
   INSERT INTO frozen_figures (office, day, ${MEASURES.join(', ')}, formula, violators, violations, absconders, alerts_raised, alerts_in_time)
   SELECT d.office, d.day, ${MEASURES.map((name) => `d.${name}`).join(', ')}, $2, coalesce(c.violators, 0),
          coalesce(c.violations, 0), coalesce(c.absconders, 0), coalesce(a.raised, 0), coalesce(a.in_time, 0)
   FROM due d LEFT JOIN confirmed c ON c.office = d.office AND c.day = d.day
   LEFT JOIN answered a ON a.office = d.office AND a.day = d.day
   ON CONFLICT DO NOTHING
   RETURNING office, day::text AS day`,
);

/** The first month from which on nothing of the period is frozen: its begin, where none is. */
export const findLiveFrom = statement<[from: string, until: string]>()(
  'compliance.live-from',
  { day: 'text' },
  `SELECT coalesce((max(day) + interval '1 month')::date, $1::date)::text AS day
   FROM frozen_figures WHERE day >= $1::date AND day < $2::date`,
);

export const isFrozen = statement<[month: string]>()(
  'compliance.is-frozen',
  { frozen_at: 'timestamptz?', formula: 'int4?' },
  'SELECT min(frozen_at) AS frozen_at, min(formula) AS formula FROM frozen_figures WHERE day = $1::date',
);

export const countFrozen = statement<GroupParams>()(
  'compliance.frozen-counts',
  { organisation: 'text', violators: 'int4', absconders: 'int4', raised: 'int4', in_time: 'int4' },
  `SELECT ${groupOf('office')} AS organisation, sum(violators)::int4 AS violators, sum(absconders)::int4 AS absconders,
          sum(alerts_raised)::int4 AS raised, sum(alerts_in_time)::int4 AS in_time
   FROM frozen_figures WHERE ${inScope('office')} AND day >= $3::date AND day < $4::date GROUP BY 1`,
);
