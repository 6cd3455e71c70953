/** A subject as the kinds see it at a moment, and when time alone can next change what they say. */
import type { SubjectView, Surroundings, WatchedDevice } from '../../alerts/kinds/kind.ts';
import { silenceDeadlineMs, silenceLimitS } from '../../alerts/kinds/silent.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Policy, PolicyDocument } from '../../src/kernel/policy.ts';
import type { SubjectProfile } from '../../src/kernel/roster.ts';
import { isWatched, type SubjectState } from './subject-state.ts';

const MINUTE_MS = 60_000;

export function viewOf(
  subject: SubjectState,
  profile: SubjectProfile,
  policy: Policy,
  atMs: Instant,
  distanceM: SubjectView['distanceM'],
  surroundings: Surroundings,
): SubjectView {
  const { nowMs, rulesFromMs } = subject;
  const devices: WatchedDevice[] = [];
  for (const device of profile.devices) {
    if (!isWatched(device, nowMs)) continue;
    const state = subject.devices.find((candidate) => candidate.id === device.id);
    if (state !== undefined) devices.push({ device, state });
  }
  const located = locate(devices, policy);
  const { zone, isInForce, lastEdgeMs, isFeedDown, clock } = surroundings;
  return {
    profile,
    policy,
    nowMs,
    atMs: Math.min(atMs, nowMs),
    rulesFromMs,
    devices,
    located,
    distanceM,
    zone,
    isInForce,
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

/** The next moment at which something can change by time alone; infinite: none. */
export function nextDueMs(view: SubjectView, document: PolicyDocument): Instant {
  const { profile, nowMs } = view;
  let due = nextKeyPeriodEdgeMs(document, nowMs);
  const consider = (at: Instant | null | undefined) => {
    if (at !== null && at !== undefined && at > nowMs && at < due) due = at;
  };
  for (const { device, state } of view.devices) {
    // Off or with its feed down, it is told by what ends that.
    consider(silenceDeadlineMs(view.policy, device, state) + 1);
  }
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
  // Schedules begin and end on minutes.
  for (const { schedule } of profile.zones)
    if (schedule !== null) consider(Math.floor(nowMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS);
  return due;
}

export function nextKeyPeriodEdgeMs(document: PolicyDocument, nowMs: Instant): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const { fromMs, untilMs } of document.keyPeriods) {
    if (fromMs > nowMs && fromMs < next) next = fromMs;
    if (untilMs > nowMs && untilMs < next) next = untilMs;
  }
  return next;
}
