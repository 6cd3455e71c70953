-- Tasks of offices (异常定位任务), their files, response cards and the hazard ledger (隐患台账).
CREATE TABLE tasks (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert         text REFERENCES alerts (alert),
  alert_version integer,                -- of the ledger: the evidence that it was sent with
  spot_check    bigint,
  subject       text NOT NULL,
  office        text NOT NULL,          -- who has to answer; follows the subject
  past_offices  text[] NOT NULL DEFAULT '{}',
  kind          text NOT NULL,          -- alert kind, or 'spot-check'
  severity      text NOT NULL,
  what          text NOT NULL,
  steps         jsonb NOT NULL,         -- of the response card in force when it was sent
  stage         text NOT NULL CHECK (stage IN ('sent', 'received', 'answered', 'returned', 'accepted', 'withdrawn')),
  sent_by       text NOT NULL,
  sent_at       timestamptz NOT NULL,
  due_at        timestamptz,            -- promised
  escalate_at   timestamptz,            -- when the clock asks again whether it was kept
  escalation    integer NOT NULL DEFAULT 0,
  supervised_by text,                   -- 督办
  answered_by   text,
  answered_at   timestamptz,
  cause         text,
  disposition   text,
  measure       text
);
CREATE INDEX tasks_open ON tasks (due_at, id) WHERE stage NOT IN ('accepted', 'withdrawn');
CREATE INDEX tasks_escalate ON tasks (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX tasks_by_office ON tasks (office, id DESC);
CREATE INDEX tasks_by_subject ON tasks (subject, id DESC);

CREATE TABLE task_actions (
  seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task    bigint NOT NULL REFERENCES tasks (id),
  action  text NOT NULL,
  account text NOT NULL,
  note    text NOT NULL DEFAULT '',
  at      timestamptz NOT NULL,
  detail  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX task_actions_of_task ON task_actions (task, seq);
CREATE TRIGGER task_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON task_actions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

CREATE TABLE task_files (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task       bigint NOT NULL REFERENCES tasks (id),
  name       text NOT NULL,
  media_type text NOT NULL,             -- by its first bytes, not by what was said
  size_bytes integer NOT NULL,
  sha256     bytea NOT NULL,
  content    bytea NOT NULL,
  account    text NOT NULL,
  at         timestamptz NOT NULL,
  UNIQUE (task, sha256)
);
CREATE TRIGGER task_files_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON task_files
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- Who is called, visited, told, in which order: the newest of the nearest organisation holds; none: as built in (response-card.ts).
CREATE TABLE response_cards (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation text NOT NULL,
  kind         text NOT NULL,
  card         jsonb NOT NULL,
  account      text NOT NULL,
  at           timestamptz NOT NULL
);
CREATE INDEX response_cards_newest ON response_cards (kind, organisation, seq DESC);
CREATE TRIGGER response_cards_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON response_cards
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

CREATE TABLE hazards (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task           bigint REFERENCES tasks (id),
  subject        text,
  office         text NOT NULL,
  category       text NOT NULL,         -- 风险隐患类别
  situation      text NOT NULL,         -- 基本情况
  measures       text NOT NULL,         -- 整改措施
  department     text NOT NULL,         -- 责任部门
  person         text NOT NULL,         -- 责任人
  due_at         timestamptz NOT NULL,  -- 完成时限
  state          text NOT NULL CHECK (state IN ('cannot-rectify', 'not-rectified', 'rectifying', 'rectified')),
  made_by        text NOT NULL,
  made_at        timestamptz NOT NULL,
  rectified_by   text,
  written_off_by text CHECK (written_off_by <> rectified_by),   -- 销账
  written_off_at timestamptz,
  CHECK (written_off_at IS NULL OR state = 'rectified')
);
CREATE UNIQUE INDEX hazards_of_task ON hazards (task);
CREATE INDEX hazards_by_office ON hazards (office, id DESC);

CREATE TABLE hazard_actions (
  seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hazard  bigint NOT NULL REFERENCES hazards (id),
  action  text NOT NULL,
  account text NOT NULL,
  note    text NOT NULL DEFAULT '',
  at      timestamptz NOT NULL
);
CREATE INDEX hazard_actions_of_hazard ON hazard_actions (hazard, seq);
CREATE TRIGGER hazard_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hazard_actions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
