/** The hazard ledger (隐患台账). */
import { statement } from './statement.ts';

const HAZARD = {
  id: 'int8',
  task: 'int8?',
  subject: 'text?',
  office: 'text',
  category: 'text',
  situation: 'text',
  measures: 'text',
  department: 'text',
  person: 'text',
  due_at: 'timestamptz',
  state: 'text',
  made_by: 'text',
  made_at: 'timestamptz',
  rectified_by: 'text?',
  written_off_by: 'text?',
  written_off_at: 'timestamptz?',
} as const;
const COLUMNS = Object.keys(HAZARD)
  .map((name) => `h.${name}`)
  .join(', ');

/** No row: the task has one already. */
export const addHazard = statement<
  [
    task: string | null,
    subject: string | null,
    office: string,
    category: string,
    situation: string,
    measures: string,
    department: string,
    person: string,
    dueAt: Date,
    madeBy: string,
    madeAt: Date,
  ]
>()(
  'hazards.add',
  HAZARD,
  `INSERT INTO hazards AS h (task, subject, office, category, situation, measures, department, person, due_at, state, made_by, made_at)
   VALUES ($1::bigint, $2, $3, $4, $5, $6, $7, $8, $9, 'not-rectified', $10, $11) ON CONFLICT (task) DO NOTHING RETURNING ${COLUMNS}`,
);

export const lockHazard = statement<[id: string]>()(
  'hazards.lock',
  HAZARD,
  `SELECT ${COLUMNS} FROM hazards h WHERE h.id = $1::bigint FOR UPDATE`,
);

export const saveHazard = statement<
  [
    id: string,
    action: string,
    account: string,
    note: string,
    at: Date,
    state: string,
    rectifiedBy: string | null,
    writtenOffBy: string | null,
  ]
>()(
  'hazards.save',
  HAZARD,
  `WITH deed AS (INSERT INTO hazard_actions (hazard, action, account, note, at) VALUES ($1::bigint, $2, $3, $4, $5))
   UPDATE hazards h SET state = $6, rectified_by = $7, written_off_by = $8,
     written_off_at = CASE WHEN $8::text IS NULL THEN NULL ELSE $5 END
   WHERE h.id = $1::bigint RETURNING ${COLUMNS}`,
);

/** Newest first; `state` null: any; `open`: not written off only. */
export const listHazards = statement<
  [
    scope: string,
    organisation: string,
    state: string | null,
    open: boolean,
    before: string | null,
    limit: number,
  ]
>()(
  'hazards.list',
  HAZARD,
  `SELECT ${COLUMNS} FROM hazards h
   WHERE ($1::text = '' OR h.office = $1 OR starts_with(h.office, $1 || '/'))
     AND ($2::text = '' OR h.office = $2 OR starts_with(h.office, $2 || '/'))
     AND ($3::text IS NULL OR h.state = $3) AND (NOT $4::bool OR h.written_off_at IS NULL)
     AND ($5::bigint IS NULL OR h.id < $5::bigint)
   ORDER BY h.id DESC LIMIT $6`,
);

export const listHazardActions = statement<[id: string]>()(
  'hazards.actions',
  { action: 'text', account: 'text', note: 'text', at: 'timestamptz' },
  'SELECT action, account, note, at FROM hazard_actions WHERE hazard = $1::bigint ORDER BY seq',
);
