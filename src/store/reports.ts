/** Reports as they were made and signed off, and the hazard ledger that goes into them. */
import { statement } from './statement.ts';

const REPORT = {
  seq: 'int8',
  kind: 'text',
  organisation: 'text',
  from_day: 'text',
  until_day: 'text',
  sha256: 'text',
  made_by: 'text',
  made_at: 'timestamptz',
  signed_by: 'text?',
  signed_at: 'timestamptz?',
} as const;
const COLUMNS = `r.seq, r.kind, r.organisation, r.from_day::text AS from_day, r.until_day::text AS until_day, r.sha256, r.made_by, r.made_at,
          s.account AS signed_by, s.at AS signed_at`;

/** No row: the schedule has made it already. */
export const addReport = statement<
  [
    kind: string,
    organisation: string,
    from: string,
    until: string,
    document: string,
    sha256: string,
    by: string,
    at: Date,
  ]
>()(
  'reports.add',
  { seq: 'int8' },
  `INSERT INTO reports (kind, organisation, from_day, until_day, document, sha256, made_by, made_at)
   VALUES ($1, $2, $3::date, $4::date, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING seq`,
);

/** What the schedule has made that begins on one of the days. */
export const listScheduled = statement<[days: readonly string[]]>()(
  'reports.scheduled',
  { kind: 'text', organisation: 'text', from_day: 'text' },
  `SELECT kind, organisation, from_day::text AS from_day FROM reports WHERE made_by = '' AND from_day = ANY ($1::date[])`,
);

/** Counties with an office that had subjects on one of the days. */
export const listReportingCounties = statement<[from: string, until: string]>()(
  'reports.counties',
  { organisation: 'text' },
  `SELECT DISTINCT split_part(office, '/', 1) AS organisation FROM office_days
   WHERE day >= $1::date AND day < $2::date AND strpos(office, '/') > 0 ORDER BY 1`,
);

export const listReports = statement<
  [scope: string, organisation: string, before: string | null, limit: number]
>()(
  'reports.list',
  REPORT,
  `SELECT ${COLUMNS} FROM reports r LEFT JOIN report_signatures s ON s.report = r.seq
   WHERE ($1 = '' OR r.organisation = $1 OR starts_with(r.organisation, $1 || '/'))
     AND ($2 = '' OR r.organisation = $2 OR starts_with(r.organisation, $2 || '/'))
     AND ($3::bigint IS NULL OR r.seq < $3::bigint) ORDER BY r.seq DESC LIMIT $4`,
);

export const findReport = statement<[seq: string]>()(
  'reports.find',
  { ...REPORT, document: 'text' },
  `SELECT ${COLUMNS}, r.document FROM reports r LEFT JOIN report_signatures s ON s.report = r.seq WHERE r.seq = $1::bigint`,
);

/** No row: it is signed off already. */
export const signReport = statement<[seq: string, account: string, note: string, at: Date]>()(
  'reports.sign',
  { report: 'int8' },
  `INSERT INTO report_signatures (report, account, note, at) VALUES ($1::bigint, $2, $3, $4)
   ON CONFLICT (report) DO NOTHING RETURNING report`,
);

export const listHazards = statement<[scope: string, organisation: string, until: string]>()(
  'reports.hazards',
  {
    id: 'text',
    office: 'text',
    subject: 'text?',
    category: 'text',
    situation: 'text',
    measures: 'text',
    department: 'text',
    person: 'text',
    due_at: 'timestamptz',
    state: 'text',
  },
  `SELECT id, office, subject, category, situation, measures, department, person, due_at, state FROM hazard_ledger
   WHERE ($1 = '' OR office = $1 OR starts_with(office, $1 || '/')) AND ($2 = '' OR office = $2 OR starts_with(office, $2 || '/'))
     AND made_at < $3::date ORDER BY office, id`,
);

