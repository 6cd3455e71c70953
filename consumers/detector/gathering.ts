/**
 * The second stage: subjects who must not meet (no-contact order). The first stage sends where each of a pair is to the pair's
 * own key on the log, so one place judges both, in one order, whoever's partition they are in. Rule: SPEC of alerts, A30.
 */

import { fixAt, justConfirmed } from '../../alerts/evidence/kept-fixes.ts';
import { normalCdf, sigmaOfFix } from '../../alerts/evidence/position-estimate.ts';
import { GATHERING, type Meeting } from '../../alerts/kinds/gathering.ts';
import type { LocatedDevice } from '../../alerts/kinds/kind.ts';
import { distanceM } from '../../geofences/metres.ts';
import type { AlertEvent, AlertState, EvidenceFix } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Sighting } from '../../src/kernel/log-event.ts';
import type { Policy } from '../../src/kernel/policy.ts';
import { alertId } from './alert-book.ts';

/** JSON, kept in the detector's state. */
export interface PairState {
  readonly pair: Sighting['pair'];
  /** The newest sighting of each, in the order of the pair: time, lon, lat, σ (m). */
  seen: [Spot | null, Spot | null];
  /** Since when they have been together without a break; null: they are not known to be. */
  sinceMs: Instant | null;
  /** When that was last seen. */
  togetherMs: Instant;
  nowMs: Instant;
  open: { readonly alert: string; readonly startedAtMs: Instant; readonly confidence: number } | null;
  endedMs: Instant | null;
}

type Spot = readonly [atMs: Instant, lon: number, lat: number, sigmaM: number];

/** Two sightings farther apart in time say nothing of each other: of people who stay, one in between would have come. */
const MAX_BETWEEN_MS = 300_000;
/** Not seen together for so long, they may have parted meanwhile. */
const MAX_GAP_MS = 900_000;

export function createPair(pair: Sighting['pair']): PairState {
  return { pair, seen: [null, null], sinceMs: null, togetherMs: 0, nowMs: 0, open: null, endedMs: null };
}

/** Where its estimate says that somebody is, and before that the fix that was kept aside until the newest one agreed with it. */
export function spotsOf({ estimate, state: { fixes } }: LocatedDevice) {
  const spots = [spotAt(estimate.atMs, estimate.lon, estimate.lat, Math.sqrt(estimate.varianceM2))];
  const confirmed = justConfirmed(fixes);
  if (confirmed >= 0) {
    const fix = fixAt(fixes, confirmed);
    spots.unshift(spotAt(fix[0], fix[1], fix[2], sigmaOfFix(fix)));
  }
  return spots;
}

function spotAt(atMs: Instant, lon: number, lat: number, sigmaM: number) {
  return { atMs, lon, lat, sigmaM: Math.round(sigmaM * 100) / 100 };
}

/** Moves the state in place and emits what is concluded. A sighting older than the newest of that subject changes nothing. */
export function judgeSighting(
  state: PairState,
  { who, atMs, receivedMs, lon, lat, sigmaM }: Sighting,
  policy: Policy,
  clock: (atMs: Instant) => string,
  emit: (alert: AlertEvent) => void,
): void {
  const index = who === state.pair[0] ? 0 : 1;
  const last = state.seen[index];
  if (last !== null && atMs <= last[0]) return;
  state.seen[index] = [atMs, lon, lat, sigmaM];
  state.nowMs = Math.max(state.nowMs, receivedMs);
  const [a, b] = state.seen;
  if (a === null || b === null || Math.abs(a[0] - b[0]) > MAX_BETWEEN_MS) return;
  const apartM = distanceM(a[1], a[2], b[1], b[2]);
  const together = normalCdf((policy.gatheringM - apartM) / Math.hypot(a[3], b[3]));
  const newestMs = Math.max(a[0], b[0]);
  if (together >= policy.outsideProbability) {
    if (state.sinceMs === null || newestMs - state.togetherMs > MAX_GAP_MS) state.sinceMs = newestMs;
    state.togetherMs = Math.max(state.togetherMs, newestMs);
    const isLong = Math.min(a[0], b[0]) - state.sinceMs >= policy.gatheringS * 1000;
    if (isLong && state.open === null) openAlert(state, together, apartM, clock, emit);
  } else if (1 - together >= policy.insideProbability) {
    state.sinceMs = null;
    if (state.open !== null) endAlert(state, newestMs, clock, emit);
  }
}

/** The order does not stand any more. */
export function endPair(
  state: PairState,
  atMs: Instant,
  clock: (atMs: Instant) => string,
  emit: (alert: AlertEvent) => void,
): void {
  state.nowMs = Math.max(state.nowMs, atMs);
  if (state.open !== null) endAlert(state, atMs, clock, emit);
}

function openAlert(
  state: PairState,
  together: number,
  apartM: number,
  clock: (atMs: Instant) => string,
  emit: (alert: AlertEvent) => void,
): void {
  const [subject, other] = state.pair;
  // What begins again began after it had ended: with the same begin it would be the same alert.
  const startedAtMs = Math.max(state.sinceMs ?? 0, (state.endedMs ?? -1) + 1);
  const alert = alertId(subject, GATHERING.name, other, startedAtMs);
  const confidence = Math.round(together * 10_000) / 10_000;
  state.open = { alert, startedAtMs, confidence };
  const meeting: Meeting = {
    subject,
    other,
    sinceMs: startedAtMs,
    untilMs: state.togetherMs,
    apartM,
    confidence,
  };
  emit(toEvent(state, state.open, 'opened', GATHERING.explain(meeting, clock), null));
}

function endAlert(
  state: PairState,
  endMs: Instant,
  clock: (atMs: Instant) => string,
  emit: (alert: AlertEvent) => void,
): void {
  const { open } = state;
  if (open === null) return;
  const [subject, other] = state.pair;
  const endedMs = Math.max(open.startedAtMs, endMs);
  state.open = null;
  state.endedMs = endedMs;
  emit(toEvent(state, open, 'cleared', GATHERING.explainEnd({ subject, other }, endedMs, clock), endedMs));
}

function toEvent(
  { pair, seen, nowMs }: PairState,
  { alert, startedAtMs, confidence }: NonNullable<PairState['open']>,
  state: AlertState,
  words: { zh: string; en: string },
  clearedAtMs: Instant | null,
): AlertEvent {
  const [a, b] = seen;
  const apartM = a === null || b === null ? 0 : Math.round(distanceM(a[1], a[2], b[1], b[2]) * 10) / 10;
  const evidence = [a, b].flatMap((spot): EvidenceFix[] =>
    spot === null
      ? []
      : [
          {
            atMs: spot[0],
            lon: spot[1],
            lat: spot[2],
            accuracyM: Math.round(spot[3] * 1.515),
            distanceM: apartM,
          },
        ],
  );
  return {
    alert,
    version: state === 'opened' ? 1 : 2,
    subject: pair[0],
    kind: GATHERING.name,
    state,
    severity: GATHERING.severity,
    startedAtMs,
    detectedAtMs: nowMs,
    clearedAtMs,
    zone: null,
    device: null,
    confidence,
    late: false,
    reason: words.zh,
    reasonEn: words.en,
    evidence: evidence.sort((x, y) => x.atMs - y.atMs),
  };
}
