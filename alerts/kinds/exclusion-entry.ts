/** 进入禁止区域: inside a keep-out zone while its schedule holds. Watches each keep-out zone by itself. */
import type { PreparedZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import { sureOfExclusion } from '../../src/kernel/policy.ts';
import type { ZoneAssignment } from '../../src/kernel/roster.ts';
import { probabilityOutside } from '../evidence/position-estimate.ts';
import { type AlertKind, NOTHING, type SubjectView, type Verdict } from './kind.ts';
import { whereabouts, withWitness } from './whereabouts.ts';
import { condition, errorOf, metres, percent, roundProbability, rowOf } from './wording.ts';
import { FAR_SIGMAS, gatherEnd, gatherEvidence, type ZoneRule } from './zone-evidence.ts';

const DEADLINE_S = 120;

export const exclusionEntry: AlertKind = {
  name: 'exclusion-entry',
  judges: 'place',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const assignment of view.profile.zones) {
      if (assignment.rule !== 'keep-out' || !view.isInForce(assignment.schedule, view.atMs)) continue;
      const verdict = withWitness(view, (seen) => judgeOne(seen, assignment));
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
    const error = errorOf(estimate);
    const row = rowOf(inRow);
    const status = condition(view, state);
    const { id } = view.profile;
    const name = zone.name ?? zone.id;
    const at = view.clock(sinceMs);
    return {
      atMs: sinceMs,
      zone: zone.id,
      evidence,
      zh: `${id} 于 ${at} 进入禁止区域${name}，现在区内 ${metres(depthM)}（定位误差 ${error}），${row.zh}，置信度 ${percent(verdict.confidence)}。${status.zh}`,
      en: `${id} entered the exclusion zone ${name} at ${at} and is ${metres(depthM)} inside (position error ${error}), ${row.en}, confidence ${percent(verdict.confidence)}. ${status.en}`,
    };
  },
  explainEnd: (view, { about }) => {
    const { assignment, zone } = find(view, about);
    const { id } = view.profile;
    const name = zone?.name ?? about;
    if (assignment === undefined || zone === undefined || view.located === null) {
      const schedule = view.profile.zones.find(
        (item) => item.rule === 'keep-out' && item.zone === about,
      )?.schedule;
      const atMs = view.lastEdgeMs(schedule ?? null, view.atMs) ?? view.nowMs;
      const at = view.clock(atMs);
      return {
        atMs,
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
  const where = whereabouts(view);
  if (where === null) return { ...verdict, says: 'undecided', confidence: 0, device: null };
  const { device, lon, lat, sigmaM, isStale } = where;
  const enoughM = FAR_SIGMAS * sigmaM + bufferM;
  // The tolerance moves the edge inwards, in the subject's favour.
  const depthM = -view.distanceM(zone, lon, lat, enoughM) - bufferM;
  const inside = probabilityOutside(depthM, sigmaM);
  if (!isStale && 1 - inside >= view.policy.insideProbability) return undefined;
  return {
    ...verdict,
    says: !isStale && inside >= sureOfExclusion(view.policy) ? 'holds' : 'undecided',
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
      rule === 'keep-out' && zone === about && view.isInForce(schedule, view.atMs),
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
