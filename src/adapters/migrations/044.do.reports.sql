-- Reports as they were made: append-only, hashed. The document is what Excel and Word are made of.
CREATE TABLE reports (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL CHECK (kind IN ('daily', 'weekly', 'monthly', 'quarterly', 'statistics', 'hazards')),
  organisation text NOT NULL,
  from_day     date NOT NULL,
  until_day    date NOT NULL,
  document     text NOT NULL,
  sha256       text NOT NULL,
  made_by      text NOT NULL,              -- '' by the schedule
  made_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX reports_of_schedule ON reports (kind, organisation, from_day) WHERE made_by = '';
CREATE INDEX reports_by_organisation ON reports (organisation, seq DESC);
CREATE TRIGGER reports_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reports
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
CREATE TABLE report_signatures (
  report  bigint PRIMARY KEY REFERENCES reports (seq),    -- signed off once
  account text NOT NULL,
  note    text NOT NULL,
  at      timestamptz NOT NULL
);
CREATE TRIGGER report_signatures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON report_signatures
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
