-- What was asked of devices, and what came of it. Open while not answered and not past its term; silence is a row past its term.
CREATE TABLE device_commands (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  device       text NOT NULL,            -- roster's id
  subject      text NOT NULL,            -- whose it was when it was asked: who may see it
  command      text NOT NULL,            -- JSON, as src/ingest/protocols/wire.ts has it
  is_spot_check boolean NOT NULL,
  asked_by     text NOT NULL,
  queued_at    timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  sent_at      timestamptz,
  answered_at  timestamptz,
  is_refused   boolean,                  -- the device answered that it will not, or can't
  answer       text                      -- JSON of the record that answered, where one did
);
CREATE INDEX device_commands_of_device ON device_commands (device, id DESC);
CREATE INDEX device_commands_of_subject ON device_commands (subject, id DESC) WHERE is_spot_check;
CREATE INDEX device_commands_open ON device_commands (expires_at) WHERE answered_at IS NULL;

-- Devices that are not believed or belong to nobody: one row for each and its reason.
CREATE TABLE device_notices (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  protocol  text NOT NULL,
  address   text NOT NULL,               -- id on the wire
  code      text NOT NULL,
  first_at  timestamptz NOT NULL,
  last_at   timestamptz NOT NULL,
  count     bigint NOT NULL,
  UNIQUE (protocol, address, code)
);
CREATE INDEX device_notices_newest ON device_notices (last_at DESC, id DESC);
