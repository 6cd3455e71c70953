/** What truly was, as the simulator knows it and the detector does not. */
import type { AlertKindName } from '../../src/kernel/alert-event.ts';

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
   * Of a rule about a place: fixes that were received, lie on the forbidden side and claimed to be good enough for how deep it was
   * broken (half of that, or 50 m). Of a separation: such of the phone as lie farther from the wristband's than both claim. Fewer than `USEFUL_FIXES`: the devices said nothing of use, and nobody could have known. Null: it is not about a place.
   */
  useful: number | null;
}

export const USEFUL_FIXES = 2;

export type NoteTruth = (truth: Truth) => void;

export const truth = (
  kind: AlertKindName,
  who: string,
  fromMs: number,
  untilMs: number,
  more: Partial<Truth> = {},
): Truth => ({ kind, who, fromMs, untilMs, allowedS: 0, isOptional: false, useful: null, ...more });
