/** 越界: outside the union of the stay-in zones in force, and no permit covers it. Watches that union as one thing. */
import type { PreparedZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Permit } from '../../src/kernel/roster.ts';
import { probabilityOutside } from '../evidence/position-estimate.ts';
import { type AlertKind, NOTHING, type SubjectView } from './kind.ts';
import { condition, metres, percent, roundProbability, type Words } from './wording.ts';
import { FAR_SIGMAS, gatherEnd, gatherEvidence, type Place, type ZoneRule } from './zone-evidence.ts';

/** One union, one alert: which of its zones is nearest may change while the subject is outside. */
const ABOUT = 'stay-in';
const DEADLINE_CRITICAL_S = 120;
const DEADLINE_S = 600;

interface Bound {
  readonly zone: PreparedZone;
  readonly bufferM: number;
}

export const outOfBounds: AlertKind = {
  name: 'out-of-bounds',
  deadlineS: (severity) => (severity === 'critical' ? DEADLINE_CRITICAL_S : DEADLINE_S),
  judge: (view) => {
    const bounds = boundsAt(view, view.nowMs);
    if (bounds.length === 0) return NOTHING;
    const severity = view.profile.grade === 'relaxed' ? 'high' : 'critical';
    const verdict = { about: ABOUT, severity } as const;
    if (view.located === null) return [{ ...verdict, says: 'undecided', confidence: 0, device: null }];
    const { device, estimate } = view.located;
    const sigmaM = Math.sqrt(estimate.varianceM2);
    let beyondM = Infinity;
    for (const { zone, bufferM } of bounds) {
      const enoughM = FAR_SIGMAS * sigmaM + bufferM;
      beyondM = Math.min(beyondM, view.distanceM(zone, estimate.lon, estimate.lat, enoughM) - bufferM);
    }
    const outside = probabilityOutside(beyondM, sigmaM);
    if (1 - outside >= view.policy.insideProbability) return NOTHING;
    return [
      {
        ...verdict,
        says: outside >= view.policy.outsideProbability ? 'holds' : 'undecided',
        confidence: roundProbability(outside),
        device: device.id,
      },
    ];
  },
  explain: (view, verdict) => {
    const bounds = boundsAt(view, view.nowMs);
    if (view.located === null || bounds.length === 0) throw new Error('nothing to explain: no bounds');
    const { state, estimate } = view.located;
    const { evidence, sinceMs, inRow } = gatherEvidence(view, state, ruleOf(view, bounds));
    const { distanceM, zone } = nearest(bounds, estimate.lon, estimate.lat);
    const errorM = Math.sqrt(estimate.varianceM2) * 1.515;
    const status = condition(view, state);
    const permit = permitWords(view);
    const { id } = view.profile;
    const name = zone.name ?? zone.id;
    const at = view.clock(sinceMs);
    return {
      atMs: sinceMs,
      zone: zone.id,
      evidence,
      zh: `${id} 于 ${at} 越出${name}，现在界外 ${metres(distanceM)}（定位误差 ${metres(errorM)}），连续 ${inRow} 次定位，置信度 ${percent(verdict.confidence)}。${permit.zh}${status.zh}`,
      en: `${id} left ${name} at ${at} and is ${metres(distanceM)} outside (position error ${metres(errorM)}), ${inRow === 1 ? '1 fix' : `${inRow} fixes in a row`}, confidence ${percent(verdict.confidence)}. ${permit.en} ${status.en}`,
    };
  },
  explainEnd: (view) => {
    const bounds = boundsAt(view, view.nowMs);
    const { id } = view.profile;
    const at = view.clock(view.nowMs);
    const permit = view.profile.permits.find((candidate) => holds(candidate, view.nowMs));
    if (bounds.length === 0 || view.located === null) {
      return {
        atMs: view.nowMs,
        zone: null,
        evidence: [],
        zh: `${id} 的越界已于 ${at} 结束：${permit === undefined ? '限制区域不再生效' : `请假 ${permit.id} 生效`}。`,
        en: `${id} is no longer out of bounds since ${at}: ${permit === undefined ? 'no zone binds any more' : `permit ${permit.id} is in force`}.`,
      };
    }
    const { state, estimate } = view.located;
    const { zone } = nearest(bounds, estimate.lon, estimate.lat);
    const { evidence, sinceMs } = gatherEnd(view, state, ruleOf(view, bounds));
    const name = zone.name ?? zone.id;
    return {
      atMs: sinceMs,
      zone: zone.id,
      evidence,
      zh: `${id} 的越界已于 ${view.clock(sinceMs)} 结束，现在${name}之内。`,
      en: `${id} is no longer out of bounds since ${view.clock(sinceMs)}: inside ${name}.`,
    };
  },
};

