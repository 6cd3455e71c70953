/** What people do about alerts. Append-only, with the projection kept beside it; callers hold the ledger's lock. */
import { statement } from './statement.ts';

export const lockAlert = statement<[alert: string]>()(
  'alert-actions.lock',
  { state: 'text', acknowledged_by: 'text?', acknowledged_at: 'timestamptz?' },
  'SELECT state, acknowledged_by, acknowledged_at FROM alerts WHERE alert = $1 FOR UPDATE',
);

export const acknowledgeAlert = statement<[alert: string, account: string, note: string]>()(
  'alert-actions.acknowledge',
  { change_seq: 'int8', acknowledged_at: 'timestamptz' },
  `WITH deed AS (
     INSERT INTO alert_actions (alert, action, account, note) VALUES ($1, 'acknowledge', $2, $3) RETURNING account, at)
   UPDATE alerts SET acknowledged_by = deed.account, acknowledged_at = deed.at, change_seq = nextval('alert_changes')
   FROM deed WHERE alerts.alert = $1
   RETURNING alerts.change_seq, alerts.acknowledged_at`,
);

export const notifyAlerts = statement<[changeSeq: string]>()(
  'alert-actions.notify',
  { sent: 'text' },
  "SELECT pg_notify('alerts', $1)::text AS sent",
);
