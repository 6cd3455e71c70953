/**
 * The logbook: a fold of log events over the days of each subject. Facts go into sets (day-facts.ts), so the same event twice, or the
 * same events in another order within what is kept, make the same day; `drain` answers the days that have changed, worked out anew.
 * No clock, no database: time is the tick. Rules: SPEC.md.
 */
import type { Surroundings, Window } from '../../alerts/kinds/kind.ts';
import type { PreparedZone } from '../../geofences/prepare-zone.ts';
import {
  createSafeCircle,
  findCircle,
  rememberedDistanceM,
  type SafeCircle,
} from '../../geofences/signed-distance.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Checkin, DeviceStatus, LogEvent, Position } from '../../src/kernel/log-event.ts';
import { type Policy, policyFor } from '../../src/kernel/policy.ts';
import type { SubjectProfile } from '../../src/kernel/roster.ts';
import { createPolicies } from '../detector/policies.ts';
import { isWatched } from '../detector/subject-state.ts';
import { createWorld, isSame, type WorldState } from '../detector/world.ts';
import { accountOf, type DayAccount } from './day-account.ts';
import { DAY_MINUTES, type DayFacts, noteStatusFact, type PlaceEvidence, SLOT_MINUTES } from './day-facts.ts';
import { type Around, type Side, sideOfBounds, sideOfCurfew, sideOfMuster } from './fix-evidence.ts';
import { hasPoint, withPoint } from './runs.ts';
import {
  accrue,
  createSubjectDays,
  dayFactsAt,
  forgetDays,
  KEPT_DAYS,
  MINUTE_MS,
  mainDevice,
  markDirty,
  noteCheckinOf,
  noteLeaves,
  noteMuster,
  type SubjectDays,
} from './subject-days.ts';

interface Outage {
  readonly feed: string;
  readonly fromMs: Instant;
  untilMs: Instant | null;
}

/** A JSON value; `version` changes when an older one can't be read any more. */
export interface LogbookState extends WorldState {
  readonly version: typeof STATE_VERSION;
  /** Time of the first event that it was made of: of days before it knows less than an earlier state did. */
  readonly bornMs: Instant | null;
  readonly outages: readonly Outage[];
  readonly blind: readonly Window[];
  readonly subjects: readonly SubjectDays[];
}

export interface ChangedDay {
  readonly subject: string;
  readonly facts: DayFacts;
  readonly account: DayAccount;
  /** Whether the day began after the state did: it knows all of it. */
  readonly isWhole: boolean;
}

export interface Logbook {
  apply(event: LogEvent): void;
  tickMs(): Instant | null;
  bornMs(): Instant | null;
  /** Days since 1970-01-01 by the roster's calendar. */
  dayOf(at: Instant): number;
  /** All days that have changed since it was asked last. */
  drain(): ChangedDay[];
  snapshot(): LogbookState;
}

const STATE_VERSION = 1;
/** As the detector has it: a silence of ticks longer than so many of their periods is our own blindness. */
const BLIND_TICKS = 3;
const SLOT_MS = SLOT_MINUTES * MINUTE_MS;
const KEPT_MS = (KEPT_DAYS + 1) * DAY_MINUTES * MINUTE_MS;

export function isLogbookState(saved: unknown): saved is LogbookState {
  return (saved as Partial<LogbookState> | null)?.version === STATE_VERSION;
}