function holds({ fromMs, untilMs, returnedAtMs }: Permit, atMs: Instant): boolean {
  return fromMs <= atMs && atMs < untilMs && (returnedAtMs === null || atMs < returnedAtMs);
}

const UNBOUND: readonly Bound[] = [];

/** None: nothing binds, or a permit allows everything. A zone whose shape is not known yet binds nobody and allows everything. */
function boundsAt(view: SubjectView, atMs: Instant): readonly Bound[] {
  const { zones, permits } = view.profile;
  const bounds: Bound[] = [];
  for (const { zone: id, rule, bufferM, schedule } of zones) {
    if (rule !== 'stay-in' || !view.isInForce(schedule, atMs)) continue;
    const zone = view.zone(id);
    if (zone !== undefined) bounds.push({ zone, bufferM });
  }
  if (bounds.length === 0) return UNBOUND;
  for (const permit of permits) {
    if (!holds(permit, atMs)) continue;
    const destination = permit.destination === null ? undefined : view.zone(permit.destination);
    if (destination === undefined) return UNBOUND;
    bounds.push({ zone: destination, bufferM: 0 });
  }
  return bounds;
}

/** The union's signed distance is the least one; its zone is the one to name. */
function nearest(bounds: readonly Bound[], lon: number, lat: number): Place & { zone: PreparedZone } {
  let zone = (bounds[0] as Bound).zone;
  let wrongM = Infinity;
  let distanceM = Infinity;
  for (const bound of bounds) {
    const d = signedDistanceM(bound.zone, lon, lat);
    if (d - bound.bufferM >= wrongM) continue;
    wrongM = d - bound.bufferM;
    distanceM = d;
    zone = bound.zone;
  }
  return { distanceM, wrongM, zone };
}

function ruleOf(view: SubjectView, bounds: readonly Bound[]): ZoneRule {
  const { zones, permits } = view.profile;
  return {
    placeOf: (lon, lat) => nearest(bounds, lon, lat),
    wasBroken: (lon, lat, atMs) => {
      const then = boundsAt(view, atMs);
      return then.length > 0 && nearest(then, lon, lat).wrongM > 0;
    },
    lastEdgeMs: (atMs) => {
      const edges = zones
        .filter(({ rule }) => rule === 'stay-in')
        .map(({ schedule }) => view.lastEdgeMs(schedule, atMs));
      for (const { fromMs, untilMs, returnedAtMs } of permits) edges.push(fromMs, untilMs, returnedAtMs);
      const past = edges.filter((edge): edge is Instant => edge !== null && edge <= atMs);
      return past.length === 0 ? null : Math.max(...past);
    },
  };
}

/** How long an ended permit is still worth a word. */
const RECENT_MS = 7 * 86_400_000;

function permitWords(view: SubjectView): Words {
  const { permits } = view.profile;
  const current = permits.find((permit) => holds(permit, view.nowMs));
  if (current !== undefined) {
    return {
      zh: `请假 ${current.id} 只许可前往 ${current.destination ?? ''}。`,
      en: `Permit ${current.id} allows ${current.destination ?? ''} only.`,
    };
  }
  const endOf = (permit: Permit) => Math.min(permit.untilMs, permit.returnedAtMs ?? Infinity);
  const ended = permits
    .filter((permit) => endOf(permit) <= view.nowMs && view.nowMs - endOf(permit) < RECENT_MS)
    .sort((a, b) => endOf(b) - endOf(a))[0];
  return ended === undefined
    ? { zh: '无有效请假。', en: 'No valid permit.' }
    : {
        zh: `请假 ${ended.id} 已于 ${view.clock(endOf(ended))} 结束。`,
        en: `Permit ${ended.id} ended at ${view.clock(endOf(ended))}.`,
      };
}
