/** Electronic-positioning orders (Community Corrections Law art. 29), a row a term. */
import { statement } from './statement.ts';

const ORDER = {
  id: 'int8',
  subject: 'text',
  office: 'text',
  name: 'text',
  minor: 'bool',
  device: 'text',
  ground: 'text',
  from_at: 'timestamptz',
  until_at: 'timestamptz',
  extends: 'int8?',
  assessment: 'text',
  state: 'text',
  measures: 'text',
  proposed_by: 'text',
  proposed_at: 'timestamptz',
  decided_by: 'text?',
  decided_at: 'timestamptz?',
  reason: 'text',
  ended_by: 'text?',
  ended_at: 'timestamptz?',
  end_reason: 'text',
} as const;
const OF_SUBJECT = ['office', 'name', 'minor'];
const COLUMNS = Object.keys(ORDER)
  .map((name) => `${OF_SUBJECT.includes(name) ? 's' : 'o'}.${name}`)
  .join(', ');

/** No row: the term before has an extension already. */
export const addOrder = statement<
  [
    subject: string,
    device: string,
    ground: string,
    from: Date,
    until: Date,
    before: string | null,
    assessment: string,
    measures: string,
    by: string,
    at: Date,
  ]
>()(
  'positioning-orders.add',
  { id: 'int8' },
  `INSERT INTO positioning_orders (subject, device, ground, from_at, until_at, extends, assessment, state, measures, proposed_by, proposed_at)
   VALUES ($1, $2, $3, $4, $5, $6::bigint, $7, 'proposed', $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id`,
);

export const findOrder = statement<[id: string]>()(
  'positioning-orders.find',
  ORDER,
  `SELECT ${COLUMNS} FROM positioning_orders o JOIN subjects s ON s.id = o.subject WHERE o.id = $1::bigint`,
);

export const lockOrder = statement<[id: string]>()(
  'positioning-orders.lock',
  ORDER,
  `SELECT ${COLUMNS} FROM positioning_orders o JOIN subjects s ON s.id = o.subject WHERE o.id = $1::bigint FOR UPDATE OF o`,
);

/** The term begins with its approval at the earliest. */
export const decideOrder = statement<
  [id: string, state: string, by: string, at: Date, reason: string, from: Date]
>()(
  'positioning-orders.decide',
  {},
  `UPDATE positioning_orders SET state = $2, decided_by = $3, decided_at = $4, reason = $5, from_at = $6 WHERE id = $1::bigint`,
);

/** The term and those that extend it: one that would begin later never does. */
export const endOrders = statement<[id: string, by: string, at: Date, reason: string]>()(
  'positioning-orders.end',
  {},
  `WITH RECURSIVE chain AS (
     SELECT id FROM positioning_orders WHERE id = $1::bigint
     UNION ALL SELECT o.id FROM positioning_orders o JOIN chain c ON o.extends = c.id)
   UPDATE positioning_orders o SET state = 'ended', ended_by = $2, ended_at = greatest($3, o.from_at), end_reason = $4
     FROM chain c WHERE o.id = c.id AND o.state IN ('proposed', 'approved')`,
);

/** Terms of the device, proposed or approved, that have a moment in common with a span, but for one. */
export const countOverlapping = statement<[subject: string, device: string, from: Date, until: Date]>()(
  'positioning-orders.overlapping',
  { n: 'int4' },
  `SELECT count(*)::int4 AS n FROM positioning_orders
   WHERE subject = $1 AND device = $2 AND state IN ('proposed', 'approved') AND from_at < $4 AND until_at > $3`,
);

/** Newest first. `inForce`: approved and running now. */
export const listOrders = statement<
  [
    scope: string,
    organisation: string,
    subject: string | null,
    states: string[] | null,
    inForce: boolean,
    now: Date,
    before: string | null,
    limit: number,
  ]
>()(
  'positioning-orders.list',
  ORDER,
  `SELECT ${COLUMNS} FROM positioning_orders o JOIN subjects s ON s.id = o.subject
   WHERE ($1::text = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))
     AND ($2::text = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))
     AND ($3::text IS NULL OR o.subject = $3) AND ($4::text[] IS NULL OR o.state = ANY ($4))
     AND (NOT $5::bool OR (o.state = 'approved' AND o.from_at <= $6 AND o.until_at > $6))
     AND ($7::bigint IS NULL OR o.id < $7::bigint)
   ORDER BY o.id DESC LIMIT $8`,
);

/** Approved terms of the named subjects; an order that was ended early ends then. */
export const listTerms = statement<[subjects: readonly string[]]>()(
  'positioning-orders.terms',
  { subject: 'text', device: 'text', ground: 'text', from_at: 'timestamptz', until_at: 'timestamptz' },
  `SELECT subject, device, ground, from_at, least(until_at, ended_at) AS until_at FROM positioning_orders
   WHERE subject = ANY ($1) AND (state = 'approved' OR (state = 'ended' AND decided_at IS NOT NULL)) ORDER BY subject, device, from_at`,
);
