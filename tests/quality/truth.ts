/** What truly was, as the simulator knows it and the detector does not. */
import type { AlertKindName } from '../../src/kernel/alert-event.ts';
import type { PositionMethod } from '../../src/kernel/log-event.ts';

export interface Truth {
  readonly kind: AlertKindName;
  /** The subject; of a feed its id. */
  readonly who: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** What the policy allows of it before it is one to be told, seconds from its begin. */
  readonly allowedS: number;
  /** An alert about it is right, and none is no fault: a cause that another alert has told, or a fault of the network's. */
  readonly isOptional: boolean;
  /**
   * Of a rule about a place: fixes that were received, lie on the forbidden side and are good enough for how deep it was broken (half
   * of that, or 50 m). Of a separation: moments of both devices that show it, for as long as the policy asks (`apart.ts`). Fewer than
   * `USEFUL_FIXES`: the devices said nothing of use, and nobody could have known. Null: it is not about a place.
   */
  useful: number | null;
  /** Of a rule about a place: the first and the last of those. */
  usefulFromMs: number;
  usefulUntilMs: number;
}

export const USEFUL_FIXES = 2;

export type NoteTruth = (truth: Truth) => void;

export const truth = (
  kind: AlertKindName,
  who: string,
  fromMs: number,
  untilMs: number,
  more: Partial<Truth> = {},
): Truth => ({
  kind,
  who,
  fromMs,
  untilMs,
  allowedS: 0,
  isOptional: false,
  useful: null,
  usefulFromMs: Number.POSITIVE_INFINITY,
  usefulUntilMs: Number.NEGATIVE_INFINITY,
  ...more,
});

export function noteUseful(item: Truth, atMs: number): void {
  item.useful = (item.useful ?? 0) + 1;
  item.usefulFromMs = Math.min(item.usefulFromMs, atMs);
  item.usefulUntilMs = Math.max(item.usefulUntilMs, atMs);
}

/** How good a fix is, by the policy's own words. */
export interface Claim {
  readonly widthM: number;
  /** From towers. */
  readonly isCoarse: boolean;
}

const UNSAID_M = 100;
const COARSE_M = 300;
const CELL_M = 1000;

/** Rule E9: from towers, by its method or by a claim of 300 m and more, it is as wide as a cell, whatever it claims. */
export function claimOf(seen: {
  readonly accuracyM: number | undefined;
  readonly method: PositionMethod | undefined;
}): Claim {
  const saidM = seen.accuracyM ?? UNSAID_M;
  const isCoarse = seen.method === 'cell' || saidM >= COARSE_M;
  return { widthM: isCoarse ? Math.max(saidM, CELL_M) : saidM, isCoarse };
}
