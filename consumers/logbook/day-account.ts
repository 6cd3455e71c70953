/**
 * The account of a day: each minute of an obligation is kept, broken or unknown, and unknown has an owner (design, decision 7c).
 * Pure function of the day's facts and of what is known of feeds and of our own blindness. Rules: SPEC.md, L.
 */
import type { Window } from '../../alerts/kinds/kind.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatusCode } from '../../src/kernel/log-event.ts';
import {
  DAY_MINUTES,
  DAY_SLOTS,
  type DayFacts,
  type LeaveFact,
  type PlaceEvidence,
  SLOT_MINUTES,
} from './day-facts.ts';
import { type Runs, spread, withRun } from './runs.ts';

export const OWNERS = ['person', 'device', 'network', 'platform'] as const;
export type Owner = (typeof OWNERS)[number];

/** Minutes; `due` is the sum of the others. */
export interface Obligation extends Record<Owner, number> {
  due: number;
  kept: number;
  broken: number;
}

export interface DayAccount {
  readonly contact: Obligation;
  readonly bounds: Obligation;
  readonly curfew: Obligation;
  /** Stretches in which a fix was asked for, and those that have one. */
  readonly slotsDue: number;
  readonly slotsLocated: number;
  /** Fixed or checked in at least once. */
  readonly isChecked: boolean;
  readonly isOnLeave: boolean;
  readonly checkinsDue: number;
  readonly checkinsMet: number;
  readonly checkinsFingerprint: number;
  readonly mustersDue: number;
  readonly mustersMet: number;
  /** Permits that ended on this day, and of those the ones whose return was recorded in time. */
  readonly leavesDue: number;
  readonly leavesKept: number;
  /** Minutes of contact that were due while the device was reported off. */
  readonly offMinutes: number;
  /** Condition of the device at the day's end: where the next day begins. */
  readonly end: Condition;
}

export interface Surrounding {
  readonly midnightMs: Instant;
  /** Minutes up to which the day has gone. */
  readonly minutesGone: number;
  /** Outages of the device's feed, and gaps between ticks. */
  readonly feedDown: readonly Window[];
  readonly blind: readonly Window[];
  readonly start: Condition;
  readonly leaveGraceMs: number;
}

/** In what condition the device was when it was last heard of. */
export interface Condition {
  readonly status: 'power-off' | 'unreachable' | 'strap-cut' | null;
  /** Called low, and not charged since. */
  readonly isLow: boolean;
}

export const AT_WORK: Condition = { status: null, isLow: false };

/** How many slots a clear fix speaks for after its own, at most: no longer than a device may be silent (policy, silenceMinS). */
const MAX_REACH = 2;

export function accountOf(facts: DayFacts, around: Surrounding): DayAccount {
  const located = spread(facts.located, DAY_SLOTS);
  const leave = minutesOfLeave(facts.leaves, around);
  const off = conditions(facts, around.start, located);
  const platform = spread(
    [...around.feedDown, ...around.blind].reduce(
      (runs, window) => withWindow(runs, window, around),
      [] as Runs,
    ),
    DAY_MINUTES,
  );
  const owners = createOwners(facts, located, off.at, platform);
  const blocks = blocksOf(facts, located);
  const contact = tell(
    facts.dueContact,
    undefined,
    (slot) => (blocks[slot] === 2 ? 'kept' : undefined),
    owners,
  );
  const reach = Math.min(facts.slotsAFix - 1, MAX_REACH);
  const bounds = tell(facts.dueBounds, leave, valuesOf(facts.bounds, reach), owners);
  const curfew = tell(facts.dueCurfew, leave, valuesOf(facts.curfew, reach), owners);
  const due = facts.windows.filter(({ untilMs, fromMs }) => !isExcused(facts.leaves, fromMs, untilMs));
  const musters = facts.musters.filter(
    ({ fromMs, untilMs }) =>
      fromMs === undefined || untilMs === undefined || !isExcused(facts.leaves, fromMs, untilMs),
  );
  const minuteDue = ({ untilMs }: LeaveFact) => (untilMs + around.leaveGraceMs - around.midnightMs) / 60_000;
  const ended = facts.leaves.filter(
    (fact) => minuteDue(fact) >= 0 && minuteDue(fact) < DAY_MINUTES && minuteDue(fact) <= around.minutesGone,
  );
  return {
    contact,
    bounds,
    curfew,
    ...slotsOf(blocks, facts.slotsAFix),
    isChecked: facts.located.length > 0 || facts.checkins.length > 0,
    isOnLeave: leave.includes(1),
    checkinsDue: due.length,
    checkinsMet: due.filter(({ method }) => method !== null).length,
    checkinsFingerprint: due.filter(({ method }) => method === 'fingerprint').length,
    mustersDue: musters.length,
    mustersMet: musters.filter(({ isMet }) => isMet).length,
    leavesDue: ended.length,
    leavesKept: ended.filter(
      ({ untilMs, returnedAtMs }) => returnedAtMs !== null && returnedAtMs <= untilMs + around.leaveGraceMs,
    ).length,
    offMinutes: countOff(facts.dueContact, off.at, located),
    end: off.end,
  };
}

