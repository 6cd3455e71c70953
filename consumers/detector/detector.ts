/**
 * The detector: a fold of log events over the state of each subject. No clock, no database, no randomness: time is the
 * newest receipt of a subject's own events or the newest tick, so the same events give the same alerts, whichever other
 * subjects stand between them, and a snapshot at any point changes nothing. Rules: SPEC.md.
 */
import type { SubjectView } from '../../alerts/kinds/kind.ts';
import { ALERT_KINDS_JUDGED } from '../../alerts/kinds/kinds.ts';
import type { PreparedZone } from '../../geofences/prepare-zone.ts';
import {
  createSafeCircle,
  findCircle,
  rememberedDistanceM,
  type SafeCircle,
} from '../../geofences/signed-distance.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import {
  type Checkin,
  type DeviceStatus,
  type FeedStatus,
  type LogEvent,
  type NoContactChange,
  type Position,
  pairKey,
  type Sighting,
} from '../../src/kernel/log-event.ts';
import { type Policy, policyFor } from '../../src/kernel/policy.ts';
import { feedOf, type SubjectProfile } from '../../src/kernel/roster.ts';
import { settle } from './alert-book.ts';
import { type Explanation, explain } from './explanation.ts';
import { countFeeds, type FeedCount } from './feed-watch.ts';
import { createPair, endPair, judgeSighting, type PairState, spotsOf } from './gathering.ts';
import { createInterning } from './interning.ts';
import { outageAlert } from './outage-alert.ts';
import { createPolicies, type PolicyInForce } from './policies.ts';
import { restoreSubject } from './restored-subject.ts';
import { noteClock } from './signs.ts';
import {
  countsFor,
  createDevice,
  createSubject,
  deviceOf,
  noteCheckin,
  noteContact,
  notePosition,
  noteRules,
  noteStatus,
  noteWord,
  type SubjectState,
} from './subject-state.ts';
import {
  createViewer,
  hasRuleEdgeSince,
  isDueKind,
  isUneventful,
  nextDueMs,
  nextRuleEdgeMs,
  type TakenAt,
} from './subject-view.ts';
import { createWorld, isSame, type WorldState } from './world.ts';

/** A JSON value; `version` changes when an older one can't be read any more. */
export interface DetectorState extends WorldState {
  readonly version: typeof STATE_VERSION;
  readonly subjects: readonly SubjectState[];
  readonly pairs: readonly PairState[];
}

export interface Detector {
  /**
   * Moves the state; `emit` gets what is concluded, in order, and `sight` where somebody is who must not meet somebody else: that is
   * to be put on the log under the key of the pair, for the second stage.
   */
  apply(event: LogEvent, emit: (alert: AlertEvent) => void, sight?: (sighting: Sighting) => void): void;
  /** How many devices of each feed are live and overdue, at the newest tick: of this partition's subjects. */
  countFeeds(): ReadonlyMap<string, FeedCount>;
  /** Which rules are in force for a subject at its newest time, what they saw and concluded; undefined: there is no profile. */
  explain(subject: string): Explanation | undefined;
  /** Live: to be serialised before the next event. A copy of a large state would stop everything else for as long. */
  snapshot(): DetectorState;
}

/** A subject with what can be made again from its state. */
interface Watch {
  readonly state: SubjectState;
  inForce: PolicyInForce | null;
  /** One for each zone asked about; a handful. */
  circles: SafeCircle | null;
}

/** A silence of ticks longer than so many of their periods is our own blindness. */
const BLIND_TICKS = 3;
/** Observations of people without a profile wait for it; more of them than this are a flood, and the oldest go. */
const MAX_STRANGERS = 50_000;
type Emit = (alert: AlertEvent) => void;

const PLACE_KINDS = ALERT_KINDS_JUDGED.filter(({ judges }) => judges === 'place');
const OTHER_KINDS = ALERT_KINDS_JUDGED.filter(({ judges }) => judges !== 'place');
const DUE_KINDS = ALERT_KINDS_JUDGED.filter(isDueKind);

const STATE_VERSION = 4;

/** Whether a snapshot is one of this program's. */
export function isDetectorState(saved: unknown): saved is DetectorState {
  return (saved as Partial<DetectorState> | null)?.version === STATE_VERSION;
}

