/** The fixes behind a verdict about a zone, and since when by them the rule is broken. */
import type { EvidenceFix } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { countedFixes } from '../evidence/kept-fixes.ts';
import type { Fix } from '../evidence/position-estimate.ts';
import type { DeviceState, SubjectView } from './kind.ts';

/** How a point lies to the zone that is judged. */
export interface Place {
  /** To the drawn edge: negative inside, positive outside. */
  readonly distanceM: number;
  /** By how much it is on the forbidden side, the tolerance taken off. */
  readonly wrongM: number;
}

export interface ZoneRule {
  placeOf(lon: number, lat: number): Place;
  /** Whether being there was forbidden at that time too (a schedule, a permit). */
  wasBroken(lon: number, lat: number, atMs: Instant): boolean;
  /** When schedules and permits last changed what holds, at `atMs` at the latest; null: they never did. */
  lastEdgeMs(atMs: Instant): Instant | null;
}

export interface ZoneEvidence {
  readonly evidence: readonly EvidenceFix[];
  readonly sinceMs: Instant;
  /** How many newest fixes in a row lie on the forbidden side. */
  readonly inRow: number;
}

/** Fixes shown when the estimate lies on the forbidden side and the newest fix by itself does not, or when all is over. */
const FEW = 3;
/** A probability beyond which an edge is out of the question, in σ: farther than any policy can ask (0.999999 is 4.8 σ). */
export const FAR_SIGMAS = 6;

export function gatherEvidence(view: SubjectView, state: DeviceState, rule: ZoneRule): ZoneEvidence {
  const { estimate, beforeRulesMs } = state;
  const fixes = countedFixes(state.fixes);
  let inRow = 0;
  while (inRow < fixes.length && isWrong(fixes[fixes.length - 1 - inRow], rule)) inRow++;
  return {
    evidence: describe(fixes.slice(-(inRow === 0 ? FEW : inRow)), rule),
    sinceMs: Math.min(
      view.nowMs,
      turnOf(view, fixes.slice(fixes.length - inRow), beforeRulesMs, rule, true) ??
        estimate?.atMs ??
        view.nowMs,
    ),
    inRow,
  };
}

/** Since when by the fixes it is over: the first of the newest row on the allowed side, or when the rule came to allow it. */
export function gatherEnd(view: SubjectView, state: DeviceState, rule: ZoneRule): ZoneEvidence {
  const fixes = countedFixes(state.fixes);
  let inRow = 0;
  while (inRow < fixes.length && !isWrong(fixes[fixes.length - 1 - inRow], rule)) inRow++;
  const turnedMs = turnOf(view, fixes.slice(fixes.length - inRow), state.beforeRulesMs, rule, false);
  return {
    evidence: describe(fixes.slice(-FEW), rule),
    sinceMs: Math.min(view.nowMs, turnedMs ?? view.atMs),
    inRow,
  };
}

function isWrong(fix: Fix | undefined, rule: ZoneRule): boolean {
  return fix !== undefined && rule.placeOf(fix[1], fix[2]).wrongM > 0;
}

/**
 * The first fix of the row at which the rule was already as broken, or kept, as it is now. Who was there before that changed
 * turned with the change: when the schedule began, the permit ended or the rule was written. Only who was known to be there
 * when the rule was written: stored fixes that come in after it, a track that is imported, turn at their own time. Null: no row.
 */
function turnOf(
  view: SubjectView,
  row: readonly Fix[],
  beforeRulesMs: Instant | null,
  rule: ZoneRule,
  isBroken: boolean,
): Instant | null {
  let first: Instant | null = null;
  for (const [atMs, lon, lat] of row.toReversed()) {
    if (beforeRulesMs !== null && atMs <= beforeRulesMs)
      return Math.max(view.rulesFromMs, rule.lastEdgeMs(first ?? view.nowMs) ?? 0);
    if (rule.wasBroken(lon, lat, atMs) !== isBroken) return rule.lastEdgeMs(first ?? view.nowMs) ?? atMs;
    first = atMs;
  }
  return first;
}

function describe(fixes: readonly Fix[], rule: ZoneRule): EvidenceFix[] {
  return fixes.map(([atMs, lon, lat, accuracyM]) => ({
    atMs,
    lat,
    lon,
    accuracyM,
    distanceM: Math.round(rule.placeOf(lon, lat).distanceM * 10) / 10,
  }));
}

/** Where a device was last: what there is to show of one that is off or silent. Its distance to anything is not asked. */
export function lastFix(state: DeviceState): EvidenceFix[] {
  return countedFixes(state.fixes)
    .slice(-1)
    .map(([atMs, lon, lat, accuracyM]) => ({ atMs, lat, lon, accuracyM, distanceM: 0 }));
}