const isOf = (column: string) =>
  `($1 = '' OR ${column} = $1 OR starts_with(${column}, $1 || '/')) AND ($2 = '' OR ${column} = $2 OR starts_with(${column}, $2 || '/'))`;
/** Categories of the authority's own list, in the record of the profile (src/kernel/roster.ts). */
const IS_KEY = `jsonb_array_length(CASE jsonb_typeof(s.profile #> '{record,categories}') WHEN 'array' THEN s.profile #> '{record,categories}'
   ELSE '[]' END) > 0 AND s.profile #> '{record,ended}' IS NULL`;

/** No row: nobody has registered any. */
export const countKeyPersons = statement<[scope: string, organisation: string]>()(
  'reports.key-person-counts',
  { office: 'text', people: 'int4' },
  `SELECT s.office, count(*)::int4 AS people FROM subjects s WHERE ${isOf('s.office')} AND ${IS_KEY} GROUP BY s.office`,
);

export const listKeyPersons = statement<[scope: string, organisation: string]>()(
  'reports.key-persons',
  {
    subject: 'text',
    office: 'text',
    legal_type: 'text?',
    categories: 'text',
    from_day: 'text?',
    until_day: 'text?',
    officer: 'text?',
    situations: 'text?',
    measures: 'text?',
  },
  `SELECT s.id AS subject, s.office, s.profile #>> '{record,legalType}' AS legal_type,
          (SELECT string_agg(coalesce(k.name, c), '、' ORDER BY c) FROM jsonb_array_elements_text(s.profile #> '{record,categories}') c
             LEFT JOIN key_categories k ON k.code = c) AS categories,
          s.profile #>> '{record,from}' AS from_day, s.profile #>> '{record,until}' AS until_day, s.profile #>> '{record,officer}' AS officer,
          (SELECT string_agg(h.situation, '；' ORDER BY h.id) FROM hazards h WHERE h.subject = s.id AND h.written_off_at IS NULL) AS situations,
          (SELECT string_agg(h.measures, '；' ORDER BY h.id) FROM hazards h WHERE h.subject = s.id AND h.written_off_at IS NULL) AS measures
   FROM subjects s WHERE ${isOf('s.office')} AND ${IS_KEY} ORDER BY s.office, s.id`,
);

const DURING = '>= $3::date::timestamp AT TIME ZONE $5::text';
const UNTIL = '< $4::date::timestamp AT TIME ZONE $5::text';

/** Of each office: visits that were recorded, and measures of law that were taken after a confirmed violation. */
export const countDeeds = statement<
  [scope: string, organisation: string, from: string, until: string, timeZone: string]
>()(
  'reports.deeds',
  { office: 'text', visits: 'int4', measures: 'int4' },
  `SELECT office, sum(visits)::int4 AS visits, sum(measures)::int4 AS measures FROM (
     SELECT t.office, 1 AS visits, 0 AS measures FROM task_actions d JOIN tasks t ON t.id = d.task
     WHERE d.action = 'step' AND d.detail ->> 'whom' = 'visit' AND d.at ${DURING} AND d.at ${UNTIL}
     UNION ALL
     SELECT s.office, 1, 0 FROM alert_actions d JOIN alerts a ON a.alert = d.alert JOIN subjects s ON s.id = a.subject
     WHERE d.action = 'contact' AND d.detail ->> 'whom' = 'visit' AND d.at ${DURING} AND d.at ${UNTIL}
     UNION ALL
     SELECT v.office, 0, 1 FROM confirmed_violations v
     WHERE v.measure IS NOT NULL AND v.office IS NOT NULL AND v.decided_at ${DURING} AND v.decided_at ${UNTIL}
   ) done WHERE ${isOf('office')} GROUP BY office`,
);

export const listOrganisationNames = statement<[paths: readonly string[]]>()(
  'reports.organisation-names',
  { path: 'text', name: 'text' },
  'SELECT path, name FROM organisations WHERE path = ANY ($1)',
);
