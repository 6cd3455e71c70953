-- Roster: the tables are the truth for people; the log carries each change as a profile (outbox below).
CREATE TABLE subjects (
  id          text PRIMARY KEY,
  name        text NOT NULL,
  office      text NOT NULL,            -- organisation path, e.g. '445281/liusha-east'
  grade       text NOT NULL CHECK (grade IN ('strict', 'standard', 'relaxed')),
  profile     jsonb NOT NULL,           -- one entry of roster.json, whole
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- One row per assignment, taken out of the profile in the same transaction, for look-up by id on the wire.
CREATE TABLE devices (
  id          text NOT NULL,
  subject     text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  kind        text NOT NULL CHECK (kind IN ('phone', 'wristband')),
  feed        text,
  protocol    text,
  address     text NOT NULL,            -- id on the wire
  interval_s  integer NOT NULL CHECK (interval_s > 0),
  valid_from  timestamptz NOT NULL,
  valid_until timestamptz,
  PRIMARY KEY (id, subject, valid_from)
);
CREATE INDEX devices_by_address ON devices (address);

CREATE TABLE zones (
  id          text PRIMARY KEY,
  feature     jsonb NOT NULL,           -- GeoJSON Feature, WGS-84
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- Single documents: 'policy', 'calendar', 'musters'.
CREATE TABLE roster_documents (
  name        text PRIMARY KEY,
  document    jsonb NOT NULL,
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- Lines that must reach the observations log because a table changed, written in that table's transaction.
CREATE TABLE log_outbox (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key         text,                     -- subject; NULL: into every partition
  line        text NOT NULL
);

-- What was refused, with its bytes, until somebody has mended the roster and replayed it.
CREATE TABLE quarantine (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received_at timestamptz NOT NULL,
  source      text NOT NULL,            -- 'native', 'osmand', 'file', 'log', …
  feed        text,
  device      text,                     -- id on the wire, where one could be read
  code        text NOT NULL,            -- RefusalCode
  field       text NOT NULL,
  message     text NOT NULL,
  raw         bytea NOT NULL,
  replayed_at timestamptz
);
CREATE INDEX quarantine_open ON quarantine (id) WHERE replayed_at IS NULL;
CREATE INDEX quarantine_by_device ON quarantine (device) WHERE replayed_at IS NULL;

-- Facts recorded from the log. `positions` is made by positions-table.ts (hypertable or native partitions).
CREATE TABLE device_statuses (
  device      text NOT NULL,
  at          timestamptz NOT NULL,
  status      text NOT NULL,
  subject     text NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (device, at, status)
);
CREATE INDEX device_statuses_by_subject ON device_statuses (subject, at);

CREATE TABLE checkins (
  terminal    text NOT NULL,
  subject     text NOT NULL,
  at          timestamptz NOT NULL,
  method      text NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (terminal, subject, at)
);
CREATE INDEX checkins_by_subject ON checkins (subject, at);

-- State of a consumer for a partition, covering the log up to `next_offset` (exclusive).
CREATE TABLE checkpoints (
  consumer    text NOT NULL,
  partition   integer NOT NULL,
  next_offset bigint NOT NULL,
  state       bytea NOT NULL,           -- zlib-deflated JSON
  saved_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, partition)
);

-- The alert ledger: append-only. Unique on (alert, version), so a repeated conclusion falls on the key.
CREATE TABLE alert_events (
  seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert       text NOT NULL,
  version     integer NOT NULL,
  subject     text NOT NULL,
  kind        text NOT NULL,
  state       text NOT NULL CHECK (state IN ('opened', 'updated', 'cleared', 'retracted')),
  severity    text NOT NULL,
  started_at  timestamptz NOT NULL,
  detected_at timestamptz NOT NULL,
  cleared_at  timestamptz,
  zone        text,
  device      text,
  confidence  double precision NOT NULL,
  late        boolean NOT NULL,
  reason      text NOT NULL,
  reason_en   text NOT NULL,
  evidence    jsonb NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (alert, version)
);
CREATE INDEX alert_events_by_subject ON alert_events (subject, started_at);

-- What people did about an alert: append-only beside the ledger.
CREATE TABLE alert_actions (
  seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert       text NOT NULL,
  action      text NOT NULL CHECK (action IN ('acknowledge')),
  account     text NOT NULL,
  note        text NOT NULL DEFAULT '',
  at          timestamptz NOT NULL DEFAULT now()
);

-- The present of each alert, kept with the two tables above in one transaction; can be rebuilt from them.
CREATE TABLE alerts (
  alert           text PRIMARY KEY,
  version         integer NOT NULL,
  subject         text NOT NULL,
  kind            text NOT NULL,
  state           text NOT NULL,
  severity        text NOT NULL,
  started_at      timestamptz NOT NULL,
  detected_at     timestamptz NOT NULL,
  cleared_at      timestamptz,
  acknowledged_by text,
  acknowledged_at timestamptz,
  change_seq      bigint NOT NULL       -- from alert_changes: readers follow it without a gap
);
CREATE SEQUENCE alert_changes;
CREATE INDEX alerts_by_change ON alerts (change_seq);
CREATE INDEX alerts_open ON alerts (started_at) WHERE state IN ('opened', 'updated');
CREATE INDEX alerts_by_subject ON alerts (subject, started_at);

-- History can't be edited by the service: UPDATE and DELETE of the append-only tables fail for everybody.
CREATE FUNCTION refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER alert_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
CREATE TRIGGER alert_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_actions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- People and machines that sign in.
CREATE TABLE accounts (
  login         text PRIMARY KEY,
  password_hash text NOT NULL,          -- PHC string, argon2id
  role          text NOT NULL,
  organisation  text NOT NULL,          -- path; '' is the whole tree
  created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
  token_hash  bytea PRIMARY KEY,        -- SHA-256 of the cookie's token
  login       text NOT NULL REFERENCES accounts (login) ON DELETE CASCADE,
  csrf        text NOT NULL,
  expires_at  timestamptz NOT NULL
);

CREATE TABLE feeds (
  id          text PRIMARY KEY,
  name        text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);

-- Bearer tokens: of a feed (ingest) or of an integration (REST). Only the hash is kept.
CREATE TABLE tokens (
  token_hash   bytea PRIMARY KEY,
  feed         text REFERENCES feeds (id) ON DELETE CASCADE,
  role         text,
  organisation text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  CHECK ((feed IS NULL) <> (role IS NULL))
);

-- The clock's memory: a new leader first repeats the last tick, so that every partition has the same ticks.
CREATE TABLE clock (
  id        boolean PRIMARY KEY DEFAULT true CHECK (id),
  last_tick timestamptz NOT NULL
);
