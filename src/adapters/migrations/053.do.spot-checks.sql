-- Spot checks (抽查) by a seeded, recorded draw, and by hand.
CREATE TABLE check_draws (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation text NOT NULL,
  seed         text NOT NULL,
  rule         integer NOT NULL,        -- version of alerts/casework/draw.ts
  methods      jsonb NOT NULL,
  wanted       integer NOT NULL,
  candidates   jsonb NOT NULL,          -- what was drawn from: subjects with their weights and the reasons
  picked       jsonb NOT NULL,
  account      text NOT NULL,
  at           timestamptz NOT NULL
);
CREATE TRIGGER check_draws_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON check_draws
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

CREATE TABLE spot_checks (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  draw      bigint REFERENCES check_draws (id),
  follows   bigint UNIQUE REFERENCES spot_checks (id),   -- asked again after one that nobody answered
  subject   text NOT NULL,
  office    text NOT NULL,
  method    text NOT NULL CHECK (method IN ('phone', 'photo', 'locate', 'video')),
  asked_by  text NOT NULL,
  asked_at  timestamptz NOT NULL,
  due_at    timestamptz NOT NULL,
  result    text CHECK (result IN ('self', 'other-person', 'no-answer', 'off', 'no-such-number', 'forwarded', 'located')),
  result_by text,
  result_at timestamptz,
  note      text NOT NULL DEFAULT '',
  task      bigint REFERENCES tasks (id),
  CHECK ((result IS NULL) = (result_by IS NULL) AND (result IS NULL) = (result_at IS NULL)),
  CHECK (result <> 'located' OR method = 'locate')
);
CREATE INDEX spot_checks_by_subject ON spot_checks (subject, id DESC);
CREATE INDEX spot_checks_open ON spot_checks (due_at, id) WHERE result IS NULL;
CREATE INDEX spot_checks_by_time ON spot_checks (result_at) WHERE result IS NOT NULL;
-- A result is given once.
CREATE TRIGGER spot_checks_final BEFORE UPDATE ON spot_checks
  FOR EACH ROW WHEN (OLD.result IS NOT NULL) EXECUTE FUNCTION refuse_edit();
CREATE TRIGGER spot_checks_kept BEFORE DELETE OR TRUNCATE ON spot_checks
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
