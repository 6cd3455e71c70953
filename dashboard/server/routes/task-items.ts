/** A task as the routes answer it. */
import { type Static, Type } from 'typebox';
import type { FileFault } from '../../../alerts/task-files.ts';
import type { TaskFault, TaskRow } from '../../../alerts/tasks.ts';
import {
  CONTACTS,
  DISPOSITIONS,
  type Disposition,
  MEASURES,
  type Measure,
  TASK_CAUSES,
  TASK_STAGES,
  type TaskCause,
  type TaskStage,
} from '../../../src/kernel/casework.ts';
import { nameIn } from '../alert-view.ts';
import { Problem } from '../problem.ts';
import { Evidence, Nullable, SeverityName, Time, timeOrNull } from './schemas.ts';

const Step = Type.Object({
  whom: Type.Enum(CONTACTS),
  afterMin: Type.Number(),
  inQuietHours: Type.Boolean(),
  zh: Type.String(),
  en: Type.String(),
  at: Time,
});
export const Task = Type.Object({
  task: Type.String(),
  alert: Nullable(Type.String()),
  spotCheck: Nullable(Type.String()),
  subject: Type.String(),
  subjectName: Nullable(Type.String()),
  office: Type.String(),
  kind: Type.String({ description: 'Kind of alert, or spot-check' }),
  severity: SeverityName,
  what: Type.String(),
  steps: Type.Array(Step),
  stage: Type.Enum(TASK_STAGES),
  sentBy: Type.String(),
  sentAt: Time,
  dueAt: Nullable(Time),
  escalation: Type.Integer({
    description: 'How many deadlines were missed, each told one organisation further up',
  }),
  supervisedBy: Nullable(Type.String()),
  answeredBy: Nullable(Type.String()),
  answeredAt: Nullable(Time),
  cause: Nullable(Type.Enum(TASK_CAUSES)),
  disposition: Nullable(Type.Enum(DISPOSITIONS)),
  measure: Nullable(Type.Enum(MEASURES)),
});
export const TaskFile = Type.Object({
  id: Type.String(),
  name: Type.String(),
  mediaType: Type.String(),
  sizeBytes: Type.Integer(),
  sha256: Type.String(),
  account: Type.String(),
  at: Time,
});
export const TaskInFull = Type.Object({
  ...Task.properties,
  instruction: Nullable(
    Type.String({ description: 'What who sent it wrote for the office; null: nothing, or about no alert' }),
  ),
  evidence: Nullable(
    Type.Object({ startedAt: Time, reason: Type.String(), reasonEn: Type.String(), fixes: Evidence }),
  ),
  actions: Type.Array(
    Type.Object({
      action: Type.String(),
      account: Type.String(),
      note: Type.String(),
      at: Time,
      detail: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
  files: Type.Array(TaskFile),
});

/** The columns are written from these types only. */
export function toTaskItem(row: TaskRow & { readonly subject_name?: string | null }): Static<typeof Task> {
  return {
    task: row.id,
    alert: row.alert,
    spotCheck: row.spot_check,
    subject: row.subject,
    subjectName: row.subject_name ?? null,
    office: row.office,
    kind: row.kind,
    severity: row.severity as Static<typeof SeverityName>,
    what: nameIn(row.what, row.subject, row.subject_name ?? null),
    steps: row.steps as Static<typeof Step>[],
    stage: row.stage as TaskStage,
    sentBy: row.sent_by,
    sentAt: row.sent_at.toISOString(),
    dueAt: timeOrNull(row.due_at),
    escalation: row.escalation,
    supervisedBy: row.supervised_by,
    answeredBy: row.answered_by,
    answeredAt: timeOrNull(row.answered_at),
    cause: row.cause as TaskCause | null,
    disposition: row.disposition as Disposition | null,
    measure: row.measure as Measure | null,
  };
}

const STATUS: Readonly<Partial<Record<(TaskFault | FileFault)['code'], Problem['code']>>> = {
  'not-found': 'not-found',
  'note-needed': 'bad-request',
  'bad-time': 'bad-request',
  'measure-without-violation': 'bad-request',
  'unknown-file': 'bad-request',
  'bad-name': 'bad-request',
  empty: 'bad-request',
  'unknown-type': 'unsupported-media-type',
  'false-type': 'unsupported-media-type',
};

export function taskProblem(fault: TaskFault | FileFault): Problem {
  const { code } = fault;
  return new Problem(STATUS[code] ?? 'conflict', code === 'not-found' ? undefined : fault);
}
