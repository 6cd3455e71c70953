/** Roll calls (集中点验): who is expected where and when, and what is known of who came. */
import { statement } from './statement.ts';

const MUSTER = {
  id: 'text',
  office: 'text',
  name: 'text',
  zone: 'text',
  from_at: 'timestamptz',
  until_at: 'timestamptz',
  version: 'int4',
  made_by: 'text',
  made_at: 'timestamptz',
  changed_by: 'text?',
  changed_at: 'timestamptz?',
  cancelled_by: 'text?',
  cancelled_at: 'timestamptz?',
  cancel_reason: 'text?',
} as const;
const COLUMNS = Object.keys(MUSTER)
  .map((name) => `m.${name}`)
  .join(', ');

/** Newest begin first. `expected`: of those whom the caller sees. `isOver` null: all. */
export const listMusters = statement<
  [
    organisation: string,
    subject: string | null,
    isOver: boolean | null,
    now: Date,
    beforeAt: Date | null,
    beforeId: string,
    limit: number,
  ]
>()(
  'musters.list',
  { ...MUSTER, expected: 'int4' },
  `SELECT ${COLUMNS}, (SELECT count(*)::int4 FROM muster_subjects s WHERE s.muster = m.id) AS expected FROM musters m
   WHERE ($1::text = '' OR m.office = $1 OR starts_with(m.office, $1 || '/'))
     AND ($2::text IS NULL OR EXISTS (SELECT FROM muster_subjects s WHERE s.muster = m.id AND s.subject = $2))
     AND ($3::bool IS NULL OR (m.until_at < $4) = $3)
     AND ($5::timestamptz IS NULL OR (m.from_at, m.id) < ($5, $6))
   ORDER BY m.from_at DESC, m.id DESC LIMIT $7`,
);

export const findMuster = statement<[id: string]>()(
  'musters.find',
  MUSTER,
  `SELECT ${COLUMNS} FROM musters m WHERE m.id = $1`,
);

export const lockMuster = statement<[id: string]>()(
  'musters.lock',
  MUSTER,
  `SELECT ${COLUMNS} FROM musters m WHERE m.id = $1 FOR UPDATE`,
);

/** No row: the id is taken. */
export const addMuster = statement<
  [id: string, office: string, name: string, zone: string, from: Date, until: Date, by: string, at: Date]
>()(
  'musters.add',
  { version: 'int4' },
  `INSERT INTO musters (id, office, name, zone, from_at, until_at, made_by, made_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING RETURNING version`,
);

export const changeMuster = statement<
  [id: string, name: string, zone: string, from: Date, until: Date, by: string, at: Date]
>()(
  'musters.change',
  { version: 'int4' },
  `UPDATE musters SET name = $2, zone = $3, from_at = $4, until_at = $5, version = version + 1, changed_by = $6, changed_at = $7
   WHERE id = $1 RETURNING version`,
);

export const cancelMuster = statement<[id: string, by: string, at: Date, reason: string]>()(
  'musters.cancel',
  { version: 'int4' },
  `UPDATE musters SET cancelled_by = $2, cancelled_at = $3, cancel_reason = $4, version = version + 1
   WHERE id = $1 RETURNING version`,
);

/** Of those whom the caller sees, who is on the list no more. */
export const dropExpected = statement<[muster: string, kept: readonly string[]]>()(
  'musters.drop-expected',
  {},
  'DELETE FROM muster_subjects WHERE muster = $1 AND subject <> ALL ($2::text[])',
);

export const putExpected = statement<
  [muster: string, subjects: readonly string[], excused: readonly string[]]
>()(
  'musters.put-expected',
  { subject: 'text' },
  `INSERT INTO muster_subjects (muster, subject, excused) SELECT $1, s, s = ANY ($3::text[]) FROM unnest($2::text[]) s
   ON CONFLICT (muster, subject) DO UPDATE SET excused = excluded.excused WHERE muster_subjects.excused <> excluded.excused
   RETURNING subject`,
);

