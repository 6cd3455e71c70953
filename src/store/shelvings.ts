/** Shelving of one kind of alert of one subject, and what it hid. */
import { statement } from './statement.ts';

const SHELVING = {
  id: 'int8',
  subject: 'text',
  kind: 'text',
  office: 'text?',
  reason: 'text',
  asked_by: 'text',
  asked_at: 'timestamptz',
  until_at: 'timestamptz',
  approved_by: 'text?',
  approved_at: 'timestamptz?',
  refused_by: 'text?',
  ended_by: 'text?',
  ended_at: 'timestamptz?',
} as const;
const COLUMNS =
  'v.id, v.subject, v.kind, v.office, v.reason, v.asked_by, v.asked_at, v.until_at, v.approved_by, v.approved_at, v.refused_by, v.ended_by, v.ended_at';

export const askShelving = statement<
  [
    subject: string,
    kind: string,
    office: string | null,
    reason: string,
    account: string,
    at: Date,
    until: Date,
  ]
>()(
  'shelvings.ask',
  SHELVING,
  `INSERT INTO shelvings AS v (subject, kind, office, reason, asked_by, asked_at, until_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
   RETURNING ${COLUMNS}`,
);

export const lockShelving = statement<[id: string]>()(
  'shelvings.lock',
  SHELVING,
  `SELECT ${COLUMNS} FROM shelvings v WHERE id = $1::bigint FOR UPDATE`,
);

export const approveShelving = statement<[id: string, account: string, at: Date]>()(
  'shelvings.approve',
  SHELVING,
  `UPDATE shelvings v SET approved_by = $2, approved_at = $3 WHERE id = $1::bigint RETURNING ${COLUMNS}`,
);

/** Before it was approved: refused. After: ended. By null: its time was up. */
export const endShelving = statement<[id: string, by: string | null, at: Date]>()(
  'shelvings.end',
  SHELVING,
  `UPDATE shelvings v SET ended_by = $2, ended_at = $3, refused_by = CASE WHEN v.approved_at IS NULL THEN $2 END
   WHERE id = $1::bigint RETURNING ${COLUMNS}`,
);

/** Newest first within the scope; `open`: asked or in force only. */
export const listShelvings = statement<
  [scope: string, open: boolean, before: string | null, limit: number]
>()(
  'shelvings.list',
  { ...SHELVING, hidden: 'int4' },
  `SELECT ${COLUMNS}, (SELECT count(*)::int4 FROM shelved_alerts h WHERE h.shelving = v.id) AS hidden FROM shelvings v
   WHERE ($1::text = '' OR v.office = $1 OR starts_with(v.office, $1 || '/')) AND (NOT $2::bool OR v.ended_at IS NULL)
     AND ($3::bigint IS NULL OR v.id < $3::bigint)
   ORDER BY v.id DESC LIMIT $4`,
);

export const listDueShelvings = statement<[at: Date, limit: number]>()(
  'shelvings.due',
  SHELVING,
  `SELECT ${COLUMNS} FROM shelvings v WHERE v.ended_at IS NULL AND v.until_at <= $1 ORDER BY v.until_at, v.id LIMIT $2 FOR UPDATE`,
);

/** Alerts of its subject and kind that are still to be worked on. */
export const listShelvable = statement<[id: string]>()(
  'shelvings.alerts',
  { alert: 'text' },
  `SELECT a.alert FROM alerts a JOIN shelvings v ON v.subject = a.subject AND v.kind = a.kind
   WHERE v.id = $1::bigint AND a.stage <> 'closed' ORDER BY a.alert`,
);

/** Those that it hides now: of its subject and kind. */
export const listHidden = statement<[id: string]>()(
  'shelvings.hidden',
  {
    alert: 'text',
    at: 'timestamptz',
    kind: 'text',
    state: 'text',
    severity: 'text',
    started_at: 'timestamptz',
    stage: 'text',
  },
  `SELECT h.alert, h.at, a.kind, a.state, a.severity, a.started_at, a.stage
   FROM shelved_alerts h JOIN alerts a USING (alert) WHERE h.shelving = $1::bigint ORDER BY h.at, h.alert`,
);

export const noteHidden = statement<[id: string, alerts: string[], at: Date]>()(
  'shelvings.note-hidden',
  {},
  `INSERT INTO shelved_alerts (shelving, alert, at) SELECT $1::bigint, unnest($2::text[]), $3 ON CONFLICT DO NOTHING`,
);

/** In force at `at` for these subjects; the one that lasts longest first. */
export const listInForce = statement<[subjects: string[], at: Date]>()(
  'shelvings.in-force',
  { id: 'int8', subject: 'text', kind: 'text', until_at: 'timestamptz' },
  `SELECT id, subject, kind, until_at FROM shelvings
   WHERE subject = ANY ($1) AND approved_at IS NOT NULL AND ended_at IS NULL AND until_at > $2 ORDER BY until_at DESC, id`,
);
