/** What the logbook keeps of one subject: JSON, the days that a late fact can still reach, moved in place by its own events only. */
import type { Surroundings } from '../../alerts/kinds/kind.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Checkin, CheckinMethod } from '../../src/kernel/log-event.ts';
import type { Policy } from '../../src/kernel/policy.ts';
import { type Device, feedOf, type SubjectProfile } from '../../src/kernel/roster.ts';
import { isWatched } from '../detector/subject-state.ts';
import { AT_WORK, type Condition } from './day-account.ts';
import {
  createDay,
  DAY_SLOTS,
  type DayFacts,
  meetWindow,
  noteCheckinFact,
  noteLeave,
  SLOT_MINUTES,
} from './day-facts.ts';
import { withRun } from './runs.ts';

export interface SubjectDays {
  readonly id: string;
  profile: SubjectProfile;
  /** Oldest first. */
  days: DayFacts[];
  /** Condition of the device at the end of the day before the oldest, then of each day. */
  before: Condition;
  ends: Record<number, Condition>;
  /** Up to when the obligations have been written down. */
  accruedMs: Instant;
  /** The oldest day of which something is new; null: the store has all. */
  dirtyFrom: number | null;
  /** Newest check-ins, for windows that have not closed yet. */
  checkins: [atMs: Instant, method: CheckinMethod][];
  /** Roll-calls at whose place a fix has shown the subject. */
  seenAt: string[];
}

/** Days that are kept: as long as a stored fix is believed, and today (policy, backfillHorizonS: 7 days unless set). */
export const KEPT_DAYS = 9;
const MAX_CHECKINS = 16;
const MAX_SEEN = 16;
export const MINUTE_MS = 60_000;

export interface Days {
  dayOf(at: Instant): number;
  midnightMs(day: number): Instant;
}

export function createSubjectDays(profile: SubjectProfile, fromMs: Instant): SubjectDays {
  return {
    id: profile.id,
    profile,
    days: [],
    before: AT_WORK,
    ends: {},
    // The minute in which it became known is the first that is asked about.
    accruedMs: Math.floor(fromMs / MINUTE_MS) * MINUTE_MS,
    dirtyFrom: null,
    checkins: [],
    seenAt: [],
  };
}

export function markDirty(subject: SubjectDays, day: number): void {
  if (subject.dirtyFrom === null || day < subject.dirtyFrom) subject.dirtyFrom = day;
}

/** The day's facts, made when it is new; undefined: a day before the subject was known or before the kept ones. */
export function dayFactsAt(subject: SubjectDays, day: number): DayFacts | undefined {
  const known = subject.days.find((facts) => facts.day === day);
  if (known !== undefined) return known;
  const newest = subject.days.at(-1)?.day;
  if (newest !== undefined && day < newest) return undefined;
  const made = createDay(day, subject.profile.office, subject.profile.grade);
  subject.days.push(made);
  return made;
}

/** Days that no late fact can reach go; only what the store has. */
export function forgetDays(subject: SubjectDays): void {
  const newest = subject.days.at(-1)?.day ?? 0;
  while (subject.days.length > 0 && (subject.days[0] as DayFacts).day <= newest - KEPT_DAYS) {
    const { day } = subject.days.shift() as DayFacts;
    subject.before = subject.ends[day] ?? subject.before;
    delete subject.ends[day];
  }
}

/** The device whose interval and condition count: one that is worn before one that is carried. */
export function mainDevice({ devices }: SubjectProfile, at: Instant): Device | undefined {
  let carried: Device | undefined;
  for (const device of devices) {
    if (!isWatched(device, at)) continue;
    if (device.kind === 'wristband') return device;
    carried ??= device;
  }
  return carried;
}

/** Slots of which each has to have a fix by the device's interval: the next divisor of the day. */
export function slotsAFix({ intervalS }: Device): number {
  let slots = Math.min(DAY_SLOTS, Math.ceil(intervalS / (SLOT_MINUTES * 60)));
  while (DAY_SLOTS % slots !== 0) slots++;
  return slots;
}

/** Writes down what the rules asked for since the last time, by the rules as they are. */
export function accrue(
  subject: SubjectDays,
  untilMs: Instant,
  days: Days,
  around: Surroundings,
  policy: Policy,
): void {
  const { profile } = subject;
  for (let atMs = subject.accruedMs; atMs < untilMs; atMs += MINUTE_MS) {
    const day = days.dayOf(atMs);
    const facts = dayFactsAt(subject, day);
    if (facts === undefined) continue;
    const minute = Math.floor((atMs - days.midnightMs(day)) / MINUTE_MS);
    facts.office = profile.office;
    facts.grade = profile.grade;
    const device = mainDevice(profile, atMs);
    if (device !== undefined) {
      facts.dueContact = withRun(facts.dueContact, minute, minute + 1);
      facts.slotsAFix = slotsAFix(device);
      facts.feed = feedOf(device);
    }
    if (profile.zones.some(({ rule, schedule }) => rule === 'stay-in' && around.isInForce(schedule, atMs)))
      facts.dueBounds = withRun(facts.dueBounds, minute, minute + 1);
    if (profile.curfews.some((curfew) => around.windowAt(curfew, atMs) !== null))
      facts.dueCurfew = withRun(facts.dueCurfew, minute, minute + 1);
    markDirty(subject, day);
  }
  if (untilMs <= subject.accruedMs) return;
  noteClosed(subject, untilMs, days, around, policy);
  noteLeaves(subject, days, policy);
  subject.accruedMs = untilMs;
}

