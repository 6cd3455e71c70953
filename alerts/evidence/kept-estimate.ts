/**
 * An estimate that is kept and seldom looked at, as one flat row of numbers: as an object each fraction in it is one of its own, and a
 * million subjects have one each.
 */
import { NONE_ASIDE, type PositionEstimate } from './position-estimate.ts';

/** Longitude, latitude, variance, time, best sigma; then four numbers for each fix that is kept aside. */
export type KeptEstimate = number[];

const OWN = 5;
const ASIDE = 4;

export function keepEstimate({
  lon,
  lat,
  varianceM2,
  atMs,
  bestSigmaM,
  aside,
}: PositionEstimate): KeptEstimate {
  const own = [lon, lat, varianceM2, atMs, bestSigmaM];
  return aside.length === 0 ? own : own.concat(...aside);
}

export function estimateOf(kept: KeptEstimate): PositionEstimate {
  const [lon = 0, lat = 0, varianceM2 = 0, atMs = 0, bestSigmaM = 0] = kept;
  const own = { lon, lat, varianceM2, atMs, bestSigmaM };
  if (kept.length === OWN) return { ...own, aside: NONE_ASIDE };
  const aside: PositionEstimate['aside'][number][] = [];
  for (let i = OWN; i < kept.length; i += ASIDE)
    aside.push([kept[i] as number, kept[i + 1] as number, kept[i + 2] as number, kept[i + 3] as number]);
  return { ...own, aside };
}
