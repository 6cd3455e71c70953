/**
 * The trials of `evidence.md`: a straight edge (the equator of a plane, metres north of it are outside), a person, and errors
 * drawn by seed. A rule is asked after each fix whether an alert stands.
 */
import { scaleX, scaleY } from '../../geofences/metres.ts';
import type { Position } from '../../src/kernel/log-event.ts';
import { type PositionEstimate, probabilityOutside, takeFix, toFix } from './position-estimate.ts';

export const EDGE_LAT = 23.5;
const LON = 116.3;
const KX = scaleX(EDGE_LAT);
const KY = scaleY(EDGE_LAT);
const HOME_ACCURACIES_M = [30, 80, 300, 800, 1500];
const DAY_FIXES = 288;

export interface Fix {
  readonly atS: number;
  /** Metres east and, positive outside, north of the edge. */
  readonly x: number;
  readonly y: number;
  readonly accuracyM: number;
}

/** Asked in the order of time; answers whether an alert stands. */
export type Rule = () => (fix: Fix) => boolean;

export const firstFixOutside: Rule = () => (fix) => fix.y > 0;

/** The filter with the policy's default probabilities, as the zone kinds use it. */
export const positionFilter: Rule = () => {
  let estimate: PositionEstimate | null = null;
  let isOpen = false;
  return (fix) => {
    estimate = takeFix(estimate, toFix(positionOf(fix))).estimate;
    const outside = probabilityOutside((estimate.lat - EDGE_LAT) * KY, Math.sqrt(estimate.varianceM2));
    if (outside >= 0.99) isOpen = true;
    if (1 - outside >= 0.95) isOpen = false;
    return isOpen;
  };
};

export function positionOf({ atS, x, y, accuracyM }: Fix): Position {
  const atMs = Date.parse('2026-03-01T00:00:00Z') + atS * 1000;
  return {
    type: 'position',
    subject: 'S1',
    device: 'D1',
    atMs,
    receivedMs: atMs,
    lat: EDGE_LAT + y / KY,
    lon: LON + x / KX,
    accuracyM,
  };
}

/** mulberry32: small, seeded, good enough for errors. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Errors of fixes in metres, with `correlation` between one and the next (of each in units of its own σ). */
function errorsOf(random: () => number, correlation: number) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  let ex = normal();
  let ey = normal();
  return (accuracyM: number): { x: number; y: number } => {
    const fresh = Math.sqrt(1 - correlation * correlation);
    ex = correlation * ex + fresh * normal();
    ey = correlation * ey + fresh * normal();
    const sigmaM = accuracyM / 1.515;
    return { x: ex * sigmaM, y: ey * sigmaM };
  };
}

/** False alerts a day of somebody who stays `insideM` inside, one fix every five minutes. */
export function falseAlertsADay(
  rule: Rule,
  insideM: number,
  correlation: number,
  days: number,
  seed: number,
): number {
  const random = randomOf(seed);
  let alerts = 0;
  for (let day = 0; day < days; day++) {
    const judge = rule();
    const error = errorsOf(random, correlation);
    let isOpen = false;
    for (let i = 0; i < DAY_FIXES; i++) {
      const accuracyM = HOME_ACCURACIES_M[Math.floor(random() * HOME_ACCURACIES_M.length)] ?? 30;
      const { x, y } = error(accuracyM);
      const stands = judge({ atS: i * 300, x, y: y - insideM, accuracyM });
      if (stands && !isOpen) alerts++;
      isOpen = stands;
    }
  }
  return alerts / days;
}

export interface Leaving {
  readonly falseAlerts: number;
  /** Median seconds from the first fix that was truly outside; infinite: not found. */
  readonly delayS: number;
}

/** `pathOf` says where the person truly is: metres north of the edge. */
export function leaving(
  rule: Rule,
  pathOf: (atS: number) => number,
  accuracyM: number,
  everyS: number,
  untilS: number,
  runs: number,
  seed: number,
): Leaving {
  const random = randomOf(seed);
  const delays: number[] = [];
  let falseAlerts = 0;
  for (let run = 0; run < runs; run++) {
    const judge = rule();
    const error = errorsOf(random, 0);
    let outsideFromS = Infinity;
    let isOpen = false;
    let delay = Infinity;
    for (let atS = 0; atS <= untilS; atS += everyS) {
      const truth = pathOf(atS);
      const { x, y } = error(accuracyM);
      const stands = judge({ atS, x, y: truth + y, accuracyM });
      if (truth > 0) outsideFromS = Math.min(outsideFromS, atS);
      if (stands && truth <= 0 && !isOpen) falseAlerts++;
      if (stands && truth > 0) delay = Math.min(delay, atS - outsideFromS);
      isOpen = stands;
    }
    delays.push(delay);
  }
  delays.sort((a, b) => a - b);
  return { falseAlerts: falseAlerts / runs, delayS: delays[delays.length >> 1] ?? Infinity };
}
