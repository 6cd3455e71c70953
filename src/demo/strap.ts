/** Straps that are opened: of the people with a wristband of their own connection one every two hours or so. Pure: a function of (seed, subject, day). */
import type { Outage } from './battery.ts';
import { dayStartMs } from './day-plan.ts';
import { uniform } from './random.ts';
import type { DemoSubject } from './world.ts';

const HOUR_MS = 3_600_000;
const SHARE_A_DAY = 0.06;

/** From the cut until the office has closed it again. Only ordinary people: incidents are kept apart. */
export function strapCut(seed: number, subject: DemoSubject, day: number): Outage | undefined {
  if (subject.role !== 'ordinary' || subject.wristband?.speaks !== 'jt808') return undefined;
  if (uniform(seed, subject.number, day, 95) >= SHARE_A_DAY) return undefined;
  const fromMs = dayStartMs(day) + Math.round(23 * HOUR_MS * uniform(seed, subject.number, day, 96));
  return { fromMs, untilMs: fromMs + Math.round((6 + 20 * uniform(seed, subject.number, day, 97)) * 60_000) };
}
