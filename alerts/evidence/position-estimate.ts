/**
 * What a device's fixes are worth: one robust estimate of where it is. A random-walk Kalman filter in metres whose gate lets a
 * lone wild fix change nothing, and lets a second one that agrees with it take over; its variance never falls below a share
 * of the best recent fix, because the errors of repeated fixes go together. Mathematics, parameters and the table that they
 * were chosen by: `evidence.md` of the project's sources, "What was used"; `evidence-table.test.ts` repeats it.
 */
import { distanceM, RAD, scaleX, scaleXOf, scaleY, scaleYOf, wrap } from '../../geofences/metres.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Position } from '../../src/kernel/log-event.ts';

/** A small JSON value. Variance in m², of one axis. */
export interface PositionEstimate {
  lon: number;
  lat: number;
  varianceM2: number;
  atMs: Instant;
  /** σ of the best recent fix, m; forgotten by `RELAX` with each fix. */
  bestSigmaM: number;
  /** Fixes that did not fit, kept aside: lon, lat, σ, time. Replaced, not moved: most share the empty list. */
  aside: readonly (readonly [number, number, number, Instant])[];
}

/** Shared by all that keep nothing aside. */
export const NONE_ASIDE: PositionEstimate['aside'] = Object.freeze([]);

/** Random-walk speed q, m/s: variance grows by q² · Δt · 60 s. */
const WALK_MPS = 1.5;
const WALK_TIME_S = 60;
/** A radius that holds 68 % of a two-dimensional normal error is 1.515 σ. */
const RADIUS_68_SIGMAS = 1.515;
const MIN_ACCURACY_M = 5;
/** Squared normalised innovation, two degrees of freedom: an honest fix exceeds it once in 8,000. */
const GATE = 18;
const AGREE_SIGMAS = 3;
/**
 * Somebody who drives leaves the gate at each fix, and no two of those agree on a place. So so many in a row that follow each
 * other at a pace that a car can have take over as well. Found by trying: without it a car is never found while it drives.
 */
const COHERENT_FIXES = 3;
const COHERENT_PACE_MPS = 50;
/** Below this a reported speed is the receiver's noise. */
const MOVING_MPS = 1;
const FLOOR_SHARE = 0.6;
/**
 * A phone that claims so much or more has heard towers, whatever it calls the method. What it claims of them says little: one
 * tower's place stands for all who hear it, a kilometre around, and the next fix is the same entry of the same database again.
 * So its σ is that of a cell, and no number of such fixes makes the estimate surer than one.
 */
const COARSE_M = 300;
/**
 * The radius that holds 68 %. A phone often hears the neighbouring cell: to be two cells' width (2 km) off is not one case in a hundred. With
 * this 0.99 is reached there, not before (decision 080).
 */
const CELL_M = 1300;
const COARSE_FLOOR_SHARE = 1;
const RELAX = 1.5;
const MAX_ASIDE = 4;
/** A device's very first fix has no other to be measured against: what it claims is believed half. */
const FIRST_FIX_SIGMAS = 2;
/** How long a reported speed is taken to have held. */
const MAX_DRIFT_S = 300;

/**
 * A fix as the filter takes it and as the detector's state keeps it: time, lon, lat, accuracy (m), speed (m/s), flags. What is
 * judged again from the state must come to the same, so it is rounded before the first time, not after.
 */
export type Fix = [
  atMs: Instant,
  lon: number,
  lat: number,
  accuracyM: number,
  speedMps: number,
  flags: number,
];
/** From a network's database, not from satellites. */
export const NETWORK = 1;
/** The estimate took it: it is evidence. */
export const COUNTED = 2;
/** From cell towers, or as coarse as if it were. */
export const COARSE = 4;
/** It was kept aside, and counts since the next that was taken agreed with it. */
export const CONFIRMED = 8;

/** A decimetre: two fixes that differ by less are one place. */
const FIX_DIGITS = 1e6;

export function toFix(position: Position): Fix {
  const { method } = position;
  return [
    position.atMs,
    rounded(position.lon, FIX_DIGITS),
    rounded(position.lat, FIX_DIGITS),
    rounded(accuracyOf(position), 10),
    rounded(position.speedMps ?? 0, 10),
    (method === 'cell' || method === 'wifi' ? NETWORK : 0) |
      (method === 'cell' || accuracyOf(position) >= COARSE_M ? COARSE : 0),
  ];
}

