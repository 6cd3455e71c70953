/**
 * 人机分离: the phone and the wristband of one subject are apart beyond their joint accuracy for longer than the policy allows.
 * Both are estimates with a normal error, so their distance exceeds `separationM` with Φ((d − separationM) / σ), where σ² is the
 * sum of both variances and of what a walk may add in the time between the two fixes.
 */
import { distanceM } from '../../geofences/metres.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { countedFixes, countFixes, fixAt, isCounted } from '../evidence/kept-fixes.ts';
import {
  accuracyOfSigma,
  COARSE,
  type Fix,
  normalCdf,
  walkVarianceM2,
} from '../evidence/position-estimate.ts';
import { type AlertKind, type DeviceState, NOTHING, type SubjectView, type WatchedDevice } from './kind.ts';
import { condition, duration, metres, percent, roundProbability } from './wording.ts';
import { lastFix } from './zone-evidence.ts';

const ABOUT = 'separation';
const DEADLINE_S = 600;
/** Since when they have been apart without a break. */
const SINCE = 'separation';
/** Two fixes so near in time are of one moment, of however frequent devices. */
const MIN_BETWEEN_S = 90;
/** Phone and wristband have different operators: one hears this tower and the other that, several kilometres off where they are few. */
const CELL_REACH_M = 5000;

interface Pair {
  readonly phone: WatchedDevice;
  readonly band: WatchedDevice;
  readonly apartM: number;
  readonly sigmaM: number;
  readonly apart: number;
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
    if (pair === null) {
      if (memory[SINCE] !== undefined) delete memory[SINCE];
    } else if (pair.apart >= view.policy.outsideProbability) memory[SINCE] ??= pair.newestMs;
    else if (1 - pair.apart >= view.policy.insideProbability) delete memory[SINCE];
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
        says: isLong && pair.apart >= view.policy.outsideProbability ? 'holds' : 'undecided',
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
  const a = phone?.state.estimate ?? null;
  const b = band?.state.estimate ?? null;
  if (phone === undefined || band === undefined || a === null || b === null) return null;
  const apartM = distanceM(a.lon, a.lat, b.lon, b.lat);
  const betweenS = Math.abs(a.atMs - b.atMs) / 1000;
  // Who was on the move went on moving from the one fix to the other.
  const movedM = Math.max(paceMps(phone.state), paceMps(band.state)) * betweenS;
  const sigmaM = Math.sqrt(a.varianceM2 + b.varianceM2 + walkVarianceM2(betweenS) + movedM * movedM);
  // Where one was half an hour ago says nothing of where it is beside the other now: the more frequent one is asked when the other speaks.
  const isKnown =
    betweenS <= Math.max(MIN_BETWEEN_S, 1.2 * Math.min(phone.device.intervalS, band.device.intervalS));
  return {
    phone,
    band,
    apartM,
    sigmaM,
    apart: isKnown ? apartOf(view, phone, band, apartM, sigmaM) : 0.5,
    knownMs: Math.min(a.atMs, b.atMs),
    newestMs: Math.max(a.atMs, b.atMs),
  };
}

/** The probability of being apart. By towers nobody is apart who may hear the same ones: it is undecided until they are out of reach. */
function apartOf(
  { policy }: SubjectView,
  phone: WatchedDevice,
  band: WatchedDevice,
  apartM: number,
  sigmaM: number,
): number {
  const apart = normalCdf((apartM - policy.separationM) / sigmaM);
  if (!isCoarse(phone.state) && !isCoarse(band.state)) return apart;
  return 1 - apart >= policy.insideProbability ||
    normalCdf((apartM - policy.separationM - CELL_REACH_M) / sigmaM) >= policy.outsideProbability
    ? apart
    : 0.5;
}

function isCoarse({ fixes }: DeviceState): boolean {
  const last = countedFixes(fixes).at(-1);
  return last !== undefined && (last[5] & COARSE) !== 0;
}

/** How fast a device was between the two newest fixes that count, m/s; 0: it has fewer. */
function paceMps({ fixes }: DeviceState): number {
  let to: Fix | undefined;
  for (let i = countFixes(fixes) - 1; i >= 0; i--) {
    if (!isCounted(fixes, i)) continue;
    const fix = fixAt(fixes, i);
    if (to === undefined) {
      to = fix;
      continue;
    }
    const movedM = distanceM(fix[1], fix[2], to[1], to[2]);
    // A place that differs by no more than its error is the same.
    return movedM <= fix[3] + to[3] ? to[4] : Math.max(to[4], movedM / ((to[0] - fix[0]) / 1000));
  }
  return 0;
}
