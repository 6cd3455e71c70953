/** What an evidence pack gathers from the tables. */
import { ALERT_COLUMNS } from './alert-rows.ts';
import { statement } from './statement.ts';

/** Alerts of a subject that stood within a span. */
export const listAlertsWithin = statement<[subject: string, from: Date, to: Date]>()(
  'evidence.alerts-within',
  { alert: 'text' },
  `SELECT alert FROM alerts
   WHERE subject = $1 AND started_at < $3 AND coalesce(cleared_at, 'infinity') >= $2 ORDER BY started_at, alert`,
);

export const listEventsOf = statement<[alerts: readonly string[]]>()(
  'evidence.events',
  { seq: 'int8', ...ALERT_COLUMNS, recorded_at: 'timestamptz', by_night: 'bool' },
  `SELECT e.seq, e.alert, e.version, e.subject, e.kind, e.state, e.severity, e.started_at, e.detected_at, e.cleared_at, e.zone,
          e.device, e.confidence, e.late, e.reason, e.reason_en, e.evidence, e.recorded_at,
          EXISTS (SELECT 1 FROM nights n WHERE n.until_at = e.detected_at AND (e.late OR e.state = 'retracted')) AS by_night
     FROM alert_events e WHERE e.alert = ANY ($1) ORDER BY e.started_at, e.alert, e.version`,
);

export const listActionSeqs = statement<[alerts: readonly string[]]>()(
  'evidence.actions',
  { seq: 'int8' },
  'SELECT seq FROM alert_actions WHERE alert = ANY ($1) ORDER BY seq',
);

/** What offices did about tasks that these alerts became: called, visited, answered. */
export const listTaskActionSeqs = statement<[alerts: readonly string[]]>()(
  'evidence.task-actions',
  { seq: 'int8' },
  'SELECT d.seq FROM task_actions d JOIN tasks t ON t.id = d.task WHERE t.alert = ANY ($1) ORDER BY d.seq',
);

/** What they were found to be, and what of it was taken back. */
export const listDispositionSeqs = statement<[alerts: readonly string[]]>()(
  'evidence.dispositions',
  { seq: 'int8' },
  'SELECT seq FROM dispositions WHERE alert = ANY ($1) ORDER BY seq',
);

/** Who looked at the subject or at one of the alerts, from an instant on. */
export const listAuditSeqs = statement<[subject: string, alerts: readonly string[], from: Date]>()(
  'evidence.audit',
  { seq: 'int8' },
  `SELECT seq FROM audit WHERE (subject = $1 OR (subject IS NULL AND target = ANY ($2))) AND at >= $3 ORDER BY seq`,
);
