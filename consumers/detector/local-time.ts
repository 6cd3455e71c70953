/** Whether a weekly schedule holds at an instant, in the roster's time zone. Pure: Intl is a table, not a clock. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { Schedule } from '../../src/kernel/roster.ts';

export interface LocalTime {
  holds(schedule: Schedule, at: Instant): boolean;
}

const QUARTER_MS = 900_000;

export function createLocalTime(timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  let quarter = Number.NaN;
  let known = { day: 1, minute: 0 };
  /** Offsets change on quarter hours only, so one look serves fifteen minutes. */
  const localOf = (at: Instant) => {
    const start = Math.floor(at / QUARTER_MS);
    if (start !== quarter) {
      quarter = start;
      known = read(format, start * QUARTER_MS);
    }
    return { day: known.day, minute: known.minute + Math.floor((at - start * QUARTER_MS) / 60_000) };
  };
  return {
    holds: (schedule, at) => {
      const { day, minute } = localOf(at);
      const from = minuteOf(schedule.from);
      const to = minuteOf(schedule.to);
      if (from < to) return schedule.days.includes(day) && minute >= from && minute < to;
      // Over midnight: the days are those on which the window begins. From equal to is the whole day.
      const yesterday = day === 1 ? 7 : day - 1;
      return (
        (schedule.days.includes(day) && minute >= from) || (schedule.days.includes(yesterday) && minute < to)
      );
    },
  };
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function read(format: Intl.DateTimeFormat, at: Instant): { day: number; minute: number } {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: WEEKDAYS.indexOf(parts.weekday ?? '') + 1,
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  };
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}
