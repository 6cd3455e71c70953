-- What compliance (040–044) asks of the casework (050–053): its views, empty until now, over the casework's tables.
CREATE OR REPLACE VIEW alert_outcomes AS
  SELECT d.alert, d.disposition, d.measure, d.account, d.at
  FROM (SELECT DISTINCT ON (alert) * FROM dispositions ORDER BY alert, seq DESC) d
  WHERE d.disposition <> 'withdrawn';
CREATE OR REPLACE VIEW alert_grouping AS
  SELECT a.alert,
         a.incident IS NOT NULL AND EXISTS (SELECT FROM alerts b WHERE b.incident = a.incident
           AND (b.started_at, b.alert) < (a.started_at, a.alert)) AS is_merged,
         EXISTS (SELECT FROM shelved_alerts s WHERE s.alert = a.alert) AS is_hidden
  FROM alerts a;
CREATE OR REPLACE VIEW answered_spot_checks AS
  SELECT subject, office, method, result, result_at AS at FROM spot_checks WHERE result IS NOT NULL;
CREATE OR REPLACE VIEW hazard_ledger AS
  SELECT id::text AS id, office, subject, category, situation, measures, department, person, due_at, state, made_at FROM hazards;
ALTER VIEW confirmed_violations SET (security_invoker = true);
ALTER VIEW alert_outcomes SET (security_invoker = true);
ALTER VIEW alert_grouping SET (security_invoker = true);
ALTER VIEW answered_spot_checks SET (security_invoker = true);
ALTER VIEW hazard_ledger SET (security_invoker = true);

-- Row-level security (011). Sums of an office name nobody.
CALL protect_by_office('presence_days');
CALL protect_by_office('presence_dirty');
CALL protect_by_office('office_days');
CALL protect_by_office('office_months');
CALL protect_by_office('frozen_figures');
CALL protect_by_subject('positioning_exemptions');
CALL protect_by_office('daily_logs');
CALL protect_by_office('daily_log_amendments');
-- A sheet holds for all below its organisation, who must read by what they are scored.
CALL protect_reading('score_sheets', $$(SELECT sees_office('') IS NOT NULL)$$);
CALL protect_by_office('score_entries', 'organisation');
CALL protect_by_office('score_objections', 'organisation');
CALL protect('score_decisions', 'EXISTS (SELECT FROM score_objections o WHERE o.seq = score_decisions.objection)');
CALL protect_by_office('reports', 'organisation');
CALL protect('report_signatures', 'EXISTS (SELECT FROM reports r WHERE r.seq = report_signatures.report)');

-- Sealed with the rest (031).
SELECT join_seal('daily_logs'), join_seal('daily_log_amendments');
