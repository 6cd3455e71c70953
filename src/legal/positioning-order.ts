/**
 * Electronic positioning (电子定位, Community Corrections Law art. 29): a term of three months at most on one of five grounds, extended
 * by further terms, each after an assessment. Pure; rules O in SPEC.md.
 */

import { type Told, told } from '../kernel/fault.ts';
import type { Instant } from '../kernel/instant.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import type { PositioningOrder } from '../kernel/roster.ts';
import type { WallClock } from '../kernel/wall-clock.ts';
import { monthsOn } from './local-days.ts';
import { isAtLeast, type Level, type Measures } from './measures.ts';

/** The five grounds of art. 29, in its order. */
export const ORDER_GROUNDS = {
  prohibition: '违反人民法院禁止令',
  'left-without-leave': '无正当理由，未经批准离开所居住的市、县',
  'refused-to-report': '拒不按照规定报告自己的活动情况，被给予警告',
  'public-security-penalty': '违反监督管理规定，被给予治安管理处罚',
  'revocation-proposed': '拟提请撤销缓刑、假释或者暂予监外执行收监执行',
} as const;
export type OrderGround = keyof typeof ORDER_GROUNDS;
export const ORDER_GROUND_NAMES = Object.keys(ORDER_GROUNDS) as OrderGround[];

export const ORDER_STATES = ['proposed', 'approved', 'refused', 'ended'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

export interface Term {
  readonly fromMs: Instant;
  /** Exclusive. */
  readonly untilMs: Instant;
}

export interface OrderFault extends Told {
  readonly code: 'bad-time' | 'too-long' | 'wrong-state' | 'wrong-level' | 'no-assessment';
}

/** The latest end of a term that begins then: the same time of day, so many months on. */
export function latestEnd(fromMs: Instant, wall: WallClock, { order }: Measures): Instant {
  return monthsOn(fromMs, order.mostMonths, wall);
}

export function checkTerm(
  { fromMs, untilMs }: Term,
  wall: WallClock,
  measures: Measures,
): Result<void, OrderFault> {
  if (untilMs <= fromMs) return fail({ code: 'bad-time', ...told('until-after-from') });
  if (untilMs > latestEnd(fromMs, wall, measures))
    return fail({
      code: 'too-long',
      ...told('term-months', { months: measures.order.mostMonths, article: measures.order.article.en }),
    });
  return ok(undefined);
}

/**
 * An extension begins where the term before it ends, and is decided while that still runs: what has ended can only be ordered anew.
 * It needs an assessment that it is still necessary.
 */
export function checkExtension(
  before: Term & { readonly state: OrderState },
  assessment: string,
  nowMs: Instant,
): Result<void, OrderFault> {
  if (before.state !== 'approved' || before.untilMs <= nowMs)
    return fail({
      code: 'wrong-state',
      ...told('extension-in-force'),
    });
  return assessment.trim() === '' ? fail({ code: 'no-assessment', ...told('no-assessment') }) : ok(undefined);
}

export function mayOrder(own: Level | undefined, { order }: Measures): Result<void, OrderFault> {
  return own !== undefined && isAtLeast(own, order.level)
    ? ok(undefined)
    : fail({
        code: 'wrong-level',
        ...told('order-level', { level: order.level, article: order.article.en, own: own ?? 'none' }),
      });
}

/**
 * What the roster says of a device's order: the terms that follow one another without a gap as one, the one that runs at `nowMs`, else
 * the next, else the last. Undefined: there are no terms.
 */
export function orderOf(
  terms: readonly (Term & { readonly ground: string })[],
  nowMs: Instant,
): PositioningOrder | undefined {
  const chains: PositioningOrder[] = [];
  for (const { ground, fromMs, untilMs } of [...terms].sort((a, b) => a.fromMs - b.fromMs)) {
    // An extension whose order was ended before it began.
    if (untilMs <= fromMs) continue;
    const last = chains.at(-1);
    if (last !== undefined && fromMs <= last.untilMs)
      chains[chains.length - 1] = { ...last, untilMs: Math.max(last.untilMs, untilMs) };
    else chains.push({ ground, fromMs, untilMs });
  }
  return chains.find(({ untilMs }) => nowMs < untilMs) ?? chains.at(-1);
}
