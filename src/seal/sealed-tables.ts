/**
 * What the seal covers. A table joins with a line here and `SELECT join_seal('its_name')` in its migration; it needs a column
 * `seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY` and the triggers of `refuse_edit`. A column that is added to it later must be
 * null in the rows that are there: a null is no part of a row's text.
 */
export const SEALED_TABLES = [
  'alert_actions',
  'alert_events',
  'audit',
  'daily_log_amendments',
  'daily_logs',
  'dispositions',
  'duty_journal',
  'hazard_actions',
  'purges',
  'response_cards',
  'rotas',
  'shift_signatures',
  'task_actions',
] as const;
