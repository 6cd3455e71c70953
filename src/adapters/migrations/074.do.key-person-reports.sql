-- The ledger of key persons (重点社区矫正对象台账, annex 2) is a report as well.
ALTER TABLE reports DROP CONSTRAINT reports_kind_check;
ALTER TABLE reports ADD CONSTRAINT reports_kind_check
  CHECK (kind IN ('daily', 'weekly', 'monthly', 'quarterly', 'statistics', 'hazards', 'key-persons'));
-- A day's inspection log asks which shifts touched it, a report which tasks were supervised.
CREATE INDEX shifts_signed_on ON shifts (organisation, signed_on_at);
