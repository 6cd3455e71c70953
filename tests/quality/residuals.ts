/**
 * How real phones err, as they did: runs of error and claim of phones that were carried beside one whose place was known
 * (`../shared/data/traces`, MobilityNet). A simulated device lives through pieces of these runs, so its errors go together, have
 * tails and claim what they claim as real ones do; no formula that a filter could assume is behind them.
 */
import { scaleX, scaleY } from '../../geofences/metres.ts';
import type { Position } from '../../src/kernel/log-event.ts';
import { readFixes } from '../real-traces/data.ts';

/** A fix's error in metres east and north, with what the phone claimed and when (seconds of its run). */
export interface Residual {
  readonly atS: number;
  readonly x: number;
  readonly y: number;
  readonly accuracyM: number;
}

/** Phones whose errors are known, each by its own runs. */
export interface Residuals {
  readonly phone: string;
  readonly errors: readonly Residual[];
}

/** Always on, and carried together with the others: where they say they are is where the others were. */
const TRUTH = ['mn-android-1', 'mn-ios-1'];
const GOOD_M = 25;
/** A truth is one between two good fixes so near in time, or so near in place over two hours. */
const NEAR_MS = 60_000;
const LONG_MS = 7_200_000;
const NEAR_M = 30;
/** Slower than this the truth is a place; a run of errors while it moves would mix lag into them. */
const SLOW_M = 30;
const SLOW_MS = 30_000;

interface Point {
  readonly atMs: number;
  readonly x: number;
  readonly y: number;
}

export function readResiduals(): Residuals[] {
  const fixes = Map.groupBy(readFixes(), ({ subject }) => subject);
  const truths = TRUTH.map((phone) =>
    (fixes.get(phone) ?? [])
      .filter(({ accuracyM = 1000 }) => accuracyM <= GOOD_M)
      .map(toPoint)
      .sort((a, b) => a.atMs - b.atMs),
  );
  const whereAt = (atMs: number) => {
    const known = truths.flatMap((truth) => between(truth, atMs) ?? []);
    const [a, b] = known;
    if (a === undefined) return undefined;
    if (b !== undefined && Math.hypot(a.x - b.x, a.y - b.y) > 50) return undefined;
    return b === undefined ? a : { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  const found: Residuals[] = [];
  for (const [phone, own] of fixes) {
    if (TRUTH.includes(phone)) continue;
    const errors = own
      .toSorted((a, b) => a.atMs - b.atMs)
      .flatMap((fix): Residual[] => {
        const [now, before, after] = [0, -SLOW_MS, SLOW_MS].map((ms) => whereAt(fix.atMs + ms));
        if (now === undefined || before === undefined || after === undefined) return [];
        if (Math.hypot(after.x - before.x, after.y - before.y) > SLOW_M) return [];
        const { x, y } = toPoint(fix);
        const { accuracyM } = fix;
        if (accuracyM === undefined) return [];
        return [{ atS: fix.atMs / 1000, x: x - now.x, y: y - now.y, accuracyM }];
      });
    if (errors.length > 100) found.push({ phone, errors });
  }
  return found;
}

/** The Bay Area in metres: what is compared lies within kilometres. */
const MIDDLE_LAT = 37.5;

function toPoint({ atMs, lon, lat }: Position): Point {
  return { atMs, x: lon * scaleX(MIDDLE_LAT), y: lat * scaleY(MIDDLE_LAT) };
}

function between(truth: readonly Point[], atMs: number): { x: number; y: number } | undefined {
  let low = 0;
  let high = truth.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((truth[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  const [a, b] = [truth[low - 1], truth[low]];
  if (a === undefined || b === undefined) return undefined;
  const apartM = Math.hypot(a.x - b.x, a.y - b.y);
  const longMs = b.atMs - a.atMs;
  if (longMs > NEAR_MS && !(longMs <= LONG_MS && apartM <= NEAR_M)) return undefined;
  const share = longMs === 0 ? 0 : (atMs - a.atMs) / longMs;
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}
