/** Leave permits (外出): rows from the request to the return. */
import { statement } from './statement.ts';

const PERMIT = {
  id: 'int8',
  subject: 'text',
  kind: 'text',
  schedule: 'jsonb?',
  office: 'text',
  name: 'text',
  minor: 'bool',
  ground: 'text',
  explanation: 'text',
  destination: 'text',
  zone: 'text?',
  from_at: 'timestamptz',
  until_at: 'timestamptz',
  state: 'text',
  measures: 'text',
  level: 'text',
  days: 'int4',
  cumulated_days: 'int4',
  asked_by: 'text',
  asked_at: 'timestamptz',
  decided_by: 'text?',
  decided_at: 'timestamptz?',
  decided_level: 'text?',
  reason: 'text',
  departed_at: 'timestamptz?',
  returned_at: 'timestamptz?',
  return_note: 'text',
} as const;
const OF_SUBJECT = ['office', 'name', 'minor'];
const COLUMNS = Object.keys(PERMIT)
  .map((name) => `${OF_SUBJECT.includes(name) ? 's' : 'p'}.${name}`)
  .join(', ');

/** No row: there is no such subject. */
export const addPermit = statement<
  [
    subject: string,
    kind: string,
    schedule: string | null,
    ground: string,
    explanation: string,
    destination: string,
    zone: string | null,
    from: Date,
    until: Date,
    measures: string,
    level: string,
    days: number,
    cumulatedDays: number,
    by: string,
    at: Date,
  ]
>()(
  'permits.add',
  { id: 'int8' },
  `INSERT INTO permits (subject, kind, schedule, ground, explanation, destination, zone, from_at, until_at, state, measures, level, days,
     cumulated_days, asked_by, asked_at)
   VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9, 'asked', $10, $11, $12, $13, $14, $15) RETURNING id`,
);

export const findPermit = statement<[id: string]>()(
  'permits.find',
  PERMIT,
  `SELECT ${COLUMNS} FROM permits p JOIN subjects s ON s.id = p.subject WHERE p.id = $1::bigint`,
);

export const lockPermit = statement<[id: string]>()(
  'permits.lock',
  PERMIT,
  `SELECT ${COLUMNS} FROM permits p JOIN subjects s ON s.id = p.subject WHERE p.id = $1::bigint FOR UPDATE OF p`,
);

export const decidePermit = statement<
  [
    id: string,
    state: string,
    by: string,
    at: Date,
    decidedLevel: string,
    reason: string,
    level: string,
    days: number,
    cumulatedDays: number,
  ]
>()(
  'permits.decide',
  {},
  `UPDATE permits SET state = $2, decided_by = $3, decided_at = $4, decided_level = $5, reason = $6, level = $7, days = $8,
     cumulated_days = $9 WHERE id = $1::bigint`,
);

export const withdrawPermit = statement<[id: string]>()(
  'permits.withdraw',
  {},
  `UPDATE permits SET state = 'withdrawn' WHERE id = $1::bigint`,
);

export const departOnPermit = statement<[id: string, at: Date]>()(
  'permits.depart',
  {},
  `UPDATE permits SET state = 'away', departed_at = $2 WHERE id = $1::bigint`,
);

export const returnFromPermit = statement<[id: string, at: Date, note: string]>()(
  'permits.return',
  {},
  `UPDATE permits SET state = 'returned', returned_at = $2, return_note = $3 WHERE id = $1::bigint`,
);

/** Newest first. `open`: waits for a decision or a return. `overdue`: approved, past its time, and the return is not recorded. */
export const listPermits = statement<
  [
    scope: string,
    organisation: string,
    subject: string | null,
    states: string[] | null,
    open: boolean,
    overdue: boolean,
    now: Date,
    before: string | null,
    limit: number,
  ]
>()(
  'permits.list',
  PERMIT,
  `SELECT ${COLUMNS} FROM permits p JOIN subjects s ON s.id = p.subject
   WHERE ($1::text = '' OR s.office = $1 OR starts_with(s.office, $1 || '/'))
     AND ($2::text = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))
     AND ($3::text IS NULL OR p.subject = $3) AND ($4::text[] IS NULL OR p.state = ANY ($4))
     AND (NOT $5::bool OR p.state = 'asked' OR (p.kind = 'leave' AND p.state IN ('approved', 'away')))
     AND (NOT $6::bool OR (p.kind = 'leave' AND p.state IN ('approved', 'away') AND p.until_at < $7))
     AND ($8::bigint IS NULL OR p.id < $8::bigint)
   ORDER BY p.id DESC LIMIT $9`,
);

/** What was approved of the named subjects, for their profiles and for how long they are away. */
export const listApprovedPermits = statement<[subjects: readonly string[]]>()(
  'permits.approved',
  {
    id: 'int8',
    subject: 'text',
    kind: 'text',
    schedule: 'jsonb?',
    zone: 'text?',
    from_at: 'timestamptz',
    until_at: 'timestamptz',
    returned_at: 'timestamptz?',
  },
  `SELECT id, subject, kind, schedule, zone, from_at, until_at, returned_at FROM permits
   WHERE subject = ANY ($1) AND state IN ('approved', 'away', 'returned') ORDER BY subject, from_at, id`,
);

/** Whether there is such a zone, for who may see it. */
export const findZoneId = statement<[id: string]>()(
  'permits.zone',
  { id: 'text' },
  'SELECT id FROM zones WHERE id = $1',
);
