-- The tree of organisations. Its paths are what roster.json and policy.json name; an office without a row works all the same.
CREATE TABLE organisations (
  path       text PRIMARY KEY CHECK (path = '' OR path ~ '^[^/]+(/[^/]+)*$'),  -- '' is the whole tree
  kind       text NOT NULL CHECK (kind IN ('province', 'city', 'county', 'functional-zone', 'justice-office', 'command-centre')),
  name       text NOT NULL CHECK (name <> ''),
  code       text,                     -- administrative code, where there is one: a development zone has none
  version    integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO organisations (path, kind, name)
  SELECT key, CASE WHEN key = '' THEN 'city' WHEN strpos(key, '/') = 0 THEN 'county' ELSE 'justice-office' END, value
    FROM roster_documents, jsonb_each_text(document)
   WHERE roster_documents.name = 'organisations' AND value <> '' AND (key = '' OR key ~ '^[^/]+(/[^/]+)*$');
DELETE FROM roster_documents WHERE name = 'organisations';

-- Of the profile, which is the truth: minors are a class of their own.
ALTER TABLE subjects ADD COLUMN minor boolean NOT NULL GENERATED ALWAYS AS (profile @> '{"minor": true}'::jsonb) STORED;

ALTER TABLE accounts
  ADD COLUMN name        text NOT NULL DEFAULT '',
  ADD COLUMN minors      boolean NOT NULL DEFAULT false,  -- cleared to see minors
  ADD COLUMN must_change boolean NOT NULL DEFAULT false,  -- the password is a one-time one
  ADD COLUMN disabled_at timestamptz,
  ADD COLUMN version     integer NOT NULL DEFAULT 1;
-- Whoever could clear others is cleared, else nobody ever is.
UPDATE accounts SET minors = true WHERE role = 'administrator' AND organisation = '';

-- Whatever changes a password or disables an account ends its sessions, in the same transaction.
CREATE FUNCTION end_sessions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.password_hash <> NEW.password_hash OR (OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL) THEN
    DELETE FROM sessions WHERE login = NEW.login;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER accounts_end_sessions AFTER UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION end_sessions();

ALTER TABLE tokens
  ADD COLUMN id         bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  ADD COLUMN name       text NOT NULL DEFAULT '',
  ADD COLUMN actions    text[],                           -- NULL: all that the role may
  ADD COLUMN minors     boolean NOT NULL DEFAULT false,
  ADD COLUMN created_by text,
  ADD COLUMN revoked_at timestamptz;
UPDATE tokens SET minors = true WHERE role = 'administrator' AND organisation = '';
