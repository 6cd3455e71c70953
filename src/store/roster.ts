/** The roster's tables: subjects with their assignments, zones, single documents. */
import { statement } from './statement.ts';

export const listProfiles = statement<[]>()(
  'roster.profiles',
  { id: 'text', profile: 'jsonb' },
  'SELECT id, profile FROM subjects ORDER BY id',
);

export const listZoneFeatures = statement<[]>()(
  'roster.zones',
  { id: 'text', feature: 'jsonb' },
  'SELECT id, feature FROM zones ORDER BY id',
);

export const findDocument = statement<[name: string]>()(
  'roster.document',
  { document: 'jsonb', version: 'int4' },
  'SELECT document, version FROM roster_documents WHERE name = $1',
);

/**
 * $1: array of {id, name, office, grade, profile}. Answers those that were new or differ from before. A profile without a record keeps the
 * one that stands: files from elsewhere know none.
 */
export const upsertSubjects = statement<[subjects: string]>()(
  'roster.upsert-subjects',
  { id: 'text', version: 'int4' },
  `INSERT INTO subjects (id, name, office, grade, profile)
   SELECT s.id, s.name, s.office, s.grade,
          CASE WHEN s.profile ? 'record' OR NOT o.profile ? 'record' OR o.id IS NULL THEN s.profile
               ELSE s.profile || jsonb_build_object('record', o.profile -> 'record') END
     FROM jsonb_to_recordset($1::jsonb) AS s (id text, name text, office text, grade text, profile jsonb)
     LEFT JOIN subjects o ON o.id = s.id
   ON CONFLICT (id) DO UPDATE
     SET name = excluded.name, office = excluded.office, grade = excluded.grade, profile = excluded.profile,
         version = subjects.version + 1, updated_at = now()
     WHERE subjects.profile <> excluded.profile
   RETURNING id, version`,
);

/** For a change: nobody else's comes between. */
export const lockSubjects = statement<[ids: string[]]>()(
  'roster.lock-subjects',
  { id: 'text', office: 'text', minor: 'bool', version: 'int4', profile: 'jsonb' },
  'SELECT id, office, minor, version, profile FROM subjects WHERE id = ANY ($1) ORDER BY id FOR UPDATE',
);

/** Those of the ids that somebody has, also where the caller does not see them. */
export const listTaken = statement<[ids: string[]]>()(
  'roster.taken',
  { id: 'text' },
  'SELECT id FROM subjects_taken($1) AS t (id)',
);

/** The assignments of the named subjects, taken anew out of their profiles. */
export const clearDevices = statement<[subjects: string[]]>()(
  'roster.clear-devices',
  {},
  'DELETE FROM devices WHERE subject = ANY ($1)',
);

export const insertDevices = statement<[subjects: string[]]>()(
  'roster.insert-devices',
  {},
  `INSERT INTO devices (id, subject, kind, feed, protocol, address, interval_s, valid_from, valid_until, time_zone, order_from, order_until)
   SELECT d.id, s.id, d.kind, d.feed, d.protocol, coalesce(d.address, d.id), d."intervalS", d."from", d."until", d."timeZone",
          (d."order" ->> 'from')::timestamptz, (d."order" ->> 'until')::timestamptz
     FROM subjects s, jsonb_to_recordset(s.profile -> 'devices') AS d (
            id text, kind text, feed text, protocol text, address text, "intervalS" int, "from" timestamptz, "until" timestamptz,
            "timeZone" text, "order" jsonb)
    WHERE s.id = ANY ($1)`,
);

/**
 * Two assignments of one device, or of one id on the wire, at one time, where at least one belongs to the named subjects. `other` is null
 * where the caller may not see who it is.
 */
export const findOverlaps = statement<[subjects: string[], limit: number]>()(
  'roster.overlaps',
  { id: 'text', subject: 'text', other: 'text?', other_id: 'text' },
  `SELECT o.device AS id, o.whose AS subject, s.id AS other, o.other_device AS other_id
     FROM device_overlaps($1) o LEFT JOIN subjects s ON s.id = o.other ORDER BY o.device, o.whose LIMIT $2`,
);

/** Held by whoever changes the roster: one at a time, so that the log gets their lines in the order in which they were committed. */
export const ROSTER_LOCK = 7_261_004;

export const lockRoster = statement<[key: number]>()(
  'roster.lock',
  { locked: 'text' },
  'SELECT pg_advisory_xact_lock($1)::text AS locked',
);

/** `terms`: of orders that were approved here, `[{from, until}]`; `collects_until`: from then on nothing of the subject is collected. */
export const listAssignments = statement<[]>()(
  'roster.assignments',
  {
    id: 'text',
    subject: 'text',
    kind: 'text',
    feed: 'text?',
    protocol: 'text?',
    address: 'text',
    valid_from: 'timestamptz',
    valid_until: 'timestamptz?',
    time_zone: 'text?',
    order_from: 'timestamptz?',
    order_until: 'timestamptz?',
    terms: 'jsonb',
    collects_until: 'timestamptz?',
  },
  `SELECT d.id, d.subject, d.kind, d.feed, d.protocol, d.address, d.valid_from, d.valid_until, d.time_zone, d.order_from, d.order_until,
          coalesce(t.terms, '[]') AS terms, c.collects_until
     FROM devices d
     LEFT JOIN (SELECT subject, device, jsonb_agg(jsonb_build_object('from', from_at, 'until', least(until_at, ended_at))) AS terms
                  FROM positioning_orders WHERE state IN ('approved', 'ended') GROUP BY subject, device) t
            ON t.subject = d.subject AND t.device = d.id
     LEFT JOIN supervision_dates c ON c.subject = d.subject
    ORDER BY d.id, d.valid_from`,
);