/** Whether a position is, as kept, where a fix was. */
export function isSamePlace([, lon, lat]: Fix, otherLon: number, otherLat: number): boolean {
  return lon === rounded(otherLon, FIX_DIGITS) && lat === rounded(otherLat, FIX_DIGITS);
}

/** Where a device gives no accuracy: by method, from the field figures of GNSS, Wi-Fi and cell positioning, metres. */
const ASSUMED_ACCURACY_M = { gnss: 20, wifi: 100, cell: 1000 } as const;
const UNKNOWN_ACCURACY_M = 100;

export function accuracyOf(fix: Pick<Position, 'accuracyM' | 'method'>): number {
  return fix.accuracyM ?? (fix.method === undefined ? UNKNOWN_ACCURACY_M : ASSUMED_ACCURACY_M[fix.method]);
}

/** σ that a fix is taken to have, m: of a coarse one never less than a cell's width. */
export function sigmaOfFix([, , , accuracyM, , flags]: Fix): number {
  return sigmaOf((flags & COARSE) === 0 ? accuracyM : Math.max(accuracyM, CELL_M));
}

export function sigmaOf(accuracyM: number): number {
  return Math.max(MIN_ACCURACY_M, accuracyM) / RADIUS_68_SIGMAS;
}

/** The other way round, for showing. */
export function accuracyOfSigma(sigmaM: number): number {
  return Math.round(sigmaM * RADIUS_68_SIGMAS);
}

/** What a fix did to the estimate. `aside`: it changed nothing and counts for nothing yet. */
export type FixEffect = 'moved' | 'took-over' | 'aside' | 'stale';

export interface TakenFix {
  readonly estimate: PositionEstimate;
  readonly effect: FixEffect;
  /** The fix kept aside that this one agrees with: both together took over, or this one fits what the other came too early for. */
  readonly agreed?: PositionEstimate['aside'][number];
}

/** Moves the estimate in place; makes it from the first fix. Fixes must come in the order of their time. */
export function takeFix(before: PositionEstimate | null, fix: Fix): TakenFix {
  const [atMs, lon, lat, , speedMps, flags] = fix;
  const sigmaM = rounded(sigmaOfFix(fix), SIGMA_DIGITS);
  if (before === null)
    return { estimate: begin(fix, FIRST_FIX_SIGMAS * sigmaM, sigmaM), effect: 'took-over' };
  // What came before tells nothing new: above all not the same frame again, which would be the second witness of itself.
  if (atMs <= Math.max(before.atMs, before.aside.at(-1)?.[3] ?? before.atMs))
    return { estimate: before, effect: 'stale' };
  const elapsedS = (atMs - before.atMs) / 1000;
  // A speed is measured apart from the position (Doppler), so it may widen what is expected; it never narrows it.
  const driftM = speedMps >= MOVING_MPS ? speedMps * Math.min(elapsedS, MAX_DRIFT_S) : 0;
  const predicted = before.varianceM2 + walkVarianceM2(elapsedS) + driftM * driftM;
  const cos = Math.cos(before.lat * RAD);
  const kx = scaleXOf(cos);
  const ky = scaleYOf(cos);
  const dx = wrap(lon - before.lon) * kx;
  const dy = (lat - before.lat) * ky;
  const innovation = predicted + sigmaM * sigmaM;
  if ((dx * dx + dy * dy) / innovation > GATE) {
    const agreed = before.aside.find((other) => agrees(other, fix, sigmaM)) ?? followed(before.aside, fix);
    if (agreed !== undefined) return { estimate: begin(fix, sigmaM), effect: 'took-over', agreed };
    before.aside = [...before.aside.slice(1 - MAX_ASIDE), [lon, lat, sigmaM, atMs]];
    return { estimate: before, effect: 'aside' };
  }
  // Only of fixes that fit: a wild one that claims 12 m must not make the next ones look surer than they are.
  before.bestSigmaM = rounded(Math.min(before.bestSigmaM * RELAX, sigmaM), SIGMA_DIGITS);
  const gain = predicted / innovation;
  const floor = ((flags & COARSE) === 0 ? FLOOR_SHARE : COARSE_FLOOR_SHARE) * before.bestSigmaM;
  before.lon = rounded(before.lon + (gain * dx) / kx, PLACE_DIGITS);
  before.lat = rounded(before.lat + (gain * dy) / ky, PLACE_DIGITS);
  before.varianceM2 = rounded(Math.max(predicted * (1 - gain), floor * floor), VARIANCE_DIGITS);
  before.atMs = atMs;
  const agreed = confirmed(before, fix, sigmaM);
  before.aside = NONE_ASIDE;
  return agreed === undefined
    ? { estimate: before, effect: 'moved' }
    : { estimate: before, effect: 'moved', agreed };
}

