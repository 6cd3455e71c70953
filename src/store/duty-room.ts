/** The duty room: rotas, shifts with their signatures, the journal, and what the hand-over sheet is written from. */
import { statement } from './statement.ts';

export const addRota = statement<[organisation: string, rota: string, account: string, at: Date]>()(
  'duty-room.add-rota',
  {},
  'INSERT INTO rotas (organisation, rota, account, at) VALUES ($1, $2::jsonb, $3, $4)',
);

export const findRota = statement<[organisation: string]>()(
  'duty-room.rota',
  { rota: 'jsonb', account: 'text', at: 'timestamptz' },
  'SELECT rota, account, at FROM rotas WHERE organisation = $1 ORDER BY seq DESC LIMIT 1',
);

const SHIFT = {
  id: 'int8',
  organisation: 'text',
  name: 'text',
  duty_group: 'text',
  from_at: 'timestamptz',
  until_at: 'timestamptz',
  officer: 'text',
  is_substitute: 'bool',
  signed_on_at: 'timestamptz',
  state: 'text',
  sheet: 'text?',
  sheet_sha256: 'text?',
} as const;
const COLUMNS =
  'f.id, f.organisation, f.name, f.duty_group, f.from_at, f.until_at, f.officer, f.is_substitute, f.signed_on_at, f.state, f.sheet, f.sheet_sha256';

/** No row: one is running. */
export const beginShift = statement<
  [
    organisation: string,
    name: string,
    group: string,
    from: Date,
    until: Date,
    officer: string,
    isSubstitute: boolean,
    at: Date,
    note: string,
  ]
>()(
  'duty-room.begin-shift',
  SHIFT,
  `WITH begun AS (
     INSERT INTO shifts (organisation, name, duty_group, from_at, until_at, officer, is_substitute, signed_on_at, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'on') ON CONFLICT (organisation) WHERE state <> 'over' DO NOTHING RETURNING *),
   signed AS (INSERT INTO shift_signatures (shift, action, account, note, at) SELECT id, 'sign-on', $6, $9, $8 FROM begun)
   SELECT ${COLUMNS} FROM begun f`,
);

export const findRunningShift = statement<[organisation: string]>()(
  'duty-room.running',
  SHIFT,
  `SELECT ${COLUMNS} FROM shifts f WHERE f.organisation = $1 AND f.state <> 'over'`,
);

export const lockShift = statement<[id: string]>()(
  'duty-room.lock-shift',
  SHIFT,
  `SELECT ${COLUMNS} FROM shifts f WHERE f.id = $1::bigint FOR UPDATE`,
);

export const saveShift = statement<
  [
    id: string,
    state: string,
    sheet: string | null,
    sheetSha256: string | null,
    action: string,
    account: string,
    note: string,
    at: Date,
  ]
>()(
  'duty-room.save-shift',
  SHIFT,
  `WITH signed AS (
     INSERT INTO shift_signatures (shift, action, account, sheet_sha256, note, at) VALUES ($1::bigint, $5, $6, $4, $7, $8))
   UPDATE shifts f SET state = $2, sheet = $3, sheet_sha256 = $4 WHERE f.id = $1::bigint RETURNING ${COLUMNS}`,
);

export const listShifts = statement<[scope: string, before: string | null, limit: number]>()(
  'duty-room.shifts',
  SHIFT,
  `SELECT ${COLUMNS} FROM shifts f
   WHERE ($1::text = '' OR f.organisation = $1 OR starts_with(f.organisation, $1 || '/'))
     AND ($2::bigint IS NULL OR f.id < $2::bigint) ORDER BY f.id DESC LIMIT $3`,
);

export const listSignatures = statement<[shift: string]>()(
  'duty-room.signatures',
  { action: 'text', account: 'text', sheet_sha256: 'text?', note: 'text', at: 'timestamptz' },
  'SELECT action, account, sheet_sha256, note, at FROM shift_signatures WHERE shift = $1::bigint ORDER BY seq',
);

