/**
 * A leave (外出) from its request to the return (销假): who may approve it, and what may follow what. Pure; rules E in SPEC.md.
 */

import { type Told, told } from '../kernel/fault.ts';
import type { Instant } from '../kernel/instant.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import type { WallClock } from '../kernel/wall-clock.ts';
import { addDays, addMonths, dayOf, daysBetween } from './local-days.ts';
import { type Article, isAtLeast, type Level, type Measures } from './measures.ts';

/** A leave from its request to the return, or recurrent leave (经常性跨市、县活动; recurrent-leave.ts). */
export const PERMIT_KINDS = ['leave', 'recurrent'] as const;
export type PermitKind = (typeof PERMIT_KINDS)[number];
export const PERMIT_STATES = ['asked', 'approved', 'refused', 'withdrawn', 'away', 'returned'] as const;
export type PermitState = (typeof PERMIT_STATES)[number];
/** Good reasons (Measures, art. 26): 就医, 就学, 诉讼, 家庭或工作重要事务. */
export const PERMIT_GROUNDS = ['medical', 'study', 'litigation', 'family', 'work'] as const;
export type PermitGround = (typeof PERMIT_GROUNDS)[number];

export interface Leave {
  readonly fromMs: Instant;
  readonly untilMs: Instant;
}

/** Days of the calendar on which somebody is away, the first and the last counted. */
export interface LeaveDays {
  readonly first: string;
  readonly last: string;
}

export function leaveDays({ fromMs, untilMs }: Leave, wall: WallClock): LeaveDays {
  // A leave until midnight has nothing of the day that begins there.
  return { first: dayOf(fromMs, wall), last: dayOf(Math.max(fromMs, untilMs - 1), wall) };
}

/** Of a leave that was approved: the days until the return, where that was earlier. */
export function spentDays(
  { fromMs, untilMs }: Leave,
  returnedMs: Instant | null,
  wall: WallClock,
): LeaveDays {
  return leaveDays({ fromMs, untilMs: Math.max(fromMs + 1, Math.min(untilMs, returnedMs ?? untilMs)) }, wall);
}

export interface NeededLevel {
  readonly level: Level;
  /** Of this leave and of those that it goes on from without a day between; 0: of recurrent leave. */
  readonly days: number;
  /** The most days away in any span of so many months with a day of this leave in it. */
  readonly cumulatedDays: number;
  readonly article: Article;
}

/** The lowest level that may approve. `others`: approved leaves of the same subject, as they were or will be spent. */
export function neededLevel(
  asked: LeaveDays,
  others: readonly LeaveDays[],
  { permit }: Measures,
): NeededLevel {
  const away = new Set([asked, ...others].flatMap(listDays));
  const days = runThrough(asked, away);
  const { months, mostDays, level, article } = permit.cumulated;
  const cumulatedDays = mostWithin(asked, away, months);
  const limit = permit.limits.find((each) => each.mostDays === null || days <= each.mostDays);
  if (limit === undefined) throw new Error('the last limit must have no end');
  if (cumulatedDays > mostDays && !isAtLeast(limit.level, level))
    return { level, days, cumulatedDays, article };
  return { level: limit.level, days, cumulatedDays, article: limit.article };
}

function listDays({ first, last }: LeaveDays): string[] {
  return Array.from({ length: daysBetween(first, last) }, (_, i) => addDays(first, i));
}

/** Leaves that touch are one leave: else thirty days could be had from an office by fives. */
function runThrough({ first, last }: LeaveDays, away: ReadonlySet<string>): number {
  let [from, to] = [first, last];
  while (away.has(addDays(from, -1))) from = addDays(from, -1);
  while (away.has(addDays(to, 1))) to = addDays(to, 1);
  return daysBetween(from, to);
}

function mostWithin({ first, last }: LeaveDays, away: ReadonlySet<string>, months: number): number {
  let most = 0;
  const sorted = [...away].sort();
  // A fullest span can be moved on until it begins on a day away: only those need a look.
  for (const begin of sorted) {
    const end = addMonths(begin, months);
    if (begin > last || end <= first) continue;
    most = Math.max(most, sorted.filter((day) => day >= begin && day < end).length);
  }
  return most;
}

export const PERMIT_DEEDS = ['approve', 'refuse', 'withdraw', 'depart', 'return'] as const;
export type PermitDeed = (typeof PERMIT_DEEDS)[number];

const FOLLOWS: Readonly<
  Record<PermitDeed, { readonly from: readonly PermitState[]; readonly to: PermitState }>
> = {
  approve: { from: ['asked'], to: 'approved' },
  refuse: { from: ['asked'], to: 'refused' },
  withdraw: { from: ['asked', 'approved'], to: 'withdrawn' },
  depart: { from: ['approved'], to: 'away' },
  // Somebody who never reported the departure is back all the same.
  return: { from: ['approved', 'away'], to: 'returned' },
};

export interface PermitFault extends Told {
  readonly code: 'wrong-state' | 'wrong-level' | 'bad-time' | 'bad-zone';
}

export function follow(
  kind: PermitKind,
  state: PermitState,
  deed: PermitDeed,
): Result<PermitState, PermitFault> {
  if (kind === 'recurrent' && (deed === 'depart' || deed === 'return'))
    return fail({ code: 'wrong-state', ...told('recurrent-no-return') });
  const { from, to } = FOLLOWS[deed];
  return from.includes(state)
    ? ok(to)
    : fail({ code: 'wrong-state', ...told('permit-state', { state, deed }) });
}

/** Higher may decide what lower may; lower may not. */
export function mayApprove(own: Level | undefined, needed: NeededLevel): Result<void, PermitFault> {
  if (own !== undefined && isAtLeast(own, needed.level)) return ok(undefined);
  const { days, cumulatedDays } = needed;
  return fail({
    code: 'wrong-level',
    ...(days === 0
      ? told('recurrent-level', { level: needed.level, article: needed.article.en, own: own ?? 'none' })
      : told('leave-level', {
          days,
          cumulated: cumulatedDays,
          level: needed.level,
          article: needed.article.en,
          own: own ?? 'none',
        })),
  });
}

export function checkLeave({ fromMs, untilMs }: Leave, nowMs: Instant): Result<void, PermitFault> {
  if (untilMs <= fromMs) return fail({ code: 'bad-time', ...told('until-after-from') });
  if (untilMs <= nowMs) return fail({ code: 'bad-time', ...told('until-ahead') });
  if (fromMs - nowMs > MOST_MS || nowMs - fromMs > MOST_MS)
    return fail({ code: 'bad-time', ...told('leave-within-year') });
  if (untilMs - fromMs > MOST_MS)
    return fail({
      code: 'bad-time',
      ...told('leave-over-year'),
    });
  return ok(undefined);
}

const MOST_MS = 366 * 86_400_000;

/** Its time is over and the return is not recorded (逾期未销假). */
export function isOverdue(kind: PermitKind, state: PermitState, untilMs: Instant, nowMs: Instant): boolean {
  return kind === 'leave' && (state === 'approved' || state === 'away') && nowMs > untilMs;
}
