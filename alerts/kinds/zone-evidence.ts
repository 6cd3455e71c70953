/** The fixes behind a verdict about a zone: the unbroken run of newest fixes on the wrong side of its edge. */
import type { EvidenceFix } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceState } from './kind.ts';

export interface ZoneEvidence {
  readonly evidence: readonly EvidenceFix[];
  /** Time of the first fix of the run; `fallbackMs` when no single fix lies there (the estimate does). */
  readonly sinceMs: Instant;
}

/** `distance` gives the signed distance by which a point is on the wrong side (positive: wrong). */
export function gatherEvidence(
  state: DeviceState,
  distance: (lon: number, lat: number) => number,
  fallbackMs: Instant,
): ZoneEvidence {
  const evidence: EvidenceFix[] = [];
  for (const [atMs, lon, lat, accuracyM] of state.fixes.toReversed()) {
    const distanceM = distance(lon, lat);
    if (distanceM <= 0) break;
    evidence.unshift({ atMs, lat, lon, accuracyM, distanceM: Math.round(distanceM * 10) / 10 });
  }
  return { evidence, sinceMs: evidence[0]?.atMs ?? fallbackMs };
}

export function roundProbability(probability: number): number {
  return Math.round(probability * 10_000) / 10_000;
}