/** With the end of correction, from which on nothing of them is collected. */
export const listSubjectEnds = statement<[]>()(
  'roster.subject-ends',
  { id: 'text', collects_until: 'timestamptz?' },
  'SELECT s.id, d.collects_until FROM subjects s LEFT JOIN supervision_dates d ON d.subject = s.id',
);

/** $1: array of {id, feature}; `office` of a new one: whose own it is. Answers those that were new or differ from before. */
export const upsertZones = statement<[zones: string, office: string | null]>()(
  'roster.upsert-zones',
  { id: 'text', version: 'int4' },
  `INSERT INTO zones (id, feature, office)
   SELECT id, feature, $2 FROM jsonb_to_recordset($1::jsonb) AS z (id text, feature jsonb)
   ON CONFLICT (id) DO UPDATE SET feature = excluded.feature, version = zones.version + 1, updated_at = now()
     WHERE zones.feature <> excluded.feature
   RETURNING id, version`,
);

/** The present shape of the named zones as their newest version. */
export const addZoneVersions = statement<[zones: string[], madeBy: string, reason: string]>()(
  'roster.add-zone-versions',
  {},
  `INSERT INTO zone_versions (zone, version, feature, made_by, reason)
   SELECT id, version, feature, $2, $3 FROM zones WHERE id = ANY ($1)`,
);

export const upsertDocument = statement<[name: string, document: string]>()(
  'roster.upsert-document',
  { name: 'text', version: 'int4' },
  `INSERT INTO roster_documents (name, document) VALUES ($1, $2::jsonb)
   ON CONFLICT (name) DO UPDATE
     SET document = excluded.document, version = roster_documents.version + 1, updated_at = now()
     WHERE roster_documents.document <> excluded.document
   RETURNING name, version`,
);

/** Those of the ids that are there, as the caller sees them. */
export const listKnownZones = statement<[ids: string[]]>()(
  'roster.known-zones',
  { id: 'text' },
  "SELECT id FROM zones WHERE id = ANY ($1) AND feature #>> '{properties,purpose}' IS NULL",
);

/** Zones that stand with another purpose than the given ('': none). */
export const listRepurposedZones = statement<[ids: string[], purposes: string[]]>()(
  'roster.repurposed-zones',
  { id: 'text' },
  `SELECT z.id FROM zones z JOIN unnest($1::text[], $2::text[]) AS g (id, purpose) ON g.id = z.id
   WHERE coalesce(z.feature #>> '{properties,purpose}', '') <> g.purpose ORDER BY z.id`,
);

const CATEGORY = { code: 'text', name: 'text', retired: 'bool', version: 'int4' } as const;

export const listCategories = statement<[]>()(
  'roster.categories',
  CATEGORY,
  'SELECT code, name, retired, version FROM key_categories ORDER BY code',
);

/** No row: it is there already. */
export const addCategory = statement<[code: string, name: string, retired: boolean]>()(
  'roster.add-category',
  CATEGORY,
  `INSERT INTO key_categories (code, name, retired) VALUES ($1, $2, $3) ON CONFLICT (code) DO NOTHING
   RETURNING code, name, retired, version`,
);

/** No row: it is not there or has another version. */
export const changeCategory = statement<[code: string, name: string, retired: boolean, version: number]>()(
  'roster.change-category',
  CATEGORY,
  `UPDATE key_categories SET name = $2, retired = $3, version = version + 1, updated_at = now()
   WHERE code = $1 AND version = $4 RETURNING code, name, retired, version`,
);

/** What is there already stays. */
export const addDocument = statement<[name: string, document: string]>()(
  'roster.add-document',
  {},
  'INSERT INTO roster_documents (name, document) VALUES ($1, $2::jsonb) ON CONFLICT (name) DO NOTHING',
);

/** Tells all who keep the roster in memory that it has changed. `token` is said back by the intake when it judges by it; '' asks for nothing. */
export const notifyRoster = statement<[token: string]>()(
  'roster.notify',
  { sent: 'text' },
  `SELECT pg_notify('roster', $1)::text AS sent`,
);

export const confirmRoster = statement<[token: string]>()(
  'roster.confirm',
  { sent: 'text' },
  `SELECT pg_notify('roster-taken', $1)::text AS sent`,
);

/** How many connections of running programs listen for changes of the roster. */
export const countRosterListeners = statement<[]>()(
  'roster.listeners',
  { listeners: 'int4' },
  `SELECT count(*)::int4 AS listeners FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN "roster"'`,
);
