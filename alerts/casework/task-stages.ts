/** A task of an office (异常定位任务): decide and evolve. Pure. Rules: SPEC.md, T. */
import type { Severity } from '../../src/kernel/alert-event.ts';
import type { Contact, Disposition, Measure, TaskCause, TaskStage } from '../../src/kernel/casework.ts';
import { type Told, told } from '../../src/kernel/fault.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { fail, ok, type Result } from '../../src/kernel/result.ts';
import type { By } from './alert-stages.ts';
import { escalationOf, taskDueS } from './deadlines.ts';

/** Stage × deed → stage. `step`, `note`, `supervise`, `attach`, `overdue` and `hand-over` are done in every open stage. */
export const TASK_TRANSITIONS = {
  sent: { receive: 'received', answer: 'answered', withdraw: 'withdrawn' },
  received: { answer: 'answered', withdraw: 'withdrawn' },
  answered: { accept: 'accepted', return: 'returned', withdraw: 'withdrawn' },
  returned: { answer: 'answered', withdraw: 'withdrawn' },
  accepted: {},
  withdrawn: {},
} as const satisfies Record<TaskStage, Partial<Record<TaskDeedName, TaskStage>>>;

export type TaskDeedName = TaskCommand['do'];
export type TaskCommand =
  | { readonly do: 'receive' }
  | { readonly do: 'step'; readonly whom: Contact; readonly reached: boolean }
  | { readonly do: 'note' }
  | { readonly do: 'attach'; readonly file: string; readonly sha256: string }
  | { readonly do: 'answer'; readonly cause: TaskCause; readonly files: readonly string[] }
  | { readonly do: 'accept'; readonly disposition: Disposition; readonly measure: Measure | null }
  | { readonly do: 'return'; readonly dueAtMs: Instant | null }
  | { readonly do: 'supervise'; readonly dueAtMs: Instant | null }
  | { readonly do: 'withdraw' }
  | { readonly do: 'hand-over'; readonly office: string }
  | { readonly do: 'overdue'; readonly steps: number };
export type TaskDeed = TaskCommand & By;

export interface Task {
  readonly task: string;
  readonly severity: Severity;
  readonly stage: TaskStage;
  readonly office: string;
  readonly pastOffices: readonly string[];
  readonly dueAtMs: Instant | null;
  readonly escalateAtMs: Instant | null;
  readonly escalation: number;
  readonly supervisedBy: string | null;
  readonly answeredBy: string | null;
  readonly answeredAtMs: Instant | null;
  readonly cause: TaskCause | null;
  readonly disposition: Disposition | null;
  readonly measure: Measure | null;
}

export interface TaskRefusal extends Told {
  readonly code:
    | 'not-in-this-stage'
    | 'note-needed'
    | 'bad-time'
    | 'measure-without-violation'
    | 'same-person'
    | 'same-office';
}

const NEEDS_NOTE: ReadonlySet<TaskDeedName> = new Set(['answer', 'return', 'supervise', 'withdraw', 'note']);
const MOVES = new Set<TaskDeedName>(['receive', 'answer', 'accept', 'return', 'withdraw']);

export function isTaskOpen({ stage }: Pick<Task, 'stage'>): boolean {
  return stage !== 'accepted' && stage !== 'withdrawn';
}

export function decideTask(task: Task, command: TaskCommand, by: By): Result<TaskDeed, TaskRefusal> {
  const name = command.do;
  const no = (code: TaskRefusal['code'], said: Told) => fail({ code, ...said });
  if (!isTaskOpen(task)) return no('not-in-this-stage', told('task-over', { stage: task.stage }));
  if (MOVES.has(name) && stageAfter(task.stage, name) === undefined)
    return no(
      'not-in-this-stage',
      task.stage === 'answered'
        ? told('task-answered', { by: task.answeredBy ?? '' })
        : told('task-stage', {
            stage: task.stage,
            possible: Object.keys(TASK_TRANSITIONS[task.stage]).join(', '),
          }),
    );
  if (NEEDS_NOTE.has(name) && by.note.trim() === '')
    return no('note-needed', told('note-needed', { deed: name }));
  if (command.do === 'accept') {
    if (command.measure !== null && command.disposition !== 'confirmed-violation')
      return no('measure-without-violation', told('measure-without-violation'));
    if (task.answeredBy === by.account) return no('same-person', told('task-accepted-by-other'));
  }
  if (
    (command.do === 'return' || command.do === 'supervise') &&
    command.dueAtMs !== null &&
    command.dueAtMs <= by.atMs
  )
    return no('bad-time', told('until-ahead'));
  if (command.do === 'hand-over' && command.office === task.office)
    return no('same-office', told('office-has-it', { office: task.office }));
  return ok({ ...command, ...by });
}

function stageAfter(stage: TaskStage, deed: TaskDeedName): TaskStage | undefined {
  return (TASK_TRANSITIONS[stage] as Partial<Record<TaskDeedName, TaskStage>>)[deed];
}

export function evolveTask(task: Task, deed: TaskDeed): Task {
  const stage = stageAfter(task.stage, deed.do) ?? task.stage;
  const moved = stage === task.stage ? task : { ...task, stage };
  const freshMs = deed.atMs + taskDueS(task.severity) * 1000;
  switch (deed.do) {
    case 'answer':
      // Answered in time or not is settled; what is left is for whoever accepts it.
      return {
        ...moved,
        answeredBy: deed.account,
        answeredAtMs: deed.atMs,
        cause: deed.cause,
        escalateAtMs: null,
      };
    case 'accept':
      return { ...moved, disposition: deed.disposition, measure: deed.measure, escalateAtMs: null };
    case 'withdraw':
      return { ...moved, escalateAtMs: null };
    case 'return':
      return { ...moved, ...due(deed.dueAtMs ?? freshMs) };
    case 'supervise':
      return {
        ...moved,
        supervisedBy: deed.account,
        ...(deed.dueAtMs === null || task.stage === 'answered' ? {} : due(deed.dueAtMs)),
      };
    case 'hand-over':
      return {
        ...moved,
        office: deed.office,
        pastOffices: [...task.pastOffices, task.office],
        // Who gets it last has as long as anybody; what the other let pass is not theirs.
        ...(task.stage === 'answered' ? {} : due(Math.max(task.dueAtMs ?? 0, freshMs))),
      };
    case 'overdue':
      return {
        ...moved,
        escalation: task.escalation + 1,
        escalateAtMs: escalationOf(task.severity, task.escalation + 1, deed.steps, deed.atMs),
      };
    default:
      return moved;
  }
}

function due(dueAtMs: Instant): Pick<Task, 'dueAtMs' | 'escalateAtMs' | 'escalation'> {
  return { dueAtMs, escalateAtMs: dueAtMs, escalation: 0 };
}
