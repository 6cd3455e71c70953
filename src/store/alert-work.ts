/** The work on alerts: stage, owner, deadlines. Append-only deeds with the projection beside them; callers hold the ledger's lock. */
import { statement } from './statement.ts';

const WORK = {
  alert: 'text',
  subject: 'text',
  kind: 'text',
  severity: 'text',
  state: 'text',
  stage: 'text',
  owner: 'text?',
  acknowledged_by: 'text?',
  acknowledged_at: 'timestamptz?',
  started_at: 'timestamptz',
  cleared_at: 'timestamptz?',
  due_at: 'timestamptz?',
  escalate_at: 'timestamptz?',
  escalation: 'int4',
  incident: 'text?',
  incident_fixed: 'bool',
  shelved_until: 'timestamptz?',
  disposition: 'text?',
  measure: 'text?',
  resolved_by: 'text?',
  task: 'int8?',
  office: 'text?',
} as const;
const COLUMNS = `a.alert, a.subject, a.kind, a.severity, a.state, a.stage, a.owner, a.acknowledged_by, a.acknowledged_at, a.started_at,
  a.cleared_at, a.due_at, a.escalate_at, a.escalation, a.incident, a.incident_fixed, a.shelved_until, a.disposition, a.measure,
  a.resolved_by, a.task, s.office`;
const FROM = 'FROM alerts a LEFT JOIN subjects s ON s.id = a.subject';

export const lockAlertWork = statement<[alert: string]>()(
  'alert-work.lock',
  WORK,
  `SELECT ${COLUMNS} ${FROM} WHERE a.alert = $1 FOR UPDATE OF a`,
);

/** $1: array of deeds `{alert, action, account, note, at, detail}`. */
export const appendAlertDeeds = statement<[deeds: string]>()(
  'alert-work.append',
  {},
  `INSERT INTO alert_actions (alert, action, account, note, at, detail)
   SELECT alert, action, account, note, at, detail FROM jsonb_to_recordset($1::jsonb)
     AS d (alert text, action text, account text, note text, at timestamptz, detail jsonb)`,
);

/** $1: array of what the projection shows now; told to who follows the changes. */
export const saveAlertWork = statement<[work: string]>()(
  'alert-work.save',
  { told: 'text?' },
  `WITH saved AS (
     UPDATE alerts a SET stage = w.stage, owner = w.owner, acknowledged_by = w."acknowledgedBy", acknowledged_at = w."acknowledgedAt",
       due_at = w."dueAt", escalate_at = w."escalateAt", escalation = w.escalation, incident = w.incident,
       incident_fixed = w."incidentFixed", shelved_until = w."shelvedUntil", disposition = w.disposition, measure = w.measure,
       resolved_by = w."resolvedBy", task = w.task, change_seq = nextval('alert_changes')
     FROM jsonb_to_recordset($1::jsonb) AS w (
       alert text, stage text, owner text, "acknowledgedBy" text, "acknowledgedAt" timestamptz, "dueAt" timestamptz,
       "escalateAt" timestamptz, escalation int, incident text, "incidentFixed" bool, "shelvedUntil" timestamptz,
       disposition text, measure text, "resolvedBy" text, task bigint)
     WHERE a.alert = w.alert RETURNING a.change_seq)
   SELECT pg_notify('alerts', max(change_seq)::text)::text AS told FROM saved HAVING count(*) > 0`,
);

export const addDisposition = statement<
  [
    alert: string,
    disposition: string,
    measure: string | null,
    resolvedBy: string | null,
    account: string,
    at: Date,
  ]
>()(
  'alert-work.disposition',
  {},
  `INSERT INTO dispositions (alert, subject, kind, office, started_at, disposition, measure, resolved_by, account, at)
   SELECT a.alert, a.subject, a.kind, s.office, a.started_at, $2, $3, $4, $5, $6 ${FROM} WHERE a.alert = $1`,
);

/** Whose promise is broken at `at`: nobody else works on them meanwhile (the ledger's lock). */
export const listOverdueAlerts = statement<[at: Date, limit: number]>()(
  'alert-work.overdue',
  WORK,
  `SELECT ${COLUMNS} ${FROM} WHERE a.escalate_at <= $1 ORDER BY a.escalate_at, a.alert LIMIT $2 FOR UPDATE OF a`,
);

/** What a new alert may have a cause in common with: of the same subjects, or of these kinds; standing or ended since then. */
export const listGroupable = statement<[subjects: string[], since: Date, kinds: string[]]>()(
  'alert-work.groupable',
  {
    alert: 'text',
    subject: 'text',
    kind: 'text',
    device: 'text?',
    feed: 'text?',
    started_at: 'timestamptz',
    cleared_at: 'timestamptz?',
    incident: 'text?',
    cause: 'text?',
    incident_fixed: 'bool',
  },
  `SELECT a.alert, a.subject, a.kind, e.device, d.feed, a.started_at, a.cleared_at, a.incident, i.cause, a.incident_fixed
   FROM alerts a JOIN alert_events e ON e.alert = a.alert AND e.version = a.version
   LEFT JOIN incidents i ON i.id = a.incident
   LEFT JOIN LATERAL (SELECT coalesce(d.feed, CASE WHEN d.protocol = 'mlp' THEN 'mlp' END) AS feed FROM devices d WHERE d.id = e.device AND d.subject = a.subject
                      ORDER BY d.valid_from DESC LIMIT 1) d ON true
   WHERE (a.subject = ANY ($1) OR a.kind = ANY ($3))
     AND a.state <> 'retracted' AND a.stage <> 'closed' AND (a.cleared_at IS NULL OR a.cleared_at >= $2)`,
);

export const lockAlertsWork = statement<[alerts: string[]]>()(
  'alert-work.lock-many',
  WORK,
  `SELECT ${COLUMNS} ${FROM} WHERE a.alert = ANY ($1) ORDER BY a.alert FOR UPDATE OF a`,
);

export const makeIncident = statement<
  [id: string, subject: string | null, cause: string, madeBy: string, at: Date]
>()(
  'alert-work.make-incident',
  {},
  'INSERT INTO incidents (id, subject, cause, made_by, made_at) VALUES ($1, $2, $3, $4, $5)',
);

export const findIncident = statement<[id: string]>()(
  'alert-work.incident',
  { id: 'text', subject: 'text?', cause: 'text', made_by: 'text', made_at: 'timestamptz' },
  'SELECT id, subject, cause, made_by, made_at FROM incidents WHERE id = $1',
);

export const listMeasures = statement<[]>()(
  'alert-work.measures',
  { code: 'text', zh: 'text', en: 'text', article: 'text' },
  'SELECT code, zh, en, article FROM legal_measures ORDER BY position',
);

/** Nothing is due of them any more. */
export const clearEscalations = statement<[alerts: string[]]>()(
  'alert-work.clear-escalations',
  {},
  'UPDATE alerts SET escalate_at = NULL WHERE alert = ANY ($1)',
);
