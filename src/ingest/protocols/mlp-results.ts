/** Result codes of MLP (OMA-TS-MLP-V3_5, 5.4) → what they say of the phone, and whether asking again may help. */
import { attributeOf, type XmlElement } from './mlp-xml.ts';

export interface MlpResult {
  /** −1 where it is no number. */
  readonly resid: number;
  readonly slogan: string;
  /** See `REACHABILITIES`. */
  readonly reachability: Reachability;
}

/**
 * `absent`: off, out of cover or detached, as the network knows; `unknown_subscriber`: this operator does not serve the number;
 * `position_failed`: the network could not fix it; `qop_not_attainable`: not as exactly or freshly as asked; `not_allowed`: by the
 * subscriber's or the law's privacy rules; `congestion` and `timeout`: not now; `system_failure`, `unauthorized`: the platform, or our
 * contract with it; `other`: all else, most of it a fault of ours.
 */
export const REACHABILITIES = [
  'absent',
  'unknown_subscriber',
  'position_failed',
  'qop_not_attainable',
  'not_allowed',
  'congestion',
  'timeout',
  'system_failure',
  'unauthorized',
  'other',
] as const;
export type Reachability = (typeof REACHABILITIES)[number];

const CLASSES: ReadonlyMap<number, Reachability> = new Map<number, Reachability>([
  [1, 'system_failure'],
  // May hide a refusal for privacy.
  [2, 'other'],
  [3, 'unauthorized'],
  [4, 'unknown_subscriber'],
  [5, 'absent'],
  [6, 'position_failed'],
  [7, 'timeout'],
  [101, 'congestion'],
  [201, 'qop_not_attainable'],
  [202, 'not_allowed'],
  [203, 'congestion'],
  [204, 'not_allowed'],
]);

/** The number decides: the standard's own example has 10 beside the words of 201. */
export function readResult(element: XmlElement | undefined): MlpResult {
  const said = attributeOf(element, 'resid') ?? '';
  const resid = /^\d{1,6}$/.test(said.trim()) ? Number(said) : -1;
  return { resid, slogan: element?.text ?? '', reachability: CLASSES.get(resid) ?? 'other' };
}

/** The server as a whole can't now: nobody is asked for a while. */
export function isServerBusy({ resid }: Pick<MlpResult, 'resid'>): boolean {
  return resid === 1 || resid === 101;
}

/** Asking this phone again soon may help. */
export function isTransient(reachability: unknown): boolean {
  return reachability === 'congestion' || reachability === 'timeout' || reachability === 'system_failure';
}