/** By how much a position may have changed since it was fixed, of somebody of whom nothing is known, m² of one axis. */
export function walkVarianceM2(elapsedS: number): number {
  return WALK_MPS * WALK_MPS * elapsedS * WALK_TIME_S;
}

function begin([atMs, lon, lat]: Fix, sigmaM: number, bestSigmaM = sigmaM): PositionEstimate {
  return {
    lon: rounded(lon, PLACE_DIGITS),
    lat: rounded(lat, PLACE_DIGITS),
    varianceM2: rounded(sigmaM * sigmaM, VARIANCE_DIGITS),
    atMs,
    bestSigmaM,
    aside: NONE_ASIDE,
  };
}

/** A centimetre: the state is written as JSON for every subject, and sixteen digits of a degree are a virus long. */
const PLACE_DIGITS = 1e7;
const VARIANCE_DIGITS = 100;
const SIGMA_DIGITS = 1000;

function rounded(value: number, digits: number): number {
  return Math.round(value * digits) / digits;
}

/**
 * A network fix repeated to the digit is the same entry of the same database again, no second witness. A satellite fix can
 * stand still: phones hold the last coordinates while they rest.
 */
function agrees(
  aside: PositionEstimate['aside'][number],
  [, fixLon, fixLat, , , flags]: Fix,
  sigmaM: number,
): boolean {
  const [lon, lat] = aside;
  if (lon === fixLon && lat === fixLat && (flags & NETWORK) !== 0) return false;
  return isNear(aside, fixLon, fixLat, sigmaM * sigmaM);
}

function isNear(
  [lon, lat, sigmaM]: PositionEstimate['aside'][number],
  otherLon: number,
  otherLat: number,
  otherVarianceM2: number,
): boolean {
  const dx = wrap(otherLon - lon) * scaleX(lat);
  const dy = (otherLat - lat) * scaleY(lat);
  return dx * dx + dy * dy <= AGREE_SIGMAS * AGREE_SIGMAS * (sigmaM * sigmaM + otherVarianceM2);
}

/**
 * With the time the gate grows: a second fix at a new place can fit where the first did not. So a fix kept aside is right as well where one
 * that is no coarser than a house or a street agrees with it, and the estimate that is moved there does too.
 */
function confirmed(
  { lon, lat, varianceM2, aside }: PositionEstimate,
  fix: Fix,
  sigmaM: number,
): PositionEstimate['aside'][number] | undefined {
  if (aside.length === 0 || (fix[5] & COARSE) !== 0) return undefined;
  return aside.find((other) => agrees(other, fix, sigmaM) && isNear(other, lon, lat, varianceM2));
}

/** The fix before this one, if it and those before it lead here at a plausible pace. */
function followed(
  aside: PositionEstimate['aside'],
  [fixMs, fixLon, fixLat]: Fix,
): PositionEstimate['aside'][number] | undefined {
  let to = { lon: fixLon, lat: fixLat, atMs: fixMs };
  for (let n = 1; n < COHERENT_FIXES; n++) {
    const from = aside.at(-n);
    if (from === undefined || (from[0] === to.lon && from[1] === to.lat)) return undefined;
    const pace = distanceM(from[0], from[1], to.lon, to.lat) / ((to.atMs - from[3]) / 1000);
    if (pace > COHERENT_PACE_MPS) return undefined;
    to = { lon: from[0], lat: from[1], atMs: from[3] };
  }
  return aside.at(-1);
}

/** Φ(d/σ): the probability of being on the far side of an edge, `signedDistanceM` beyond which the estimate lies (metres; σ of one axis). */
export function probabilityOutside(signedDistanceM: number, sigmaM: number): number {
  return normalCdf(signedDistanceM / sigmaM);
}

/** Standard normal distribution. Abramowitz and Stegun 7.1.26, error below 1.5e-7. */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const tail = 0.5 * series * Math.exp(-x * x);
  return z >= 0 ? 1 - tail : tail;
}
