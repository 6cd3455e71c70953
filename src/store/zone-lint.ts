/** What a look at a zone needs of the store: who has it, how good fixes are there, where people went. */
import { statement } from './statement.ts';

/** Of the organisation's subtree; minors only where the look is cleared for them ($2). */
const inReach = `($1::text = '' OR office = $1 OR starts_with(office, $1 || '/')) AND (NOT minor OR $2::bool)`;

/** No row: there is none, or it is neither the reach's own nor anybody's within it. */
export const findZoneSeen = statement<[scope: string, minors: boolean, zone: string]>()(
  'zone-lint.zone',
  { feature: 'jsonb' },
  `SELECT feature FROM zones z
   WHERE id = $3 AND (($1::text = '' AND $2::bool)
     OR ($1::text = '' AND office IS NOT NULL) OR office = $1 OR starts_with(office, $1 || '/') OR EXISTS (
     SELECT FROM subjects WHERE ${inReach} AND (
       profile->'zones' @> jsonb_build_array(jsonb_build_object('zone', z.id))
       OR profile->'curfews' @> jsonb_build_array(jsonb_build_object('zone', z.id))
       OR profile->'permits' @> jsonb_build_array(jsonb_build_object('destination', z.id)))))`,
);

/** Those within reach that are to keep to the zone, by id. */
export const listZoneUsers = statement<[scope: string, minors: boolean, zone: string]>()(
  'zone-lint.users',
  { id: 'text', profile: 'jsonb' },
  `SELECT id, profile FROM subjects
   WHERE ${inReach} AND (
     profile->'zones' @> jsonb_build_array(jsonb_build_object('zone', $3::text))
     OR profile->'curfews' @> jsonb_build_array(jsonb_build_object('zone', $3::text)))
   ORDER BY id`,
);

export const listSeen = statement<[scope: string, minors: boolean, subjects: string[]]>()(
  'zone-lint.subjects',
  { id: 'text', profile: 'jsonb' },
  `SELECT id, profile FROM subjects WHERE ${inReach} AND id = ANY ($3) ORDER BY id`,
);

/** The zones that bind somebody within reach: as what, and how many. */
export const listObligations = statement<[scope: string, minors: boolean]>()(
  'zone-lint.obligations',
  { feature: 'jsonb', rule: 'text', people: 'int4' },
  `SELECT z.feature, bound.rule, bound.people
   FROM (
     SELECT used.zone, used.rule, count(DISTINCT s.id)::int4 AS people
     FROM subjects s CROSS JOIN LATERAL (
       SELECT each->>'zone' AS zone, each->>'rule' AS rule FROM jsonb_array_elements(s.profile->'zones') each
       UNION ALL
       SELECT each->>'zone', 'curfew' FROM jsonb_array_elements(s.profile->'curfews') each
     ) used
     WHERE ${inReach} GROUP BY used.zone, used.rule
   ) bound JOIN zones z ON z.id = bound.zone
   ORDER BY z.id, bound.rule`,
);

/** Some within reach: their fixes say how good fixes are where nobody has the zone yet. */
export const listSome = statement<[scope: string, minors: boolean, limit: number]>()(
  'zone-lint.some',
  { id: 'text' },
  `SELECT id FROM subjects WHERE ${inReach} ORDER BY id LIMIT $3`,
);

/** Shapes by id. */
export const findZoneFeatures = statement<[zones: string[]]>()(
  'zone-lint.features',
  { feature: 'jsonb' },
  'SELECT feature FROM zones WHERE id = ANY ($1)',
);

/** Of the subjects' fixes in a box (degrees; it may reach beyond 180): radii that hold 68 %. */
export const measureAccuracy = statement<
  [subjects: string[], from: Date, to: Date, west: number, south: number, east: number, north: number]
>()(
  'zone-lint.accuracy',
  { fixes: 'int4', median_m: 'float8?', p90_m: 'float8?' },
  `SELECT count(*)::int4 AS fixes,
          percentile_cont(0.5) WITHIN GROUP (ORDER BY accuracy_m) AS median_m,
          percentile_cont(0.9) WITHIN GROUP (ORDER BY accuracy_m) AS p90_m
   FROM positions
   WHERE subject = ANY ($1) AND at >= $2 AND at < $3 AND accuracy_m IS NOT NULL AND lat BETWEEN $5 AND $7
     AND (lon BETWEEN $4 AND $6 OR lon + 360 BETWEEN $4 AND $6 OR lon - 360 BETWEEN $4 AND $6)`,
);

/** Where a subject was, in the order of time. */
export const listWay = statement<[subject: string, from: Date, to: Date]>()(
  'zone-lint.way',
  { at: 'timestamptz', lat: 'float8', lon: 'float8' },
  `SELECT at, lat, lon FROM positions
   WHERE subject = $1 AND at >= $2 AND at < $3 AND mock IS NOT TRUE ORDER BY at, device, sequence`,
);
