-- What devices said, record by record, as decoded. Text, not jsonb: a stranger's text may hold what jsonb refuses (NUL, half a surrogate).
CREATE TABLE device_messages (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received_at  timestamptz NOT NULL,
  device       text NOT NULL,
  subject      text NOT NULL,            -- whose device it was: who may see it
  protocol     text NOT NULL,
  record       text NOT NULL
);
CREATE INDEX device_messages_of_device ON device_messages (device, id DESC);
CREATE INDEX device_messages_received ON device_messages USING brin (received_at);
