/** Writing the alert ledger and its projection. Callers hold the ledger's lock (`alerts/ledger.ts`). */
import { statement } from './statement.ts';

export const takeLedgerLock = statement<[key: number]>()(
  'ledger.lock',
  { locked: 'text' },
  'SELECT pg_advisory_xact_lock($1)::text AS locked',
);

/**
 * $1: array of alert events as JSON, each with `dueS`: within how long an officer should take note. Those that the ledger has
 * already fall on (alert, version). The projection moves forward only. Answers what was new.
 */
export const appendAlertEvents = statement<[events: string]>()(
  'ledger.append',
  { alert: 'text', version: 'int4', recorded_at: 'timestamptz' },
  `WITH given AS (
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS e (
              alert text, version int, subject text, kind text, state text, severity text, "startedAt" timestamptz,
              "detectedAt" timestamptz, "clearedAt" timestamptz, zone text, device text, confidence float8, late bool,
              reason text, "reasonEn" text, evidence jsonb, "dueS" int)
   ), added AS (
     INSERT INTO alert_events (alert, version, subject, kind, state, severity, started_at, detected_at, cleared_at,
                               zone, device, confidence, late, reason, reason_en, evidence)
     SELECT alert, version, subject, kind, state, severity, "startedAt", "detectedAt", "clearedAt",
            zone, device, confidence, late, reason, "reasonEn", evidence
       FROM given ORDER BY "detectedAt", alert, version
     ON CONFLICT (alert, version) DO NOTHING
     RETURNING *
   ), newest AS (
     -- The promise runs from when an officer could see it, not from when it happened: a late one is not overdue at once.
     SELECT DISTINCT ON (added.alert) added.*, added.recorded_at + given."dueS" * interval '1 second' AS due_at
       FROM added JOIN given USING (alert, version) ORDER BY added.alert, version DESC
   ), projected AS (
     INSERT INTO alerts (alert, version, subject, kind, state, severity, started_at, detected_at, cleared_at, due_at, escalate_at,
                         change_seq)
     SELECT alert, version, subject, kind, state, severity, started_at, detected_at, cleared_at, due_at,
            CASE WHEN state <> 'retracted' THEN due_at END, nextval('alert_changes')
       FROM newest ORDER BY seq
     ON CONFLICT (alert) DO UPDATE
       SET version = excluded.version, state = excluded.state, severity = excluded.severity,
           started_at = excluded.started_at, detected_at = excluded.detected_at, cleared_at = excluded.cleared_at,
           -- Graver is more urgent; milder takes no promise back.
           -- What was withdrawn and stands again is as new.
           due_at = CASE WHEN alerts.stage <> 'opened' THEN alerts.due_at
                         WHEN alerts.state = 'retracted' THEN excluded.due_at
                         ELSE least(alerts.due_at, excluded.due_at) END,
           escalate_at = CASE WHEN alerts.state = 'retracted' AND alerts.stage = 'opened' AND excluded.state <> 'retracted'
                              THEN excluded.due_at
                              WHEN excluded.state = 'retracted' AND alerts.stage IN ('opened', 'acknowledged') THEN NULL
                              WHEN alerts.stage = 'opened' AND alerts.escalation = 0 AND alerts.escalate_at IS NOT NULL
                              THEN least(alerts.escalate_at, excluded.due_at) ELSE alerts.escalate_at END,
           change_seq = excluded.change_seq
       WHERE alerts.version < excluded.version
     RETURNING change_seq
   ), told AS (
     SELECT pg_notify('alerts', max(change_seq)::text) FROM projected HAVING count(*) > 0
   )
   SELECT alert, version, recorded_at FROM added WHERE (SELECT count(*) FROM told) >= 0`,
);
