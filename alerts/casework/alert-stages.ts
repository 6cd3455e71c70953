/**
 * What people do about an alert: decide (may this be done now, by whom) and evolve (what it is then). Pure. The ledger's state
 * (opened, updated, cleared, retracted) is the machine's word; the stage here is the officers'. Rules: SPEC.md, C.
 */
import type { AlertKindName, AlertState, Severity } from '../../src/kernel/alert-event.ts';
import type { Contact, Disposition, Measure, Stage } from '../../src/kernel/casework.ts';
import { type Told, told } from '../../src/kernel/fault.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { fail, ok, type Result } from '../../src/kernel/result.ts';
import { escalationOf, stageDueS } from './deadlines.ts';
import { isWeighty, MAY_CLOSE_STANDING, NEVER_SUPPRESSED } from './dispositions.ts';

/** Stage × deed → stage. A deed that a stage does not name can't be done in it; `note` and `contact` change no stage. */
export const TRANSITIONS = {
  opened: {
    acknowledge: 'acknowledged',
    take: 'handling',
    assign: 'acknowledged',
    task: 'tasked',
    resolve: 'resolved',
  },
  acknowledged: { take: 'handling', assign: 'acknowledged', task: 'tasked', resolve: 'resolved' },
  handling: { take: 'handling', assign: 'handling', task: 'tasked', resolve: 'resolved' },
  tasked: { take: 'tasked', assign: 'tasked', return: 'returned', resolve: 'resolved' },
  resolved: { review: 'reviewed', return: 'returned' },
  reviewed: { close: 'closed', return: 'returned' },
  returned: { take: 'handling', assign: 'returned', task: 'tasked', resolve: 'resolved' },
  closed: { reopen: 'returned' },
} as const satisfies Record<Stage, Partial<Record<AlertDeedName, Stage>>>;

export const ALERT_DEEDS = [
  'acknowledge',
  'take',
  'assign',
  'task',
  'resolve',
  'review',
  'close',
  'return',
  'reopen',
  'note',
  'contact',
  'shelve',
  'unshelve',
  'merge',
  'split',
  'overdue',
] as const;
export type AlertDeedName = (typeof ALERT_DEEDS)[number];

/** The work on one alert, as the projection keeps it. */
export interface AlertWork {
  readonly alert: string;
  readonly kind: AlertKindName;
  readonly severity: Severity;
  readonly state: AlertState;
  readonly stage: Stage;
  readonly owner: string | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: Instant | null;
  /** By when the next step of this stage is promised; null: nothing is. */
  readonly dueAtMs: Instant | null;
  /** When the clock asks again whether that was kept; null: it does not. */
  readonly escalateAtMs: Instant | null;
  /** How many times a deadline of this stage was missed. */
  readonly escalation: number;
  readonly incident: string | null;
  /** Put into or out of an incident by hand: the machine does not group it again. */
  readonly incidentFixed: boolean;
  readonly shelvedUntilMs: Instant | null;
  readonly disposition: Disposition | null;
  readonly measure: Measure | null;
  /** Who gave the disposition: somebody else reviews what weighs. */
  readonly resolvedBy: string | null;
  readonly task: string | null;
}

/** What somebody wants done. `from`: whose it is as far as the caller knows; taking over somebody else's says so. */
export type AlertCommand =
  | { readonly do: 'acknowledge' }
  | { readonly do: 'take'; readonly from?: string | null | undefined }
  | { readonly do: 'assign'; readonly to: string; readonly from?: string | null | undefined }
  | { readonly do: 'task'; readonly task: string }
  | { readonly do: 'resolve'; readonly disposition: Disposition; readonly measure: Measure | null }
  | { readonly do: 'review' }
  | { readonly do: 'close' }
  | { readonly do: 'return' }
  | { readonly do: 'reopen' }
  | { readonly do: 'note' }
  | { readonly do: 'contact'; readonly whom: Contact; readonly reached: boolean }
  | { readonly do: 'shelve'; readonly untilMs: Instant; readonly shelving: string }
  | { readonly do: 'unshelve'; readonly shelving: string }
  | { readonly do: 'merge'; readonly incident: string; readonly byHand: boolean; readonly cause: string }
  | { readonly do: 'split'; readonly incident: string }
  | { readonly do: 'overdue'; readonly steps: number };

