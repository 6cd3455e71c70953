-- A subject whose data must not be purged: a complaint, an inquiry, a trial. `until_at` null: until somebody lifts it.
CREATE TABLE legal_holds (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject   text NOT NULL,
  office    text NOT NULL,              -- the subject's when it was set: who may see it
  reason    text NOT NULL CHECK (reason <> ''),
  until_at  timestamptz,
  set_by    text NOT NULL,
  set_at    timestamptz NOT NULL,
  lifted_by text,
  lifted_at timestamptz
);
CREATE INDEX legal_holds_of_subject ON legal_holds (subject) WHERE lifted_at IS NULL;

CREATE FUNCTION is_held(whose text, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM legal_holds
                 WHERE subject = whose AND lifted_at IS NULL AND (until_at IS NULL OR until_at > at))
$$;

-- What was purged, as the proof: append-only and sealed.
CREATE TABLE purges (
  seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at       timestamptz NOT NULL,
  class    text NOT NULL,               -- src/retention/classes.ts
  before   timestamptz NOT NULL,        -- what is older was purged
  rows     bigint NOT NULL,
  held     bigint NOT NULL,             -- rows that are older and stay because of a hold
  unit     text NOT NULL                -- what a row is: 'row', or 'record' of the log
);
CREATE TRIGGER purges_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON purges
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
SELECT join_seal('purges');

-- Positions go a day at a time; those of held subjects are moved here first, where reads see them too (src/store/tracks.ts).
CREATE TABLE positions_held (LIKE positions INCLUDING DEFAULTS, PRIMARY KEY (subject, at, device, sequence));

-- In one transaction: who sets a hold meanwhile waits, and is then too late for this day or in time for it, never in between.
CREATE FUNCTION purge_position_day(day regclass, now_at timestamptz, OUT rows bigint, OUT held bigint) LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE legal_holds IN SHARE MODE;
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', day);
  EXECUTE format('INSERT INTO positions_held SELECT * FROM %s WHERE is_held(subject, $1) ON CONFLICT DO NOTHING', day) USING now_at;
  EXECUTE format('SELECT count(*) FILTER (WHERE NOT is_held(subject, $1)), count(*) FILTER (WHERE is_held(subject, $1)) FROM %s', day)
    INTO rows, held USING now_at;
  EXECUTE format('DROP TABLE %s', day);
END $$;

-- The same on TimescaleDB, by chunks.
CREATE FUNCTION purge_position_chunks(before timestamptz, now_at timestamptz, OUT rows bigint, OUT held bigint) LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE legal_holds IN SHARE MODE;
  INSERT INTO positions_held SELECT * FROM positions p WHERE p.at < before AND is_held(p.subject, now_at) ON CONFLICT DO NOTHING;
  SELECT count(*) FILTER (WHERE NOT is_held(p.subject, now_at)), count(*) FILTER (WHERE is_held(p.subject, now_at))
    INTO rows, held FROM positions p WHERE p.at < before;
  EXECUTE 'SELECT drop_chunks(''positions'', $1)' USING before;
END $$;
