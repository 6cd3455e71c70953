/** 越界: outside the union of the stay-in zones in force, and no permit covers it. Watches that union as one thing. */
import type { Instant } from '../../src/kernel/instant.ts';
import { type Bound, judgeBounds, nearestBound, ruleOfBounds, UNBOUND } from './bounds.ts';
import { type AlertKind, NOTHING, type SubjectView } from './kind.ts';
import { permitAt, permitEdges, permitWords } from './permits.ts';
import { condition, errorOf, metres, percent, rowOf } from './wording.ts';
import { gatherEnd, gatherEvidence, type ZoneRule } from './zone-evidence.ts';

/** One union, one alert: which of its zones is nearest may change while the subject is outside. */
const ABOUT = 'stay-in';
const DEADLINE_CRITICAL_S = 120;
const DEADLINE_S = 600;

export const outOfBounds: AlertKind = {
  name: 'out-of-bounds',
  judges: 'place',
  deadlineS: (severity) => (severity === 'critical' ? DEADLINE_CRITICAL_S : DEADLINE_S),
  judge: (view) => {
    const bounds = boundsAt(view, view.atMs);
    if (bounds.length === 0) return NOTHING;
    const verdict = judgeBounds(view, bounds);
    if (verdict === null) return NOTHING;
    return [{ ...verdict, about: ABOUT, severity: view.profile.grade === 'relaxed' ? 'high' : 'critical' }];
  },
  explain: (view, verdict) => {
    const bounds = boundsAt(view, view.atMs);
    if (view.located === null) throw new Error('nothing to explain: no position');
    const { state, estimate } = view.located;
    const { evidence, sinceMs, inRow } = gatherEvidence(view, state, ruleOf(view, bounds));
    const { distanceM, zone } = nearestBound(bounds, estimate.lon, estimate.lat);
    const status = condition(view, state);
    const permit = permitWords(view);
    const error = errorOf(estimate);
    const row = rowOf(inRow);
    const { id } = view.profile;
    const name = zone.name ?? zone.id;
    const at = view.clock(sinceMs);
    return {
      atMs: sinceMs,
      zone: zone.id,
      evidence,
      zh: `${id} 于 ${at} 越出${name}，现在界外 ${metres(distanceM)}（定位误差 ${error}），${row.zh}，置信度 ${percent(verdict.confidence)}。${permit.zh}${status.zh}`,
      en: `${id} left ${name} at ${at} and is ${metres(distanceM)} outside (position error ${error}), ${row.en}, confidence ${percent(verdict.confidence)}. ${permit.en} ${status.en}`,
    };
  },
  explainEnd: (view) => {
    const bounds = boundsAt(view, view.atMs);
    const { id } = view.profile;
    const rule = ruleOf(view, bounds);
    if (bounds.length === 0 || view.located === null) {
      const permit = permitAt(view, view.atMs);
      const atMs = rule.lastEdgeMs(view.atMs) ?? view.nowMs;
      const at = view.clock(atMs);
      return {
        atMs,
        zone: null,
        evidence: [],
        zh: `${id} 的越界已于 ${at} 结束：${permit === undefined ? '限制区域不再生效' : `请假 ${permit.id} 生效`}。`,
        en: `${id} is no longer out of bounds since ${at}: ${permit === undefined ? 'no zone binds any more' : `permit ${permit.id} is in force`}.`,
      };
    }
    const { state, estimate } = view.located;
    const { zone } = nearestBound(bounds, estimate.lon, estimate.lat);
    const { evidence, sinceMs } = gatherEnd(view, state, rule);
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

/**
 * None: nothing binds. A permit in force lifts all of them; where it allows one destination only, `leave-deviation` watches
 * that. A zone whose shape is not known yet binds nobody.
 */
function boundsAt(view: SubjectView, atMs: Instant): readonly Bound[] {
  const bounds: Bound[] = [];
  for (const { zone: id, rule, bufferM, schedule } of view.profile.zones) {
    if (rule !== 'stay-in' || !view.isInForce(schedule, atMs)) continue;
    const zone = view.zone(id);
    if (zone !== undefined) bounds.push({ zone, bufferM });
  }
  return bounds.length === 0 || permitAt(view, atMs) !== undefined ? UNBOUND : bounds;
}

function ruleOf(view: SubjectView, bounds: readonly Bound[]): ZoneRule {
  return ruleOfBounds(
    bounds,
    (atMs) => boundsAt(view, atMs),
    (atMs) => [
      ...view.profile.zones
        .filter(({ rule }) => rule === 'stay-in')
        .map(({ schedule }) => view.lastEdgeMs(schedule, atMs)),
      ...permitEdges(view),
    ],
  );
}
