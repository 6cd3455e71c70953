/** Tasks of offices with their deeds and files. Append-only deeds with the projection beside them. */
import { statement } from './statement.ts';

const TASK = {
  id: 'int8',
  alert: 'text?',
  alert_version: 'int4?',
  spot_check: 'int8?',
  subject: 'text',
  office: 'text',
  past_offices: 'jsonb',
  kind: 'text',
  severity: 'text',
  what: 'text',
  steps: 'jsonb',
  stage: 'text',
  sent_by: 'text',
  sent_at: 'timestamptz',
  due_at: 'timestamptz?',
  escalate_at: 'timestamptz?',
  escalation: 'int4',
  supervised_by: 'text?',
  answered_by: 'text?',
  answered_at: 'timestamptz?',
  cause: 'text?',
  disposition: 'text?',
  measure: 'text?',
} as const;
const COLUMNS = `t.id, t.alert, t.alert_version, t.spot_check, t.subject, t.office, to_jsonb(t.past_offices) AS past_offices, t.kind, t.severity,
  t.what, t.steps, t.stage, t.sent_by, t.sent_at, t.due_at, t.escalate_at, t.escalation, t.supervised_by, t.answered_by, t.answered_at,
  t.cause, t.disposition, t.measure`;
const OPEN = "t.stage NOT IN ('accepted', 'withdrawn')";

export const addTask = statement<
  [
    alert: string | null,
    version: number | null,
    spotCheck: string | null,
    subject: string,
    office: string,
    kind: string,
    severity: string,
    what: string,
    steps: string,
    sentBy: string,
    sentAt: Date,
    dueAt: Date,
  ]
>()(
  'tasks.add',
  TASK,
  `INSERT INTO tasks AS t (alert, alert_version, spot_check, subject, office, kind, severity, what, steps, stage, sent_by, sent_at,
                           due_at, escalate_at)
   VALUES ($1, $2, $3::bigint, $4, $5, $6, $7, $8, $9::jsonb, 'sent', $10, $11, $12, $12) RETURNING ${COLUMNS}`,
);

export const lockTask = statement<[id: string]>()(
  'tasks.lock',
  TASK,
  `SELECT ${COLUMNS} FROM tasks t WHERE t.id = $1::bigint FOR UPDATE`,
);

export const findTask = statement<[id: string]>()(
  'tasks.find',
  {
    ...TASK,
    subject_name: 'text?',
    reason: 'text?',
    reason_en: 'text?',
    started_at: 'timestamptz?',
    evidence: 'jsonb?',
    instruction: 'text?',
  },
  `SELECT ${COLUMNS}, s.name AS subject_name, e.reason, e.reason_en, e.started_at, e.evidence,
     (SELECT d.note FROM alert_actions d WHERE d.alert = t.alert AND d.action = 'task' AND d.detail->>'task' = t.id::text
        AND d.note <> '' LIMIT 1) AS instruction
   FROM tasks t LEFT JOIN subjects s ON s.id = t.subject
   LEFT JOIN alert_events e ON e.alert = t.alert AND e.version = t.alert_version WHERE t.id = $1::bigint`,
);

/** Open ones: the earliest deadline first. `office`: whose; null: any within the scope. The cursor is the last deadline and id. */
export const listOpenTasks = statement<
  [
    scope: string,
    organisation: string,
    subject: string | null,
    afterDue: Date | null,
    afterId: string | null,
    limit: number,
  ]
>()(
  'tasks.open',
  { ...TASK, subject_name: 'text?' },
  `SELECT ${COLUMNS}, s.name AS subject_name FROM tasks t LEFT JOIN subjects s ON s.id = t.subject
   WHERE ${OPEN} AND ($1::text = '' OR t.office = $1 OR starts_with(t.office, $1 || '/'))
     AND ($2::text = '' OR t.office = $2 OR starts_with(t.office, $2 || '/')) AND ($3::text IS NULL OR t.subject = $3)
     AND ($4::timestamptz IS NULL OR (t.due_at, t.id) > ($4, $5::bigint))
   ORDER BY t.due_at, t.id LIMIT $6`,
);

