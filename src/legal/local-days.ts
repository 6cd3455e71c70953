/** Days of the calendar as the law counts them, and where they begin and end on the clock. A day is `YYYY-MM-DD`. Pure. */
import type { Instant } from '../kernel/instant.ts';
import type { WallClock } from '../kernel/wall-clock.ts';

const DAY_MS = 86_400_000;
const show = (dayMs: number) => new Date(dayMs).toISOString().slice(0, 10);

/** Midnight of the day as if the wall showed UTC. */
export function wallMsOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

export function dayOf(at: Instant, wall: WallClock): string {
  return show(at + wall.offsetMs(at));
}

/** Where the day begins. */
export function beginOf(day: string, wall: WallClock): Instant {
  return wall.toInstant(wallMsOf(day));
}

/** Where the day ends: the first instant that is no longer of it. */
export function endOf(day: string, wall: WallClock): Instant {
  return beginOf(addDays(day, 1), wall);
}

export function addDays(day: string, days: number): string {
  return show(wallMsOf(day) + days * DAY_MS);
}

/** The same date so many months on; where that month is shorter, its last day. */
export function addMonths(day: string, months: number): string {
  const at = new Date(wallMsOf(day));
  const first = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1);
  const month = new Date(first);
  const last = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 0)).getUTCDate();
  return show(first + (Math.min(at.getUTCDate(), last) - 1) * DAY_MS);
}

/** The same date and time of day so many months on; where that month is shorter, its last day. */
export function monthsOn(at: Instant, months: number, wall: WallClock): Instant {
  const day = dayOf(at, wall);
  const timeOfDayMs = at + wall.offsetMs(at) - wallMsOf(day);
  const then = addMonths(day, months);
  return timeOfDayMs === 0 ? beginOf(then, wall) : wall.toInstant(wallMsOf(then) + timeOfDayMs);
}

/** From the first day to the last, both counted; none where they are the wrong way round. */
export function daysBetween(first: string, last: string): number {
  return Math.max(0, Math.round((wallMsOf(last) - wallMsOf(first)) / DAY_MS) + 1);
}
