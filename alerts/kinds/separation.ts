/**
 * 人机分离: the phone and the wristband of one subject are apart beyond their joint accuracy for longer than the policy allows.
 * Both are estimates with a normal error, so their distance exceeds `separationM` with Φ((d − separationM) / σ), where σ² is the
 * sum of both variances and of what a walk may add in the time between the two fixes; they are together by both variances alone.
 */
import { distanceM } from '../../geofences/metres.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import {
  countFixes,
  fixAt,
  justConfirmed,
  type KeptFixes,
  nextCounted,
  timeAt,
} from '../evidence/kept-fixes.ts';
import {
  accuracyOfSigma,
  COARSE,
  normalCdf,
  type PositionEstimate,
  sigmaOfFix,
  walkVarianceM2,
} from '../evidence/position-estimate.ts';
import { retrace } from '../evidence/retrace.ts';
import { type AlertKind, type Memory, NOTHING, type SubjectView, type WatchedDevice } from './kind.ts';
import { condition, duration, metres, percent, roundProbability } from './wording.ts';
import { lastFix } from './zone-evidence.ts';

const ABOUT = 'separation';
const DEADLINE_S = 600;
/** Since when they have been apart without a break. */
const SINCE = 'separation';
/** When they last were found together again, or no more watched: what begins anew began after that. */
const OVER = 'separation over';
/** Two fixes so near in time are of one moment, of however frequent devices. */
const MIN_BETWEEN_S = 90;
/** Phone and wristband have different operators: one hears this tower and the other that, several kilometres off where they are few. */
const CELL_REACH_M = 5000;

/** Where one of the two was at a time, m² of one axis. */
interface Spot {
  readonly atMs: Instant;
  readonly lon: number;
  readonly lat: number;
  readonly varianceM2: number;
  readonly isCoarse: boolean;
  /** How fast it was around then, m/s. */
  readonly paceMps: number;
}

interface Comparison {
  readonly apartM: number;
  readonly sigmaM: number;
  /** The probability of being apart, and that of being together; 0.5: they are not of one moment, or nothing is to be told. */
  readonly apart: number;
  readonly together: number;
}

interface Pair extends Comparison {
  readonly phone: WatchedDevice;
  readonly band: WatchedDevice;
  /** The older of the two fixes: up to then both places are known. */
  readonly knownMs: Instant;
  readonly newestMs: Instant;
}

export const separation: AlertKind = {
  name: 'separation',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  remember: (view, memory) => {
    const pair = pairOf(view);
    if (pair !== null && isApart(view, pair)) {
      if (view.isLate) countAnew(view, pair, memory);
      memory[SINCE] ??= Math.max(sinceMsOf(view, pair), memory[OVER] ?? 0);
    } else if (memory[SINCE] !== undefined && (pair === null || isTogether(view, pair))) {
      delete memory[SINCE];
      memory[OVER] = pair?.newestMs ?? view.nowMs;
    }
  },
  judge: (view) => {
    const since = view.memory[SINCE];
    if (since === undefined) return NOTHING;
    const pair = pairOf(view);
    if (pair === null) return NOTHING;
    const isLong = pair.knownMs - since >= view.policy.separationS * 1000;
    return [
      {
        about: ABOUT,
        says: isLong && isApart(view, pair) ? 'holds' : 'undecided',
        severity: view.profile.grade === 'strict' ? 'critical' : 'high',
        confidence: roundProbability(pair.apart),
        device: pair.phone.device.id,
      },
    ];
  },
  explain: (view, verdict) => {
    const pair = pairOf(view);
    const since = view.memory[SINCE];
    if (pair === null || since === undefined) throw new Error('phone and wristband are not apart');
    const { phone, band, apartM, sigmaM, knownMs } = pair;
    const { id } = view.profile;
    const at = view.clock(since);
    const long = duration((knownMs - since) / 1000);
    const error = metres(accuracyOfSigma(sigmaM));
    const rest = condition(view, phone.state);
    return {
      atMs: Math.min(since, view.nowMs),
      zone: null,
      evidence: [...lastFix(band.state), ...lastFix(phone.state)].sort((a, b) => a.atMs - b.atMs),
      zh: `${id} 的定位手机（${phone.device.id}）与腕带（${band.device.id}）自 ${at} 起分离，已 ${long.zh}，现相距 ${metres(apartM)}（联合误差 ${error}），置信度 ${percent(verdict.confidence)}。${rest.zh}`,
      en: `The phone (${phone.device.id}) and the wristband (${band.device.id}) of ${id} have been apart since ${at}, for ${long.en}, now by ${metres(apartM)} (joint error ${error}), confidence ${percent(verdict.confidence)}. ${rest.en}`,
    };
  },
  explainEnd: (view) => {
    const pair = pairOf(view);
    const { id } = view.profile;
    const atMs = Math.min(view.nowMs, pair?.newestMs ?? view.nowMs);
    const at = view.clock(atMs);
    return {
      atMs,
      zone: null,
      evidence:
        pair === null
          ? []
          : [...lastFix(pair.band.state), ...lastFix(pair.phone.state)].sort((a, b) => a.atMs - b.atMs),
      zh:
        pair === null
          ? `${id} 的手机与腕带自 ${at} 起不再同时监管。`
          : `${id} 的手机与腕带自 ${at} 起重新在一起。`,
      en:
        pair === null
          ? `Phone and wristband of ${id} are no longer both watched since ${at}.`
          : `Phone and wristband of ${id} are together again since ${at}.`,
    };
  },
};

