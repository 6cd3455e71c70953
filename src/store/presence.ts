/** Days of subjects, as the logbook works them out, and their sums by office. The columns are those of migration 040, in one list. */
import { statement } from './statement.ts';

const OBLIGATIONS = ['contact', 'bounds', 'curfew'] as const;
const PARTS = ['due', 'kept', 'broken', 'person', 'device', 'network', 'platform'] as const;
type Minutes = `${(typeof OBLIGATIONS)[number]}_${(typeof PARTS)[number]}`;

const MINUTES = OBLIGATIONS.flatMap((name) => PARTS.map((part): Minutes => `${name}_${part}`));
const ADDED = [
  'slots_due',
  'slots_located',
  'checkins_due',
  'checkins_met',
  'checkins_fingerprint',
  'musters_due',
  'musters_met',
  'leaves_due',
  'leaves_kept',
  'off_minutes',
] as const;
const DAY_NUMBERS = [...MINUTES, ...ADDED, 'checked', 'on_leave'] as const;
const COUNTED = [
  'subjects',
  'exempt',
  'expected',
  'checked',
  'on_leave',
  'positioned_due',
  'positioned',
  'days',
] as const;
/** What is added up for an office's day. */
export const MEASURES = [...COUNTED, ...MINUTES, ...ADDED] as const;
export type MeasureName = (typeof MEASURES)[number];
export type Measures = Readonly<Record<MeasureName, number>>;
export type DayNumbers = Readonly<Record<(typeof DAY_NUMBERS)[number], number>>;

/** `located` is base64, `day` is YYYY-MM-DD, times are RFC 3339. `is_whole`: made of all facts of the day. */
export interface PresenceRow extends DayNumbers {
  readonly subject: string;
  readonly day: string;
  readonly office: string;
  readonly grade: string;
  readonly located: string;
  readonly known_at: string;
  readonly born_at: string;
  readonly is_whole: boolean;
}

/**
 * Rows as JSON. One that was worked out of less never replaces one that was worked out of more: an older tick, or a log that begins
 * later. Marks the offices' days, that of an office that lost the subject too.
 */
export const savePresence = statement<[rows: string]>()(
  'presence.save',
  {},
  `WITH given AS (
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (subject text, day date, office text, grade text, located text,
       known_at timestamptz, born_at timestamptz, is_whole boolean, ${DAY_NUMBERS.map((name) => `${name} integer`).join(', ')})
   ), marked AS (
     INSERT INTO presence_dirty (office, day)
     SELECT office, day FROM (
       SELECT office, day FROM given
       UNION SELECT p.office, p.day FROM presence_days p JOIN given g ON g.subject = p.subject AND g.day = p.day
     ) both_offices ORDER BY day, office
     ON CONFLICT (office, day) DO UPDATE SET marked = presence_dirty.marked + 1
   )
   INSERT INTO presence_days AS p (subject, day, office, grade, located, known_at, born_at, ${DAY_NUMBERS.join(', ')})
   SELECT g.subject, g.day, g.office, g.grade, decode(g.located, 'base64'), g.known_at, g.born_at,
          ${DAY_NUMBERS.map((name) => `g.${name}`).join(', ')}
   FROM given g LEFT JOIN presence_days known ON known.subject = g.subject AND known.day = g.day
   WHERE known.subject IS NULL
      OR (g.known_at >= known.known_at AND (g.is_whole OR g.born_at <= known.born_at))
   ORDER BY g.subject, g.day
   ON CONFLICT (subject, day) DO UPDATE SET office = excluded.office, grade = excluded.grade, located = excluded.located,
     known_at = excluded.known_at, born_at = excluded.born_at, ${DAY_NUMBERS.map((name) => `${name} = excluded.${name}`).join(', ')}
   WHERE excluded.known_at >= p.known_at`,
);

/** One at a time adds up: two offices' days of one month are one row. Held until commit. */
export const lockSums = statement<[key: number]>()(
  'presence.lock-sums',
  { held: 'text' },
  'SELECT pg_advisory_xact_lock($1)::text AS held',
);

/**
 * Takes marks; they stay locked until the sums are written. Locked in the order in which `savePresence` makes them: taken as the scan finds
 * them, the one waited for the other and PostgreSQL ended one of the two.
 */
export const takeDirty = statement<[limit: number]>()(
  'presence.take-dirty',
  { office: 'text', day: 'text' },
  `WITH taken AS MATERIALIZED (SELECT office, day FROM presence_dirty ORDER BY day, office LIMIT $1 FOR UPDATE)
   DELETE FROM presence_dirty d USING taken t WHERE d.office = t.office AND d.day = t.day
   RETURNING d.office, d.day::text AS day`,
);

