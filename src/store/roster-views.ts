/** The roster as the dashboard shows it. Writing it is src/store/roster.ts. */
import { statement } from './statement.ts';

const inScope = (scope: string) =>
  `(${scope} = '' OR office = ${scope} OR starts_with(office, ${scope} || '/'))`;
/** Minors are seen by who is cleared for them. */
const orAdult = (minors: string) => `(${minors}::bool OR NOT minor)`;

/** Organisations as offices of subjects: all that the caller sees. */
export const listOffices = statement<[]>()(
  'roster-views.offices',
  { path: 'text', name: 'text' },
  'SELECT path, name FROM organisations ORDER BY path',
);

const SUBJECT = {
  id: 'text',
  name: 'text',
  office: 'text',
  grade: 'text',
  minor: 'bool',
  ended: 'bool',
  version: 'int4',
  record: 'jsonb?',
  updated_at: 'timestamptz',
} as const;
const SUBJECT_COLUMNS = `id, name, office, grade, minor, ended, version, profile -> 'record' AS record, updated_at`;

/**
 * By id; `text` is looked for in id and name, `after` is the cursor. The record's legal type, one of its categories and its officer as
 * given; `isEnded` null: all.
 */
export const listSubjects = statement<
  [
    scope: string,
    organisation: string,
    text: string | null,
    after: string,
    limit: number,
    minors: boolean,
    isEnded: boolean | null,
    grade: string | null,
    legalType: string | null,
    category: string | null,
    officer: string | null,
  ]
>()(
  'roster-views.subjects',
  SUBJECT,
  `SELECT ${SUBJECT_COLUMNS} FROM subjects
   WHERE ${orAdult('$6')} AND ${inScope('$1::text')} AND ${inScope('$2::text')}
     AND ($3::text IS NULL OR position($3 IN id) > 0 OR position($3 IN name) > 0) AND id > $4
     AND ($7::bool IS NULL OR ended = $7) AND ($8::text IS NULL OR grade = $8)
     AND ($9::text IS NULL OR profile #>> '{record,legalType}' = $9)
     AND ($10::text IS NULL OR profile #> '{record,categories}' ? $10)
     AND ($11::text IS NULL OR profile #>> '{record,officer}' = $11)
   ORDER BY id LIMIT $5`,
);

/** Whole profiles by id, for a table; `isEnded` null: all. */
export const listSubjectTable = statement<
  [scope: string, organisation: string, minors: boolean, isEnded: boolean | null, limit: number]
>()(
  'roster-views.subject-table',
  { id: 'text', profile: 'jsonb' },
  `SELECT id, profile FROM subjects
   WHERE ${orAdult('$3')} AND ${inScope('$1::text')} AND ${inScope('$2::text')} AND ($4::bool IS NULL OR ended = $4)
   ORDER BY id LIMIT $5`,
);

/** Everybody of the scope with the profile and the newest check-in since then: for what is due today. */
export const listProfiles = statement<[scope: string, since: Date, limit: number]>()(
  'roster-views.profiles',
  { id: 'text', name: 'text', office: 'text', profile: 'jsonb', checkin_at: 'timestamptz?' },
  `SELECT s.id, s.name, s.office, s.profile, (SELECT max(c.at) FROM checkins c WHERE c.subject = s.id AND c.at >= $2) AS checkin_at
   FROM subjects s WHERE NOT s.ended AND ${inScope('$1::text')} ORDER BY s.id LIMIT $3`,
);

export const findSubject = statement<[id: string]>()(
  'roster-views.subject',
  { ...SUBJECT, profile: 'jsonb' },
  `SELECT ${SUBJECT_COLUMNS}, profile FROM subjects WHERE id = $1`,
);