/** Null: not both are watched. The first of each kind that has been located. */
function pairOf(view: SubjectView): Pair | null {
  if (view.devices.length < 2) return null;
  const phone = view.devices.find(({ device, state }) => device.kind === 'phone' && state.estimate !== null);
  const band = view.devices.find(
    ({ device, state }) => device.kind === 'wristband' && state.estimate !== null,
  );
  return phone === undefined || band === undefined ? null : compareNow(view, phone, band);
}

function compareNow(view: SubjectView, phone: WatchedDevice, band: WatchedDevice): Pair | null {
  const { estimate: a } = phone.state;
  const { estimate: b } = band.state;
  if (a === null || b === null) return null;
  return {
    phone,
    band,
    ...compare(view, phone, band, spotOf(phone, a), spotOf(band, b)),
    knownMs: Math.min(a.atMs, b.atMs),
    newestMs: Math.max(a.atMs, b.atMs),
  };
}

function compare(
  { policy }: SubjectView,
  phone: WatchedDevice,
  band: WatchedDevice,
  a: Spot,
  b: Spot,
): Comparison {
  const apartM = distanceM(a.lon, a.lat, b.lon, b.lat);
  const betweenS = Math.abs(a.atMs - b.atMs) / 1000;
  // Who was on the move went on moving from the one fix to the other.
  const movedM = Math.max(a.paceMps, b.paceMps) * betweenS;
  const seenM2 = a.varianceM2 + b.varianceM2 + movedM * movedM;
  const sigmaM = Math.sqrt(seenM2 + walkVarianceM2(betweenS));
  // Where one was half an hour ago says nothing of where it is beside the other now: the more frequent one is asked when the other speaks.
  const isKnown =
    betweenS <= Math.max(MIN_BETWEEN_S, 1.2 * Math.min(phone.device.intervalS, band.device.intervalS));
  const beyond = (metres: number) => normalCdf((apartM - metres) / sigmaM);
  const apart = beyond(policy.separationM);
  // For a walk between the two fixes it allows before anybody is accused, not before they count as together: of two that report each five
  // minutes hardly any two fixes are near enough in time for that, and an alert stood for hours while they lay side by side.
  const together = normalCdf((policy.separationM - apartM) / Math.sqrt(seenM2));
  // By towers nobody is apart who may hear the same ones: it is undecided until they are out of reach.
  const isTold =
    (!a.isCoarse && !b.isCoarse) ||
    together >= policy.insideProbability ||
    beyond(policy.separationM + CELL_REACH_M) >= policy.outsideProbability;
  return isKnown && isTold
    ? { apartM, sigmaM, apart, together }
    : { apartM, sigmaM, apart: 0.5, together: 0.5 };
}

function isApart({ policy }: SubjectView, { apart }: Comparison): boolean {
  return apart >= policy.outsideProbability;
}

function isTogether({ policy }: SubjectView, { together }: Comparison): boolean {
  return together >= policy.insideProbability;
}

/**
 * A fix that came late was not there when its time was looked at. So what the kept fixes of both show is gone through again, as if each
 * had come when it was made: they have been apart since then, or since they were last together, whichever is known later.
 */
