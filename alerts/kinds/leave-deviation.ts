/**
 * 偏离外出目的地: on a permit that names a destination, but neither at home nor on the way to or in it. The way is an ellipse:
 * a place lies on it whose straight lines from home and to the destination add up to 1.2 × the distance and 3 km at most. A road is
 * longer than the straight line by 1.4 on average where that is short, by less where it is long (Boscoe, Henry and Zdeb, "A
 * nationwide comparison of driving distance versus straight-line distance to hospitals", 2012). Watches each permit.
 */
import { middleOf, type PreparedZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Permit } from '../../src/kernel/roster.ts';
import { probabilityOutside } from '../evidence/position-estimate.ts';
import { type AlertKind, NOTHING, type SubjectView, type Verdict } from './kind.ts';
import { permitEdges, permitEndMs } from './permits.ts';
import { whereabouts, withWitness } from './whereabouts.ts';
import { condition, errorOf, metres, percent, roundProbability, rowOf } from './wording.ts';
import { gatherEnd, gatherEvidence, type Place, type ZoneRule } from './zone-evidence.ts';

const DEADLINE_S = 600;
const DETOUR = 1.2;
const DETOUR_M = 3000;

export const leaveDeviation: AlertKind = {
  name: 'leave-deviation',
  judges: 'place',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const permit of view.profile.permits) {
      if (permit.destination === null || !holdsAt(permit, view.atMs)) continue;
      const verdict = withWitness(view, (seen) => judgeOne(seen, permit));
      if (verdict === undefined) continue;
      verdicts ??= [];
      verdicts.push(verdict);
    }
    return verdicts ?? NOTHING;
  },
  explain: (view, verdict) => {
    const { permit, destination } = find(view, verdict.about);
    if (permit === undefined || destination === undefined || view.located === null)
      throw new Error(`nothing to explain about ${verdict.about}`);
    const { state, estimate } = view.located;
    const { evidence, sinceMs, inRow } = gatherEvidence(view, state, ruleOf(view, permit, destination));
    const { distanceM } = placeOf(view, destination, estimate.lon, estimate.lat);
    const { id } = view.profile;
    const name = destination.name ?? destination.id;
    const at = view.clock(sinceMs);
    const row = rowOf(inRow);
    const rest = condition(view, state);
    const error = errorOf(estimate);
    return {
      atMs: sinceMs,
      zone: destination.id,
      evidence,
      zh: `${id} 持请假 ${permit.id} 前往${name}，自 ${at} 起偏离：不在居住地、目的地或其往来途中，距目的地 ${metres(distanceM)}（定位误差 ${error}），${row.zh}，置信度 ${percent(verdict.confidence)}。${rest.zh}`,
      en: `${id} has permit ${permit.id} for ${name} and has strayed from it since ${at}: neither at home, nor there, nor on the way, ${metres(distanceM)} from the destination (position error ${error}), ${row.en}, confidence ${percent(verdict.confidence)}. ${rest.en}`,
    };
  },
  explainEnd: (view, { about }) => {
    const { permit, destination } = find(view, about);
    const { id } = view.profile;
    if (
      permit === undefined ||
      destination === undefined ||
      view.located === null ||
      !holdsAt(permit, view.atMs)
    ) {
      const atMs = permit === undefined ? view.nowMs : Math.min(view.nowMs, permitEndMs(permit));
      const at = view.clock(atMs);
      return {
        atMs,
        zone: null,
        evidence: [],
        zh: `${id} 的请假 ${about} 自 ${at} 起不再有效，偏离目的地的告警结束。`,
        en: `Permit ${about} of ${id} no longer holds since ${at}, and straying from it is over.`,
      };
    }
    const { evidence, sinceMs } = gatherEnd(view, view.located.state, ruleOf(view, permit, destination));
    const at = view.clock(sinceMs);
    const name = destination.name ?? destination.id;
    return {
      atMs: sinceMs,
      zone: destination.id,
      evidence,
      zh: `${id} 自 ${at} 起回到请假 ${about} 允许的范围（${name}及往来途中）。`,
      en: `${id} is where permit ${about} allows since ${at} (${name} and the way there).`,
    };
  },
};

function holdsAt(permit: Permit, atMs: Instant): boolean {
  return permit.fromMs <= atMs && atMs < permitEndMs(permit);
}

function judgeOne(view: SubjectView, permit: Permit): Verdict | undefined {
  const destination = view.zone(permit.destination ?? '');
  if (destination === undefined) return undefined;
  const verdict = {
    about: permit.id,
    severity: view.profile.grade === 'strict' ? 'critical' : 'high',
  } as const;
  const where = whereabouts(view);
  if (where === null) return { ...verdict, says: 'undecided', confidence: 0, device: null };
  const { lon, lat, sigmaM, device, isStale } = where;
  const { wrongM } = placeOf(view, destination, lon, lat);
  const strayed = probabilityOutside(wrongM, sigmaM);
  if (!isStale && 1 - strayed >= view.policy.insideProbability) return undefined;
  return {
    ...verdict,
    says: !isStale && strayed >= view.policy.outsideProbability ? 'holds' : 'undecided',
    confidence: roundProbability(strayed),
    device: device.id,
  };
}

function find(view: SubjectView, about: string) {
  const permit = view.profile.permits.find(({ id }) => id === about);
  return { permit, destination: permit?.destination == null ? undefined : view.zone(permit.destination) };
}

/** Home: the stay-in zones in which the subject must be without leave, whatever their hours. */
function homesOf(view: SubjectView): PreparedZone[] {
  return view.profile.zones.flatMap(({ zone, rule }) => (rule === 'stay-in' ? (view.zone(zone) ?? []) : []));
}

/** `distanceM` to the destination; `wrongM` beyond home, destination and way, metres (half the detour too much is as far off the way). */
function placeOf(view: SubjectView, destination: PreparedZone, lon: number, lat: number): Place {
  const distanceM = signedDistanceM(destination, lon, lat);
  const middle = middleOf(destination);
  let wrongM = distanceM;
  for (const home of homesOf(view)) {
    const homeM = signedDistanceM(home, lon, lat);
    const wayM = Math.max(0, signedDistanceM(home, middle.lon, middle.lat));
    const detourM = Math.max(0, homeM) + Math.max(0, distanceM) - (DETOUR * wayM + DETOUR_M);
    wrongM = Math.min(wrongM, homeM, detourM / 2);
  }
  return { distanceM, wrongM };
}

function ruleOf(view: SubjectView, permit: Permit, destination: PreparedZone): ZoneRule {
  const at = (lon: number, lat: number) => placeOf(view, destination, lon, lat);
  return {
    placeOf: at,
    wasBroken: (lon, lat, atMs) => holdsAt(permit, atMs) && at(lon, lat).wrongM > 0,
    lastEdgeMs: (atMs) => {
      const past = permitEdges(view).filter((edge) => edge <= atMs);
      return past.length === 0 ? null : Math.max(...past);
    },
  };
}
