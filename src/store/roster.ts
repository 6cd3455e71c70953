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
  { document: 'jsonb' },
  'SELECT document FROM roster_documents WHERE name = $1',
);

/** $1: array of {id, name, office, grade, profile}. Answers those that were new or differ from before. */
/** Who has a no-contact order. */
export const listNoContact = statement<[]>()(
  'roster.no-contact',
  { id: 'text' },
  `SELECT id FROM subjects WHERE jsonb_array_length(coalesce(profile -> 'noContact', '[]')) > 0`,
);

export const upsertSubjects = statement<[subjects: string]>()(
  'roster.upsert-subjects',
  { id: 'text' },
  `INSERT INTO subjects (id, name, office, grade, profile)
   SELECT id, name, office, grade, profile
     FROM jsonb_to_recordset($1::jsonb) AS s (id text, name text, office text, grade text, profile jsonb)
   ON CONFLICT (id) DO UPDATE
     SET name = excluded.name, office = excluded.office, grade = excluded.grade, profile = excluded.profile, updated_at = now()
     WHERE subjects.profile <> excluded.profile
   RETURNING id`,
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

/** Two assignments of one device, or of one id on the wire, at one time, where at least one belongs to the named subjects. */
export const findOverlaps = statement<[subjects: string[]]>()(
  'roster.overlaps',
  { id: 'text', subject: 'text', other: 'text', other_id: 'text' },
  // Two joins: with one that says OR, no hash join is possible and the time grows with the square of the devices.
  `WITH pairs AS (
     SELECT a.id, a.subject, b.subject AS other, b.id AS other_id
       FROM devices a JOIN devices b ON a.id = b.id AND (a.subject, a.valid_from) <> (b.subject, b.valid_from)
      WHERE a.subject = ANY ($1) AND tstzrange(a.valid_from, a.valid_until) && tstzrange(b.valid_from, b.valid_until)
     UNION
     SELECT a.id, a.subject, b.subject, b.id
       FROM devices a JOIN devices b ON a.address = b.address AND a.id <> b.id
        AND (a.protocol IS NULL OR b.protocol IS NULL OR a.protocol = b.protocol)
      WHERE a.subject = ANY ($1) AND tstzrange(a.valid_from, a.valid_until) && tstzrange(b.valid_from, b.valid_until))
   SELECT id, subject, other, other_id FROM pairs ORDER BY id, subject LIMIT 100`,
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

export const listSubjectIds = statement<[]>()(
  'roster.subject-ids',
  { id: 'text' },
  'SELECT id FROM subjects',
);

/** $1: array of {id, feature}. */
export const upsertZones = statement<[zones: string]>()(
  'roster.upsert-zones',
  { id: 'text' },
  `INSERT INTO zones (id, feature)
   SELECT id, feature FROM jsonb_to_recordset($1::jsonb) AS z (id text, feature jsonb)
   ON CONFLICT (id) DO UPDATE SET feature = excluded.feature, updated_at = now()
     WHERE zones.feature <> excluded.feature
   RETURNING id`,
);

export const upsertDocument = statement<[name: string, document: string]>()(
  'roster.upsert-document',
  { name: 'text' },
  `INSERT INTO roster_documents (name, document) VALUES ($1, $2::jsonb)
   ON CONFLICT (name) DO UPDATE SET document = excluded.document, updated_at = now()
     WHERE roster_documents.document <> excluded.document
   RETURNING name`,
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