/** Everybody who is expected, also whom the caller does not see: for the log. */
export const listWholeRoll = statement<[muster: string]>()(
  'musters.whole-roll',
  { subject: 'text', excused: 'bool' },
  'SELECT subject, excused FROM muster_roll($1)',
);

/** With their lists, as the roster's files and the log have them; over before `since` is left out. */
export const listRosterMusters = statement<[since: Date | null]>()(
  'musters.of-roster',
  {
    id: 'text',
    zone: 'text',
    from_at: 'timestamptz',
    until_at: 'timestamptz',
    cancelled: 'bool',
    roll: 'jsonb',
  },
  `SELECT m.id, m.zone, m.from_at, m.until_at, m.cancelled_at IS NOT NULL AS cancelled,
          coalesce((SELECT jsonb_agg(jsonb_build_array(s.subject, s.excused) ORDER BY s.subject)
                      FROM muster_subjects s WHERE s.muster = m.id), '[]') AS roll
   FROM musters m WHERE $1::timestamptz IS NULL OR m.until_at >= $1 ORDER BY m.from_at, m.id`,
);

/** Under correction, of the organisation, by category and grade where given: who can be called. */
export const listCallable = statement<
  [organisation: string, category: string | null, grade: string | null, limit: number]
>()(
  'musters.callable',
  { id: 'text' },
  `SELECT id FROM subjects
   WHERE NOT ended AND ($1::text = '' OR office = $1 OR starts_with(office, $1 || '/'))
     AND ($2::text IS NULL OR profile #> '{record,categories}' ? $2) AND ($3::text IS NULL OR grade = $3)
   ORDER BY id LIMIT $4`,
);

/** Who is expected, of those whom the caller sees: the first check-in within the window, and the first after it until `late`. */
export const listRoll = statement<[muster: string, from: Date, until: Date, late: Date]>()(
  'musters.roll',
  {
    subject: 'text',
    name: 'text',
    office: 'text',
    grade: 'text',
    excused: 'bool',
    permits: 'jsonb?',
    at: 'timestamptz?',
    terminal: 'text?',
    terminal_name: 'text?',
    method: 'text?',
    late_at: 'timestamptz?',
  },
  `SELECT e.subject, s.name, s.office, s.grade, e.excused, s.profile -> 'permits' AS permits,
          c.at, c.terminal, t.name AS terminal_name, c.method,
          (SELECT min(l.at) FROM checkins l WHERE l.subject = e.subject AND l.at > $3 AND l.at <= $4) AS late_at
   FROM muster_subjects e
   JOIN subjects s ON s.id = e.subject
   LEFT JOIN LATERAL (SELECT at, terminal, method FROM checkins
                      WHERE subject = e.subject AND at >= $2 AND at <= $3 ORDER BY at LIMIT 1) c ON true
   LEFT JOIN terminals t ON t.id = c.terminal
   WHERE e.muster = $1 ORDER BY s.office, e.subject`,
);

/** Of each subject the first `most` believed fixes within the time and the box, in order of time. */
export const listFixesWithin = statement<
  [
    subjects: readonly string[],
    from: Date,
    until: Date,
    west: number,
    south: number,
    east: number,
    north: number,
    most: number,
  ]
>()(
  'musters.fixes',
  {
    subject: 'text',
    at: 'timestamptz',
    lat: 'float8',
    lon: 'float8',
    accuracy_m: 'float4?',
    method: 'text?',
  },
  `SELECT f.* FROM unnest($1::text[]) w (id), LATERAL (
     SELECT subject, at, lat, lon, accuracy_m, method FROM seen_positions
     WHERE subject = w.id AND at >= $2 AND at <= $3 AND lon BETWEEN $4 AND $6 AND lat BETWEEN $5 AND $7 AND mock IS NOT TRUE
     ORDER BY at LIMIT $8) f`,
);