function countAnew(view: SubjectView, { phone, band }: Pair, memory: Memory): void {
  const overMs = memory[OVER] ?? 0;
  let sinceMs: Instant | undefined;
  let wereTogether = false;
  for (const pair of pastPairs(view, phone, band)) {
    if (isApart(view, pair)) sinceMs ??= Math.max(sinceMsOf(view, pair), overMs);
    else if (isTogether(view, pair)) {
      sinceMs = undefined;
      wereTogether = true;
    }
  }
  if (sinceMs === undefined) return;
  memory[SINCE] = wereTogether ? sinceMs : Math.min(memory[SINCE] ?? sinceMs, sinceMs);
}

/** Both as they were found after each of their kept fixes, oldest first. */
function* pastPairs(view: SubjectView, phone: WatchedDevice, band: WatchedDevice): Generator<Pair> {
  const steps = [phone, band].flatMap((device) => {
    const { base, fixes } = device.state;
    const pasts = retrace(base, fixes);
    return Array.from({ length: countFixes(fixes) }, (_, i) => ({
      atMs: timeAt(fixes, i) ?? 0,
      device,
      pasts,
    }));
  });
  let [past, beside]: (WatchedDevice | undefined)[] = [];
  for (const { device, pasts } of steps.sort((a, b) => a.atMs - b.atMs)) {
    const { value } = pasts.next();
    // How fast it was is known from its second fix on.
    if (!value || nextCounted(value.fixes, nextCounted(value.fixes, countFixes(value.fixes), -1), -1) < 0)
      continue;
    const found = { device: device.device, state: { ...device.state, ...value } };
    if (device === phone) past = found;
    else beside = found;
    const pair = past === undefined || beside === undefined ? null : compareNow(view, past, beside);
    if (pair !== null) yield pair;
  }
}

/**
 * Since when they have been apart of whom that has just been found. A fix that was kept aside until the newest one agreed with it
 * showed it already, if the other one's fixes of that moment do so beside it: by its own error, and back to the first that does not.
 */
function sinceMsOf(view: SubjectView, { phone, band, newestMs }: Pair): Instant {
  let sinceMs = newestMs;
  const [phoneFixes, bandFixes] = [phone.state.fixes, band.state.fixes];
  for (const [own, others] of [
    [phoneFixes, bandFixes],
    [bandFixes, phoneFixes],
  ] as const) {
    const index = justConfirmed(own);
    if (index < 0) continue;
    const kept = fixAt(own, index)[0];
    for (let i = nextCounted(others, countFixes(others), -1); i >= 0; i = nextCounted(others, i, -1)) {
      const other = fixAt(others, i)[0];
      const step = other < kept ? -1 : 1;
      const [spot, beside] = [spotAt(own, index, step), spotAt(others, i, step === 1 ? -1 : 1)];
      const [a, b] = own === phoneFixes ? [spot, beside] : [beside, spot];
      const moment = compare(view, phone, band, a, b);
      if (isTogether(view, moment)) break;
      if (isApart(view, moment)) sinceMs = Math.min(sinceMs, Math.max(kept, other));
    }
  }
  return sinceMs;
}

function spotOf({ state: { fixes } }: WatchedDevice, { atMs, lon, lat, varianceM2 }: PositionEstimate): Spot {
  const last = nextCounted(fixes, countFixes(fixes), -1);
  const isCoarse = last >= 0 && (fixAt(fixes, last)[5] & COARSE) !== 0;
  return { atMs, lon, lat, varianceM2, isCoarse, paceMps: paceMps(fixes, last, -1) };
}

/** By the fix alone. `step`: whether what is asked lies before it or after. */
function spotAt(fixes: KeptFixes, index: number, step: -1 | 1): Spot {
  const fix = fixAt(fixes, index);
  const [atMs, lon, lat, , , flags] = fix;
  const isCoarse = (flags & COARSE) !== 0;
  return { atMs, lon, lat, varianceM2: sigmaOfFix(fix) ** 2, isCoarse, paceMps: paceMps(fixes, index, step) };
}

/** How fast a device was between a fix and the one that counts before (−1) or after (1) it, m/s; 0: there is none. */
function paceMps(fixes: KeptFixes, index: number, step: -1 | 1): number {
  const next = nextCounted(fixes, index, step);
  if (index < 0 || next < 0) return 0;
  const [from, to] = [fixAt(fixes, Math.min(index, next)), fixAt(fixes, Math.max(index, next))];
  const movedM = distanceM(from[1], from[2], to[1], to[2]);
  // A place that differs by no more than its error is the same.
  return movedM <= from[3] + to[3] ? to[4] : Math.max(to[4], movedM / ((to[0] - from[0]) / 1000));
}
