-- Fingerprint terminals: each belongs to an office and knows many subjects by a PIN.
CREATE TABLE terminals (
  id          text PRIMARY KEY,
  name        text NOT NULL,
  office      text NOT NULL,             -- organisation path
  address     text NOT NULL UNIQUE,      -- serial number on the wire
  time_zone   text,                      -- of its wall clock; NULL: the roster's
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- Who a PIN is: taken out of the profiles in the same transaction, as devices are.
CREATE TABLE terminal_pins (
  terminal    text NOT NULL REFERENCES terminals (id) ON DELETE CASCADE,
  pin         text NOT NULL,
  subject     text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  valid_from  timestamptz NOT NULL,
  valid_until timestamptz,
  PRIMARY KEY (terminal, pin, subject, valid_from)
);
CREATE INDEX terminal_pins_by_subject ON terminal_pins (subject);

ALTER TABLE devices ADD COLUMN time_zone text;

-- What is known of a terminal's clock, by its serial number. Drift: what it is ahead of true time.
CREATE TABLE terminal_clocks (
  address     text PRIMARY KEY,
  heard_at    timestamptz NOT NULL,
  drift_ms    bigint NOT NULL,
  found_by    text NOT NULL,             -- 'date', 'live', 'ahead', 'none'
  measured_at timestamptz
);

-- Up to where a terminal's table is durable here: told to it at its handshake, it sends the rest.
CREATE TABLE terminal_stamps (
  address     text NOT NULL,
  sent_table  text NOT NULL,
  stamp       text NOT NULL,
  at          timestamptz NOT NULL,
  PRIMARY KEY (address, sent_table)
);

-- A terminal's messages that are of no one subject (who is enrolled, what was operated) are its office's.
ALTER TABLE device_messages ADD COLUMN office text;
