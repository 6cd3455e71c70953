/** The roster as the dashboard shows it. Writing it is src/store/roster.ts. */
import { statement } from './statement.ts';

const inScope = (scope: string) =>
  `(${scope} = '' OR office = ${scope} OR starts_with(office, ${scope} || '/'))`;

/** By id; `text` is looked for in id and name, `after` is the cursor. */
export const listSubjects = statement<
  [scope: string, organisation: string, text: string | null, after: string, limit: number]
>()(
  'roster-views.subjects',
  { id: 'text', name: 'text', office: 'text', grade: 'text', updated_at: 'timestamptz' },
  `SELECT id, name, office, grade, updated_at FROM subjects
   WHERE ${inScope('$1::text')} AND ${inScope('$2::text')}
     AND ($3::text IS NULL OR position($3 IN id) > 0 OR position($3 IN name) > 0) AND id > $4
   ORDER BY id LIMIT $5`,
);

export const findSubject = statement<[id: string]>()(
  'roster-views.subject',
  { id: 'text', name: 'text', office: 'text', grade: 'text', profile: 'jsonb', updated_at: 'timestamptz' },
  'SELECT id, name, office, grade, profile, updated_at FROM subjects WHERE id = $1',
);

/** Everybody's card for the board, by id: the order is that of the cards' indices. */
export const listSubjectCards = statement<[]>()(
  'roster-views.cards',
  { id: 'text', name: 'text', office: 'text', grade: 'text' },
  'SELECT id, name, office, grade FROM subjects ORDER BY id',
);

/** Names of organisations by path, where the roster gives them; no row: paths are shown as they are. */
export const findOrganisationNames = statement<[]>()(
  'roster-views.organisation-names',
  { document: 'jsonb' },
  "SELECT document FROM roster_documents WHERE name = 'organisations'",
);

export const listDevices = statement<
  [
    scope: string,
    subject: string | null,
    afterId: string,
    afterSubject: string,
    afterFrom: Date,
    limit: number,
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
  },
  `SELECT d.id, d.subject, d.kind, d.feed, d.protocol, d.address, d.interval_s, d.valid_from, d.valid_until
   FROM devices d JOIN subjects s ON s.id = d.subject
   WHERE ${inScope('$1::text')} AND ($2::text IS NULL OR d.subject = $2)
     AND (d.id, d.subject, d.valid_from) > ($3, $4, $5)
   ORDER BY d.id, d.subject, d.valid_from LIMIT $6`,
);

/** Zones that some subject within the scope has, or all for the whole tree. By id. */
export const listZones = statement<[scope: string, after: string, limit: number]>()(
  'roster-views.zones',
  { id: 'text', feature: 'jsonb' },
  `SELECT id, feature FROM zones z
   WHERE id > $2 AND ($1::text = '' OR EXISTS (
     SELECT FROM subjects
     WHERE ${inScope('$1')} AND (
       profile->'zones' @> jsonb_build_array(jsonb_build_object('zone', z.id))
       OR profile->'curfews' @> jsonb_build_array(jsonb_build_object('zone', z.id))
       OR profile->'permits' @> jsonb_build_array(jsonb_build_object('destination', z.id)))))
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
