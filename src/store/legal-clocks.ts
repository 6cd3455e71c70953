/** Legal clocks and the dates that they run from. */
import { statement } from './statement.ts';

const DATES = {
  subject: 'text',
  effective_on: 'text?',
  reported_on: 'text?',
  lost_since: 'timestamptz?',
  ends_on: 'text?',
  ended_at: 'timestamptz?',
  collects_until: 'timestamptz?',
  version: 'int4',
  changed_by: 'text',
  changed_at: 'timestamptz',
} as const;
const DATE_COLUMNS =
  'subject, effective_on::text, reported_on::text, lost_since, ends_on::text, ended_at, collects_until, version, changed_by, changed_at';

export const listDates = statement<[subjects: readonly string[]]>()(
  'legal-clocks.dates',
  DATES,
  `SELECT ${DATE_COLUMNS} FROM supervision_dates WHERE subject = ANY ($1)`,
);

/** No row: it has another version. $2 is 0 where nothing was entered before. */
export const setDates = statement<
  [
    subject: string,
    version: number,
    effectiveOn: string | null,
    reportedOn: string | null,
    lostSince: Date | null,
    endsOn: string | null,
    endedAt: Date | null,
    collectsUntil: Date | null,
    by: string,
    at: Date,
  ]
>()(
  'legal-clocks.set-dates',
  DATES,
  `INSERT INTO supervision_dates AS d (subject, effective_on, reported_on, lost_since, ends_on, ended_at, collects_until, version, changed_by, changed_at)
   SELECT $1, $3::date, $4::date, $5, $6::date, $7, $8, 1, $9, $10 WHERE $2::int4 = 0 OR EXISTS (SELECT FROM supervision_dates WHERE subject = $1)
   ON CONFLICT (subject) DO UPDATE
     SET effective_on = excluded.effective_on, reported_on = excluded.reported_on, lost_since = excluded.lost_since, ends_on = excluded.ends_on,
         ended_at = excluded.ended_at, collects_until = excluded.collects_until, version = d.version + 1, changed_by = excluded.changed_by,
         changed_at = excluded.changed_at
     WHERE d.version = $2::int4
   RETURNING ${DATE_COLUMNS}`,
);