export const clearSums = statement<[offices: string[], days: string[]]>()(
  'presence.clear-sums',
  {},
  `WITH keys AS (SELECT * FROM unnest($1::text[], $2::date[]) AS k (office, day)),
   months AS (DELETE FROM office_months m USING (SELECT DISTINCT office, date_trunc('month', day)::date AS day FROM keys) k
              WHERE m.office = k.office AND m.day = k.day)
   DELETE FROM office_days d USING keys k WHERE d.office = k.office AND d.day = k.day`,
);

const IS_EXEMPT = `EXISTS (SELECT FROM exempt_spans x
       WHERE x.subject = p.subject AND x.from_day <= p.day AND p.day < x.until_day)`;

export const sumDays = statement<[offices: string[], days: string[]]>()(
  'presence.sum-days',
  {},
  `INSERT INTO office_days (office, day, ${MEASURES.join(', ')})
   SELECT office, day, count(*), count(*) FILTER (WHERE is_exempt), count(*) FILTER (WHERE NOT is_exempt),
          coalesce(sum(checked) FILTER (WHERE NOT is_exempt), 0), sum(on_leave),
          count(*) FILTER (WHERE slots_due > 0 AND NOT is_exempt),
          count(*) FILTER (WHERE slots_due > 0 AND slots_located = slots_due AND NOT is_exempt), 1,
          ${[...MINUTES, ...ADDED].map((name) => `coalesce(sum(${name}) FILTER (WHERE NOT is_exempt), 0)`).join(', ')}
   FROM (SELECT p.*, ${IS_EXEMPT} AS is_exempt
         FROM presence_days p JOIN unnest($1::text[], $2::date[]) AS k (office, day) ON k.office = p.office AND k.day = p.day) p
   GROUP BY office, day`,
);

export const sumMonths = statement<[offices: string[], days: string[]]>()(
  'presence.sum-months',
  {},
  `INSERT INTO office_months (office, day, ${MEASURES.join(', ')})
   SELECT d.office, k.day, ${MEASURES.map((name) => `sum(d.${name})`).join(', ')}
   FROM (SELECT DISTINCT office, date_trunc('month', day)::date AS day
         FROM unnest($1::text[], $2::date[]) AS g (office, day)) k
   JOIN office_days d ON d.office = k.office AND d.day >= k.day AND d.day < k.day + interval '1 month'
   GROUP BY d.office, k.day`,
);

export const markExempt = statement<[subject: string, from: string, until: string]>()(
  'presence.mark-exempt',
  {},
  `INSERT INTO presence_dirty (office, day)
   SELECT DISTINCT office, day FROM presence_days WHERE subject = $1 AND day >= $2::date AND day < $3::date
   ON CONFLICT (office, day) DO UPDATE SET marked = presence_dirty.marked + 1`,
);

const OF_DAY = {
  subject: 'text',
  day: 'text',
  office: 'text',
  located: 'bytea',
  known_at: 'timestamptz',
  numbers: 'jsonb',
} as const;
const DAY_OBJECT = `jsonb_build_object(${DAY_NUMBERS.map((name) => `'${name}', p.${name}`).join(', ')})`;

export const findPresence = statement<[subject: string, day: string]>()(
  'presence.find',
  OF_DAY,
  `SELECT subject, day::text AS day, office, located, known_at, ${DAY_OBJECT} AS numbers
   FROM presence_days p WHERE subject = $1 AND day = $2::date`,
);

/** Within the organisation's subtree and the caller's, from a day (inclusive) until a day (exclusive). */
export const listPresence = statement<
  [scope: string, organisation: string, from: string, until: string, after: string, limit: number]
>()(
  'presence.list',
  { subject: 'text', name: 'text?', office: 'text', is_exempt: 'bool', numbers: 'jsonb' },
  `SELECT p.subject, min(s.name) AS name, max(p.office) AS office, bool_or(${IS_EXEMPT}) AS is_exempt,
          jsonb_build_object('days', count(*), ${DAY_NUMBERS.map((name) => `'${name}', sum(p.${name})`).join(', ')}) AS numbers
   FROM presence_days p LEFT JOIN subjects s ON s.id = p.subject
   WHERE ($1 = '' OR p.office = $1 OR starts_with(p.office, $1 || '/'))
     AND ($2 = '' OR p.office = $2 OR starts_with(p.office, $2 || '/'))
     AND p.day >= $3::date AND p.day < $4::date AND p.subject > $5
   GROUP BY p.subject ORDER BY p.subject LIMIT $6`,
);
