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

export const hasScheduled = statement<[kind: string, organisation: string, from: string]>()(
  'reports.scheduled',
  { seq: 'int8' },
  `SELECT seq FROM reports WHERE kind = $1 AND organisation = $2 AND from_day = $3::date AND made_by = ''`,
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
    category: 'text',
    situation: 'text',
    measures: 'text',
    department: 'text',
    person: 'text',
    due_at: 'timestamptz',
    state: 'text',
  },
  `SELECT id, office, category, situation, measures, department, person, due_at, state FROM hazard_ledger
   WHERE ($1 = '' OR office = $1 OR starts_with(office, $1 || '/')) AND ($2 = '' OR office = $2 OR starts_with(office, $2 || '/'))
     AND made_at < $3::date ORDER BY office, id`,
);
