/**
 * By when the next step is promised, seconds, and when a missed promise is told to the next organisation up. Pure; deadlines
 * are data that the clock's leader asks about. Figures: 2 min to take note of the gravest, 30 min to decide (domain.md, 6).
 */
import type { AlertKindName, Severity } from '../../src/kernel/alert-event.ts';
import type { Stage } from '../../src/kernel/casework.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { FEED_OUTAGE } from '../kinds/feed-outage.ts';
import { GATHERING } from '../kinds/gathering.ts';
import { ALERT_KINDS_JUDGED } from '../kinds/kinds.ts';

const TAKE_NOTE = new Map<AlertKindName, (severity: Severity) => number>([
  ...ALERT_KINDS_JUDGED.map((kind) => [kind.name, (severity: Severity) => kind.deadlineS(severity)] as const),
  [FEED_OUTAGE.name, () => FEED_OUTAGE.deadlineS],
  [GATHERING.name, () => GATHERING.deadlineS],
]);

/** From taking note to a decision or a task. */
const DECIDE_S = { critical: 1800, high: 1800, medium: 14_400, low: 86_400 } as const satisfies Record<
  Severity,
  number
>;
const REVIEW_S = 86_400;
/** Between one organisation that was told of a missed deadline and the next one up. */
const ESCALATE_S = { critical: 600, high: 1800, medium: 7200, low: 28_800 } as const satisfies Record<
  Severity,
  number
>;
/** For an office to answer a task. */
const ANSWER_S = { critical: 1800, high: 3600, medium: 14_400, low: 86_400 } as const satisfies Record<
  Severity,
  number
>;

/** Within how long an officer should have taken note of it. */
export function takeNoteS(kind: AlertKindName, severity: Severity): number {
  const deadlineS = TAKE_NOTE.get(kind);
  if (deadlineS === undefined) throw new Error(`${kind} declares no deadline`);
  return deadlineS(severity);
}

/** Of a stage, from when it began; null: it waits for nobody's promise (a task has its own, a closed one has none). */
export function stageDueS(kind: AlertKindName, severity: Severity, stage: Stage): number | null {
  switch (stage) {
    case 'opened':
      return takeNoteS(kind, severity);
    case 'acknowledged':
    case 'handling':
    case 'returned':
      return DECIDE_S[severity];
    case 'resolved':
    case 'reviewed':
      return REVIEW_S;
    case 'tasked':
    case 'closed':
      return null;
  }
}

/** When the clock asks again after the `missed`th miss; null: everybody up to the top (`steps` of them) has been told. */
export function escalationOf(
  severity: Severity,
  missed: number,
  steps: number,
  atMs: Instant,
): Instant | null {
  return missed >= steps ? null : atMs + ESCALATE_S[severity] * 1000;
}

export function taskDueS(severity: Severity): number {
  return ANSWER_S[severity];
}

/** Who is told of the `missed`th missed deadline (1: the first): the office itself, then one up for each more. */
export function organisationTold(office: string, missed: number): string {
  const parts = office === '' ? [] : office.split('/');
  return parts.slice(0, Math.max(0, parts.length - (missed - 1))).join('/');
}

/** How many there are from the office to the top of the tree. */
export function stepsUp(office: string): number {
  return office === '' ? 1 : office.split('/').length + 1;
}
