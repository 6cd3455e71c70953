/** 越界: outside the union of the stay-in zones in force, and no permit covers it. */

import type { PreparedZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import { probabilityBeyond } from '../evidence/position-estimate.ts';
import type { AlertKind, SubjectView, Verdict } from './kind.ts';
import { battery, clock, metres, percent } from './wording.ts';
import { gatherEvidence, roundProbability } from './zone-evidence.ts';

/** One union, one alert: which of its zones is nearest may change while the subject is outside. */
const ABOUT = 'stay-in';
/** A permit's destination counts as a stay-in zone with this tolerance, metres: it is a place, not a fence. */
const DESTINATION_BUFFER_M = 0;

interface Bound {
  readonly zone: PreparedZone;
  readonly bufferM: number;
}

export const outOfBounds: AlertKind = {
  name: 'out-of-bounds',
  deadlineS: (severity) => (severity === 'critical' ? 120 : 600),
  judge: (view) => {
    const bounds = boundsInForce(view);
    if (bounds === null || bounds.length === 0 || view.located === null) return [];
    const { device, state, estimate } = view.located;
    const { distanceM, zone } = nearest(bounds, estimate.lon, estimate.lat);
    const outside = probabilityBeyond(distanceM, estimate.varianceM2);
    const says =
      outside >= view.policy.outsideProbability
        ? 'holds'
        : 1 - outside >= view.policy.insideProbability
          ? 'over'
          : 'undecided';
    if (says === 'undecided' || says === 'over')
      return [
        {
          ...EMPTY,
          says,
          sinceMs: estimate.atMs,
          zone: zone.id,
          device: device.id,
          facts: { zone: zone.name ?? zone.id },
        },
      ];
    const { evidence, sinceMs } = gatherEvidence(
      state,
      (lon, lat) => nearest(bounds, lon, lat).distanceM,
      estimate.atMs,
    );
    return [
      {
        about: ABOUT,
        says,
        sinceMs,
        severity: view.profile.grade === 'relaxed' ? 'high' : 'critical',
        confidence: roundProbability(outside),
        zone: zone.id,
        device: device.id,
        evidence,
        facts: {
          zone: zone.name ?? zone.id,
          distanceM,
          accuracyM: Math.sqrt(estimate.varianceM2) * 1.515,
          fixes: evidence.length,
          batteryPct: state.batteryPct,
          device: device.kind,
        },
      },
    ];
  },
  explain: (subject, verdict, isOver) => {
    const { facts } = verdict;
    if (isOver) {
      return {
        zh: `${subject} 的越界已于 ${clock(verdict.sinceMs)} 结束(${facts.zone ?? '区域或许可已变更'})。`,
        en: `${subject} is no longer out of bounds since ${clock(verdict.sinceMs)} (${facts.zone ?? 'zones or permits changed'}).`,
      };
    }
    const power = battery(facts.batteryPct);
    return {
      zh: `${subject} 于 ${clock(verdict.sinceMs)} 越出 ${facts.zone},现在界外 ${metres(facts.distanceM ?? 0)}(误差 ${metres(facts.accuracyM ?? 0)}),连续 ${facts.fixes} 次定位,置信度 ${percent(verdict.confidence)}。无有效请假。${power.zh}`,
      en: `${subject} left ${facts.zone} at ${clock(verdict.sinceMs)} and is ${metres(facts.distanceM ?? 0)} outside (error ${metres(facts.accuracyM ?? 0)}), ${facts.fixes} fixes in a row, confidence ${percent(verdict.confidence)}. No valid permit. ${power.en}`,
    };
  },
};

const EMPTY: Verdict = {
  about: ABOUT,
  says: 'over',
  sinceMs: 0,
  severity: 'critical',
  confidence: 0,
  zone: null,
  device: null,
  evidence: [],
  facts: {},
};

/** Null: a permit without destination allows everything. Zones whose shape is not known yet bind nobody. */
function boundsInForce(view: SubjectView): Bound[] | null {
  const bounds: Bound[] = [];
  for (const { zone: id, rule, bufferM, schedule } of view.profile.zones) {
    if (rule !== 'stay-in' || !view.isInForce(schedule)) continue;
    const zone = view.zone(id);
    if (zone !== undefined) bounds.push({ zone, bufferM });
  }
  if (bounds.length === 0) return bounds;
  for (const permit of view.profile.permits) {
    if (view.nowMs < permit.fromMs || view.nowMs >= permit.untilMs || permit.returnedAtMs !== null) continue;
    if (permit.destination === null) return null;
    const zone = view.zone(permit.destination);
    if (zone !== undefined) bounds.push({ zone, bufferM: DESTINATION_BUFFER_M });
  }
  return bounds;
}

/** The union's signed distance is the least one; its zone is the one to name. */
function nearest(
  bounds: readonly Bound[],
  lon: number,
  lat: number,
): { distanceM: number; zone: PreparedZone } {
  let distanceM = Infinity;
  let zone = (bounds[0] as Bound).zone;
  for (const bound of bounds) {
    const d = signedDistanceM(bound.zone, lon, lat) - bound.bufferM;
    if (d < distanceM) {
      distanceM = d;
      zone = bound.zone;
    }
  }
  return { distanceM, zone };
}
