/** What happens to devices, and how often. */

/** A day's chances. */
export const A_DAY = {
  switchedOff: { phone: 0.004, wristband: 0.001 },
  noNetwork: 0.01,
  shortGap: 0.08,
  leftAtHome: 0.015,
  clockAhead: 1 / 4000,
  clockBehind: 1 / 4000,
  mock: 1 / 4000,
  frozen: 1 / 6000,
  strapCut: 1 / 400,
} as const;
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}
export interface Dark extends Span {
  readonly cause: 'off' | 'off-by-operator' | 'untold' | 'no-network';
  readonly isKept: boolean;
}
export const isIn = (span: Span | null, atMs: number): span is Span =>
  span !== null && atMs >= span.fromMs && atMs < span.untilMs;

/** A feed that fails as a whole. */
export interface Outage {
  readonly feed: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** What was sent meanwhile comes after it, instead of never. */
  readonly isKept: boolean;
}
