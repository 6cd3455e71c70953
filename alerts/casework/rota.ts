/**
 * The rota of a duty room: which group has which shift of which day. Pure. The source has five groups a day; groups take turns,
 * and where every group serves daily they change the hour each day, so that the night is nobody's for ever.
 */
import type { Instant } from '../../src/kernel/instant.ts';
import { fail, ok, type Result } from '../../src/kernel/result.ts';

export interface Rota {
  /** `YYYY-MM-DD`, the day when the first group has the first shift. */
  readonly since: string;
  readonly timeZone: string;
  /** In the order of the day; the next one's begin ends one, the first one's of the next day the last. `HH:MM`. */
  readonly shifts: readonly { readonly name: string; readonly from: string }[];
  readonly groups: readonly { readonly name: string; readonly members: readonly string[] }[];
  /** Another group than by turn. */
  readonly swaps: readonly { readonly day: string; readonly shift: string; readonly group: string }[];
}

export interface PlannedShift {
  /** Local day on which it begins. */
  readonly day: string;
  readonly name: string;
  readonly group: string;
  readonly members: readonly string[];
  readonly fromMs: Instant;
  readonly untilMs: Instant;
}

const DAY_MS = 86_400_000;

/** Answers what is wrong with it, or the rota. */
export function checkRota(rota: Rota): Result<Rota, string> {
  if (!isDay(rota.since)) return fail(`since: ${rota.since} is no day`);
  if (!isZone(rota.timeZone)) return fail(`timeZone: ${rota.timeZone} is not known`);
  const begins = rota.shifts.map(({ from }) => from);
  if (begins.some((from, i) => i > 0 && from <= (begins[i - 1] ?? '')))
    return fail('shifts: each begins later than the one before');
  const doubled =
    firstDoubled(rota.shifts.map(({ name }) => name)) ?? firstDoubled(rota.groups.map(({ name }) => name));
  if (doubled !== undefined) return fail(`${doubled} is named twice`);
  for (const { day, shift, group } of rota.swaps) {
    if (!isDay(day)) return fail(`swaps: ${day} is no day`);
    if (!rota.shifts.some(({ name }) => name === shift)) return fail(`swaps: there is no shift ${shift}`);
    if (!rota.groups.some(({ name }) => name === group)) return fail(`swaps: there is no group ${group}`);
  }
  return ok(rota);
}

/** The shifts that begin on local days from `fromDay` on, so many days. */
export function planDays(rota: Rota, fromDay: string, days: number): PlannedShift[] {
  const first = Date.parse(`${fromDay}T00:00:00Z`);
  const planned: PlannedShift[] = [];
  for (let i = 0; i < days; i++) {
    const day = new Date(first + i * DAY_MS).toISOString().slice(0, 10);
    planned.push(...rota.shifts.map((_, position) => planOne(rota, day, position)));
  }
  return planned;
}

/** The shift that runs at `atMs`. */
export function shiftAt(rota: Rota, atMs: Instant): PlannedShift {
  const today = localDay(atMs, rota.timeZone);
  const running = planDays(rota, dayBefore(today), 3).findLast(({ fromMs }) => fromMs <= atMs);
  if (running === undefined) throw new Error('no shift began within the last day');
  return running;
}

function planOne(rota: Rota, day: string, position: number): PlannedShift {
  const { shifts, groups } = rota;
  const shift = shifts[position];
  const dayNumber = (Date.parse(`${day}T00:00:00Z`) - Date.parse(`${rota.since}T00:00:00Z`)) / DAY_MS;
  const turn = dayNumber * shifts.length + position + (shifts.length % groups.length === 0 ? dayNumber : 0);
  const swap = rota.swaps.find((each) => each.day === day && each.shift === shift?.name);
  const group =
    swap === undefined
      ? groups[((turn % groups.length) + groups.length) % groups.length]
      : groups.find(({ name }) => name === swap.group);
  if (shift === undefined || group === undefined) throw new Error('a rota has shifts and groups');
  const next = shifts[position + 1];
  const fromMs = atLocal(day, shift.from, rota.timeZone);
  const untilMs =
    next === undefined
      ? atLocal(dayAfter(day), shifts[0]?.from ?? '00:00', rota.timeZone)
      : atLocal(day, next.from, rota.timeZone);
  return { day, name: shift.name, group: group.name, members: group.members, fromMs, untilMs };
}

const dayAfter = (day: string) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
const dayBefore = (day: string) =>
  new Date(Date.parse(`${day}T00:00:00Z`) - DAY_MS).toISOString().slice(0, 10);

/** `YYYY-MM-DD` in the zone. */
export function localDay(atMs: Instant, timeZone: string): string {
  return new Date(atMs + offsetMs(atMs, timeZone)).toISOString().slice(0, 10);
}

/** The instant of a wall clock; within a spring gap, after it. */
function atLocal(day: string, clock: string, timeZone: string): Instant {
  const asUtc = Date.parse(`${day}T${clock}:00Z`);
  const guess = asUtc - offsetMs(asUtc, timeZone);
  return asUtc - offsetMs(guess, timeZone);
}

function offsetMs(atMs: Instant, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(atMs);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  const asUtc = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return asUtc - Math.floor(atMs / 1000) * 1000;
}

function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    return true;
  } catch {
    // The language has no other way to ask.
    return false;
  }
}

function firstDoubled(names: readonly string[]): string | undefined {
  return names.find((name, i) => names.indexOf(name) !== i);
}
