-- Who did or looked at what, when, why and from where. Append-only; written in the transaction of the deed.
CREATE TABLE audit (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor_kind   text NOT NULL CHECK (actor_kind IN ('account', 'token', 'command', 'system')),
  actor        text NOT NULL,            -- login, 'token:<key>', 'wardline <command>'
  actor_role   text,
  organisation text,                     -- path of the actor's organisation; null: nobody who is known (a failed sign-in)
  action       text NOT NULL,            -- noun.deed: 'track.read', 'session.refused'
  subject      text,                     -- whom it is about
  office       text,                     -- the subject's organisation at that time
  target       text,                     -- what else it is about: a device, a zone, an alert
  reason       text,
  address      text,                     -- from where: the caller's IP
  detail       jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_of_subject ON audit (subject, seq DESC) WHERE subject IS NOT NULL;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
