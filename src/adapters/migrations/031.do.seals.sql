-- A chain of seals over the append-only tables (src/seal/SPEC.md). Each covers, of every table, the rows after the seal before it.
CREATE TABLE seals (
  seal     bigint PRIMARY KEY CHECK (seal > 0),
  at       timestamptz NOT NULL,
  previous text NOT NULL,               -- hash of the seal before it, 64 zeros at the first
  parts    jsonb NOT NULL,              -- [{table, from, until, rows, root}], from exclusive, until inclusive, by seq
  hash     text NOT NULL UNIQUE         -- SHA-256, hex, of the four above as RFC 8785 JSON
);

-- The leaves under each root: they name the row that was changed. 40 bytes a row: seq (big-endian), SHA-256.
CREATE TABLE seal_leaves (
  seal     bigint NOT NULL REFERENCES seals (seal),
  of_table text NOT NULL,
  leaves   bytea NOT NULL,
  last_seq bigint NOT NULL,             -- to find the seal of a row; not relied on when verifying
  PRIMARY KEY (of_table, seal)
);
CREATE INDEX seal_leaves_by_row ON seal_leaves (of_table, last_seq);
ALTER TABLE seal_leaves ALTER COLUMN leaves SET STORAGE EXTERNAL;

CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
CREATE TRIGGER seal_leaves_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seal_leaves
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- Numbers of an identity column are given before their rows are committed, in any order. Who inserts holds the fence shared from
-- before its first number until its transaction ends; the sealer takes it alone for a moment, and then knows that no smaller
-- number will appear any more. An advisory lock: a lock on the table would break off its vacuum and ask for more rights.
CREATE FUNCTION pass_seal_fence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7261020, hashtext(TG_TABLE_NAME));
  RETURN NULL;
END $$;

-- A table joins with `SELECT join_seal('its_name')` in its migration and its name in src/seal/sealed-tables.ts.
CREATE FUNCTION join_seal(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER seal_fence BEFORE INSERT ON %s FOR EACH STATEMENT EXECUTE FUNCTION pass_seal_fence()', target);
END $$;

SELECT join_seal('alert_events'), join_seal('alert_actions'), join_seal('audit');