/** Adds the minutes up; what nobody can be asked about is unknown with an owner, so that nothing is left over. */
function tell(
  due: Runs,
  lifted: Uint8Array | undefined,
  judged: (slot: number) => 'kept' | 'broken' | undefined,
  ownerOf: (minute: number) => Owner,
): Obligation {
  const sum: Obligation = { due: 0, kept: 0, broken: 0, person: 0, device: 0, network: 0, platform: 0 };
  for (let i = 0; i < due.length; i += 2) {
    for (let minute = due[i] as number; minute < (due[i + 1] as number); minute++) {
      if (lifted?.[minute] === 1) continue;
      sum.due++;
      sum[judged(Math.floor(minute / SLOT_MINUTES)) ?? ownerOf(minute)]++;
    }
  }
  return sum;
}

/**
 * Kept by a clear fix inside in the slot, and none outside. Broken by clear fixes outside and none inside, if the nearest clear
 * evidence on one side says the same: a lone wild fix accuses nobody. A clear fix speaks for the slots up to the next one asked for.
 */
function valuesOf(evidence: PlaceEvidence, reach: number): (slot: number) => 'kept' | 'broken' | undefined {
  if (evidence.inside.length + evidence.outside.length === 0) return () => undefined;
  const inside = spread(evidence.inside, DAY_SLOTS);
  const outside = spread(evidence.outside, DAY_SLOTS);
  /** 0 nothing clear, 1 inside, 2 outside, 3 both. */
  const clear = new Uint8Array(DAY_SLOTS);
  for (let slot = 0; slot < DAY_SLOTS; slot++)
    clear[slot] = (inside[slot] as number) + 2 * (outside[slot] as number);
  const values = new Uint8Array(DAY_SLOTS);
  let [previous, last, age] = [0, 0, 0];
  for (let slot = 0; slot < DAY_SLOTS; slot++) {
    const here = clear[slot] as number;
    if (here === 0) {
      age++;
      values[slot] = age <= reach ? last : 0;
      continue;
    }
    age = 0;
    last = here === 1 ? 1 : here === 2 && (previous === 2 || nextClear(clear, slot) === 2) ? 2 : 0;
    previous = here;
    values[slot] = last;
  }
  return (slot) => (values[slot] === 1 ? 'kept' : values[slot] === 2 ? 'broken' : undefined);
}

function nextClear(clear: Uint8Array, from: number): number {
  for (let slot = from + 1; slot < DAY_SLOTS; slot++) if (clear[slot] !== 0) return clear[slot] as number;
  return 0;
}

/** Per slot: 0 no fix is due in its stretch, 1 due and missing, 2 due and there. */
function blocksOf({ slotsAFix, dueContact }: DayFacts, located: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(DAY_SLOTS);
  const due = spread(dueContact, DAY_MINUTES);
  for (let from = 0; from < DAY_SLOTS; from += slotsAFix) {
    const until = from + slotsAFix;
    if (!hasOne(due, from * SLOT_MINUTES, until * SLOT_MINUTES)) continue;
    blocks.fill(hasOne(located, from, until) ? 2 : 1, from, until);
  }
  return blocks;
}

/** Not by `subarray`: half of what a day's account took was the making of 600 views. */
function hasOne(bytes: Uint8Array, from: number, until: number): boolean {
  for (let i = from; i < until; i++) if (bytes[i] === 1) return true;
  return false;
}

function slotsOf(blocks: Uint8Array, slotsAFix: number): { slotsDue: number; slotsLocated: number } {
  let [slotsDue, slotsLocated] = [0, 0];
  for (let from = 0; from < DAY_SLOTS; from += slotsAFix) {
    if (blocks[from] !== 0) slotsDue++;
    if (blocks[from] === 2) slotsLocated++;
  }
  return { slotsDue, slotsLocated };
}

type Cause = 'person' | 'device' | 'network';
const CAUSES: readonly (Cause | undefined)[] = [undefined, 'person', 'device', 'network'];

