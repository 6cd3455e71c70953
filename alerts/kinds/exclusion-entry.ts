/** 进入禁止区域: inside a keep-out zone while its schedule holds. Watches each keep-out zone by itself. */
import type { PreparedZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { ZoneAssignment } from '../../src/kernel/roster.ts';
import { probabilityOutside } from '../evidence/position-estimate.ts';
import { type AlertKind, NOTHING, type SubjectView, type Verdict } from './kind.ts';
import { condition, metres, percent, roundProbability } from './wording.ts';
import { FAR_SIGMAS, gatherEnd, gatherEvidence, type ZoneRule } from './zone-evidence.ts';

const DEADLINE_S = 120;

export const exclusionEntry: AlertKind = {
  name: 'exclusion-entry',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const assignment of view.profile.zones) {
      if (assignment.rule !== 'keep-out' || !view.isInForce(assignment.schedule, view.nowMs)) continue;
      const verdict = judgeOne(view, assignment);
      if (verdict === undefined) continue;
      verdicts ??= [];
      verdicts.push(verdict);
    }
    return verdicts ?? NOTHING;
  },
  explain: (view, verdict) => {
    const { assignment, zone } = find(view, verdict.about);
    if (assignment === undefined || zone === undefined || view.located === null)
      throw new Error(`nothing to explain about ${verdict.about}`);
    const { state, estimate } = view.located;
    const rule = ruleOf(view, assignment, zone);
    const { evidence, sinceMs, inRow } = gatherEvidence(view, state, rule);
    const depthM = -signedDistanceM(zone, estimate.lon, estimate.lat);
    const errorM = Math.sqrt(estimate.varianceM2) * 1.515;
    const status = condition(view, state);
    const { id } = view.profile;
    const name = zone.name ?? zone.id;
    const at = view.clock(sinceMs);
    return {
      atMs: sinceMs,
      zone: zone.id,
      evidence,
      zh: `${id} 于 ${at} 进入禁止区域${name}，现在区内 ${metres(depthM)}（定位误差 ${metres(errorM)}），连续 ${inRow} 次定位，置信度 ${percent(verdict.confidence)}。${status.zh}`,
      en: `${id} entered the exclusion zone ${name} at ${at} and is ${metres(depthM)} inside (position error ${metres(errorM)}), ${inRow === 1 ? '1 fix' : `${inRow} fixes in a row`}, confidence ${percent(verdict.confidence)}. ${status.en}`,
    };
  },
  explainEnd: (view, { about }) => {
    const { assignment, zone } = find(view, about);
    const { id } = view.profile;
    const name = zone?.name ?? about;
    if (assignment === undefined || zone === undefined || view.located === null) {
      const at = view.clock(view.nowMs);
      return {
        atMs: view.nowMs,
        zone: about,
        evidence: [],
        zh: `禁止区域${name}自 ${at} 起对 ${id} 不再生效。`,
        en: `The exclusion zone ${name} no longer holds for ${id} since ${at}.`,
      };
    }
    const { evidence, sinceMs } = gatherEnd(view, view.located.state, ruleOf(view, assignment, zone));
    const at = view.clock(sinceMs);
    return {
      atMs: sinceMs,
      zone: about,
      evidence,
      zh: `${id} 已于 ${at} 离开禁止区域${name}。`,
      en: `${id} left the exclusion zone ${name} at ${at}.`,
    };
  },
};

function judgeOne(view: SubjectView, { zone: id, bufferM }: ZoneAssignment): Verdict | undefined {
  const zone = view.zone(id);
  if (zone === undefined) return undefined;
  const verdict = { about: id, severity: 'critical' } as const;
  if (view.located === null) return { ...verdict, says: 'undecided', confidence: 0, device: null };
  const { device, estimate } = view.located;
  const sigmaM = Math.sqrt(estimate.varianceM2);
  const enoughM = FAR_SIGMAS * sigmaM + bufferM;
  // The tolerance moves the edge inwards, in the subject's favour.
  const depthM = -view.distanceM(zone, estimate.lon, estimate.lat, enoughM) - bufferM;
  const inside = probabilityOutside(depthM, sigmaM);
  if (1 - inside >= view.policy.insideProbability) return undefined;
  return {
    ...verdict,
    says: inside >= view.policy.outsideProbability ? 'holds' : 'undecided',
    confidence: roundProbability(inside),
    device: device.id,
  };
}

function find(
  view: SubjectView,
  about: string,
): { assignment: ZoneAssignment | undefined; zone: PreparedZone | undefined } {
  const inForce = view.profile.zones.filter(
    ({ zone, rule, schedule }) =>
      rule === 'keep-out' && zone === about && view.isInForce(schedule, view.nowMs),
  );
  return { assignment: inForce[0], zone: view.zone(about) };
}

function ruleOf(view: SubjectView, { bufferM, schedule }: ZoneAssignment, zone: PreparedZone): ZoneRule {
  const placeOf = (lon: number, lat: number) => {
    const distanceM = signedDistanceM(zone, lon, lat);
    return { distanceM, wrongM: -distanceM - bufferM };
  };
  return {
    placeOf,
    wasBroken: (lon, lat, atMs) => view.isInForce(schedule, atMs) && placeOf(lon, lat).wrongM > 0,
    lastEdgeMs: (atMs) => view.lastEdgeMs(schedule, atMs),
  };
}
