/** 进入禁止区域: inside a keep-out zone while its schedule holds. */
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import { probabilityBeyond } from '../evidence/position-estimate.ts';
import type { AlertKind, Verdict } from './kind.ts';
import { battery, clock, metres, percent } from './wording.ts';
import { gatherEvidence, roundProbability } from './zone-evidence.ts';

export const exclusionEntry: AlertKind = {
  name: 'exclusion-entry',
  deadlineS: () => 120,
  judge: (view) => {
    if (view.located === null) return [];
    const { device, state, estimate } = view.located;
    const verdicts: Verdict[] = [];
    for (const { zone: id, rule, bufferM, schedule } of view.profile.zones) {
      if (rule !== 'keep-out' || !view.isInForce(schedule)) continue;
      const zone = view.zone(id);
      if (zone === undefined) continue;
      // The buffer moves the edge inwards, in the subject's favour.
      const depth = (lon: number, lat: number) => -signedDistanceM(zone, lon, lat) - bufferM;
      const depthM = depth(estimate.lon, estimate.lat);
      const inside = probabilityBeyond(depthM, estimate.varianceM2);
      const says =
        inside >= view.policy.outsideProbability
          ? 'holds'
          : 1 - inside >= view.policy.insideProbability
            ? 'over'
            : 'undecided';
      const isIn = says === 'holds';
      const { evidence, sinceMs } = isIn
        ? gatherEvidence(state, depth, estimate.atMs)
        : { evidence: [], sinceMs: estimate.atMs };
      verdicts.push({
        about: id,
        says,
        sinceMs,
        severity: 'critical',
        confidence: roundProbability(inside),
        zone: id,
        device: device.id,
        // Evidence gives signed distances: negative is inside.
        evidence: evidence.map((fix) => ({ ...fix, distanceM: -fix.distanceM })),
        facts: {
          zone: zone.name ?? id,
          distanceM: depthM,
          accuracyM: Math.sqrt(estimate.varianceM2) * 1.515,
          fixes: evidence.length,
          batteryPct: state.batteryPct,
        },
      });
    }
    return verdicts;
  },
  explain: (subject, verdict, isOver) => {
    const { facts } = verdict;
    if (isOver) {
      return {
        zh: `${subject} 已于 ${clock(verdict.sinceMs)} 离开禁止区域 ${facts.zone ?? ''}。`,
        en: `${subject} has left the exclusion zone ${facts.zone ?? ''} since ${clock(verdict.sinceMs)}.`,
      };
    }
    const power = battery(facts.batteryPct);
    return {
      zh: `${subject} 于 ${clock(verdict.sinceMs)} 进入禁止区域 ${facts.zone},现在区内 ${metres(facts.distanceM ?? 0)}(误差 ${metres(facts.accuracyM ?? 0)}),连续 ${facts.fixes} 次定位,置信度 ${percent(verdict.confidence)}。${power.zh}`,
      en: `${subject} entered the exclusion zone ${facts.zone} at ${clock(verdict.sinceMs)} and is ${metres(facts.distanceM ?? 0)} inside (error ${metres(facts.accuracyM ?? 0)}), ${facts.fixes} fixes in a row, confidence ${percent(verdict.confidence)}. ${power.en}`,
    };
  },
};
