/** Periods of the calendar as days, `YYYY-MM-DD`: which one a day is in, and which days are in it. Pure. */

export const PERIOD_UNITS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type PeriodUnit = (typeof PERIOD_UNITS)[number];

export interface Period {
  readonly unit: PeriodUnit;
  /** Inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly until: string;
}

const DAY_MS = 86_400_000;

/** Weeks begin on Monday (GB/T 7408, ISO 8601). */
export function periodOf(unit: PeriodUnit, day: string): Period {
  const [year = 0, month = 1] = day.split('-').map(Number);
  if (unit === 'day') return { unit, from: day, until: addDays(day, 1) };
  if (unit === 'week') {
    const from = addDays(day, -((daysSince1970(day) + 3) % 7));
    return { unit, from, until: addDays(from, 7) };
  }
  const months = unit === 'month' ? 1 : unit === 'quarter' ? 3 : 12;
  const first = month - 1 - ((month - 1) % months);
  return { unit, from: dayFrom(Date.UTC(year, first, 1)), until: dayFrom(Date.UTC(year, first + months, 1)) };
}

/** Whether it is made of whole months. */
export function isOfMonths({ unit }: Period): boolean {
  return unit === 'month' || unit === 'quarter' || unit === 'year';
}

export function addDays(day: string, days: number): string {
  return dayFrom(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS);
}

/** How many days from the one (inclusive) until the other (exclusive); 0 at least. */
export function daysBetween(from: string, until: string): number {
  return Math.max(0, daysSince1970(until) - daysSince1970(from));
}

export function daysOf({ from, until }: Pick<Period, 'from' | 'until'>): string[] {
  return Array.from({ length: daysBetween(from, until) }, (_, i) => addDays(from, i));
}

/** Undefined: no day of the calendar. */
export function parseDay(text: string): string | undefined {
  if (!/^[12]\d{3}-\d{2}-\d{2}$/.test(text)) return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) || dayFrom(ms) !== text ? undefined : text;
}

/** `YYYY-MM-DD` in the zone. */
export function localDay(atMs: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(atMs);
}

function daysSince1970(day: string): number {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}

function dayFrom(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
