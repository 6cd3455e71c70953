/**
 * What is known of one subject on one local day. Facts only, kept so that none counts twice and their order does not matter: sets of
 * slots, lists without doubles. What follows from them is worked out anew each time (`day-account.ts`). A JSON value.
 */
import type { Instant } from '../../src/kernel/instant.ts';
import type { CheckinMethod, DeviceStatusCode } from '../../src/kernel/log-event.ts';
import type { Grade } from '../../src/kernel/roster.ts';
import { NO_RUNS, type Runs } from './runs.ts';

export const SLOT_MINUTES = 5;
export const DAY_MINUTES = 1440;
/** Design, decision 2: presence is one bit for each five minutes of the day. */
export const DAY_SLOTS = DAY_MINUTES / SLOT_MINUTES;

/** Clear evidence of where the subject was, slot by slot: beyond the policy's probability, by the fix's own error. */
export interface PlaceEvidence {
  inside: Runs;
  outside: Runs;
}

export interface LeaveFact {
  readonly id: string;
  readonly fromMs: Instant;
  readonly untilMs: Instant;
  readonly returnedAtMs: Instant | null;
}

export interface WindowFact {
  readonly id: string;
  readonly fromMs: Instant;
  readonly untilMs: Instant;
  /** How the subject checked in within it; null: not. */
  method: CheckinMethod | null;
}

export interface MusterFact {
  readonly id: string;
  /** Absent: of a day that was kept before leave excused. */
  readonly fromMs?: Instant;
  readonly untilMs?: Instant;
  isMet: boolean;
}

export interface DayFacts {
  /** Days since 1970-01-01. */
  readonly day: number;
  office: string;
  grade: Grade;
  /** Slots in which one fix is asked for: the device's interval, as a divisor of the day. */
  slotsAFix: number;
  feed: string | null;
  /** Slots with a fix that is believed. */
  located: Runs;
  /** Slots with a fix that was admitted to be made up. */
  mock: Runs;
  bounds: PlaceEvidence;
  curfew: PlaceEvidence;
  /** Minutes in which the rules asked for it, leave not taken off. */
  dueContact: Runs;
  dueBounds: Runs;
  dueCurfew: Runs;
  /** Of the device that speaks for the subject: minute of the day and what it or the operator reported, in order. */
  statuses: [minute: number, status: DeviceStatusCode][];
  leaves: LeaveFact[];
  windows: WindowFact[];
  musters: MusterFact[];
  /** Minute and method of each check-in of the day. */
  checkins: [minute: number, method: CheckinMethod][];
}

/** A flood of them is a fault of the device: what comes beyond tells nothing new. */
const MAX_STATUSES = 64;
const MAX_CHECKINS = 48;

export function createDay(day: number, office: string, grade: Grade): DayFacts {
  return {
    day,
    office,
    grade,
    slotsAFix: 1,
    feed: null,
    located: NO_RUNS,
    mock: NO_RUNS,
    bounds: { inside: NO_RUNS, outside: NO_RUNS },
    curfew: { inside: NO_RUNS, outside: NO_RUNS },
    dueContact: NO_RUNS,
    dueBounds: NO_RUNS,
    dueCurfew: NO_RUNS,
    statuses: [],
    leaves: [],
    windows: [],
    musters: [],
    checkins: [],
  };
}

/** Answers whether it is new. In order of time, then of name, so that the order of coming changes nothing. */
export function noteStatusFact(facts: DayFacts, minute: number, status: DeviceStatusCode): boolean {
  return addOnce(facts.statuses, minute, status, MAX_STATUSES);
}

export function noteCheckinFact(facts: DayFacts, minute: number, method: CheckinMethod): boolean {
  return addOnce(facts.checkins, minute, method, MAX_CHECKINS);
}

function addOnce<T extends string>(list: [number, T][], minute: number, word: T, max: number): boolean {
  if (list.some(([at, known]) => at === minute && known === word)) return false;
  list.push([minute, word]);
  list.sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1));
  if (list.length <= max) return true;
  const dropped = list.pop();
  return dropped === undefined || dropped[0] !== minute || dropped[1] !== word;
}

/** A permit is known by its id: what is said of it last holds. */
export function noteLeave(facts: DayFacts, leave: LeaveFact): boolean {
  const at = facts.leaves.findIndex(({ id }) => id === leave.id);
  const known = facts.leaves[at];
  if (known === undefined) facts.leaves.push(leave);
  else if (
    known.fromMs === leave.fromMs &&
    known.untilMs === leave.untilMs &&
    known.returnedAtMs === leave.returnedAtMs
  )
    return false;
  else facts.leaves[at] = leave;
  return true;
}

/** Of the check-ins within a window the one by fingerprint counts first, then by the order of names. */
export function meetWindow(window: WindowFact, method: CheckinMethod): boolean {
  const rank = (given: CheckinMethod | null) => (given === null ? '~' : given === 'fingerprint' ? '' : given);
  if (rank(method) >= rank(window.method)) return false;
  window.method = method;
  return true;
}