/** Takes a snapshot that was read back as its own. */
export function createDetector(saved?: DetectorState): Detector {
  if (saved !== undefined && !isDetectorState(saved))
    throw new Error(
      `a detector state of version ${(saved as DetectorState).version} can't be read: make it anew from the log`,
    );
  const world = createWorld(saved);
  const policies = createPolicies();
  const interned = createInterning();
  const watches = new Map<string, Watch>();
  let strangers = 0;
  /** No subject is due before. A lower bound: made exact when it is reached. */
  let earliestDueMs = Number.NEGATIVE_INFINITY;
  /** Whose safe circles `distanceM` looks into: one function for all, because a million closures weigh more than the states. */
  let judged: Watch | undefined;
  const distanceM: SubjectView['distanceM'] = (zone, lon, lat, enoughM) =>
    rememberedDistanceM(circleOf(judged, zone), zone, lon, lat, enoughM);
  const viewOf = createViewer(distanceM, world.surroundings);
  const pairs = new Map<string, PairState>();
  for (const state of saved?.pairs ?? []) pairs.set(pairKey(state.pair), state);
  for (const state of saved?.subjects ?? []) {
    const profile = state.profile === null ? null : interned.profile(state.profile);
    const restored = restoreSubject(state, profile);
    watches.set(restored.id, watch(restored));
    if (profile === null) strangers++;
  }

  function watchOf(id: string): Watch {
    const known = watches.get(id);
    if (known !== undefined) return known;
    if (strangers >= MAX_STRANGERS) forgetStranger();
    const made = watch(createSubject(id));
    watches.set(id, made);
    strangers++;
    return made;
  }

  function forgetStranger(): void {
    for (const [id, { state }] of watches) {
      if (state.profile !== null) continue;
      watches.delete(id);
      strangers--;
      return;
    }
  }

  function policyOf(watched: Watch, nowMs: Instant): Policy {
    const document = world.policy();
    let { inForce } = watched;
    if (inForce === null || inForce.document !== document || nowMs >= inForce.untilMs) {
      const { profile } = watched.state;
      inForce = policies.of(document, profile?.grade ?? 'standard', profile?.office ?? '', nowMs);
      watched.inForce = inForce;
    }
    return inForce.policy;
  }

  /** Asks all kinds what holds for a subject now, and when to ask again. */
  function judge(
    watched: Watch,
    receiptMs: Instant,
    taken: TakenAt | null,
    isLateFact: boolean,
    emit: Emit,
  ): void {
    const { state } = watched;
    const nowMs = Math.max(state.nowMs, receiptMs, world.tickMs() ?? 0);
    state.nowMs = nowMs;
    const { profile } = state;
    if (profile === null) return;
    judged = watched;
    const view = viewOf(state, profile, policyOf(watched, nowMs), taken);
    const isPast = taken !== null && !taken.isNewest;
    // On the way back to the present only the place of that device is judged: all else is as it is now.
    if (isPast && view.located?.device.id !== taken.device) return;
    const isQuiet = taken !== null && isUneventful(view, state);
    for (const kind of PLACE_KINDS) settle(kind, view, state, isLateFact, emit);
    if (isPast) return;
    if (hasRuleEdgeSince(view)) {
      const present = { ...view, atMs: nowMs };
      for (const kind of PLACE_KINDS) settle(kind, present, state, isLateFact, emit);
    }
    if (isQuiet && state.open.length === 0) return;
    for (const kind of OTHER_KINDS) {
      kind.remember?.(view, state.memory);
      settle(kind, view, state, isLateFact, emit);
    }
    if (state.ruleEdgeMs !== null && nowMs >= state.ruleEdgeMs)
      state.ruleEdgeMs = nextRuleEdgeMs(
        profile,
        world.policy(),
        world.surroundings,
        world.localTime(),
        nowMs,
      );
    const dueMs = Math.min(state.ruleEdgeMs ?? Number.POSITIVE_INFINITY, nextDueMs(view, DUE_KINDS));
    state.dueMs = dueMs === Number.POSITIVE_INFINITY ? null : dueMs;
    if (dueMs < earliestDueMs) earliestDueMs = dueMs;
  }

  /** Rules changed: what was worked out from them is no more. */
  function judgeAnew(watched: Watch, atMs: Instant, emit: Emit): void {
    watched.state.ruleEdgeMs = 0;
    noteRules(watched.state, atMs);
    judge(watched, atMs, null, false, emit);
  }

  function observe(event: Position | DeviceStatus, emit: Emit): void {
    const watched = watchOf(event.subject);
    const { state } = watched;
    const nowMs = Math.max(state.nowMs, event.receivedMs, world.tickMs() ?? 0);
    const device = deviceOf(state, event.device, nowMs);
    if (device === undefined) return;
    noteContact(device, event);
    const policy = policyOf(watched, nowMs);
    const ageS = (event.receivedMs - event.atMs) / 1000;
    const isWatchedNow = countsFor(state, event.device, Math.min(event.atMs, nowMs));
    if (isWatchedNow) noteClock(device.signs, -ageS, event.receivedMs, policy);
    const isLate = ageS > policy.reorderWindowS;
    if (!isWatchedNow || ageS > policy.backfillHorizonS) {
      // Too old, or not watched at that time: contact, and nothing more.
      judge(watched, nowMs, null, false, emit);
    } else if (ageS < -policy.clockSkewS) {
      noteWord(device, event);
      judge(watched, nowMs, null, false, emit);
    } else if (event.type === 'status') {
      noteStatus(device, event);
      judge(watched, nowMs, null, isLate, emit);
    } else {
      const { device: id } = event;
      notePosition(device, event, policy, (atMs, isNewest) =>
        judge(watched, nowMs, { device: id, atMs, isNewest, isLate }, isLate, emit),
      );
    }
  }

  /** The estimate that speaks for the subject, if the fix has moved it; before it the fix kept aside that this one agrees with. */
  function tellPairs(event: Position, sight: (sighting: Sighting) => void): void {
    const pairsOfSubject = world.pairsOf(event.subject);
    const watched = pairsOfSubject.length === 0 ? undefined : watches.get(event.subject);
    const profile = watched?.state.profile ?? null;
    if (watched === undefined || profile === null) return;
    const { state } = watched;
    const { located } = viewOf(state, profile, policyOf(watched, state.nowMs), null);
    if (located === null || located.estimate.atMs !== event.atMs) return;
    const { subject: who, receivedMs } = event;
    const spots = spotsOf(located);
    for (const pair of pairsOfSubject)
      for (const spot of spots) sight({ type: 'sighting', pair, who, receivedMs, ...spot });
  }

  function seePair(event: Sighting, emit: Emit): void {
    const key = pairKey(event.pair);
    // Sent before the order was lifted.
    if (!world.pairsOf(event.who).some((pair) => pairKey(pair) === key)) return;
    let state = pairs.get(key);
    if (state === undefined) {
      state = createPair(event.pair);
      pairs.set(key, state);
    }
    const policy = policyFor(world.policy(), 'standard', '', event.receivedMs);
    judgeSighting(state, event, policy, world.surroundings.clock, emit);
  }

  function changeNoContact({ whose, others, atMs }: NoContactChange, emit: Emit): void {
    if (!world.setNoContact(whose, others)) return;
    for (const [key, state] of pairs) {
      if (world.pairsOf(state.pair[0]).some((pair) => pairKey(pair) === key)) continue;
      endPair(state, atMs, world.surroundings.clock, emit);
      pairs.delete(key);
    }
  }

  function checkIn({ subject, atMs, receivedMs }: Checkin, emit: Emit): void {
    const watched = watchOf(subject);
    const ageS = (receivedMs - atMs) / 1000;
    const { clockSkewS, reorderWindowS } = policyOf(watched, Math.max(watched.state.nowMs, receivedMs));
    // A terminal whose clock is ahead has still seen the subject: at the latest now.
    noteCheckin(watched.state, ageS < -clockSkewS ? receivedMs : atMs);
    judge(watched, receivedMs, null, ageS > reorderWindowS, emit);
  }

  function changeProfile(profile: SubjectProfile, atMs: Instant, emit: Emit): void {
    const watched = watchOf(profile.id);
    const { state } = watched;
    // Kept without the person's name, which the log does not carry either.
    const nameless = interned.profile(profile);
    if (isSame(state.profile, nameless)) return;
    if (state.profile === null) strangers--;
    if (!isSame(state.profile?.checkins, profile.checkins)) state.checkinsFromMs = atMs;
    state.profile = nameless;
    watched.inForce = null;
    // What others than the assigned devices said is not this subject's. Silence of a new one counts from here.
    state.devices = [...new Set(profile.devices.map(({ id }) => id))].map(
      (id) => state.devices.find((device) => device.id === id) ?? createDevice(id, atMs),
    );
    judgeAnew(watched, atMs, emit);
  }

  function tick(atMs: Instant, emit: Emit): void {
    const beforeMs = world.tickMs();
    if (!world.setTick(atMs)) return;
    const everyMs = policyFor(world.policy(), 'standard', '', atMs).tickSeconds * 1000;
    if (beforeMs !== null && atMs - beforeMs > BLIND_TICKS * everyMs) moveDeadlines(beforeMs, atMs - everyMs);
    if (atMs < earliestDueMs) return;
    earliestDueMs = Number.POSITIVE_INFINITY;
    for (const watched of watches.values()) {
      const { dueMs } = watched.state;
      if (dueMs === null) continue;
      if (dueMs <= atMs) judge(watched, atMs, null, false, emit);
      else if (dueMs < earliestDueMs) earliestDueMs = dueMs;
    }
  }

  /** What could not be seen is nobody's silence: the time from the last tick on does not count against a device. */
  function moveDeadlines(blindFromMs: Instant, blindUntilMs: Instant): void {
    for (const { state } of watches.values()) {
      for (const device of state.devices) {
        if (device.silentFromMs < blindUntilMs)
          device.silentFromMs += blindUntilMs - Math.max(blindFromMs, device.silentFromMs);
      }
      if (state.dueMs !== null) state.dueMs = Math.min(state.dueMs, blindUntilMs);
    }
    earliestDueMs = blindUntilMs;
  }

  /** When a feed comes back its devices get their time anew, but for those that were silent before it went. */
  function changeFeed(event: FeedStatus, emit: Emit): void {
    const outage = world.setFeed(event);
    if (outage === undefined) return;
    const { feed, atMs } = event;
    const isDown = event.status === 'down';
    emit(outageAlert(outage, isDown ? null : atMs, world.surroundings.clock));
    for (const watched of watches.values()) {
      const { state } = watched;
      const ids =
        state.profile?.devices.filter((device) => feedOf(device) === feed).map(({ id }) => id) ?? [];
      if (ids.length === 0) continue;
      for (const device of isDown ? [] : state.devices) {
        const wasSilent = state.open.some(({ kind, about }) => kind === 'silent' && about === device.id);
        if (ids.includes(device.id) && !wasSilent) device.silentFromMs = Math.max(device.silentFromMs, atMs);
      }
      judge(watched, atMs, null, false, emit);
    }
  }

  function judgeAll(atMs: Instant, emit: Emit, concerns: (profile: SubjectProfile) => boolean): void {
    for (const watched of watches.values()) {
      const { profile } = watched.state;
      if (profile === null || !concerns(profile)) continue;
      judgeAnew(watched, atMs, emit);
    }
  }

  return {
    apply: (event, emit, sight) => {
      const { type } = event;
      switch (type) {
        case 'position':
          observe(event, emit);
          if (sight !== undefined) tellPairs(event, sight);
          return;
        case 'status':
          return observe(event, emit);
        case 'sighting':
          return seePair(event, emit);
        case 'no-contact':
          return changeNoContact(event, emit);
        case 'checkin':
          return checkIn(event, emit);
        case 'spot-check':
          // What an officer heard is for officers to judge: it becomes a task (alerts/checks.ts).
          return;
        case 'tick':
          return tick(event.atMs, emit);
        case 'profile':
          return changeProfile(event.profile, event.atMs, emit);
        case 'feed':
          return changeFeed(event, emit);
        case 'zone':
          if (world.setZone(event.zone))
            judgeAll(event.atMs, emit, (profile) => names(profile, event.zone.id));
          return;
        case 'policy':
          if (world.setPolicy(event.policy)) judgeAll(event.atMs, emit, () => true);
          return;
        case 'calendar':
          if (world.setCalendar(event.calendar)) judgeAll(event.atMs, emit, () => true);
          return;
        case 'muster': {
          const { muster } = event;
          if (world.setMuster(muster)) judgeAll(event.atMs, emit, ({ id }) => muster.subjects.includes(id));
          return;
        }
        default:
          throw new Error(`no such event: ${type satisfies never}`);
      }
    },
    explain: (id) => {
      const watched = watches.get(id);
      const profile = watched?.state.profile ?? null;
      if (watched === undefined || profile === null) return undefined;
      const { state } = watched;
      const nowMs = Math.max(state.nowMs, world.tickMs() ?? 0);
      judged = watched;
      const present = { ...state, nowMs };
      const view = viewOf(present, profile, policyOf(watched, nowMs), null);
      return explain(
        view,
        (kind, about) =>
          state.open.find((alert) => alert.kind === kind && alert.about === about)?.alert ?? null,
        (zone) => world.zoneFeature(zone),
      );
    },
    countFeeds: () => {
      const nowMs = world.tickMs();
      if (nowMs === null) return new Map();
      const policy = policyFor(world.policy(), 'standard', '', nowMs);
      return countFeeds(watches.values(), policy, nowMs, (feed) => world.outageOf(feed)?.sinceMs ?? null);
    },
    snapshot: () => ({
      version: STATE_VERSION,
      ...world.state(),
      subjects: Array.from(watches.values(), ({ state }) => state),
      pairs: [...pairs.values()],
    }),
  };
}

function watch(state: SubjectState): Watch {
  return {
    state,
    inForce: null,
    circles: null,
  };
}

function circleOf(watched: Watch | undefined, zone: PreparedZone): SafeCircle {
  const known = findCircle(watched?.circles, zone.id);
  if (known !== undefined) return known;
  const made = createSafeCircle(watched?.circles);
  if (watched !== undefined) watched.circles = made;
  return made;
}

function names(profile: SubjectProfile, zone: string): boolean {
  return (
    profile.zones.some((item) => item.zone === zone) ||
    profile.curfews.some((curfew) => curfew.zone === zone) ||
    profile.permits.some((permit) => permit.destination === zone)
  );
}
