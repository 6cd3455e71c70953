/** Schedules, days and clock times in the roster's time zone. Pure: Intl is a table, not a clock. */
import type { Window } from '../../alerts/kinds/kind.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Calendar, Schedule } from '../../src/kernel/roster.ts';

export interface LocalTime {
  holds(schedule: Schedule, at: Instant): boolean;
  /** The window around `at`; null: it does not hold. Of two that overlap, the one that began first. */
  windowAt(schedule: Schedule, at: Instant): Window | null;
  /** The newest window that was over at `at`, of days on which an office works; null: none within two weeks. */
  lastOfficeWindow(schedule: Schedule, at: Instant): Window | null;
  /** The next begin or end of a window after `at`; infinite: none. */
  nextEdgeMs(schedule: Schedule, at: Instant): Instant;
  /** The first minute of the stretch around `at` in which the schedule holds, or does not; null: longer than eight days. */
  lastEdgeMs(schedule: Schedule, at: Instant): Instant | null;
  /** `2026-03-02 19:00:12` */
  clock(at: Instant): string;
  /** Days since 1970-01-01 by the local calendar. */
  dayOf(at: Instant): number;
  /** When that day begins. */
  midnightMs(day: number): Instant;
}

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MS = 86_400_000;
const MAX_BACK_MINUTES = 8 * 24 * 60;
/** A weekly window comes around within so many days, with a week of holidays between. */
const MAX_DAYS = 15;
/** Quarters and days remembered: receipts of different devices lie on both sides of a quarter. */
const MAX_REMEMBERED = 2000;
const WORKING_WEEK = [1, 2, 3, 4, 5];

export function createLocalTime({ timeZone, days: dayKinds }: Calendar): LocalTime {
  const numbers = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const full = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const offsets = new Map<number, number>();
  /** What to add to get the local clock. Offsets change on quarter hours only, so one look serves fifteen minutes. */
  const offsetMs = (at: Instant): number => {
    const quarter = Math.floor(at / QUARTER_MS);
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    if (offsets.size >= MAX_REMEMBERED) offsets.clear();
    const read = readClock(numbers, quarter * QUARTER_MS) - quarter * QUARTER_MS;
    offsets.set(quarter, read);
    return read;
  };
  const dayOf = (at: Instant): number => Math.floor((at + offsetMs(at)) / DAY_MS);
  const midnights = new Map<number, Instant>();
  const midnightMs = (day: number): Instant => {
    const known = midnights.get(day);
    if (known !== undefined) return known;
    if (midnights.size >= MAX_REMEMBERED) midnights.clear();
    const found = day * DAY_MS - offsetMs(day * DAY_MS - offsetMs(day * DAY_MS));
    midnights.set(day, found);
    return found;
  };
  /** A clock time of a local day. On a day on which the clocks change, by the offset at that time. */
  const instantOf = (day: number, minute: number): Instant => {
    const midnight = midnightMs(day);
    const at = midnight + minute * MINUTE_MS;
    return at + offsetMs(midnight) - offsetMs(at);
  };
  const windowOn = (schedule: Schedule, day: number): Window => {
    const from = minuteOf(schedule.from);
    const to = minuteOf(schedule.to);
    // Over midnight: the days are those on which the window begins. From equal to is the whole day.
    return { fromMs: instantOf(day, from), untilMs: instantOf(from < to ? day : day + 1, to) };
  };
  const begins = (schedule: Schedule, day: number) => schedule.days.includes(weekdayOf(day));
  const kinds = new Map<number, Calendar['days'][string] | undefined>();
  /** Asked for every fix of whoever has a check-in window, and a date is much to write. */
  const kindOf = (day: number): Calendar['days'][string] | undefined => {
    if (kinds.has(day)) return kinds.get(day);
    if (kinds.size >= MAX_REMEMBERED) kinds.clear();
    const kind = dayKinds[dateOf(day)];
    kinds.set(day, kind);
    return kind;
  };
  const isExpected = (schedule: Schedule, day: number): boolean => {
    const kind = kindOf(day);
    if (kind === 'holiday') return false;
    return (
      begins(schedule, day) ||
      (kind === 'workday' && WORKING_WEEK.every((weekday) => schedule.days.includes(weekday)))
    );
  };
  const windowAt = (schedule: Schedule, at: Instant): Window | null => {
    const today = dayOf(at);
    for (const day of [today - 1, today]) {
      if (!begins(schedule, day)) continue;
      const window = windowOn(schedule, day);
      if (window.fromMs <= at && at < window.untilMs) return window;
    }
    return null;
  };
  const holds = (schedule: Schedule, at: Instant) => windowAt(schedule, at) !== null;
  return {
    dayOf,
    midnightMs,
    holds,
    windowAt,
    lastOfficeWindow: (schedule, at) => {
      const today = dayOf(at);
      for (let back = 0; back <= MAX_DAYS; back++) {
        if (!isExpected(schedule, today - back)) continue;
        const window = windowOn(schedule, today - back);
        if (window.untilMs <= at) return window;
      }
      return null;
    },
    nextEdgeMs: (schedule, at) => {
      const today = dayOf(at);
      let next = Number.POSITIVE_INFINITY;
      for (let day = today - 1; day <= today + MAX_DAYS && day * DAY_MS - DAY_MS < next; day++) {
        if (!begins(schedule, day) && !isExpected(schedule, day)) continue;
        const { fromMs, untilMs } = windowOn(schedule, day);
        if (fromMs > at && fromMs < next) next = fromMs;
        if (untilMs > at && untilMs < next) next = untilMs;
      }
      return next;
    },
    lastEdgeMs: (schedule, at) => {
      const isNow = holds(schedule, at);
      const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      for (let back = 1; back <= MAX_BACK_MINUTES; back++) {
        if (holds(schedule, minute - back * MINUTE_MS) !== isNow) return minute - (back - 1) * MINUTE_MS;
      }
      return null;
    },
    clock: (at) => full.format(at).replace(', ', ' '),
  };
}

/** The local clock as if it were UTC. */
function readClock(format: Intl.DateTimeFormat, at: Instant): number {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
  const clock = new Date(0);
  clock.setUTCFullYear(year, month - 1, day);
  clock.setUTCHours(hour, minute);
  return clock.getTime();
}

/** ISO: 1 Monday … 7 Sunday. 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** `YYYY-MM-DD`; empty for a time beyond what a date can be. */
function dateOf(day: number): string {
  return Math.abs(day) > 1e8 ? '' : new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}