export interface By {
  readonly account: string;
  readonly atMs: Instant;
  readonly note: string;
}

/** One row of the append-only `alert_actions`. */
export type AlertDeed = AlertCommand & By;

export const REFUSED_WORK = [
  'already',
  'retracted',
  'not-in-this-stage',
  'owned-by-another',
  'note-needed',
  'measure-without-violation',
  'same-person',
  'stands-still',
  'never-suppressed',
  'not-shelved',
  'already-there',
] as const;
export interface WorkRefusal extends Told {
  readonly code: (typeof REFUSED_WORK)[number];
}

const no = (code: WorkRefusal['code'], said: Told): Result<never, WorkRefusal> => fail({ code, ...said });
/** Whoever has it does it; these are done by somebody else by their nature. */
const OWNERS_DEEDS: ReadonlySet<AlertDeedName> = new Set(['take', 'assign', 'task', 'resolve']);
const NEEDS_NOTE: ReadonlySet<AlertDeedName> = new Set(['return', 'reopen', 'note', 'split']);
/** In these nobody has to do anything more. */
export const isStanding = (state: AlertState) => state === 'opened' || state === 'updated';

/** Is there still something to do? What was taken back before anybody worked on it asks for nothing. */
export function isOpenWork({ stage, state }: Pick<AlertWork, 'stage' | 'state'>): boolean {
  if (stage === 'closed') return false;
  return !(state === 'retracted' && (stage === 'opened' || stage === 'acknowledged'));
}

export function decideAlert(work: AlertWork, command: AlertCommand, by: By): Result<AlertDeed, WorkRefusal> {
  const name = command.do;
  if (NEEDS_NOTE.has(name) && by.note.trim() === '')
    return no('note-needed', told('note-needed', { deed: name }));
  const refused = refuse(work, command, by);
  return refused === undefined ? ok({ ...command, ...by }) : fail(refused);
}

function refuse(work: AlertWork, command: AlertCommand, by: By): WorkRefusal | undefined {
  const name = command.do;
  const because = (code: WorkRefusal['code'], said: Told): WorkRefusal => ({ code, ...said });
  if (name === 'note' || name === 'contact') return undefined;
  if (name === 'overdue')
    return isOpenWork(work) ? undefined : because('not-in-this-stage', told('nothing-due'));
  if (name === 'merge')
    return work.incident === command.incident
      ? because('already-there', told('in-incident', { incident: command.incident }))
      : undefined;
  if (name === 'split')
    return work.incident === command.incident
      ? undefined
      : because('already-there', told('not-in-incident', { incident: command.incident }));
  if (name === 'shelve') {
    if (NEVER_SUPPRESSED.has(work.kind))
      return because('never-suppressed', told('never-shelved', { kind: work.kind }));
    return work.stage === 'closed' ? because('not-in-this-stage', told('alert-closed')) : undefined;
  }
  if (name === 'unshelve')
    return work.shelvedUntilMs === null ? because('not-shelved', told('not-shelved')) : undefined;
  if (name === 'acknowledge' && work.acknowledgedBy !== null)
    return because('already', told('acknowledged-by', { by: work.acknowledgedBy }));
  if (work.state === 'retracted' && work.stage !== 'closed' && !isOpenWork(work))
    return because('retracted', told('alert-retracted'));
  if (stageAfter(work.stage, name) === undefined)
    return because(
      'not-in-this-stage',
      told('alert-stage', {
        stage: work.stage,
        deed: name,
        possible: Object.keys(TRANSITIONS[work.stage]).join(', '),
      }),
    );
  // The answer of a task is accepted by whoever follows tasks.
  const isTasksEnd = name === 'resolve' && work.stage === 'tasked';
  if (OWNERS_DEEDS.has(name) && !isTasksEnd && work.owner !== null && work.owner !== by.account) {
    const from = command.do === 'take' || command.do === 'assign' ? command.from : undefined;
    if (from !== work.owner) return because('owned-by-another', told('owned-by', { owner: work.owner }));
  }
  if (command.do === 'take' && command.from !== undefined && command.from !== work.owner)
    return because(
      'owned-by-another',
      told('not-owned-by', { owner: work.owner ?? 'nobody', from: command.from ?? 'nobody' }),
    );
  if (command.do === 'resolve' && command.measure !== null && command.disposition !== 'confirmed-violation')
    return because('measure-without-violation', told('measure-without-violation'));
  if (command.do === 'review' && isWeighty(work.kind, work.disposition) && work.resolvedBy === by.account)
    return because('same-person', told('reviewed-by-other'));
  if (command.do === 'close' && isStanding(work.state) && !MAY_CLOSE_STANDING.has(work.kind))
    return because('stands-still', told('still-stands', { kind: work.kind }));
  return undefined;
}

