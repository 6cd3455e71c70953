-- What a device proves itself with, where its protocol can carry a secret: the id is the roster's. Readable, because it is also a key.
CREATE TABLE device_secrets (
  device  text PRIMARY KEY,
  secret  text NOT NULL CHECK (secret <> ''),
  set_at  timestamptz NOT NULL DEFAULT now()
);