/** Takes a snapshot that was read back as its own. */
export function createLogbook(saved?: LogbookState): Logbook {
  const world = createWorld(saved);
  const policies = createPolicies();
  const subjects = new Map(saved?.subjects.map((subject) => [subject.id, subject]));
  let bornMs = saved?.bornMs ?? null;
  let outages = [...(saved?.outages ?? [])];
  let blind = [...(saved?.blind ?? [])];
  let edgeMs = Math.floor((world.tickMs() ?? 0) / SLOT_MS) * SLOT_MS;
  /** Most fixes are far from any edge, as the one before showed: no state, only what spares the search (as the detector has it). */
  const circles = new WeakMap<SubjectDays, SafeCircle>();
  let asked: SubjectDays | undefined;
  const around: Around & Surroundings = {
    ...world.surroundings,
    distanceM: (zone, lon, lat, enoughM) => rememberedDistanceM(circleOf(zone), zone, lon, lat, enoughM),
  };

  function circleOf(zone: PreparedZone): SafeCircle {
    const made = asked === undefined ? undefined : circles.get(asked);
    const known = findCircle(made, zone.id);
    if (known !== undefined) return known;
    const circle = createSafeCircle(made);
    if (asked !== undefined) circles.set(asked, circle);
    return circle;
  }

  const policyOf = ({ grade, office }: SubjectProfile, atMs: Instant): Policy =>
    policies.of(world.policy(), grade, office, atMs).policy;

  /** Null: not believed, or of a time in which the device was not watched (as the detector has it). */
  function factsFor(
    subject: SubjectDays,
    event: Position | DeviceStatus,
    policy: Policy,
  ): DayFacts | undefined {
    const ageS = (event.receivedMs - event.atMs) / 1000;
    if (ageS < -policy.clockSkewS || ageS > policy.backfillHorizonS) return undefined;
    const isCounted = subject.profile.devices.some(
      (device) => device.id === event.device && isWatched(device, event.atMs),
    );
    return isCounted ? dayFactsAt(subject, world.localTime().dayOf(event.atMs)) : undefined;
  }

  const minuteOf = (facts: DayFacts, atMs: Instant) =>
    Math.min(DAY_MINUTES - 1, Math.floor((atMs - world.localTime().midnightMs(facts.day)) / MINUTE_MS));

  function takePosition(event: Position): void {
    const subject = subjects.get(event.subject);
    if (subject === undefined) return;
    const policy = policyOf(subject.profile, event.receivedMs);
    const facts = factsFor(subject, event, policy);
    if (facts === undefined) return;
    const slot = Math.floor(minuteOf(facts, event.atMs) / SLOT_MINUTES);
    if (event.mock === true) {
      if (hasPoint(facts.mock, slot)) return;
      facts.mock = withPoint(facts.mock, slot);
      markDirty(subject, facts.day);
      return;
    }
    asked = subject;
    const isNew = [
      !hasPoint(facts.located, slot),
      noteSide(facts.bounds, slot, sideOfBounds(event, subject.profile, around, policy)),
      noteSide(facts.curfew, slot, sideOfCurfew(event, subject.profile, around, policy)),
    ];
    facts.located = withPoint(facts.located, slot);
    if (isNew.includes(true)) markDirty(subject, facts.day);
    for (const muster of around.mustersOf(subject.id))
      if (event.atMs >= muster.fromMs && event.atMs <= muster.untilMs)
        if (sideOfMuster(event, muster, around, policy) === 'inside') noteMuster(subject, muster.id);
  }

  function takeStatus(event: DeviceStatus): void {
    const subject = subjects.get(event.subject);
    if (subject === undefined || mainDevice(subject.profile, event.atMs)?.id !== event.device) return;
    const facts = factsFor(subject, event, policyOf(subject.profile, event.receivedMs));
    if (facts !== undefined && noteStatusFact(facts, minuteOf(facts, event.atMs), event.status))
      markDirty(subject, facts.day);
  }

  function takeCheckin({ subject: id, atMs, receivedMs, method }: Checkin): void {
    const subject = subjects.get(id);
    if (subject === undefined) return;
    const policy = policyOf(subject.profile, receivedMs);
    // A terminal whose clock is ahead has still seen the subject: at the latest now.
    const isAhead = (atMs - receivedMs) / 1000 > policy.clockSkewS;
    const checkin = { atMs: isAhead ? receivedMs : atMs, method };
    noteCheckinOf(subject, checkin, world.localTime(), world.surroundings, policy);
  }

  function accrueTo(subject: SubjectDays, untilMs: Instant): void {
    const policy = policyOf(subject.profile, untilMs);
    accrue(subject, untilMs, world.localTime(), world.surroundings, policy);
  }

  /** What held until now is written down before something else does. */
  function accrueAll(atMs: Instant): void {
    const untilMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    for (const subject of subjects.values()) accrueTo(subject, untilMs);
  }

  function changeProfile(profile: SubjectProfile, atMs: Instant): void {
    const nameless = { ...profile, name: '' };
    const subject = subjects.get(profile.id);
    if (subject === undefined) {
      subjects.set(profile.id, createSubjectDays(nameless, atMs));
      return;
    }
    if (isSame(subject.profile, nameless)) return;
    accrueTo(subject, Math.floor(atMs / MINUTE_MS) * MINUTE_MS);
    subject.profile = nameless;
    noteLeaves(subject, world.localTime(), policyOf(nameless, atMs));
  }

  function tick(atMs: Instant): void {
    const beforeMs = world.tickMs();
    if (!world.setTick(atMs)) return;
    const everyMs = policyFor(world.policy(), 'standard', '', atMs).tickSeconds * 1000;
    if (beforeMs !== null && atMs - beforeMs > BLIND_TICKS * everyMs)
      blind.push({ fromMs: beforeMs, untilMs: atMs });
    if (atMs < edgeMs + SLOT_MS) return;
    edgeMs = Math.floor(atMs / SLOT_MS) * SLOT_MS;
    for (const subject of subjects.values()) accrueTo(subject, edgeMs);
    blind = blind.filter(({ untilMs }) => atMs - untilMs < KEPT_MS);
    outages = outages.filter(({ untilMs }) => untilMs === null || atMs - untilMs < KEPT_MS);
  }

  function changeFeed(event: LogEvent & { readonly type: 'feed' }): void {
    const outage = world.setFeed(event);
    if (outage === undefined) return;
    const { feed, sinceMs } = outage;
    if (event.status === 'down') outages.push({ feed, fromMs: sinceMs, untilMs: null });
    else
      for (const open of outages) if (open.feed === feed && open.untilMs === null) open.untilMs = event.atMs;
    const day = world.localTime().dayOf(sinceMs);
    for (const subject of subjects.values())
      for (const facts of subject.days)
        if (facts.feed === feed && facts.day >= day) markDirty(subject, facts.day);
  }

  function accountFor(subject: SubjectDays, facts: DayFacts): DayAccount {
    const midnightMs = world.localTime().midnightMs(facts.day);
    const nowMs = Math.max(subject.accruedMs, world.tickMs() ?? 0);
    const account = accountOf(facts, {
      midnightMs,
      minutesGone: Math.max(0, Math.min(DAY_MINUTES, Math.floor((nowMs - midnightMs) / MINUTE_MS))),
      feedDown: outages.flatMap(({ feed, fromMs, untilMs }) =>
        feed === facts.feed ? [{ fromMs, untilMs: untilMs ?? Number.POSITIVE_INFINITY }] : [],
      ),
      blind,
      start: subject.ends[facts.day - 1] ?? subject.before,
      leaveGraceMs: policyOf(subject.profile, midnightMs).leaveGraceS * 1000,
    });
    subject.ends[facts.day] = account.end;
    return account;
  }

  return {
    apply: (event) => {
      const atMs = 'receivedMs' in event ? event.receivedMs : event.atMs;
      bornMs ??= atMs;
      switch (event.type) {
        case 'position':
          return takePosition(event);
        case 'status':
          return takeStatus(event);
        case 'checkin':
          return takeCheckin(event);
        case 'profile':
          return changeProfile(event.profile, atMs);
        case 'tick':
          return tick(atMs);
        case 'feed':
          return changeFeed(event);
        case 'zone':
          world.setZone(event.zone);
          return;
        case 'policy':
          if (!isSame(world.policy(), event.policy)) accrueAll(atMs);
          world.setPolicy(event.policy);
          return;
        case 'calendar':
          accrueAll(atMs);
          world.setCalendar(event.calendar);
          return;
        case 'muster':
          world.setMuster(event.muster);
          return;
        default:
        // No-contact orders and sightings are no obligation of minutes.
      }
    },
    tickMs: () => world.tickMs(),
    bornMs: () => bornMs,
    dayOf: (at) => world.localTime().dayOf(at),
    drain: () => {
      const changed: ChangedDay[] = [];
      for (const subject of subjects.values()) {
        const { dirtyFrom } = subject;
        if (dirtyFrom === null) continue;
        for (const facts of subject.days) {
          if (facts.day < dirtyFrom) continue;
          const isWhole = world.localTime().midnightMs(facts.day) >= (bornMs ?? 0);
          changed.push({ subject: subject.id, facts, account: accountFor(subject, facts), isWhole });
        }
        subject.dirtyFrom = null;
        forgetDays(subject);
      }
      return changed;
    },
    snapshot: () => ({
      version: STATE_VERSION,
      ...world.state(),
      bornMs,
      outages,
      blind,
      subjects: [...subjects.values()],
    }),
  };
}

/** Answers whether it is new. */
function noteSide(evidence: PlaceEvidence, slot: number, side: Side): boolean {
  if (side === undefined || hasPoint(evidence[side], slot)) return false;
  evidence[side] = withPoint(evidence[side], slot);
  return true;
}