/** What is still to be worked on within the organisation, with what people have written about it since `since`. */
export const listOpenItems = statement<[scope: string, since: Date]>()(
  'duty-room.open-items',
  {
    alert: 'text',
    subject: 'text',
    kind: 'text',
    severity: 'text',
    stage: 'text',
    owner: 'text?',
    started_at: 'timestamptz',
    due_at: 'timestamptz?',
    incident: 'text?',
    explanation: 'text?',
  },
  `SELECT a.alert, a.subject, a.kind, a.severity, a.stage, a.owner, a.started_at, a.due_at, a.incident, n.note AS explanation
   FROM alerts a LEFT JOIN subjects s ON s.id = a.subject
   LEFT JOIN LATERAL (
     SELECT d.note FROM alert_actions d WHERE d.alert = a.alert AND d.at >= $2 AND d.note ~ '\\S' AND d.account NOT LIKE 'wardline:%'
     ORDER BY d.seq DESC LIMIT 1) n ON true
   WHERE a.stage <> 'closed' AND NOT (a.state = 'retracted' AND a.stage IN ('opened', 'acknowledged'))
     AND ($1::text = '' OR s.office = $1 OR starts_with(s.office, $1 || '/') OR a.kind = 'feed-outage')
   ORDER BY a.started_at, a.alert`,
);

export const listTasksDue = statement<[scope: string, until: Date]>()(
  'duty-room.tasks-due',
  { id: 'int8', office: 'text', due_at: 'timestamptz?' },
  `SELECT t.id, t.office, t.due_at FROM tasks t
   WHERE t.stage NOT IN ('accepted', 'withdrawn') AND t.due_at <= $2
     AND ($1::text = '' OR t.office = $1 OR starts_with(t.office, $1 || '/')) ORDER BY t.due_at, t.id`,
);

export const listShelvingsEnding = statement<[scope: string, until: Date]>()(
  'duty-room.shelvings-ending',
  { id: 'int8', subject: 'text', kind: 'text', until_at: 'timestamptz' },
  `SELECT v.id, v.subject, v.kind, v.until_at FROM shelvings v
   WHERE v.approved_at IS NOT NULL AND v.ended_at IS NULL AND v.until_at <= $2
     AND ($1::text = '' OR v.office = $1 OR starts_with(v.office, $1 || '/')) ORDER BY v.until_at, v.id`,
);

/** Newest reading and slope of each device of those of these subjects that the scope has, since then. */
export const listGauges = statement<[scope: string, subjects: string[], since: Date]>()(
  'duty-room.gauges',
  { subject: 'text', device: 'text', at: 'timestamptz', pct: 'float8', per_hour: 'float8?' },
  `SELECT p.subject, p.device, max(p.at) AS at, ((array_agg(p.battery_pct ORDER BY p.at DESC))[1])::float8 AS pct,
          CASE WHEN count(*) >= 3 THEN regr_slope(p.battery_pct, extract(epoch FROM p.at)::float8 / 3600) END AS per_hour
   FROM seen_positions p JOIN subjects s ON s.id = p.subject
   WHERE p.subject = ANY ($2) AND p.at >= $3 AND p.battery_pct IS NOT NULL
     AND ($1::text = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))
   GROUP BY p.subject, p.device`,
);

const ENTRY = {
  seq: 'int8',
  shift: 'int8',
  account: 'text',
  at: 'timestamptz',
  entry: 'text',
  alert: 'text?',
  promised_at: 'timestamptz?',
  keeps: 'int8?',
} as const;

/** No row: the promise was kept already. */
export const addJournalEntry = statement<
  [
    shift: string,
    organisation: string,
    account: string,
    at: Date,
    entry: string,
    alert: string | null,
    promisedAt: Date | null,
    keeps: string | null,
  ]
>()(
  'duty-room.add-entry',
  ENTRY,
  `INSERT INTO duty_journal (shift, organisation, account, at, entry, alert, promised_at, keeps)
   VALUES ($1::bigint, $2, $3, $4, $5, $6, $7, $8::bigint) ON CONFLICT (keeps) DO NOTHING
   RETURNING seq, shift, account, at, entry, alert, promised_at, keeps`,
);

export const listJournal = statement<[shift: string]>()(
  'duty-room.journal',
  ENTRY,
  `SELECT seq, shift, account, at, entry, alert, promised_at, keeps FROM duty_journal WHERE shift = $1::bigint ORDER BY seq`,
);

/** Of the duty room, also of shifts before: not yet said to be kept. */
export const listOpenPromises = statement<[organisation: string]>()(
  'duty-room.promises',
  ENTRY,
  `SELECT j.seq, j.shift, j.account, j.at, j.entry, j.alert, j.promised_at, j.keeps FROM duty_journal j
   WHERE j.organisation = $1 AND j.promised_at IS NOT NULL
     AND NOT EXISTS (SELECT FROM duty_journal k WHERE k.keeps = j.seq) ORDER BY j.promised_at, j.seq`,
);
