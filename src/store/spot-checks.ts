/** Spot checks (抽查), the draws that they come from, and what subjects are weighed by. */
import { statement } from './statement.ts';

const CHECK = {
  id: 'int8',
  draw: 'int8?',
  follows: 'int8?',
  subject: 'text',
  office: 'text',
  method: 'text',
  asked_by: 'text',
  asked_at: 'timestamptz',
  due_at: 'timestamptz',
  result: 'text?',
  result_by: 'text?',
  result_at: 'timestamptz?',
  note: 'text',
  task: 'int8?',
} as const;
const COLUMNS = Object.keys(CHECK)
  .map((name) => `c.${name}`)
  .join(', ');

/** Of subjects within the scope: what their fixes since then show, by night in the time zone, and their last check. */
export const listSigns = statement<[scope: string, since: Date, now: Date, timeZone: string]>()(
  'spot-checks.signs',
  {
    subject: 'text',
    office: 'text',
    fixes: 'int4',
    places: 'int4',
    first_at: 'timestamptz?',
    last_at: 'timestamptz?',
    gap_s: 'float8?',
    charged: 'float8?',
    night: 'int4',
    last_result: 'text?',
    last_result_at: 'timestamptz?',
  },
  `SELECT s.id AS subject, s.office, coalesce(p.fixes, 0) AS fixes, coalesce(p.places, 0) AS places, p.first_at, p.last_at, p.gap_s,
          p.charged, coalesce(p.night, 0) AS night, k.result AS last_result, k.result_at AS last_result_at
   FROM subjects s
   LEFT JOIN LATERAL (
     SELECT count(*)::int4 AS fixes, count(DISTINCT (round(q.lat::numeric, 4), round(q.lon::numeric, 4)))::int4 AS places,
            min(q.at) AS first_at, max(q.at) AS last_at, max(extract(epoch FROM q.at - q.before))::float8 AS gap_s,
            max(q.battery_pct - q.battery_before)::float8 AS charged,
            (count(*) FILTER (WHERE extract(hour FROM q.at AT TIME ZONE $4) >= 22 OR extract(hour FROM q.at AT TIME ZONE $4) < 6))::int4 AS night
     FROM (SELECT at, lat, lon, battery_pct, lag(at) OVER w AS before, lag(battery_pct) OVER w AS battery_before
           FROM seen_positions WHERE subject = s.id AND at >= $2 AND at <= $3 WINDOW w AS (ORDER BY at, device, sequence)) q
     HAVING count(*) > 0) p ON true
   LEFT JOIN LATERAL (
     SELECT c.result, c.result_at FROM spot_checks c WHERE c.subject = s.id AND c.result IS NOT NULL ORDER BY c.id DESC LIMIT 1) k ON true
   WHERE NOT s.ended AND ($1::text = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))
   ORDER BY s.id`,
);

const DRAW = {
  id: 'int8',
  organisation: 'text',
  seed: 'text',
  rule: 'int4',
  methods: 'jsonb',
  wanted: 'int4',
  candidates: 'jsonb',
  picked: 'jsonb',
  account: 'text',
  at: 'timestamptz',
} as const;
const DRAW_COLUMNS =
  'd.id, d.organisation, d.seed, d.rule, d.methods, d.wanted, d.candidates, d.picked, d.account, d.at';

export const addDraw = statement<
  [
    organisation: string,
    seed: string,
    rule: number,
    methods: string,
    wanted: number,
    candidates: string,
    picked: string,
    account: string,
    at: Date,
  ]
>()(
  'spot-checks.add-draw',
  DRAW,
  `INSERT INTO check_draws AS d (organisation, seed, rule, methods, wanted, candidates, picked, account, at)
   VALUES ($1, $2, $3, $4::jsonb, $5, $6::jsonb, $7::jsonb, $8, $9) RETURNING ${DRAW_COLUMNS}`,
);

export const findDraw = statement<[id: string]>()(
  'spot-checks.draw',
  DRAW,
  `SELECT ${DRAW_COLUMNS} FROM check_draws d WHERE d.id = $1::bigint`,
);

/** $1: array of `{subject, office, method}`. */
export const addChecks = statement<
  [checks: string, draw: string | null, follows: string | null, account: string, at: Date, due: Date]
>()(
  'spot-checks.add',
  CHECK,
  `INSERT INTO spot_checks AS c (draw, follows, subject, office, method, asked_by, asked_at, due_at)
   SELECT $2::bigint, $3::bigint, n.subject, n.office, n.method, $4, $5, $6
   FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (subject text, office text, method text)) WITH ORDINALITY AS n (subject, office, method, i)
   ORDER BY n.i RETURNING ${COLUMNS}`,
);

export const lockCheck = statement<[id: string]>()(
  'spot-checks.lock',
  CHECK,
  `SELECT ${COLUMNS} FROM spot_checks c WHERE c.id = $1::bigint FOR UPDATE`,
);

export const saveCheck = statement<
  [id: string, result: string, account: string, at: Date, note: string, task: string | null]
>()(
  'spot-checks.save',
  CHECK,
  `UPDATE spot_checks c SET result = $2, result_by = $3, result_at = $4, note = $5, task = $6::bigint
   WHERE c.id = $1::bigint RETURNING ${COLUMNS}`,
);

/** Newest first; `open`: without a result. */
export const listChecks = statement<
  [
    scope: string,
    subject: string | null,
    draw: string | null,
    open: boolean,
    before: string | null,
    limit: number,
  ]
>()(
  'spot-checks.list',
  CHECK,
  `SELECT ${COLUMNS} FROM spot_checks c
   WHERE ($1::text = '' OR c.office = $1 OR starts_with(c.office, $1 || '/')) AND ($2::text IS NULL OR c.subject = $2)
     AND ($3::bigint IS NULL OR c.draw = $3::bigint) AND (NOT $4::bool OR c.result IS NULL)
     AND ($5::bigint IS NULL OR c.id < $5::bigint)
   ORDER BY c.id DESC LIMIT $6`,
);