/** Check-in windows and roll-calls that have closed since. */
function noteClosed(
  subject: SubjectDays,
  untilMs: Instant,
  days: Days,
  around: Surroundings,
  { checkinGraceS }: Policy,
): void {
  const graceMs = checkinGraceS * 1000;
  const isNew = (closedMs: Instant) => closedMs > subject.accruedMs && closedMs <= untilMs;
  for (const checkin of subject.profile.checkins) {
    const window = around.lastOfficeWindow(checkin, untilMs);
    if (window === null || !isNew(window.untilMs)) continue;
    const facts = dayFactsAt(subject, days.dayOf(window.untilMs - 1));
    if (facts === undefined || facts.windows.some(({ id }) => id === checkin.id)) continue;
    const made = { id: checkin.id, ...window, method: null };
    for (const [atMs, method] of subject.checkins)
      if (atMs >= window.fromMs && atMs <= window.untilMs + graceMs) meetWindow(made, method);
    facts.windows.push(made);
  }
  for (const muster of around.mustersOf(subject.id)) {
    if (!isNew(muster.untilMs) || muster.excused.includes(subject.id)) continue;
    const facts = dayFactsAt(subject, days.dayOf(muster.untilMs - 1));
    if (facts === undefined || facts.musters.some(({ id }) => id === muster.id)) continue;
    const isMet =
      subject.seenAt.includes(muster.id) ||
      subject.checkins.some(([atMs]) => atMs >= muster.fromMs && atMs <= muster.untilMs);
    const { id, fromMs, untilMs: closedMs } = muster;
    facts.musters.push({ id, fromMs, untilMs: closedMs, isMet });
  }
}

/** Each kept day knows the permits that touch it, as they are said now: one that is entered late excuses the past too. */
export function noteLeaves(subject: SubjectDays, days: Days, { leaveGraceS }: Policy): void {
  for (const facts of subject.days) {
    const fromMs = days.midnightMs(facts.day);
    const untilMs = days.midnightMs(facts.day + 1);
    for (const { id, ...permit } of subject.profile.permits) {
      if (permit.fromMs >= untilMs || permit.untilMs + leaveGraceS * 1000 < fromMs) continue;
      const { fromMs: from, untilMs: until, returnedAtMs } = permit;
      if (noteLeave(facts, { id, fromMs: from, untilMs: until, returnedAtMs })) markDirty(subject, facts.day);
    }
  }
}

export function noteCheckinOf(
  subject: SubjectDays,
  { atMs, method }: Pick<Checkin, 'atMs' | 'method'>,
  days: Days,
  around: Surroundings,
  { checkinGraceS }: Policy,
): void {
  const day = days.dayOf(atMs);
  const facts = dayFactsAt(subject, day);
  if (facts === undefined) return;
  if (noteCheckinFact(facts, Math.floor((atMs - days.midnightMs(day)) / MINUTE_MS), method))
    markDirty(subject, day);
  if (!subject.checkins.some(([at, known]) => at === atMs && known === method)) {
    subject.checkins.push([atMs, method]);
    subject.checkins.sort(([a], [b]) => a - b);
    if (subject.checkins.length > MAX_CHECKINS) subject.checkins.shift();
  }
  for (const { day: closedOn, windows } of subject.days)
    for (const window of windows)
      if (
        atMs >= window.fromMs &&
        atMs <= window.untilMs + checkinGraceS * 1000 &&
        meetWindow(window, method)
      )
        markDirty(subject, closedOn);
  for (const muster of around.mustersOf(subject.id))
    if (atMs >= muster.fromMs && atMs <= muster.untilMs) noteMuster(subject, muster.id);
}

export function noteMuster(subject: SubjectDays, muster: string): void {
  for (const { day, musters } of subject.days)
    for (const fact of musters)
      if (fact.id === muster && !fact.isMet) {
        fact.isMet = true;
        markDirty(subject, day);
      }
  if (subject.seenAt.includes(muster)) return;
  subject.seenAt.push(muster);
  if (subject.seenAt.length > MAX_SEEN) subject.seenAt.shift();
}
