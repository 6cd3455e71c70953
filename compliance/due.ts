/** What is due of a subject at the office's desk: a check-in that is not made, a leave that ends, an order or a correction that runs out. Pure. */
import type { Instant } from '../src/kernel/instant.ts';
import { createWallClock } from '../src/kernel/wall-clock.ts';

export const DUE_KINDS = ['check-in', 'leave-return', 'device-order', 'correction-end'] as const;
export type DueKind = (typeof DUE_KINDS)[number];

/** Of a profile as the store keeps it (src/kernel/roster-file.ts): what is looked at. */
export interface DueProfile {
  readonly checkins?: readonly {
    readonly days: readonly number[];
    readonly from: string;
    readonly to: string;
  }[];
  readonly permits?: readonly { readonly until: string; readonly returnedAt?: string | null }[];
  readonly devices?: readonly {
    readonly until?: string | null;
    readonly order?: { readonly until: string } | null;
  }[];
  readonly record?: { readonly until?: string; readonly ended?: unknown };
}

export interface Due {
  readonly kind: DueKind;
  readonly dueAtMs: Instant;
  readonly isOverdue: boolean;
}

const DAY_MS = 86_400_000;
/** A leave is looked at the day before it ends, an order or a correction a month before: an extension needs its assessment. */
const LEAVE_AHEAD_MS = DAY_MS;
const ORDER_AHEAD_MS = 30 * DAY_MS;

/** `lastCheckinMs`: the newest one; null: none. By when it is due. */
export function dueOf(
  profile: DueProfile,
  lastCheckinMs: Instant | null,
  nowMs: Instant,
  timeZone: string,
): Due[] {
  const wall = createWallClock(timeZone);
  const shownMs = nowMs + wall.offsetMs(nowMs);
  const midnightMs = shownMs - (((shownMs % DAY_MS) + DAY_MS) % DAY_MS);
  const weekday = new Date(shownMs).getUTCDay() || 7;
  const due: Due[] = [];
  const add = (kind: DueKind, dueAtMs: Instant, aheadMs: number) => {
    if (Number.isFinite(dueAtMs) && dueAtMs - nowMs <= aheadMs)
      due.push({ kind, dueAtMs, isOverdue: dueAtMs < nowMs });
  };
  for (const { days, from, to } of profile.checkins ?? []) {
    if (!days.includes(weekday)) continue;
    const fromMs = wall.toInstant(midnightMs + minutesOf(from) * 60_000);
    const overMidnight = minutesOf(to) <= minutesOf(from) ? DAY_MS : 0;
    const untilMs = wall.toInstant(midnightMs + overMidnight + minutesOf(to) * 60_000);
    if (lastCheckinMs === null || lastCheckinMs < fromMs) add('check-in', untilMs, DAY_MS);
  }
  for (const { until, returnedAt = null } of profile.permits ?? [])
    if (returnedAt === null) add('leave-return', Date.parse(until), LEAVE_AHEAD_MS);
  for (const { until = null, order = null } of profile.devices ?? [])
    if (order !== null && (until === null || Date.parse(until) > nowMs))
      add('device-order', Date.parse(order.until), ORDER_AHEAD_MS);
  const { until, ended } = profile.record ?? {};
  if (until !== undefined && (ended === undefined || ended === null))
    add('correction-end', wall.toInstant(Date.parse(`${until}T00:00:00Z`) + DAY_MS), ORDER_AHEAD_MS);
  return due.sort((a, b) => a.dueAtMs - b.dueAtMs || (a.kind < b.kind ? -1 : 1));
}

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}
