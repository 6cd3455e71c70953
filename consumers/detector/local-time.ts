/** Schedules and clock times in the roster's time zone. Pure: Intl is a table, not a clock. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { Schedule } from '../../src/kernel/roster.ts';

export interface LocalTime {
  holds(schedule: Schedule, at: Instant): boolean;
  /** The first minute of the stretch around `at` in which the schedule holds, or does not; null: longer than eight days. */
  lastEdgeMs(schedule: Schedule, at: Instant): Instant | null;
  /** `2026-03-02 19:00:12` */
  clock(at: Instant): string;
}

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const MAX_BACK_MINUTES = 8 * 24 * 60;
/** Quarters remembered: receipts of different devices lie on both sides of a quarter. */
const MAX_QUARTERS = 2000;

interface Local {
  /** ISO: 1 Monday … 7 Sunday. */
  readonly day: number;
  readonly minute: number;
}

export function createLocalTime(timeZone: string): LocalTime {
  const week = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  const full = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const quarters = new Map<number, Local>();
  /** Offsets change on quarter hours only, so one look serves fifteen minutes. */
  const quarterAt = (quarter: number): Local => {
    const known = quarters.get(quarter);
    if (known !== undefined) return known;
    if (quarters.size >= MAX_QUARTERS) quarters.clear();
    const read = readLocal(week, quarter * QUARTER_MS);
    quarters.set(quarter, read);
    return read;
  };
  const holds = (schedule: Schedule, at: Instant): boolean => {
    const quarter = Math.floor(at / QUARTER_MS);
    const { day, minute: start } = quarterAt(quarter);
    const minute = start + Math.floor((at - quarter * QUARTER_MS) / MINUTE_MS);
    const from = minuteOf(schedule.from);
    const to = minuteOf(schedule.to);
    if (from < to) return schedule.days.includes(day) && minute >= from && minute < to;
    // Over midnight: the days are those on which the window begins. From equal to is the whole day.
    const yesterday = day === 1 ? 7 : day - 1;
    return (
      (schedule.days.includes(day) && minute >= from) || (schedule.days.includes(yesterday) && minute < to)
    );
  };
  return {
    holds,
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

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function readLocal(format: Intl.DateTimeFormat, at: Instant): Local {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: WEEKDAYS.indexOf(parts.weekday ?? '') + 1,
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  };
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}
