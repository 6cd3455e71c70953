/** Alerts with how far people came with each: for the figures of the duty room. */
import { statement } from './statement.ts';

/** Raised from (inclusive) until (exclusive), not retracted, within the caller's subtree and the organisation's. */
export const listLoadAlerts = statement<
  [scope: string, organisation: string, from: Date, until: Date, limit: number]
>()(
  'alarm-load.alerts',
  {
    alert: 'text',
    subject: 'text',
    kind: 'text',
    severity: 'text',
    raised_at: 'timestamptz',
    cleared_at: 'timestamptz?',
    is_acknowledged: 'bool',
    is_merged: 'bool',
    is_hidden: 'bool',
    is_contacted: 'bool',
    is_confirmed: 'bool',
  },
  `SELECT a.alert, a.subject, a.kind, a.severity, e.recorded_at AS raised_at, a.cleared_at,
          a.acknowledged_at IS NOT NULL AS is_acknowledged, coalesce(g.is_merged, false) AS is_merged,
          coalesce(g.is_hidden, false) AS is_hidden,
          EXISTS (SELECT FROM alert_actions x WHERE x.alert = a.alert AND x.action = 'contact') AS is_contacted,
          EXISTS (SELECT FROM confirmed_violations v WHERE v.alert = a.alert) AS is_confirmed
   FROM alert_events e JOIN alerts a ON a.alert = e.alert
   LEFT JOIN subjects s ON s.id = a.subject LEFT JOIN alert_grouping g ON g.alert = a.alert
   WHERE e.version = 1 AND e.recorded_at >= $3 AND e.recorded_at < $4 AND a.state <> 'retracted'
     AND ($1 = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))
     AND ($2 = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))
   ORDER BY e.recorded_at LIMIT $5`,
);
