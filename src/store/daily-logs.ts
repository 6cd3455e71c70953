/** Daily logs: the facts they are composed of, for many offices at once, and what was signed and amended. */
import { statement } from './statement.ts';

/** Alerts that stood on the day, of those who belonged to the offices on that day. $3: time zone. */
export const listDayAlerts = statement<[offices: readonly string[], day: string, timeZone: string]>()(
  'daily-logs.alerts',
  {
    office: 'text',
    alert: 'text',
    subject: 'text',
    kind: 'text',
    started_at: 'timestamptz',
    cleared_at: 'timestamptz?',
    acknowledged_by: 'text?',
    disposition: 'text?',
    measure: 'text?',
    cause: 'text?',
  },
  `SELECT p.office, a.alert, a.subject, a.kind, a.started_at, a.cleared_at, a.acknowledged_by, o.disposition, o.measure,
          (SELECT string_agg(n.note, ' / ' ORDER BY n.seq) FROM alert_actions n WHERE n.alert = a.alert AND n.note <> '') AS cause
   FROM presence_days p JOIN alerts a ON a.subject = p.subject
   LEFT JOIN LATERAL (SELECT disposition, measure FROM alert_outcomes x WHERE x.alert = a.alert ORDER BY x.at DESC LIMIT 1) o ON true
   WHERE p.day = $2::date AND p.office = ANY ($1) AND a.state <> 'retracted'
     AND a.started_at < ($2::date + 1)::timestamp AT TIME ZONE $3::text
     AND (a.cleared_at IS NULL OR a.cleared_at >= $2::date::timestamp AT TIME ZONE $3::text)`,
);

export const listDayChecks = statement<[offices: readonly string[], day: string, timeZone: string]>()(
  'daily-logs.checks',
  { office: 'text', subject: 'text', method: 'text', result: 'text?' },
  `SELECT office, subject, method, result FROM answered_spot_checks
   WHERE office = ANY ($1) AND at >= $2::date::timestamp AT TIME ZONE $3::text
     AND at < ($2::date + 1)::timestamp AT TIME ZONE $3::text`,
);

/** Shifts of the duty room that touched the day: begun before its end, and not taken over before its begin. $3: time zone. */
export const listDayShifts = statement<[organisation: string, day: string, timeZone: string]>()(
  'daily-logs.shifts',
  { name: 'text', duty_group: 'text', officer: 'text', is_substitute: 'bool', signed_on_at: 'timestamptz' },
  `SELECT f.name, f.duty_group, f.officer, f.is_substitute, f.signed_on_at FROM shifts f
   WHERE f.organisation = $1 AND f.signed_on_at < ($2::date + 1)::timestamp AT TIME ZONE $3::text
     AND NOT EXISTS (SELECT FROM shift_signatures s WHERE s.shift = f.id AND s.action = 'take-over'
       AND s.at <= $2::date::timestamp AT TIME ZONE $3::text)`,
);

/** Tasks of the offices that were taken under supervision on the day, with what came of it. */
export const listDaySupervised = statement<[offices: readonly string[], day: string, timeZone: string]>()(
  'daily-logs.supervised',
  { task: 'text', office: 'text', by: 'text', demand: 'text', result: 'text?' },
  `SELECT t.id::text AS task, t.office, d.account AS by, d.note AS demand,
          CASE WHEN t.stage = 'accepted' THEN coalesce(t.disposition, t.cause, '') END AS result
   FROM task_actions d JOIN tasks t ON t.id = d.task
   WHERE d.action = 'supervise' AND t.office = ANY ($1) AND d.at >= $2::date::timestamp AT TIME ZONE $3::text
     AND d.at < ($2::date + 1)::timestamp AT TIME ZONE $3::text`,
);

/** Offices with subjects on any of the days, within the caller's subtree and the organisation's. */
export const listLogOffices = statement<[scope: string, organisation: string, from: string, until: string]>()(
  'daily-logs.offices',
  { office: 'text' },
  `SELECT DISTINCT office FROM office_days
   WHERE ($1 = '' OR office = $1 OR starts_with(office, $1 || '/'))
     AND ($2 = '' OR office = $2 OR starts_with(office, $2 || '/'))
     AND day >= $3::date AND day < $4::date ORDER BY office`,
);