function stageAfter(stage: Stage, deed: AlertDeedName): Stage | undefined {
  return (TRANSITIONS[stage] as Partial<Record<AlertDeedName, Stage>>)[deed];
}

/** Never refuses: what was done is a fact. */
export function evolveAlert(work: AlertWork, deed: AlertDeed): AlertWork {
  const stage = stageAfter(work.stage, deed.do) ?? work.stage;
  const moved = stage === work.stage ? work : { ...work, stage, ...promise(work, stage, deed.atMs) };
  switch (deed.do) {
    case 'acknowledge':
      return { ...moved, ...acknowledged(work, deed), owner: work.owner ?? deed.account };
    case 'take':
      return { ...moved, ...acknowledged(work, deed), owner: deed.account };
    case 'assign':
      return { ...moved, ...acknowledged(work, deed), owner: deed.to };
    case 'task':
      return { ...moved, ...acknowledged(work, deed), owner: work.owner ?? deed.account, task: deed.task };
    case 'resolve':
      return {
        ...moved,
        ...acknowledged(work, deed),
        owner: work.owner ?? deed.account,
        disposition: deed.disposition,
        measure: deed.measure,
        resolvedBy: deed.account,
      };
    case 'reopen':
      return { ...moved, disposition: null, measure: null, resolvedBy: null };
    case 'shelve':
      return { ...moved, shelvedUntilMs: deed.untilMs, escalateAtMs: null };
    case 'unshelve':
      return { ...moved, shelvedUntilMs: null, ...promise(work, work.stage, deed.atMs) };
    case 'merge':
      return { ...moved, incident: deed.incident, incidentFixed: work.incidentFixed || deed.byHand };
    case 'split':
      return { ...moved, incident: null, incidentFixed: true };
    case 'overdue':
      return {
        ...moved,
        escalation: work.escalation + 1,
        escalateAtMs: escalationOf(work.severity, work.escalation + 1, deed.steps, deed.atMs),
      };
    default:
      return moved;
  }
}

function acknowledged(work: AlertWork, by: By): Pick<AlertWork, 'acknowledgedBy' | 'acknowledgedAtMs'> {
  return work.acknowledgedBy === null
    ? { acknowledgedBy: by.account, acknowledgedAtMs: by.atMs }
    : { acknowledgedBy: work.acknowledgedBy, acknowledgedAtMs: work.acknowledgedAtMs };
}

/** A new stage is a new promise. */
function promise(
  work: AlertWork,
  stage: Stage,
  atMs: Instant,
): Pick<AlertWork, 'dueAtMs' | 'escalateAtMs' | 'escalation'> {
  const dueS = stageDueS(work.kind, work.severity, stage);
  const dueAtMs = dueS === null ? null : atMs + dueS * 1000;
  return { dueAtMs, escalateAtMs: dueAtMs, escalation: 0 };
}
