/**
 * From what a clock on a wall shows to the instant that it was: for devices that say their local time and no zone. A zone is an IANA
 * name or a fixed offset such as `+05:30`. Pure: Intl is a table, not a clock.
 */
import type { Instant } from './instant.ts';

export interface WallClock {
  /**
   * `shownMs`: the wall's date and time as if it were UTC. A time that the wall shows twice (clocks go back) is its first; one that it
   * never shows (clocks go forward) is counted on from before the change.
   */
  toInstant(shownMs: number): Instant;
  /** What to add to UTC to get what the wall shows, ms. */
  offsetMs(at: Instant): number;
}

const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;
const MAX_REMEMBERED = 2000;
const FIXED = /^([+-])(\d{2}):?(\d{2})$/;

/** Throws for what is no zone: see `isTimeZone`. */
export function createWallClock(timeZone: string): WallClock {
  const fixed = fixedOffsetMs(timeZone);
  const offsetMs = fixed === undefined ? tableOf(timeZone) : () => fixed;
  return {
    offsetMs,
    toInstant: (shownMs) => {
      if (fixed !== undefined) return shownMs - fixed;
      // Offsets of any zone lie within 14 h, and no zone changes twice in two days.
      const before = offsetMs(shownMs - DAY_MS);
      const after = offsetMs(shownMs + DAY_MS);
      if (before === after || offsetMs(shownMs - before) === before) return shownMs - before;
      return offsetMs(shownMs - after) === after ? shownMs - after : shownMs - before;
    },
  };
}

export function isTimeZone(text: string): boolean {
  if (fixedOffsetMs(text) !== undefined) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

function fixedOffsetMs(timeZone: string): number | undefined {
  if (timeZone === 'UTC' || timeZone === 'Z') return 0;
  const [, sign, hours, minutes] = FIXED.exec(timeZone) ?? [];
  if (hours === undefined || Number(hours) > 14 || Number(minutes) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** Offsets change on quarter hours only, so one look serves fifteen minutes. */
function tableOf(timeZone: string): (at: Instant) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const known = new Map<number, number>();
  return (at) => {
    const quarter = Math.floor(at / QUARTER_MS);
    const found = known.get(quarter);
    if (found !== undefined) return found;
    if (known.size >= MAX_REMEMBERED) known.clear();
    const parts = Object.fromEntries(
      format.formatToParts(quarter * QUARTER_MS).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute) - quarter * QUARTER_MS;
    known.set(quarter, offset);
    return offset;
  };
}