const LOG = {
  seq: 'int8',
  kind: 'text',
  office: 'text',
  day: 'text',
  document: 'text',
  sha256: 'text',
  remarks: 'text',
  signed_by: 'text',
  signed_at: 'timestamptz',
} as const;
const COLUMNS = 'seq, kind, office, day::text AS day, document, sha256, remarks, signed_by, signed_at';

export const findDailyLog = statement<[kind: string, office: string, day: string]>()(
  'daily-logs.find',
  LOG,
  `SELECT ${COLUMNS} FROM daily_logs WHERE kind = $1 AND office = $2 AND day = $3::date`,
);

/** Every office's days, signed or not, newest first; `amended`: something was found later. */
export const listDailyLogs = statement<
  [
    scope: string,
    organisation: string,
    from: string,
    until: string,
    kind: string,
    beforeDay: string | null,
    afterOffice: string,
    limit: number,
  ]
>()(
  'daily-logs.list',
  {
    office: 'text',
    day: 'text',
    seq: 'int8?',
    signed_by: 'text?',
    signed_at: 'timestamptz?',
    amended: 'bool',
  },
  `SELECT d.office, d.day::text AS day, l.seq, l.signed_by, l.signed_at,
          EXISTS (SELECT FROM daily_log_amendments a WHERE a.log = l.seq) AS amended
   FROM office_days d LEFT JOIN daily_logs l ON l.kind = $5 AND l.office = d.office AND l.day = d.day
   WHERE ($1 = '' OR d.office = $1 OR starts_with(d.office, $1 || '/'))
     AND ($2 = '' OR d.office = $2 OR starts_with(d.office, $2 || '/'))
     AND d.day >= $3::date AND d.day < $4::date
     AND ($6::text IS NULL OR d.day < $6::date OR (d.day = $6::date AND d.office > $7))
   ORDER BY d.day DESC, d.office LIMIT $8`,
);

export const lockDailyLogs = statement<[key: number]>()(
  'daily-logs.lock',
  { held: 'text' },
  'SELECT pg_advisory_xact_lock($1)::text AS held',
);

/** Under the lock: the next number, or none where the day is signed. */
export const signDailyLog = statement<
  [
    kind: string,
    office: string,
    day: string,
    document: string,
    sha256: string,
    remarks: string,
    by: string,
    at: Date,
  ]
>()(
  'daily-logs.sign',
  { seq: 'int8' },
  `INSERT INTO daily_logs (seq, kind, office, day, document, sha256, remarks, signed_by, signed_at)
   SELECT (SELECT coalesce(max(seq), 0) + 1 FROM daily_logs), $1, $2, $3::date, $4, $5, $6, $7, $8
   ON CONFLICT (kind, office, day) DO NOTHING RETURNING seq`,
);

export const amendDailyLog = statement<
  [log: string, office: string, document: string, sha256: string, changes: string, at: Date]
>()(
  'daily-logs.amend',
  { seq: 'int8' },
  `INSERT INTO daily_log_amendments (seq, log, office, document, sha256, changes, found_at)
   SELECT (SELECT coalesce(max(seq), 0) + 1 FROM daily_log_amendments), $1::bigint, $2, $3, $4, $5::jsonb, $6 RETURNING seq`,
);

export const listAmendments = statement<[log: string]>()(
  'daily-logs.amendments',
  { seq: 'int8', document: 'text', sha256: 'text', changes: 'jsonb', found_at: 'timestamptz' },
  'SELECT seq, document, sha256, changes, found_at FROM daily_log_amendments WHERE log = $1::bigint ORDER BY seq',
);

/** Signed logs of the last days, for finding what became known later. */
export const listSignedSince = statement<[from: string]>()(
  'daily-logs.signed-since',
  { ...LOG, newest: 'text?' },
  `SELECT ${COLUMNS.replaceAll(/(?<=, |^)(seq|kind|office|document|sha256|remarks|signed_by|signed_at)/g, 'l.$1').replace('day::text', 'l.day::text')},
          (SELECT a.document FROM daily_log_amendments a WHERE a.log = l.seq ORDER BY a.seq DESC LIMIT 1) AS newest
   FROM daily_logs l WHERE l.day >= $1::date ORDER BY l.day, l.kind, l.office`,
);

export const listNames = statement<[subjects: readonly string[]]>()(
  'daily-logs.names',
  { id: 'text', name: 'text' },
  'SELECT id, name FROM subjects WHERE id = ANY ($1)',
);
