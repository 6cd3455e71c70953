-- What people do about alerts: stages, owners, deadlines, incidents, shelving, dispositions (alerts/casework).
CREATE TABLE incidents (
  id         text PRIMARY KEY,          -- 'I-' and a random part
  subject    text,                      -- NULL: of several
  cause      text NOT NULL,             -- alerts/casework/grouping.ts
  made_by    text NOT NULL,
  made_at    timestamptz NOT NULL
);
CREATE INDEX incidents_newest ON incidents (made_at DESC, id DESC);

ALTER TABLE alert_actions DROP CONSTRAINT alert_actions_action_check;
ALTER TABLE alert_actions ADD CONSTRAINT alert_actions_action_check CHECK (action IN (
  'acknowledge', 'take', 'assign', 'task', 'resolve', 'review', 'close', 'return', 'reopen', 'note', 'contact',
  'shelve', 'unshelve', 'merge', 'split', 'overdue'));
ALTER TABLE alert_actions ADD COLUMN detail jsonb NOT NULL DEFAULT '{}';   -- the rest of the deed
CREATE INDEX alert_actions_of_alert ON alert_actions (alert, seq);

ALTER TABLE alerts
  ADD COLUMN stage text NOT NULL DEFAULT 'opened' CHECK (stage IN (
    'opened', 'acknowledged', 'handling', 'tasked', 'resolved', 'reviewed', 'returned', 'closed')),
  ADD COLUMN owner          text,
  ADD COLUMN due_at         timestamptz,             -- promised
  ADD COLUMN escalate_at    timestamptz,             -- when the clock asks again whether it was kept
  ADD COLUMN escalation     integer NOT NULL DEFAULT 0,
  ADD COLUMN incident       text REFERENCES incidents (id),
  ADD COLUMN incident_fixed boolean NOT NULL DEFAULT false,
  ADD COLUMN shelved_until  timestamptz,
  ADD COLUMN disposition    text CHECK (disposition IN (
    'confirmed-violation', 'reasonable-excuse', 'approved-absence', 'device-fault', 'signal', 'data-error')),
  ADD COLUMN measure        text CHECK (measure IS NULL OR disposition = 'confirmed-violation'),
  ADD COLUMN resolved_by    text,
  ADD COLUMN task           bigint,
  -- Shelving may not hide these, whatever program writes here.
  ADD CONSTRAINT never_suppressed CHECK (shelved_until IS NULL OR kind NOT IN ('strap-tamper', 'separation', 'abscond')),
  ADD CONSTRAINT closed_with_disposition CHECK (stage NOT IN ('reviewed') OR disposition IS NOT NULL);
-- Before there were stages, cleared and acknowledged was the end.
UPDATE alerts SET stage = CASE WHEN state IN ('cleared', 'retracted') THEN 'closed' ELSE 'acknowledged' END, owner = acknowledged_by
 WHERE acknowledged_at IS NOT NULL;
CREATE INDEX alerts_work ON alerts ((owner IS NOT NULL), started_at, alert) WHERE stage <> 'closed';
CREATE INDEX alerts_escalate ON alerts (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX alerts_by_incident ON alerts (incident) WHERE incident IS NOT NULL;

-- What was decided at each closing; 'withdrawn' at a reopening. The newest row of an alert holds.
CREATE TABLE dispositions (
  seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert       text NOT NULL REFERENCES alerts (alert),
  subject     text NOT NULL,
  kind        text NOT NULL,
  office      text,                     -- of the subject when it was decided
  started_at  timestamptz NOT NULL,     -- when it began, by the evidence
  disposition text NOT NULL,
  measure     text,
  resolved_by text,
  account     text NOT NULL,
  at          timestamptz NOT NULL
);
CREATE INDEX dispositions_of_alert ON dispositions (alert, seq DESC);
CREATE INDEX dispositions_by_start ON dispositions (started_at);
CREATE TRIGGER dispositions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dispositions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- Raw alerts are counted from `alerts`, violations from here only. `at`: when it began; `decided_at`: when a person said so.
CREATE OR REPLACE VIEW confirmed_violations AS
  SELECT d.alert, d.subject, d.kind, d.started_at AS at, d.office, d.measure, d.at AS decided_at
  FROM (SELECT DISTINCT ON (alert) * FROM dispositions ORDER BY alert, seq DESC) d
  WHERE d.disposition = 'confirmed-violation';

-- Reference data: Community Corrections Law (2019), article 28.
CREATE TABLE legal_measures (
  code     text PRIMARY KEY,
  position integer NOT NULL,
  zh       text NOT NULL,
  en       text NOT NULL,
  article  text NOT NULL
);
INSERT INTO legal_measures (code, position, zh, en, article) VALUES
  ('admonition', 1, '训诫', 'admonition', '社区矫正法第二十八条'),
  ('warning', 2, '警告', 'warning', '社区矫正法第二十八条'),
  ('public-security-penalty', 3, '提请公安机关予以治安管理处罚', 'public security penalty, asked of the police', '社区矫正法第二十八条'),
  ('revocation', 4, '提请撤销缓刑、撤销假释', 'revocation of suspended sentence or parole, asked of the court', '社区矫正法第二十八条'),
  ('imprisonment', 5, '提请对暂予监外执行的收监执行', 'return to prison from execution outside, asked of the authority', '社区矫正法第二十八条');
ALTER TABLE alerts ADD CONSTRAINT measure_of_law FOREIGN KEY (measure) REFERENCES legal_measures (code);

-- Shelving: of one kind of one subject, until a time, for a reason, in force once somebody else has approved it.
CREATE TABLE shelvings (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject     text NOT NULL,
  kind        text NOT NULL CHECK (kind NOT IN ('strap-tamper', 'separation', 'abscond')),
  office      text,
  reason      text NOT NULL CHECK (reason <> ''),
  asked_by    text NOT NULL,
  asked_at    timestamptz NOT NULL,
  until_at    timestamptz NOT NULL CHECK (until_at > asked_at),
  approved_by text CHECK (approved_by <> asked_by),
  approved_at timestamptz,
  refused_by  text,
  ended_by    text,
  ended_at    timestamptz
);
CREATE INDEX shelvings_in_force ON shelvings (subject, kind) WHERE approved_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX shelvings_due ON shelvings (until_at) WHERE ended_at IS NULL;
-- Everything that a shelving hid: what stood when it began, and what came while it was in force.
CREATE TABLE shelved_alerts (
  shelving bigint NOT NULL REFERENCES shelvings (id),
  alert    text NOT NULL,
  at       timestamptz NOT NULL,
  PRIMARY KEY (shelving, alert)
);
CREATE TRIGGER shelved_alerts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shelved_alerts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- What somebody is to be told, written in the transaction of what happened (alerts/noticed.ts). Ids only.
CREATE TABLE notice_outbox (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  what     text NOT NULL,
  about    text NOT NULL,               -- 'alert', 'task', 'shelving', 'shift', 'hazard'
  ref      text NOT NULL,
  subject  text,
  office   text,                        -- organisation that is to be told; NULL: the whole tree's
  account  text,                        -- one person of it
  severity text,
  at       timestamptz NOT NULL
);
