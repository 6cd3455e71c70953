/**
 * The detector: a fold of log events over the state of each subject. No clock, no database, no randomness: time is the
 * receipt time of a subject's own event or the newest tick, so the same events give the same alerts, whichever other
 * subjects stand between them, and a snapshot at any point changes nothing. Rules: SPEC.md.
 */
import type { SubjectView } from '../../alerts/kinds/kind.ts';
import { ALERT_KINDS_JUDGED, ZONE_KINDS } from '../../alerts/kinds/kinds.ts';
import { silenceLimitS } from '../../alerts/kinds/silent.ts';
import { type PreparedZone, prepareZone } from '../../geofences/prepare-zone.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatus, LogEvent, Position } from '../../src/kernel/log-event.ts';
import {
  EMPTY_POLICY_DOCUMENT,
  type Policy,
  type PolicyDocument,
  policyFor,
} from '../../src/kernel/policy.ts';
import {
  type Calendar,
  EMPTY_ROSTER,
  type SubjectProfile,
  type ZoneFeature,
} from '../../src/kernel/roster.ts';
import { settle } from './alert-book.ts';
import { createLocalTime, type LocalTime } from './local-time.ts';
import {
  createSubject,
  deviceOf,
  isAssigned,
  noteContact,
  notePosition,
  noteStatus,
  type SubjectState,
} from './subject-state.ts';

/** A JSON value; `version` changes when an older one can't be read any more. */
export interface DetectorState {
  readonly version: 1;
  readonly tickMs: Instant | null;
  readonly zones: readonly ZoneFeature[];
  readonly policy: PolicyDocument;
  readonly calendar: Calendar;
  readonly feedsDown: readonly string[];
  readonly subjects: readonly SubjectState[];
}

export interface Detector {
  /** Moves the state; `emit` gets what is concluded, in order. */
  apply(event: LogEvent, emit: (alert: AlertEvent) => void): void;
  /** Live: to be serialised before the next event. A copy of a large state would stop everything else for as long. */
  snapshot(): DetectorState;
}

/** A silence of ticks longer than so many of their periods is our own blindness. */
const BLIND_TICKS = 3;
const MINUTE_MS = 60_000;

