-- The duty room: who is on duty when, hand-over with two signatures, and the journal.
CREATE TABLE rotas (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation text NOT NULL,
  rota         jsonb NOT NULL,          -- alerts/casework/rota.ts
  account      text NOT NULL,
  at           timestamptz NOT NULL
);
CREATE INDEX rotas_newest ON rotas (organisation, seq DESC);
CREATE TRIGGER rotas_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rotas
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

CREATE TABLE shifts (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation text NOT NULL,
  name         text NOT NULL,           -- of the rota; '' where none plans it
  duty_group   text NOT NULL,
  from_at      timestamptz NOT NULL,    -- as planned
  until_at     timestamptz NOT NULL,
  officer      text NOT NULL,           -- who signed on
  is_substitute boolean NOT NULL,       -- not of the group that the rota plans
  signed_on_at timestamptz NOT NULL,
  state        text NOT NULL CHECK (state IN ('on', 'handed', 'over')),
  sheet        text,                    -- the hand-over sheet as it was signed: JSON, byte for byte what was hashed
  sheet_sha256 text,
  CHECK ((state = 'on') OR (sheet IS NOT NULL AND sheet_sha256 IS NOT NULL))
);
-- A duty room has one shift at a time.
CREATE UNIQUE INDEX shifts_running ON shifts (organisation) WHERE state <> 'over';
CREATE INDEX shifts_newest ON shifts (organisation, id DESC);

CREATE TABLE shift_signatures (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  shift        bigint NOT NULL REFERENCES shifts (id),
  action       text NOT NULL CHECK (action IN ('sign-on', 'hand-over', 'send-back', 'take-over')),
  account      text NOT NULL,
  sheet_sha256 text,
  note         text NOT NULL,
  at           timestamptz NOT NULL
);
CREATE INDEX shift_signatures_of_shift ON shift_signatures (shift, seq);
CREATE TRIGGER shift_signatures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shift_signatures
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- The on-duty journal. A promise is open until another entry says that it was kept.
CREATE TABLE duty_journal (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  shift        bigint NOT NULL REFERENCES shifts (id),
  organisation text NOT NULL,
  account      text NOT NULL,
  at           timestamptz NOT NULL,
  entry        text NOT NULL CHECK (entry <> ''),
  alert        text,
  promised_at  timestamptz,             -- by when; NULL: no promise
  keeps        bigint UNIQUE REFERENCES duty_journal (seq)
);
CREATE INDEX duty_journal_of_shift ON duty_journal (shift, seq);
CREATE INDEX duty_journal_promises ON duty_journal (organisation, promised_at) WHERE promised_at IS NOT NULL;
CREATE TRIGGER duty_journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON duty_journal
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
