-- Roll calls (集中点验) as offices keep them: until now one document of the roster file, which only those who see everything could read.
CREATE TABLE musters (
  id         text PRIMARY KEY CHECK (id <> ''),
  office     text NOT NULL,              -- the organisation whose it is; '': of the whole tree, as those of a file
  name       text NOT NULL,
  zone       text NOT NULL,
  from_at    timestamptz NOT NULL,
  until_at   timestamptz NOT NULL,
  version    integer NOT NULL DEFAULT 1,
  made_by    text NOT NULL,
  made_at    timestamptz NOT NULL,
  changed_by text,
  changed_at timestamptz,
  cancelled_by text,
  cancelled_at timestamptz,
  cancel_reason text,
  CHECK (until_at >= from_at),
  CHECK ((cancelled_at IS NULL) = (cancelled_by IS NULL) AND (cancelled_at IS NULL) = (cancel_reason IS NULL))
);
CREATE INDEX musters_newest ON musters (from_at DESC, id DESC);
CREATE INDEX musters_of_zone ON musters (zone);
CREATE TABLE muster_subjects (
  muster  text NOT NULL REFERENCES musters (id),
  subject text NOT NULL,
  excused boolean NOT NULL,              -- by written leave; leave permits excuse by themselves
  PRIMARY KEY (muster, subject)
);
CREATE INDEX muster_subjects_of_subject ON muster_subjects (subject);

WITH loaded AS (
  SELECT m FROM roster_documents, jsonb_array_elements(document) m WHERE name = 'musters'
), made AS (
  INSERT INTO musters (id, office, name, zone, from_at, until_at, made_by, made_at)
    SELECT m ->> 'id', '', m ->> 'id', m ->> 'zone', (m ->> 'from')::timestamptz, (m ->> 'until')::timestamptz, 'migration', now()
      FROM loaded RETURNING id
)
INSERT INTO muster_subjects (muster, subject, excused)
  SELECT m ->> 'id', who, coalesce(m -> 'excused' ? who, false)
    FROM loaded, LATERAL (SELECT jsonb_array_elements_text(m -> 'subjects') UNION SELECT jsonb_array_elements_text(m -> 'excused')) w (who);
DELETE FROM roster_documents WHERE name = 'musters';

CALL protect_by_subject('muster_subjects');
-- An office sees the county's roll call at which its own people are expected. Whose it may change, the application says.
CALL protect('musters', 'sees_office(office) OR EXISTS (SELECT FROM muster_subjects s WHERE s.muster = musters.id)');
-- Where its own people are called to, an office may know.
DROP POLICY within_reach ON zones;
CREATE POLICY within_reach ON zones USING ((SELECT sees_everything()) OR sees_office(office)
  OR EXISTS (SELECT FROM zone_uses u JOIN subjects s ON s.id = u.subject WHERE u.zone = zones.id)
  OR EXISTS (SELECT FROM musters m WHERE m.zone = zones.id));

-- The log names everybody who is expected, also those whom the one who changes it does not see.
CREATE FUNCTION muster_roll(id text) RETURNS TABLE (subject text, excused boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  scope text := coalesce(current_setting('wardline.scope', true), '');
  minors text := coalesce(current_setting('wardline.minors', true), '');
BEGIN
  PERFORM set_config('wardline.scope', '/', true), set_config('wardline.minors', 'on', true);
  RETURN QUERY SELECT s.subject, s.excused FROM muster_subjects s WHERE s.muster = $1 ORDER BY s.subject;
  PERFORM set_config('wardline.scope', scope, true), set_config('wardline.minors', minors, true);
END $$;