export function createDetector(state?: DetectorState): Detector {
  let tickMs = state?.tickMs ?? null;
  let policy = state?.policy ?? EMPTY_POLICY_DOCUMENT;
  let calendar = state?.calendar ?? EMPTY_ROSTER.calendar;
  let localTime: LocalTime = createLocalTime(calendar.timeZone);
  const features = new Map((state?.zones ?? []).map((zone) => [zone.id, zone]));
  const prepared = new Map<string, PreparedZone>();
  const feedsDown = new Set(state?.feedsDown ?? []);
  const subjects = new Map((state?.subjects ?? []).map((subject) => [subject.id, structuredClone(subject)]));
  const policies = new WeakMap<
    SubjectState,
    { policy: Policy; untilMs: Instant; document: PolicyDocument }
  >();
  for (const zone of features.values()) prepare(zone);

  function prepare(zone: ZoneFeature): void {
    const result = prepareZone(zone);
    // Shapes are checked before they reach the log; one that slipped through binds nobody rather than everybody.
    if (result.ok) prepared.set(zone.id, result.value);
    else prepared.delete(zone.id);
  }

  function subjectOf(id: string): SubjectState {
    const known = subjects.get(id);
    if (known !== undefined) return known;
    const made = createSubject(id);
    subjects.set(id, made);
    return made;
  }

  function policyOf(subject: SubjectState, profile: SubjectProfile, nowMs: Instant): Policy {
    const known = policies.get(subject);
    if (known !== undefined && nowMs < known.untilMs && known.document === policy) return known.policy;
    const made = policyFor(policy, profile.grade, profile.office, nowMs);
    policies.set(subject, { policy: made, untilMs: nextKeyPeriodEdge(policy, nowMs), document: policy });
    return made;
  }

  /** Asks all kinds what holds for a subject now, and when to ask again. */
  function judge(
    subject: SubjectState,
    nowMs: Instant,
    isLateFact: boolean,
    emit: (alert: AlertEvent) => void,
    kinds = ALERT_KINDS_JUDGED,
  ): void {
    const { profile } = subject;
    if (profile === null) return;
    const effective = policyOf(subject, profile, nowMs);
    const view = viewOf(subject, profile, effective, nowMs);
    const moment = { subject: subject.id, nowMs, lateAfterS: effective.reorderWindowS, isLateFact };
    for (const kind of kinds) settle(kind, kind.judge(view), subject.open, moment, emit);
    subject.dueMs = nextDue(subject, profile, view, nowMs);
  }

  function viewOf(
    subject: SubjectState,
    profile: SubjectProfile,
    effective: Policy,
    nowMs: Instant,
  ): SubjectView {
    const devices = [];
    for (const device of profile.devices) {
      if (!isAssigned(device, nowMs)) continue;
      const state = subject.devices.find((candidate) => candidate.id === device.id);
      if (state !== undefined) devices.push({ device, state });
    }
    return {
      profile,
      policy: effective,
      nowMs,
      devices,
      located: locate(devices, effective),
      zone: (id) => prepared.get(id),
      isInForce: (schedule) => schedule === null || localTime.holds(schedule, nowMs),
      isFeedDown: (feed) => feed !== null && feedsDown.has(feed),
    };
  }

  /** The next moment at which something can change by time alone. */
  function nextDue(
    _subject: SubjectState,
    profile: SubjectProfile,
    view: SubjectView,
    nowMs: Instant,
  ): Instant | null {
    let due = nextKeyPeriodEdge(policy, nowMs);
    const consider = (at: Instant | null) => {
      if (at !== null && at > nowMs && at < due) due = at;
    };
    for (const { device, state } of view.devices)
      consider(state.silentFromMs + silenceLimitS(view.policy, device) * 1000 + 1);
    for (const device of profile.devices) {
      consider(device.fromMs);
      consider(device.untilMs);
    }
    for (const permit of profile.permits) {
      consider(permit.fromMs);
      consider(permit.untilMs);
    }
    // Schedules begin and end on minutes.
    if (profile.zones.some((zone) => zone.schedule !== null))
      consider(Math.floor(nowMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS);
    return due === Number.POSITIVE_INFINITY ? null : due;
  }

  function observe(event: Position | DeviceStatus, emit: (alert: AlertEvent) => void): void {
    const subject = subjectOf(event.subject);
    const nowMs = Math.max(event.receivedMs, tickMs ?? 0);
    const device = deviceOf(subject, event.device, nowMs);
    if (device === undefined) return;
    noteContact(device, event.receivedMs);
    const assigned = subject.profile?.devices.find((candidate) => candidate.id === event.device);
    const effective =
      subject.profile === null
        ? policyFor(policy, 'standard', '', nowMs)
        : policyOf(subject, subject.profile, nowMs);
    const ageS = (event.receivedMs - event.atMs) / 1000;
    // Not believed, too old, or not this subject's device at that time: contact, and nothing more.
    const counts =
      ageS >= -effective.clockSkewS &&
      ageS <= effective.backfillHorizonS &&
      (assigned === undefined || isAssigned(assigned, event.atMs));
    if (counts && event.type === 'status') noteStatus(device, event);
    if (counts && event.type === 'position') notePosition(device, event);
    const isFixAlone = event.type === 'position' && subject.open.length === 0;
    judge(
      subject,
      nowMs,
      ageS > effective.reorderWindowS,
      emit,
      isFixAlone ? ZONE_KINDS : ALERT_KINDS_JUDGED,
    );
  }

  function changeProfile(profile: SubjectProfile, atMs: Instant, emit: (alert: AlertEvent) => void): void {
    const subject = subjectOf(profile.id);
    // Kept without the person's name, which the log does not carry either.
    const nameless = { ...profile, name: '' };
    if (isSame(subject.profile, nameless)) return;
    const before = new Set(subject.profile?.devices.map((device) => device.id));
    subject.profile = nameless;
    const assigned = new Set(profile.devices.map((device) => device.id));
    subject.devices = subject.devices.filter((device) => assigned.has(device.id));
    for (const device of profile.devices) {
      const state = deviceOf(subject, device.id, Math.max(atMs, device.fromMs));
      // Silence counts from the assignment, not from what another subject's time with the device left behind.
      if (state !== undefined && !before.has(device.id) && state.heardMs === null)
        state.silentFromMs = Math.max(atMs, device.fromMs);
    }
    judge(subject, Math.max(atMs, tickMs ?? 0), false, emit);
  }

  function tick(atMs: Instant, emit: (alert: AlertEvent) => void): void {
    if (tickMs !== null && atMs <= tickMs) return;
    const everyMs = policyFor(policy, 'standard', '', atMs).tickSeconds * 1000;
    if (tickMs !== null && atMs - tickMs > BLIND_TICKS * everyMs) moveDeadlines(tickMs, atMs - everyMs);
    tickMs = atMs;
    for (const subject of subjects.values()) {
      if (subject.dueMs !== null && subject.dueMs <= atMs) judge(subject, atMs, false, emit);
    }
  }

  /** What could not be seen is nobody's silence: the time from the last tick on does not count against a device. */
  function moveDeadlines(blindFromMs: Instant, blindUntilMs: Instant): void {
    for (const subject of subjects.values()) {
      for (const device of subject.devices) {
        if (device.silentFromMs < blindUntilMs) {
          device.silentFromMs += blindUntilMs - Math.max(blindFromMs, device.silentFromMs);
        }
      }
      if (subject.profile !== null && subject.dueMs !== null) subject.dueMs = blindUntilMs;
    }
  }

  /** When a feed comes back its devices get their time anew. */
  function changeFeed(feed: string, isDown: boolean, atMs: Instant, emit: (alert: AlertEvent) => void): void {
    if (isDown === feedsDown.has(feed)) return;
    if (isDown) feedsDown.add(feed);
    else feedsDown.delete(feed);
    for (const subject of subjects.values()) {
      const ids =
        subject.profile?.devices.filter((device) => device.feed === feed).map((device) => device.id) ?? [];
      if (ids.length === 0) continue;
      const wasSilent = new Set(
        subject.open.filter((alert) => alert.kind === 'silent').map((alert) => alert.about),
      );
      for (const device of subject.devices) {
        if (!isDown && ids.includes(device.id) && !wasSilent.has(device.id))
          device.silentFromMs = Math.max(device.silentFromMs, atMs);
      }
      judge(subject, Math.max(atMs, tickMs ?? 0), false, emit);
    }
  }

  function changeZone(zone: ZoneFeature, atMs: Instant, emit: (alert: AlertEvent) => void): void {
    if (isSame(features.get(zone.id), zone)) return;
    features.set(zone.id, zone);
    prepare(zone);
    judgeAll(atMs, emit, (profile) => names(profile, zone.id));
  }

  function judgeAll(
    atMs: Instant,
    emit: (alert: AlertEvent) => void,
    concerns: (profile: SubjectProfile) => boolean,
  ): void {
    for (const subject of subjects.values()) {
      if (subject.profile !== null && concerns(subject.profile))
        judge(subject, Math.max(atMs, tickMs ?? 0), false, emit);
    }
  }

  function apply(event: LogEvent, emit: (alert: AlertEvent) => void): void {
    switch (event.type) {
      case 'position':
      case 'status':
        observe(event, emit);
        break;
      case 'checkin':
        // Missed check-ins are another kind; a check-in at a terminal is no contact of a device.
        break;
      case 'tick':
        tick(event.atMs, emit);
        break;
      case 'profile':
        changeProfile(event.profile, event.atMs, emit);
        break;
      case 'feed':
        changeFeed(event.feed, event.status === 'down', event.atMs, emit);
        break;
      case 'zone':
        changeZone(event.zone, event.atMs, emit);
        break;
      case 'policy':
        if (isSame(policy, event.policy)) break;
        policy = event.policy;
        judgeAll(event.atMs, emit, () => true);
        break;
      case 'calendar':
        if (isSame(calendar, event.calendar)) break;
        calendar = event.calendar;
        localTime = createLocalTime(calendar.timeZone);
        judgeAll(event.atMs, emit, () => true);
        break;
    }
  }

  return {
    apply,
    snapshot: () => ({
      version: 1,
      tickMs,
      zones: [...features.values()],
      policy,
      calendar,
      feedsDown: [...feedsDown],
      subjects: [...subjects.values()],
    }),
  };
}

type Located = SubjectView['devices'][number];

/**
 * The device that speaks for the subject: one that is worn before one that is carried, as long as it is heard; else the one
 * whose fix is newest.
 */
function locate(devices: readonly Located[], policy: Policy): SubjectView['located'] {
  let newest: Located | undefined;
  let worn: Located | undefined;
  for (const item of devices) {
    if (item.state.estimate === null) continue;
    if (newest === undefined || item.state.estimate.atMs > (newest.state.estimate?.atMs ?? 0)) newest = item;
    if (
      item.device.kind === 'wristband' &&
      (worn === undefined || item.state.estimate.atMs > (worn.state.estimate?.atMs ?? 0))
    )
      worn = item;
  }
  const wornAt = worn?.state.estimate?.atMs ?? 0;
  const newestAt = newest?.state.estimate?.atMs ?? 0;
  const isWornFresh = worn !== undefined && newestAt - wornAt <= silenceLimitS(policy, worn.device) * 1000;
  const chosen = isWornFresh ? worn : newest;
  const estimate = chosen?.state.estimate ?? null;
  return chosen === undefined || estimate === null ? null : { ...chosen, estimate };
}

function names(profile: SubjectProfile, zone: string): boolean {
  return (
    profile.zones.some((item) => item.zone === zone) ||
    profile.permits.some((permit) => permit.destination === zone)
  );
}

function nextKeyPeriodEdge(document: PolicyDocument, nowMs: Instant): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const { fromMs, untilMs } of document.keyPeriods) {
    if (fromMs > nowMs && fromMs < next) next = fromMs;
    if (untilMs > nowMs && untilMs < next) next = untilMs;
  }
  return next;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
