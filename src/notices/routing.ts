/** Whom a notice goes to and when: subscriptions, quiet hours, grouping. Pure. Rules: SPEC.md, N. */
import type { Severity } from '../kernel/alert-event.ts';
import type { Instant } from '../kernel/instant.ts';
import type { Notice, QuietHours, Subscription } from './kinds.ts';

/** One recipient gets one message in this time; what comes meanwhile goes into the next. */
export const GROUP_MS = 60_000;

const RANK: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

export function isUrgent({ severity }: Pick<Notice, 'severity'>): boolean {
  return severity === 'critical';
}

export function asksFor(subscription: Subscription, notice: Notice): boolean {
  const { organisation, reach, kinds, fromSeverity } = subscription;
  const isBelow = organisation === '' || notice.office.startsWith(`${organisation}/`);
  if (notice.office !== organisation && !(reach === 'subtree' && isBelow)) return false;
  if (kinds !== null && !kinds.includes(notice.what)) return false;
  return notice.severity === null || RANK[notice.severity] >= RANK[fromSeverity];
}

/**
 * When a message may go: at once, but for quiet hours (urgent ones pass) and not within `GROUP_MS` of the one before it.
 * `utcOffsetMs`: of the office's clock.
 */
export function dueAt(
  nowMs: Instant,
  isUrgent: boolean,
  quiet: QuietHours | null,
  lastDueMs: Instant | undefined,
  utcOffsetMs: number,
): Instant {
  const grouped = lastDueMs === undefined ? nowMs : Math.max(nowMs, lastDueMs + GROUP_MS);
  return isUrgent || quiet === null ? grouped : afterQuiet(grouped, quiet, utcOffsetMs);
}

const DAY_MS = 86_400_000;

/** `atMs` itself outside the quiet hours, else their end. */
export function afterQuiet(atMs: Instant, { from, until }: QuietHours, utcOffsetMs: number): Instant {
  const dayStartMs = Math.floor((atMs + utcOffsetMs) / DAY_MS) * DAY_MS - utcOffsetMs;
  const [fromMs, untilMs] = [ofDay(from), ofDay(until)];
  if (fromMs === untilMs) return atMs;
  const intoMs = atMs - dayStartMs;
  if (fromMs < untilMs) return intoMs >= fromMs && intoMs < untilMs ? dayStartMs + untilMs : atMs;
  if (intoMs >= fromMs) return dayStartMs + DAY_MS + untilMs;
  return intoMs < untilMs ? dayStartMs + untilMs : atMs;
}

function ofDay(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 3_600_000 + (minutes ?? 0) * 60_000;
}
