-- 信息化核查日志 of an office and 每日督查日志 of a command centre, as signed: append-only, numbered without a gap, hashed. The document is
-- text, byte for byte what was signed. It holds ids; names are looked up when it is shown.
CREATE TABLE daily_logs (
  seq          bigint PRIMARY KEY,         -- given under a lock: 1, 2, 3 …
  kind         text NOT NULL CHECK (kind IN ('verification', 'inspection')),
  office       text NOT NULL,              -- office, or the centre's organisation
  day          date NOT NULL,
  document     text NOT NULL,
  sha256       text NOT NULL,
  remarks      text NOT NULL,
  signed_by    text NOT NULL,
  signed_at    timestamptz NOT NULL,
  UNIQUE (kind, office, day)
);
CREATE INDEX daily_logs_by_day ON daily_logs (kind, day, office);
CREATE TRIGGER daily_logs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON daily_logs
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- What became known after the signature: the day as it is known now, and what differs. The newest row holds; none: nothing differs.
CREATE TABLE daily_log_amendments (
  seq      bigint PRIMARY KEY,
  log      bigint NOT NULL REFERENCES daily_logs (seq),
  office   text NOT NULL,
  document text NOT NULL,
  sha256   text NOT NULL,
  changes  jsonb NOT NULL,
  found_at timestamptz NOT NULL
);
CREATE INDEX daily_log_amendments_of_log ON daily_log_amendments (log, seq);
CREATE TRIGGER daily_log_amendments_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON daily_log_amendments
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
