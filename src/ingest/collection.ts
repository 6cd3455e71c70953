/**
 * What the law lets nobody collect (Community Corrections Law art. 29; decision 9 of the design): positions of an electronic positioning
 * device outside the terms of its order, and anything of somebody whose correction has ended. Refused, counted, and nothing of it kept:
 * it does not even go into quarantine. Pure.
 *
 * By the time at which the device took it: what was taken under the order and comes in later was collected lawfully.
 */
import type { Instant } from '../kernel/instant.ts';
import { ok, type Refusal, type RefusalCode, type Result, refuse } from '../kernel/result.ts';

export interface Term {
  readonly fromMs: Instant;
  /** Exclusive. */
  readonly untilMs: Instant;
}

export interface CollectedBy {
  /** Terms in which it may take positions; null: a means of verification (art. 26), which needs no order. */
  readonly terms: readonly Term[] | null;
  /** From when on nothing of its subject may be collected; null: no end is known. */
  readonly endsMs: Instant | null;
}

export function mayCollect(
  { terms, endsMs }: CollectedBy,
  type: 'position' | 'status' | 'checkin',
  atMs: Instant,
): Result<void, Refusal> {
  if (endsMs !== null && atMs >= endsMs) return CORRECTION_ENDED;
  // A status says that the device lives and is worn, not where: who takes it off must be able to tell.
  if (type !== 'position' || terms === null) return ok(undefined);
  return terms.some(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs) ? ok(undefined) : NO_ORDER;
}

export const CORRECTION_ENDED = refuse(
  'correction-ended',
  'at',
  'lies after the end of correction: nothing is collected any more and nothing of it was kept; take the device off',
);
const NO_ORDER = refuse(
  'outside-order',
  'at',
  'lies outside the terms of the positioning order: nothing of it was kept; have the order extended, or take the device off',
);

/** Nothing of what is refused so may be kept. */
export function isUncollected(code: RefusalCode): boolean {
  return code === 'outside-order' || code === 'correction-ended';
}