/** All, newest first. */
export const listTasks = statement<
  [scope: string, organisation: string, subject: string | null, before: string | null, limit: number]
>()(
  'tasks.list',
  { ...TASK, subject_name: 'text?' },
  `SELECT ${COLUMNS}, s.name AS subject_name FROM tasks t LEFT JOIN subjects s ON s.id = t.subject
   WHERE ($1::text = '' OR t.office = $1 OR starts_with(t.office, $1 || '/'))
     AND ($2::text = '' OR t.office = $2 OR starts_with(t.office, $2 || '/')) AND ($3::text IS NULL OR t.subject = $3)
     AND ($4::bigint IS NULL OR t.id < $4::bigint)
   ORDER BY t.id DESC LIMIT $5`,
);

/** One deed and what the task is after it. */
export const saveTask = statement<
  [
    id: string,
    action: string,
    account: string,
    note: string,
    at: Date,
    detail: string,
    stage: string,
    office: string,
    pastOffices: string[],
    dueAt: Date | null,
    escalateAt: Date | null,
    escalation: number,
    supervisedBy: string | null,
    answeredBy: string | null,
    answeredAt: Date | null,
    cause: string | null,
    disposition: string | null,
    measure: string | null,
  ]
>()(
  'tasks.save',
  TASK,
  `WITH deed AS (
     INSERT INTO task_actions (task, action, account, note, at, detail) VALUES ($1::bigint, $2, $3, $4, $5, $6::jsonb))
   UPDATE tasks t SET stage = $7, office = $8, past_offices = $9, due_at = $10, escalate_at = $11, escalation = $12, supervised_by = $13,
     answered_by = $14, answered_at = $15, cause = $16, disposition = $17, measure = $18
   WHERE t.id = $1::bigint RETURNING ${COLUMNS}`,
);

export const listTaskActions = statement<[id: string]>()(
  'tasks.actions',
  { action: 'text', account: 'text', note: 'text', at: 'timestamptz', detail: 'jsonb' },
  'SELECT action, account, note, at, detail FROM task_actions WHERE task = $1::bigint ORDER BY seq',
);

export const listOverdueTasks = statement<[at: Date, limit: number]>()(
  'tasks.overdue',
  TASK,
  `SELECT ${COLUMNS} FROM tasks t WHERE t.escalate_at <= $1 ORDER BY t.escalate_at, t.id LIMIT $2 FOR UPDATE`,
);

/** Open ones whose subject belongs to another office now. */
export const listMovedTasks = statement<[limit: number]>()(
  'tasks.moved',
  { id: 'int8', now_office: 'text' },
  `SELECT t.id, s.office AS now_office FROM tasks t JOIN subjects s ON s.id = t.subject
   WHERE ${OPEN} AND t.office <> s.office ORDER BY t.id LIMIT $1 FOR UPDATE OF t`,
);

/** No row: this very file is there already. */
export const addTaskFile = statement<
  [task: string, name: string, mediaType: string, sha256: Buffer, content: Buffer, account: string, at: Date]
>()(
  'tasks.add-file',
  { id: 'int8' },
  `INSERT INTO task_files (task, name, media_type, size_bytes, sha256, content, account, at)
   VALUES ($1::bigint, $2, $3, length($5::bytea), $4, $5, $6, $7) ON CONFLICT (task, sha256) DO NOTHING RETURNING id`,
);

export const listTaskFiles = statement<[task: string]>()(
  'tasks.files',
  {
    id: 'int8',
    name: 'text',
    media_type: 'text',
    size_bytes: 'int4',
    sha256: 'text',
    account: 'text',
    at: 'timestamptz',
  },
  `SELECT id, name, media_type, size_bytes, encode(sha256, 'hex') AS sha256, account, at FROM task_files
   WHERE task = $1::bigint ORDER BY id`,
);

export const findTaskFile = statement<[task: string, id: string]>()(
  'tasks.file',
  { name: 'text', media_type: 'text', sha256: 'text', content: 'bytea' },
  `SELECT name, media_type, encode(sha256, 'hex') AS sha256, content FROM task_files WHERE task = $1::bigint AND id = $2::bigint`,
);
