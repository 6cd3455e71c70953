/**
 * What each severity sounds like, and when it sounds again. Pure: times in seconds from now. Everything is planned ahead on the clock of
 * the audio hardware, because a tab in the background has its timers slowed down to one a minute and its audio clock is not.
 */
import type { Severity } from '../../../src/kernel/alert-event.ts';
import { SEVERITIES } from '../../../src/kernel/alert-event.ts';

export interface Tone {
  readonly atS: number;
  readonly hz: number;
  readonly lengthS: number;
}

/** Told apart without looking: by number of pulses, pitch and pace (IEC 60601-1-8 orders urgency so). */
const PATTERNS: Readonly<Record<Severity, readonly Tone[]>> = {
  critical: [0, 0.18, 0.36, 0.7, 0.88].map((atS, i) => ({ atS, hz: i < 3 ? 880 : 1175, lengthS: 0.13 })),
  high: [0, 0.28, 0.56].map((atS) => ({ atS, hz: 660, lengthS: 0.2 })),
  medium: [
    { atS: 0, hz: 523, lengthS: 0.25 },
    { atS: 0.35, hz: 440, lengthS: 0.25 },
  ],
  low: [{ atS: 0, hz: 392, lengthS: 0.2 }],
};
/** Until somebody takes it; null: once is enough. */
const AGAIN_AFTER_S: Readonly<Record<Severity, number | null>> = {
  critical: 10,
  high: 45,
  medium: null,
  low: null,
};
/** Longer than a slowed timer needs to come and plan on. */
export const PLANNED_S = 300;

/** `fresh`: the worst that has just come; `unowned`: the worst that nobody has taken. */
export function planTones(fresh: Severity | null, unowned: Severity | null): Tone[] {
  const tones = fresh === null ? [] : [...PATTERNS[fresh]];
  const everyS = unowned === null ? null : AGAIN_AFTER_S[unowned];
  if (unowned === null || everyS === null) return tones;
  for (let beginS = everyS; beginS <= PLANNED_S; beginS += everyS)
    tones.push(...PATTERNS[unowned].map((tone) => ({ ...tone, atS: tone.atS + beginS })));
  return tones;
}

export const worstOf = (severities: Iterable<Severity>): Severity | null => {
  const present = new Set(severities);
  return SEVERITIES.find((severity) => present.has(severity)) ?? null;
};