/** The card of everybody under correction for the board, by id: the order is that of the cards' indices. Leaves that are not over: pairs of instants. */
export const listSubjectCards = statement<[]>()(
  'roster-views.cards',
  { id: 'text', name: 'text', office: 'text', grade: 'text', minor: 'bool', leaves: 'jsonb' },
  `SELECT id, name, office, grade, minor, coalesce((
     SELECT jsonb_agg(jsonb_build_array(p ->> 'from', coalesce(p ->> 'returnedAt', p ->> 'until')) ORDER BY p ->> 'from')
     FROM jsonb_array_elements(profile -> 'permits') p
     WHERE coalesce(p ->> 'returnedAt', p ->> 'until')::timestamptz > now()), '[]'::jsonb) AS leaves
   FROM subjects ORDER BY id`,
);

export const listDevices = statement<
  [
    scope: string,
    subject: string | null,
    afterId: string,
    afterSubject: string,
    afterFrom: Date,
    limit: number,
    minors: boolean,
    text: string | null,
  ]
>()(
  'roster-views.devices',
  {
    id: 'text',
    subject: 'text',
    kind: 'text',
    feed: 'text?',
    protocol: 'text?',
    address: 'text',
    interval_s: 'int4',
    valid_from: 'timestamptz',
    valid_until: 'timestamptz?',
    order_from: 'timestamptz?',
    order_until: 'timestamptz?',
  },
  `SELECT d.id, d.subject, d.kind, d.feed, d.protocol, d.address, d.interval_s, d.valid_from, d.valid_until, d.order_from, d.order_until
   FROM devices d JOIN subjects s ON s.id = d.subject
   WHERE ${orAdult('$7')} AND ${inScope('$1::text')} AND ($2::text IS NULL OR d.subject = $2)
     AND ($8::text IS NULL OR position(lower($8) IN lower(d.id || ' ' || d.address || ' ' || s.name)) > 0)
     AND (d.id, d.subject, d.valid_from) > ($3, $4, $5)
   ORDER BY d.id, d.subject, d.valid_from LIMIT $6`,
);

/** Every version of a zone, newest first. */
export const listZoneVersions = statement<[zone: string, before: number, limit: number]>()(
  'roster-views.zone-versions',
  { version: 'int4', feature: 'jsonb', made_by: 'text', reason: 'text', made_at: 'timestamptz' },
  `SELECT version, feature, made_by, reason, made_at FROM zone_versions
   WHERE zone = $1 AND version < $2 ORDER BY version DESC LIMIT $3`,
);

export const findZone = statement<[id: string]>()(
  'roster-views.zone',
  { id: 'text', version: 'int4', office: 'text?', feature: 'jsonb' },
  'SELECT id, version, office, feature FROM zones WHERE id = $1',
);

/** Zones that some subject whom the caller may see has, or that are an organisation's own; all for who sees everything. By id. */
export const listZones = statement<[scope: string, after: string, limit: number, minors: boolean]>()(
  'roster-views.zones',
  { id: 'text', feature: 'jsonb', version: 'int4', office: 'text?' },
  `SELECT id, feature, version, office FROM zones z
   WHERE id > $2 AND (($1::text = '' AND $4::bool) OR (z.office IS NOT NULL AND ${inScope('$1')}) OR EXISTS (
     SELECT FROM zone_uses u JOIN (SELECT id AS subject, office, minor FROM subjects) s USING (subject)
     WHERE u.zone = z.id AND ${orAdult('$4')} AND ($1 = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))))
   ORDER BY id LIMIT $3`,
);

export const listFeeds = statement<[]>()(
  'roster-views.feeds',
  { id: 'text', name: 'text', crs: 'text', created_at: 'timestamptz', devices: 'int4' },
  `SELECT f.id, f.name, f.crs, f.created_at,
          (SELECT count(*)::int4 FROM devices d
           WHERE d.feed = f.id AND d.valid_from <= now() AND (d.valid_until IS NULL OR d.valid_until > now())) AS devices
   FROM feeds f ORDER BY f.id`,
);
