-- Rule sheets as data; the newest of the nearest organisation above holds, none: the one that is shipped.
CREATE TABLE score_sheets (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation text NOT NULL,
  sheet        jsonb NOT NULL,
  account      text NOT NULL,
  at           timestamptz NOT NULL DEFAULT now()
);
-- What no machine can know (a veto, a missing file): counted by a person, for a point of the sheet.
CREATE TABLE score_entries (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation text NOT NULL,
  day          date NOT NULL,
  entry        text NOT NULL,
  count        integer NOT NULL CHECK (count <> 0),   -- negative takes an earlier one back
  note         text NOT NULL CHECK (note <> ''),
  account      text NOT NULL,
  at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX score_entries_of ON score_entries (organisation, day);
CREATE TABLE score_objections (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation text NOT NULL,
  unit         text NOT NULL,
  from_day     date NOT NULL,              -- of the period
  point        text NOT NULL,
  reason       text NOT NULL CHECK (reason <> ''),
  account      text NOT NULL,
  at           timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE score_decisions (
  objection    bigint PRIMARY KEY REFERENCES score_objections (seq),   -- decided once
  is_accepted  boolean NOT NULL,
  points_back  double precision NOT NULL CHECK (points_back >= 0),
  reason       text NOT NULL CHECK (reason <> ''),
  account      text NOT NULL,
  at           timestamptz NOT NULL DEFAULT now(),
  CHECK (is_accepted OR points_back = 0)
);
CREATE TRIGGER score_sheets_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON score_sheets
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
CREATE TRIGGER score_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON score_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
CREATE TRIGGER score_objections_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON score_objections
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
CREATE TRIGGER score_decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON score_decisions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
-- The alerts that a sheet asks about.
CREATE INDEX alerts_scored ON alerts (started_at) WHERE kind IN ('phone-off', 'abscond');
