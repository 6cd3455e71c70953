/**
 * 违反宵禁: not at the zone while the curfew holds. Who is away when it begins has broken it from its begin on, once the
 * policy's grace is over; who leaves later breaks it at once. Watches the union of the curfews that hold as one thing.
 */
import type { Instant } from '../../src/kernel/instant.ts';
import { type Bound, judgeBounds, nearestBound, ruleOfBounds, UNBOUND } from './bounds.ts';
import { type AlertKind, NOTHING, type SubjectView } from './kind.ts';
import { permitAt, permitEdges } from './permits.ts';
import { condition, errorOf, metres, percent, rowOf } from './wording.ts';
import { gatherEnd, gatherEvidence, type ZoneRule } from './zone-evidence.ts';

const ABOUT = 'curfew';
const DEADLINE_S = 600;

export const curfew: AlertKind = {
  name: 'curfew',
  judges: 'place',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    if (view.profile.curfews.length === 0 || isInGrace(view, view.atMs)) return NOTHING;
    const bounds = boundsAt(view, view.atMs);
    if (bounds.length === 0) return NOTHING;
    const verdict = judgeBounds(view, bounds);
    if (verdict === null) return NOTHING;
    return [{ ...verdict, about: ABOUT, severity: view.profile.grade === 'strict' ? 'critical' : 'high' }];
  },
  nextDueMs: (view) => {
    let next = Number.POSITIVE_INFINITY;
    for (const item of view.profile.curfews) {
      const window = view.windowAt(item, view.nowMs);
      if (window === null) continue;
      const graceMs = window.fromMs + view.policy.curfewGraceS * 1000;
      if (graceMs > view.nowMs && graceMs < next) next = graceMs;
    }
    return next;
  },
  explain: (view, verdict) => {
    const bounds = boundsAt(view, view.atMs);
    if (view.located === null) throw new Error('nothing to explain: no position');
    const { state, estimate } = view.located;
    const { evidence, sinceMs, inRow } = gatherEvidence(view, state, ruleOf(view, bounds));
    const { distanceM, zone } = nearestBound(bounds, estimate.lon, estimate.lat);
    const status = condition(view, state);
    const hours = hoursOf(view);
    const error = errorOf(estimate);
    const row = rowOf(inRow);
    const { id } = view.profile;
    const name = zone.name ?? zone.id;
    const at = view.clock(sinceMs);
    return {
      atMs: sinceMs,
      zone: zone.id,
      evidence,
      zh: `${id} 自 ${at} 起违反宵禁（${hours}）：不在${name}，现在距其边界 ${metres(distanceM)}（定位误差 ${error}），${row.zh}，置信度 ${percent(verdict.confidence)}。${status.zh}`,
      en: `${id} has broken the curfew (${hours}) since ${at}: not at ${name}, ${metres(distanceM)} from its edge (position error ${error}), ${row.en}, confidence ${percent(verdict.confidence)}. ${status.en}`,
    };
  },
  explainEnd: (view) => {
    const bounds = boundsAt(view, view.atMs);
    const { id } = view.profile;
    const rule = ruleOf(view, bounds);
    if (bounds.length === 0 || view.located === null) {
      const atMs = rule.lastEdgeMs(view.atMs) ?? view.nowMs;
      const at = view.clock(atMs);
      const permit = permitAt(view, view.atMs);
      return {
        atMs,
        zone: null,
        evidence: [],
        zh: `${id} 的宵禁于 ${at} ${permit === undefined ? '结束' : `因请假 ${permit.id} 解除`}，违反随之结束。`,
        en: `The curfew of ${id} ${permit === undefined ? 'ended' : `was lifted by permit ${permit.id}`} at ${at}, and its breach with it.`,
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
      zh: `${id} 已于 ${view.clock(sinceMs)} 回到${name}，违反宵禁结束。`,
      en: `${id} is at ${name} again since ${view.clock(sinceMs)}: the breach of curfew is over.`,
    };
  },
};

function isInGrace(view: SubjectView, atMs: Instant): boolean {
  for (const item of view.profile.curfews) {
    const window = view.windowAt(item, atMs);
    if (window !== null && atMs < window.fromMs + view.policy.curfewGraceS * 1000)
      return wasFree(view, window.fromMs);
  }
  return false;
}

/** The grace is for who is still on the way home: one curfew that follows another at once gives none. */
function wasFree(view: SubjectView, beginMs: Instant): boolean {
  return view.profile.curfews.every((item) => view.windowAt(item, beginMs - 1) === null);
}

/** A permit in force lifts it. */
function boundsAt(view: SubjectView, atMs: Instant): readonly Bound[] {
  const bounds: Bound[] = [];
  for (const item of view.profile.curfews) {
    if (view.windowAt(item, atMs) === null) continue;
    const zone = view.zone(item.zone);
    if (zone !== undefined) bounds.push({ zone, bufferM: 0 });
  }
  return bounds.length === 0 || permitAt(view, atMs) !== undefined ? UNBOUND : bounds;
}

function ruleOf(view: SubjectView, bounds: readonly Bound[]): ZoneRule {
  return ruleOfBounds(
    bounds,
    (atMs) => boundsAt(view, atMs),
    (atMs) => [...view.profile.curfews.map((item) => view.lastEdgeMs(item, atMs)), ...permitEdges(view)],
  );
}

/** `22:00–06:00` */
function hoursOf(view: SubjectView): string {
  const held = view.profile.curfews.filter((item) => view.windowAt(item, view.atMs) !== null);
  return [...new Set(held.map(({ from, to }) => `${from}–${to}`))].join(', ');
}
