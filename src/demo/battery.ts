/**
 * Batteries: charged at home by night, discharged by day at a rate drawn from real phones. Somebody who forgot to
 * charge goes dark the next day until the evening. Pure: a function of (seed, subject, day).
 */
import { dayOf, dayStartMs } from './day-plan.ts';
import { uniform } from './random.ts';
import { DISCHARGE_PCT_PER_HOUR, quantileAt } from './trace-quantiles.ts';
import type { DemoDevice, DemoSubject } from './world.ts';

const HOUR_MS = 3_600_000;
/** Off the charger at 07:00 (3 h into the day of the plan), on it again at 23:00. */
const UNPLUGGED_H = 3;
const PLUGGED_H = 19;
/** Of 1,762 people about six a day: enough to be met with, too few to fill the queue. */
const FORGETS_SHARE = 0.0035;
/** Faster than this a phone would be flat before night: its owner carries a charger. */
const FASTEST_PCT_PER_HOUR = 4.6;

export interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Percent, 1 to 100; what the device would report at `atMs`. */
export function batteryPct(seed: number, device: DemoDevice, subject: DemoSubject, atMs: number): number {
  const day = dayOf(atMs);
  const hour = (atMs - dayStartMs(day)) / HOUR_MS;
  const outage = device.kind === 'phone' ? batteryOutage(seed, subject, day) : undefined;
  if (outage !== undefined) {
    const hoursLeft = (outage.fromMs - atMs) / HOUR_MS;
    const hoursBack = (atMs - outage.untilMs) / HOUR_MS;
    return clampPct(hoursBack < 0 ? 1 + hoursLeft * ratePctPerHour(seed, device) : 3 + 25 * hoursBack);
  }
  if (hour < UNPLUGGED_H) return clampPct(70 + 12 * hour);
  const drained = (Math.min(hour, PLUGGED_H) - UNPLUGGED_H) * ratePctPerHour(seed, device);
  return clampPct(100 - drained + Math.max(0, hour - PLUGGED_H) * 30);
}

export function isCharging(atMs: number): boolean {
  const hour = (atMs - dayStartMs(dayOf(atMs))) / HOUR_MS;
  return hour < UNPLUGGED_H || hour >= PLUGGED_H;
}

/** When the subject's phone is dead on that day, if it is. Only ordinary people forget: incidents are kept apart. */
export function batteryOutage(seed: number, subject: DemoSubject, day: number): Outage | undefined {
  if (subject.role !== 'ordinary' || uniform(seed, subject.number, day, 51) >= FORGETS_SHARE)
    return undefined;
  // Not charged since the morning before: what was left at night runs out between breakfast and afternoon.
  const fromMs = dayStartMs(day) + Math.round((2.5 + 8 * uniform(seed, subject.number, day, 52)) * HOUR_MS);
  const untilMs = fromMs + Math.round((1 + 6 * uniform(seed, subject.number, day, 53)) * HOUR_MS);
  return { fromMs, untilMs };
}

export function ratePctPerHour(seed: number, device: DemoDevice): number {
  return Math.min(FASTEST_PCT_PER_HOUR, quantileAt(DISCHARGE_PCT_PER_HOUR, uniform(seed, device.number, 54)));
}

function clampPct(pct: number): number {
  return Math.round(Math.min(100, Math.max(1, pct)));
}