/** $1: array of {subject, ends_on, ended_at, collects_until}; the other dates stay. */
export const mergeDates = statement<[dates: string, by: string, at: Date]>()(
  'legal-clocks.merge-dates',
  {},
  `INSERT INTO supervision_dates AS d (subject, ends_on, ended_at, collects_until, changed_by, changed_at)
   SELECT subject, ends_on, ended_at, collects_until, $2, $3
     FROM jsonb_to_recordset($1::jsonb) AS n (subject text, ends_on date, ended_at timestamptz, collects_until timestamptz)
   ON CONFLICT (subject) DO UPDATE
     SET ends_on = excluded.ends_on, ended_at = excluded.ended_at, collects_until = excluded.collects_until, version = d.version + 1,
         changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
);

/** $2: rows of all the named subjects' clocks. */
export const replaceClocks = statement<[subjects: readonly string[], clocks: string]>()(
  'legal-clocks.replace',
  {},
  `WITH gone AS (
     DELETE FROM legal_clocks c WHERE c.subject = ANY ($1) AND NOT EXISTS (
       SELECT FROM jsonb_to_recordset($2::jsonb) AS n (subject text, kind text, stage text, about text)
        WHERE (n.subject, n.kind, n.stage, n.about) = (c.subject, c.kind, c.stage, c.about)))
   INSERT INTO legal_clocks (subject, kind, stage, about, opens_at, due_at, closes_at, article, article_en, measures)
   SELECT subject, kind, stage, about, opens_at, due_at, closes_at, article, article_en, measures
     FROM jsonb_to_recordset($2::jsonb) AS n (subject text, kind text, stage text, about text, opens_at timestamptz, due_at timestamptz,
            closes_at timestamptz, article text, article_en text, measures text)
   ON CONFLICT (subject, kind, stage, about) DO UPDATE
     SET opens_at = excluded.opens_at, due_at = excluded.due_at, closes_at = excluded.closes_at, article = excluded.article,
         article_en = excluded.article_en, measures = excluded.measures`,
);

/** Clocks that count at $3, the earliest due first; those whose last stage is reached come before all others. */
export const listClocks = statement<
  [
    scope: string,
    organisation: string,
    now: Date,
    subject: string | null,
    kind: string | null,
    dueBefore: Date | null,
    afterDue: Date | null,
    afterSubject: string,
    afterKind: string,
    afterAbout: string,
    limit: number,
  ]
>()(
  'legal-clocks.list',
  {
    subject: 'text',
    name: 'text',
    office: 'text',
    kind: 'text',
    stage: 'text',
    about: 'text',
    opens_at: 'timestamptz',
    due_at: 'timestamptz?',
    order_at: 'timestamptz',
    article: 'text',
    article_en: 'text',
    measures: 'text',
  },
  `SELECT c.subject, s.name, s.office, c.kind, c.stage, c.about, c.opens_at, c.due_at, coalesce(c.due_at, 'epoch') AS order_at,
          c.article, c.article_en, c.measures
     FROM legal_clocks c JOIN subjects s ON s.id = c.subject
    WHERE ($1::text = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))
      AND ($2::text = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))
      AND c.opens_at <= $3 AND (c.closes_at IS NULL OR c.closes_at > $3)
      AND ($4::text IS NULL OR c.subject = $4) AND ($5::text IS NULL OR c.kind = $5)
      AND ($6::timestamptz IS NULL OR c.due_at IS NULL OR c.due_at < $6)
      AND ($7::timestamptz IS NULL OR (coalesce(c.due_at, 'epoch'), c.subject, c.kind, c.about) > ($7, $8, $9, $10))
    ORDER BY order_at, c.subject, c.kind, c.about LIMIT $11`,
);

/** How many count now: past their time (of which every stage after the first is), and due before $4. */
export const countClocks = statement<[scope: string, organisation: string, now: Date, soon: Date]>()(
  'legal-clocks.count',
  { overdue: 'int4', soon: 'int4' },
  `SELECT count(*) FILTER (WHERE c.stage <> 'due' OR c.due_at IS NULL OR c.due_at <= $3)::int4 AS overdue,
          count(*) FILTER (WHERE c.stage = 'due' AND c.due_at > $3 AND c.due_at < $4)::int4 AS soon
     FROM legal_clocks c JOIN subjects s ON s.id = c.subject
    WHERE ($1::text = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))
      AND ($2::text = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))
      AND c.opens_at <= $3 AND (c.closes_at IS NULL OR c.closes_at > $3)`,
);

/** Whose correction has ended, whose order has begun, or whose recurrent leave has begun or is over, and the log does not say so yet. */
export const listUnsettled = statement<[now: Date, limit: number]>()(
  'legal-clocks.unsettled',
  { subject: 'text' },
  `SELECT s.id AS subject FROM subjects s WHERE s.id IN (
     SELECT subject FROM supervision_dates WHERE collects_until <= $1 AND settled_end IS DISTINCT FROM collects_until
     UNION SELECT subject FROM positioning_orders WHERE state = 'approved' AND NOT is_settled AND from_at <= $1
     UNION SELECT subject FROM permits WHERE kind = 'recurrent' AND state = 'approved' AND settled <> 'over' AND from_at <= $1
       AND (settled = '' OR until_at <= $1))
   ORDER BY s.id LIMIT $2`,
);

export const markSettled = statement<[subject: string, now: Date]>()(
  'legal-clocks.mark-settled',
  {},
  `WITH dates AS (UPDATE supervision_dates SET settled_end = CASE WHEN collects_until <= $2 THEN collects_until END WHERE subject = $1),
     leave AS (UPDATE permits SET settled = CASE WHEN until_at <= $2 THEN 'over' WHEN from_at <= $2 THEN 'begun' ELSE '' END
       WHERE subject = $1 AND kind = 'recurrent' AND state = 'approved')
   UPDATE positioning_orders SET is_settled = true WHERE subject = $1 AND state = 'approved' AND NOT is_settled AND from_at <= $2`,
);
