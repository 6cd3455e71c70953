-- Who may see which rows, below the application's own checks (docs/decisions/011). A transaction says whose rows it may see by two
-- settings: wardline.scope, '/' for the whole tree and '/445281/' for that subtree, and wardline.minors, 'on' where cleared for
-- minors. Without the first no row is there.
CREATE FUNCTION sees_office(office text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  -- A setting that was local to a transaction is '' after it, not NULL.
  RETURN starts_with('/' || office || '/', nullif(current_setting('wardline.scope', true), ''));
CREATE FUNCTION sees_minors() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(current_setting('wardline.minors', true) = 'on', false);
CREATE FUNCTION sees_whole_tree() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(current_setting('wardline.scope', true) = '/', false);
-- Also rows whose subject is not on the roster: such a one may be a minor.
CREATE FUNCTION sees_everything() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN sees_whole_tree() AND sees_minors();
-- Who is or was on the roster as a minor: of a row whose subject the caller may not see, it must still be known. Nobody but the
-- owner reads it. A subject who leaves the roster stays in it.
CREATE TABLE minors (subject text PRIMARY KEY);
INSERT INTO minors (subject) SELECT id FROM subjects WHERE minor;
CREATE FUNCTION note_minors() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM minors WHERE subject IN (SELECT id FROM changed WHERE NOT minor);
  INSERT INTO minors (subject) SELECT id FROM changed WHERE minor ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER subjects_minors_made AFTER INSERT ON subjects
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_minors();
CREATE TRIGGER subjects_minors_changed AFTER UPDATE ON subjects
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_minors();
CREATE FUNCTION is_minor(subject text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS
  'SELECT EXISTS (SELECT FROM minors m WHERE m.subject = $1)';

-- One line in a later migration protects a table. Each holds for reading and writing, and for the owner too.
CREATE PROCEDURE protect(of regclass, condition text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', of);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', of);
  EXECUTE format('CREATE POLICY within_reach ON %s USING (%s)', of, condition);
END $$;

-- Rows of those subjects whom the caller may see now: `CALL protect_by_subject('checkins')`.
CREATE PROCEDURE protect_by_subject(of regclass, subject_column text DEFAULT 'subject') LANGUAGE plpgsql AS $$
BEGIN
  CALL protect(of, format('(SELECT sees_everything()) OR EXISTS (SELECT FROM subjects s WHERE s.id = %s.%I)', of, subject_column));
END $$;

-- Rows of the organisation that they name, wherever their subject is by now; of minors only for who is cleared, where there is
-- a column `subject`.
CREATE PROCEDURE protect_by_office(of regclass, office_column text DEFAULT 'office') LANGUAGE plpgsql AS $$
DECLARE
  has_subject boolean := EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = of AND attname = 'subject' AND NOT attisdropped);
BEGIN
  CALL protect(of, format('sees_office(%I)', office_column)
    || CASE WHEN has_subject THEN ' AND ((SELECT sees_minors()) OR NOT is_minor(subject))' ELSE '' END);
END $$;

-- Rows that belong to no organisation.
CREATE PROCEDURE protect_whole_tree(of regclass) LANGUAGE plpgsql AS $$
BEGIN
  CALL protect(of, '(SELECT sees_whole_tree())');
END $$;

CALL protect('subjects', 'sees_office(office) AND (NOT minor OR sees_minors())');
CALL protect_by_subject('devices');
CALL protect_by_subject('device_statuses');
CALL protect_by_subject('checkins');
CALL protect_by_subject('device_messages');
CALL protect_by_subject('device_commands');
-- A feed's own alert is everybody's who has a place in the tree.
CALL protect('alerts', $$(SELECT sees_everything()) OR (kind = 'feed-outage' AND (SELECT sees_office('') IS NOT NULL))
  OR EXISTS (SELECT FROM subjects s WHERE s.id = alerts.subject)$$);
CALL protect('alert_events', $$(SELECT sees_everything()) OR (kind = 'feed-outage' AND (SELECT sees_office('') IS NOT NULL))
  OR EXISTS (SELECT FROM subjects s WHERE s.id = alert_events.subject)$$);
CALL protect('alert_actions', 'EXISTS (SELECT FROM alerts a WHERE a.alert = alert_actions.alert)');
CALL protect_by_office('organisations', 'path');
CALL protect_by_office('accounts', 'organisation');
CALL protect_by_office('tokens', 'organisation');
CALL protect_whole_tree('quarantine');
CALL protect_whole_tree('device_notices');
CALL protect_whole_tree('device_secrets');
-- Musters name subjects of any office.
CALL protect('roster_documents', $$name <> 'musters' OR (SELECT sees_everything())$$);

-- Which zones a subject's profile names: who may see the subject may see them. A zone can also be an organisation's own.
CREATE TABLE zone_uses (
  zone    text NOT NULL,
  subject text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  PRIMARY KEY (zone, subject)
);
CREATE INDEX zone_uses_by_subject ON zone_uses (subject);
CREATE FUNCTION zones_of(profile jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  SELECT value ->> 'zone' FROM jsonb_array_elements(coalesce(nullif($1 -> 'zones', 'null'), '[]')) UNION
  SELECT value ->> 'zone' FROM jsonb_array_elements(coalesce(nullif($1 -> 'curfews', 'null'), '[]')) UNION
  SELECT value ->> 'destination' FROM jsonb_array_elements(coalesce(nullif($1 -> 'permits', 'null'), '[]'))
   WHERE value ->> 'destination' IS NOT NULL
$$;
INSERT INTO zone_uses (zone, subject) SELECT z, id FROM subjects, zones_of(profile) z WHERE z IS NOT NULL;
CREATE FUNCTION note_zone_uses() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM zone_uses WHERE subject IN (SELECT id FROM changed);
  INSERT INTO zone_uses (zone, subject) SELECT z, id FROM changed, zones_of(profile) z WHERE z IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER subjects_zones_made AFTER INSERT ON subjects
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_zone_uses();
CREATE TRIGGER subjects_zones_changed AFTER UPDATE ON subjects
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_zone_uses();
CALL protect_by_subject('zone_uses');
ALTER TABLE zones ADD COLUMN office text;
COMMENT ON COLUMN zones.office IS 'Organisation whose own the zone is, whoever uses it; null: it is seen through its subjects.';
CALL protect('zones', $$(SELECT sees_everything()) OR sees_office(office)
  OR EXISTS (SELECT FROM zone_uses u JOIN subjects s ON s.id = u.subject WHERE u.zone = zones.id)$$);

-- Positions have no policy: COPY refuses a table with one, and TimescaleDB compresses none. Who serves callers reads this view and
-- has no right to the table.
CREATE VIEW seen_positions WITH (security_barrier) AS
  SELECT at, device, subject, sequence, received_at, lat, lon, accuracy_m, speed_mps, heading_deg, altitude_m, battery_pct, method, mock
    FROM positions p
   WHERE (SELECT sees_everything())
      OR EXISTS (SELECT FROM subjects s WHERE s.id = p.subject AND sees_office(s.office) AND (NOT s.minor OR sees_minors()));

-- The login by which callers are served, and its password: every process of this database must know it. Only the owner reads this.
CREATE TABLE service_login (
  id       boolean PRIMARY KEY DEFAULT true CHECK (id),
  role     text NOT NULL,
  password text NOT NULL
);
