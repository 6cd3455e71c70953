/** A subject as the kinds see it at a moment, and when time alone can next change what they say. */
import type { AlertKind, SubjectView, Surroundings, WatchedDevice } from '../../alerts/kinds/kind.ts';
import { silenceLimitS } from '../../alerts/kinds/silence.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Policy, PolicyDocument } from '../../src/kernel/policy.ts';
import type { SubjectProfile } from '../../src/kernel/roster.ts';
import type { LocalTime } from './local-time.ts';
import { findDevice, isWatched, type SubjectState } from './subject-state.ts';

/** A fix that was just taken. */
export interface TakenAt {
  readonly device: string;
  /** Null: it tells nothing about the place. */
  readonly atMs: Instant | null;
  /** False: it is taken again on the way back to the present, behind one that came late. */
  readonly isNewest: boolean;
}

export function viewOf(
  subject: SubjectState,
  profile: SubjectProfile,
  policy: Policy,
  taken: TakenAt | null,
  distanceM: SubjectView['distanceM'],
  surroundings: Surroundings,
): SubjectView {
  const { nowMs, rulesFromMs, checkinsFromMs, checkins, open, memory } = subject;
  const devices: WatchedDevice[] = [];
  for (const device of profile.devices) {
    if (!isWatched(device, nowMs)) continue;
    const state = findDevice(subject, device.id);
    if (state !== undefined) devices.push({ device, state });
  }
  const located = locate(devices, policy);
  const { zone, mustersOf, isInForce, windowAt, lastOfficeWindow, lastEdgeMs, isFeedDown, clock } =
    surroundings;
  return {
    profile,
    policy,
    nowMs,
    atMs: located?.device.id === taken?.device ? Math.min(taken?.atMs ?? nowMs, nowMs) : nowMs,
    rulesFromMs,
    checkinsFromMs,
    checkins,
    open,
    memory,
    devices,
    located,
    distanceM,
    zone,
    mustersOf,
    isInForce,
    windowAt,
    lastOfficeWindow,
    lastEdgeMs,
    isFeedDown,
    clock,
  };
}

/**
 * The device that speaks for the subject: one that is worn before one that is carried, as long as it is heard; else the one
 * whose fix is newest.
 */
function locate(devices: readonly WatchedDevice[], policy: Policy): SubjectView['located'] {
  let newest: WatchedDevice | undefined;
  let worn: WatchedDevice | undefined;
  for (const item of devices) {
    const atMs = item.state.estimate?.atMs;
    if (atMs === undefined) continue;
    if (newest === undefined || atMs > (newest.state.estimate?.atMs ?? 0)) newest = item;
    if (item.device.kind === 'wristband' && (worn === undefined || atMs > (worn.state.estimate?.atMs ?? 0)))
      worn = item;
  }
  const chosen = worn !== undefined && isFresh(worn, newest, policy) ? worn : newest;
  const estimate = chosen?.state.estimate;
  return chosen === undefined || estimate === undefined || estimate === null
    ? null
    : { device: chosen.device, state: chosen.state, estimate };
}

function isFresh(worn: WatchedDevice, newest: WatchedDevice | undefined, policy: Policy): boolean {
  const behindMs = (newest?.state.estimate?.atMs ?? 0) - (worn.state.estimate?.atMs ?? 0);
  return behindMs <= silenceLimitS(policy, worn.device) * 1000;
}

/** The next moment at which a rule of the subject's begins or ends; infinite: none. */
export function nextRuleEdgeMs(
  profile: SubjectProfile,
  document: PolicyDocument,
  surroundings: Surroundings,
  localTime: LocalTime,
  nowMs: Instant,
): Instant {
  let next = nextKeyPeriodEdgeMs(document, nowMs);
  const consider = (at: Instant | null | undefined) => {
    if (at !== null && at !== undefined && at > nowMs && at < next) next = at;
  };
  for (const device of profile.devices) {
    consider(device.fromMs);
    consider(device.untilMs);
    consider(device.order?.fromMs);
    consider(device.order?.untilMs);
  }
  for (const permit of profile.permits) {
    consider(permit.fromMs);
    consider(permit.untilMs);
    consider(permit.returnedAtMs);
  }
  for (const { schedule } of profile.zones)
    if (schedule !== null) consider(localTime.nextEdgeMs(schedule, nowMs));
  for (const curfew of profile.curfews) consider(localTime.nextEdgeMs(curfew, nowMs));
  for (const checkin of profile.checkins) consider(localTime.nextEdgeMs(checkin, nowMs));
  for (const muster of surroundings.mustersOf(profile.id)) {
    consider(muster.fromMs);
    consider(muster.untilMs);
  }
  return next;
}

/** The next moment at which a kind can change what it says though no rule does; infinite: none. */
export function nextDueMs(view: SubjectView, kinds: readonly AlertKind[]): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const kind of kinds) {
    const dueMs = kind.nextDueMs?.(view);
    if (dueMs !== undefined && dueMs > view.nowMs && dueMs < next) next = dueMs;
  }
  return next;
}

/** Whether a rule about a place began or ended after what is looked at happened: then the present is to be judged as well. */
export function hasRuleEdgeSince(view: SubjectView): boolean {
  const { profile, policy, rulesFromMs, nowMs, atMs } = view;
  if (atMs >= nowMs) return false;
  if (rulesFromMs > atMs) return true;
  const isBetween = (edge: Instant | null) => edge !== null && edge > atMs && edge <= nowMs;
  for (const { fromMs, untilMs, returnedAtMs } of profile.permits)
    if (isBetween(fromMs) || isBetween(untilMs) || isBetween(returnedAtMs)) return true;
  for (const { schedule } of profile.zones)
    if (schedule !== null && view.isInForce(schedule, atMs) !== view.isInForce(schedule, nowMs)) return true;
  for (const curfew of profile.curfews) {
    const window = view.windowAt(curfew, nowMs);
    if (window?.fromMs !== view.windowAt(curfew, atMs)?.fromMs) return true;
    if (window !== null && isBetween(window.fromMs + policy.curfewGraceS * 1000)) return true;
  }
  return false;
}

export function nextKeyPeriodEdgeMs(document: PolicyDocument, nowMs: Instant): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const { fromMs, untilMs } of document.keyPeriods) {
    if (fromMs > nowMs && fromMs < next) next = fromMs;
    if (untilMs > nowMs && untilMs < next) next = untilMs;
  }
  return next;
}
