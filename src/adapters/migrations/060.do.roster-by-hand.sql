-- The roster as people keep it: versions for who changes it at the same time as somebody else, the authority's own categories, zones
-- whose every version stays.
ALTER TABLE subjects
  ADD COLUMN version integer NOT NULL DEFAULT 1,
  -- Of the profile: correction has ended, the row stays for what was recorded.
  ADD COLUMN ended boolean NOT NULL GENERATED ALWAYS AS ((profile #> '{record,ended}') IS NOT NULL) STORED;
ALTER TABLE roster_documents ADD COLUMN version integer NOT NULL DEFAULT 1;

-- Key-person categories (重点人员类型): reference data of the authority; none is shipped.
CREATE TABLE key_categories (
  code       text PRIMARY KEY CHECK (code <> ''),
  name       text NOT NULL CHECK (name <> ''),
  retired    boolean NOT NULL DEFAULT false,  -- those who have it keep it; nobody gets it any more
  version    integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE zones ADD COLUMN version integer NOT NULL DEFAULT 1;
CREATE TABLE zone_versions (
  zone    text NOT NULL REFERENCES zones (id),
  version integer NOT NULL,
  feature jsonb NOT NULL,
  made_by text NOT NULL,
  reason  text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (zone, version)
);
INSERT INTO zone_versions (zone, version, feature, made_by, reason, made_at)
  SELECT id, version, feature, 'migration', '', updated_at FROM zones;
CREATE TRIGGER zone_versions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON zone_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
CALL protect('zone_versions', 'EXISTS (SELECT FROM zones z WHERE z.id = zone_versions.zone)');

-- Ids and devices are one space for the whole tree, of which a caller sees a part: these two look at all of it and say no more than is
-- needed. The reach is widened inside, and set back: an owner who is no superuser may not bind these settings to a function.
CREATE FUNCTION subjects_taken(ids text[]) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  scope text := coalesce(current_setting('wardline.scope', true), '');
  minors text := coalesce(current_setting('wardline.minors', true), '');
BEGIN
  PERFORM set_config('wardline.scope', '/', true), set_config('wardline.minors', 'on', true);
  RETURN QUERY SELECT s.id FROM subjects s WHERE s.id = ANY (ids);
  PERFORM set_config('wardline.scope', scope, true), set_config('wardline.minors', minors, true);
END $$;
-- Two assignments of one device, or of one id on the wire, at one time, where at least one belongs to the named subjects.
CREATE FUNCTION device_overlaps(subjects text[]) RETURNS TABLE (device text, whose text, other text, other_device text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  scope text := coalesce(current_setting('wardline.scope', true), '');
  minors text := coalesce(current_setting('wardline.minors', true), '');
BEGIN
  PERFORM set_config('wardline.scope', '/', true), set_config('wardline.minors', 'on', true);
  RETURN QUERY
     -- Two joins: with one that says OR, no hash join is possible and the time grows with the square of the devices.
     SELECT a.id, a.subject, b.subject, b.id
       FROM devices a JOIN devices b ON a.id = b.id AND (a.subject, a.valid_from) <> (b.subject, b.valid_from)
      WHERE a.subject = ANY (subjects) AND tstzrange(a.valid_from, a.valid_until) && tstzrange(b.valid_from, b.valid_until)
     UNION
     SELECT a.id, a.subject, b.subject, b.id
       FROM devices a JOIN devices b ON a.address = b.address AND a.id <> b.id
        AND (a.protocol IS NULL OR b.protocol IS NULL OR a.protocol = b.protocol)
      WHERE a.subject = ANY (subjects) AND tstzrange(a.valid_from, a.valid_until) && tstzrange(b.valid_from, b.valid_until);
  PERFORM set_config('wardline.scope', scope, true), set_config('wardline.minors', minors, true);
END $$;
