/**
 * How real phones err: quantiles of the MobilityNet traces (6 of 8 phones carried together, San Francisco Bay Area,
 * 2019–2020; BSD-3-Clause; the data itself is not part of this repository). Derived by
 *
 *   node scripts/derive-trace-quantiles.ts <folder of the MobilityNet traces>
 *
 * 92,653 fixes, 6,345 of them while slow and with a truth to compare with; 232 stretches on battery.
 */

/** The shares that each row of quantiles stands for. */
export const SHARES = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const;

export interface Reception {
  /** Which real phone this is. */
  readonly source: string;
  /** Quantiles of the accuracy that the phone claims, metres. */
  readonly accuracyM: readonly number[];
  /** Quantiles of true error / claimed accuracy while slow. An honest phone would have 1 at 0.68. */
  readonly errorRatio: readonly number[];
}

export const RECEPTIONS: readonly Reception[] = [
  {
    source: 'mn-android-2',
    accuracyM: [3, 3.8, 9, 15.7, 64.1, 880, 2952.4],
    errorRatio: [0.02, 0.29, 0.72, 1.6, 2.82, 3.7, 5.43],
  },
  {
    source: 'mn-android-3',
    accuracyM: [3, 5, 11, 26, 75, 307.4, 3159.9],
    errorRatio: [0.02, 0.13, 0.36, 0.9, 1.38, 1.91, 3.86],
  },
  {
    source: 'mn-android-4',
    accuracyM: [11, 14.8, 16, 96, 900, 900, 1100],
    errorRatio: [0, 0.06, 0.22, 0.41, 0.79, 0.79, 1.43],
  },
  {
    source: 'mn-ios-2',
    accuracyM: [5, 10, 10, 65, 165, 2000, 12000],
    errorRatio: [0.12, 0.32, 0.46, 0.62, 0.95, 1.18, 1.54],
  },
  {
    source: 'mn-ios-3',
    accuracyM: [10, 10, 65, 65, 235.3, 1308.5, 9000],
    errorRatio: [0.11, 0.36, 0.54, 0.68, 0.8, 0.92, 1.3],
  },
  {
    source: 'mn-ios-4',
    accuracyM: [10, 65, 65, 65, 65, 65, 65],
    errorRatio: [0.21, 0.35, 0.43, 0.5, 0.73, 1.14, 1.96],
  },
];

/**
 * Errors of one phone go together in time. Measured correlation of error / accuracy: 0.69 at 30 s, 0.53 at 60 s, 0.54 at
 * 120 s, 0.20 at 300 s, 0.21 at 600 s, 0.12 at 1,200 s. Three parts give about that: shares of the variance.
 */
export const ERROR_PARTS = {
  fresh: 0.35,
  minutes: 0.5,
  hour: 0.15,
  minutesKnotMs: 240_000,
  hourKnotMs: 3_600_000,
};

/** Claimed 50 m or better, truly off by more than 200 m: 7 of 6,345 fixes. */
export const WILD_SHARE = 0.001;
/** Jumps faster than 70 m/s were 707 of 88,540 steps; they go from kilometres to another part of the country. */
export const WILD_M = [1000, 30_000] as const;

/** Discharge in % an hour, over all eight phones. */
export const DISCHARGE_PCT_PER_HOUR = [0.6, 1.1, 2.6, 5.4, 7.6, 8.8, 11.9] as const;

/**
 * Gaps over 120 s of the always-on phones: 3.4 % and 2.0 % of all intervals, 143–300 s at the quantiles 0.05–0.75 of one,
 * 225–586 s of the other, then hours. The hours are an incident with its ground truth here (`incidents.ts`); what is left
 * as plain noise ends before it could be taken for silence.
 */
export const GAP_S = [143, 215, 286, 300, 480] as const;

/** The value at `share` of a row of quantiles, between its entries by straight lines and never beyond its ends. */
export function quantileAt(row: readonly number[], share: number): number {
  const last = row.length - 1;
  if (share <= SHARES[0]) return row[0] ?? 0;
  for (let i = 1; i <= last; i++) {
    const high = SHARES[i] ?? 1;
    if (share > high) continue;
    const low = SHARES[i - 1] ?? 0;
    const a = row[i - 1] ?? 0;
    return a + ((row[i] ?? a) - a) * ((share - low) / (high - low));
  }
  return row[last] ?? 0;
}
