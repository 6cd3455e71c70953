/**
 * What a terminal's clock is ahead of true time, out of what it says. A punch comes after it was made, never before: one that lies
 * ahead of its receipt proves a clock that is ahead. One that lies behind proves nothing by itself (it may have waited for the network);
 * of a terminal whose contact was unbroken since before the punch, and which sends each at once (Realtime=1), several that agree do. A
 * request's Date says it outright. Pure.
 */
import type { Instant } from '../kernel/instant.ts';

/** `date`: the terminal says what time it is. `live`: it can't have waited. `stored`: it may have waited. */
export type SampleKind = 'date' | 'live' | 'stored';

export interface ClockSample {
  readonly receivedMs: Instant;
  /** What the terminal's statement is ahead of its receipt, ms; negative: behind. */
  readonly aheadMs: number;
  readonly kind: SampleKind;
}

export interface Drift {
  /** To be taken off the terminal's times; 0 where nothing is proven. */
  readonly driftMs: number;
  readonly foundBy: 'date' | 'live' | 'ahead' | 'none';
  readonly measuredMs: Instant | null;
}

export const NO_DRIFT: Drift = { driftMs: 0, foundBy: 'none', measuredMs: null };

/** Within this a clock counts as right: seconds of the network, and of the second that the terminal cuts off. */
export const TOLERANCE_MS = 30_000;
/** A clock that is further off was never set: what it says is refused, not mended. */
export const MAX_DRIFT_MS = 86_400_000;
/** A measurement holds so long: a clock of quartz loses seconds in that time, one that is set tells it. */
const HOLDS_MS = 7 * 86_400_000;
const MAX_SAMPLES = 16;
/** So many in a row must agree, this closely, before a clock is taken to be behind. */
const AGREEING = 3;
const SPREAD_MS = 60_000;

/** The samples with the new one, oldest first. */
export function addSample(samples: readonly ClockSample[], sample: ClockSample): readonly ClockSample[] {
  if (Math.abs(sample.aheadMs) > MAX_DRIFT_MS) return samples;
  // A stored punch that lies behind says nothing, and must not push out what does.
  if (sample.kind === 'stored' && sample.aheadMs <= TOLERANCE_MS) return samples;
  return [...samples, sample].slice(-MAX_SAMPLES);
}

/** The newest statement that decides it, unless a newer stored punch proves more. */
export function driftOf(samples: readonly ClockSample[], nowMs: Instant): Drift {
  const recent = samples.filter(({ receivedMs }) => nowMs - receivedMs <= HOLDS_MS);
  /** What stored punches prove: ahead by so much at least. */
  let leastMs = 0;
  let leastAtMs: Instant | null = null;
  for (let i = recent.length - 1; i >= 0; i--) {
    const sample = recent[i];
    if (sample === undefined) continue;
    const { aheadMs, kind, receivedMs } = sample;
    if (kind === 'stored') {
      leastMs = Math.max(leastMs, aheadMs);
      leastAtMs ??= receivedMs;
      continue;
    }
    const exactMs = kind === 'date' ? aheadMs : liveDriftMs(recent.slice(0, i + 1));
    if (exactMs === undefined) continue;
    if (leastAtMs !== null && exactMs < leastMs) break;
    return {
      driftMs: Math.abs(exactMs) <= TOLERANCE_MS ? 0 : exactMs,
      foundBy: kind,
      measuredMs: receivedMs,
    };
  }
  return leastAtMs === null ? NO_DRIFT : { driftMs: leastMs, foundBy: 'ahead', measuredMs: leastAtMs };
}

/** Of the newest sample, a live one; undefined: it is behind, and not enough others agree. */
function liveDriftMs(samples: readonly ClockSample[]): number | undefined {
  const newest = samples.at(-1)?.aheadMs ?? 0;
  if (newest >= -TOLERANCE_MS) return newest;
  const agreeing = samples
    .filter(({ kind }) => kind === 'live')
    .slice(-AGREEING)
    .map(({ aheadMs }) => aheadMs);
  const most = Math.max(...agreeing);
  // The one that waited the least is the nearest to the truth.
  return agreeing.length === AGREEING && most < 0 && most - Math.min(...agreeing) <= SPREAD_MS
    ? most
    : undefined;
}
