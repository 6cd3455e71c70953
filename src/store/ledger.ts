/** Writing the alert ledger and its projection. Callers hold the ledger's lock (`alerts/ledger.ts`). */
import { statement } from './statement.ts';

export const takeLedgerLock = statement<[key: number]>()(
  'ledger.lock',
  { locked: 'text' },
  'SELECT pg_advisory_xact_lock($1)::text AS locked',
);

/**
 * $1: array of alert events as JSON. Those that the ledger has already fall on (alert, version). The projection moves
 * forward only. Answers what was new.
 */
export const appendAlertEvents = statement<[events: string]>()(
  'ledger.append',
  { alert: 'text', version: 'int4' },
  `WITH added AS (
     INSERT INTO alert_events (alert, version, subject, kind, state, severity, started_at, detected_at, cleared_at,
                               zone, device, confidence, late, reason, reason_en, evidence)
     SELECT alert, version, subject, kind, state, severity, "startedAt", "detectedAt", "clearedAt",
            zone, device, confidence, late, reason, "reasonEn", evidence
       FROM jsonb_to_recordset($1::jsonb) AS e (
              alert text, version int, subject text, kind text, state text, severity text, "startedAt" timestamptz,
              "detectedAt" timestamptz, "clearedAt" timestamptz, zone text, device text, confidence float8, late bool,
              reason text, "reasonEn" text, evidence jsonb)
      ORDER BY "detectedAt", alert, version
     ON CONFLICT (alert, version) DO NOTHING
     RETURNING *
   ), newest AS (
     SELECT DISTINCT ON (alert) * FROM added ORDER BY alert, version DESC
   ), projected AS (
     INSERT INTO alerts (alert, version, subject, kind, state, severity, started_at, detected_at, cleared_at, change_seq)
     SELECT alert, version, subject, kind, state, severity, started_at, detected_at, cleared_at, nextval('alert_changes')
       FROM newest ORDER BY seq
     ON CONFLICT (alert) DO UPDATE
       SET version = excluded.version, state = excluded.state, severity = excluded.severity,
           started_at = excluded.started_at, detected_at = excluded.detected_at, cleared_at = excluded.cleared_at,
           change_seq = excluded.change_seq
       WHERE alerts.version < excluded.version
     RETURNING change_seq
   ), told AS (
     SELECT pg_notify('alerts', max(change_seq)::text) FROM projected HAVING count(*) > 0
   )
   SELECT alert, version FROM added WHERE (SELECT count(*) FROM told) >= 0`,
);