/** Minute by minute the index of the cause for which nothing could come; 0: none is known. A fix in a later slot shows the device on. */
function conditions(
  { statuses }: DayFacts,
  start: Condition,
  located: Uint8Array,
): { at: Uint8Array; end: Condition } {
  // Nothing was reported and nothing was amiss: so it is with most days.
  if (statuses.length === 0 && start.status === null && !start.isLow)
    return { at: spread([], DAY_MINUTES), end: AT_WORK };
  const at = new Uint8Array(DAY_MINUTES);
  let { status, isLow } = start;
  let next = 0;
  let sinceSlot = -1;
  for (let minute = 0; minute < DAY_MINUTES; minute++) {
    const slot = Math.floor(minute / SLOT_MINUTES);
    if (status !== null && status !== 'strap-cut' && slot > sinceSlot && located[slot] === 1) status = null;
    for (let said = statuses[next]; said !== undefined && said[0] <= minute; said = statuses[++next]) {
      const [, code] = said;
      if (code === 'low-battery') isLow = true;
      else if (code === 'charging') isLow = false;
      const after = follow(status, code);
      if (after !== status) sinceSlot = slot;
      status = after;
    }
    // Low, then off or silent: it ran out.
    at[minute] =
      status === 'strap-cut' ? 1 : isLow ? 2 : status === 'power-off' ? 1 : status === null ? 0 : 3;
  }
  return { at, end: { status, isLow } };
}

function follow(before: Condition['status'], code: DeviceStatusCode): Condition['status'] {
  switch (code) {
    case 'power-off':
    case 'strap-cut':
      return before === 'strap-cut' ? before : code;
    case 'unreachable':
      return before ?? code;
    case 'strap-closed':
      return null;
    case 'power-on':
    case 'reachable':
    case 'charging':
      return before === 'strap-cut' ? before : null;
    default:
      return before;
  }
}

/** Whose the silence is, the platform's own first: it accuses nobody of what we did not see. */
function createOwners(
  facts: DayFacts,
  located: Uint8Array,
  off: Uint8Array,
  platform: Uint8Array,
): (minute: number) => Owner {
  const mock = spread(facts.mock, DAY_SLOTS);
  return (minute) => {
    const slot = Math.floor(minute / SLOT_MINUTES);
    if (platform[minute] === 1) return 'platform';
    // Located and yet nothing clear: the fix was not good enough.
    if (located[slot] === 1) return 'network';
    if (mock[slot] === 1) return 'person';
    const cause = CAUSES[off[minute] as number];
    if (cause !== undefined) return cause;
    // Between two fixes that were asked for nobody was asked: we did not look.
    const from = slot - (slot % facts.slotsAFix);
    return hasOne(located, from, from + facts.slotsAFix) ? 'platform' : 'device';
  };
}

/** Reported off, or run out, and nothing came. */
function countOff(due: Runs, off: Uint8Array, located: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < due.length; i += 2)
    for (let minute = due[i] as number; minute < (due[i + 1] as number); minute++)
      if ((off[minute] === 1 || off[minute] === 2) && located[Math.floor(minute / SLOT_MINUTES)] === 0)
        count++;
  return count;
}

function withWindow(runs: Runs, { fromMs, untilMs }: Window, { midnightMs, minutesGone }: Surrounding): Runs {
  const from = Math.max(0, Math.floor((fromMs - midnightMs) / 60_000));
  return withRun(runs, from, Math.min(minutesGone, Math.ceil((untilMs - midnightMs) / 60_000)));
}

function minutesOfLeave(leaves: readonly LeaveFact[], { midnightMs }: Surrounding): Uint8Array {
  let runs: Runs = [];
  for (const { fromMs, untilMs, returnedAtMs } of leaves) {
    const endMs = Math.min(untilMs, returnedAtMs ?? untilMs);
    const from = Math.max(0, Math.floor((fromMs - midnightMs) / 60_000));
    runs = withRun(runs, from, Math.min(DAY_MINUTES, Math.ceil((endMs - midnightMs) / 60_000)));
  }
  return spread(runs, DAY_MINUTES);
}

/** Leave at the window's close, or over the whole of it (as alerts/kinds/missed-checkin.ts). */
function isExcused(leaves: readonly LeaveFact[], fromMs: Instant, untilMs: Instant): boolean {
  return leaves.some((leave) => {
    const endMs = Math.min(leave.untilMs, leave.returnedAtMs ?? leave.untilMs);
    const holds = (atMs: Instant) => leave.fromMs <= atMs && atMs < endMs;
    return holds(untilMs) || (holds(fromMs) && endMs >= untilMs);
  });
}
