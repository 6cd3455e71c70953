/** The place deepest inside: of a zone, or of what several together leave. By halving cells and leaving out those that can't hold it. */
import { boundsOf } from './edge-tree.ts';
import { scaleX, scaleY } from './metres.ts';
import type { PreparedZone } from './prepare-zone.ts';

/** Degrees; the longitudes may lie beyond 180. */
export type Box = readonly [west: number, south: number, east: number, north: number];

export interface Deepest {
  readonly lon: number;
  readonly lat: number;
  /** Metres to the edge; not above 0: nothing of the box lies inside. */
  readonly depthM: number;
}

/** A cell's corner is farther from its middle by this, where the two ways of measuring differ. */
const SLACK = 1.01;
const START = 8;
const MAX_CELLS = 200_000;

/**
 * Where `distanceM` (negative inside, no steeper than the way that is gone) is least in the box, right to `toleranceM`. With
 * `belowM` any place below it is enough, and the first that is found is answered: 0 asks whether there is an inside at all.
 */
export function findDeepest(
  distanceM: (lon: number, lat: number) => number,
  [west, south, east, north]: Box,
  toleranceM: number,
  belowM?: number,
): Deepest {
  let best = { lon: (west + east) / 2, lat: (south + north) / 2, m: Number.POSITIVE_INFINITY };
  const cells: { lon: number; lat: number; halfX: number; halfY: number; leastM: number }[] = [];
  const look = (lon: number, lat: number, halfX: number, halfY: number) => {
    const m = distanceM(lon, lat);
    if (m < best.m) best = { lon, lat, m };
    const nearEquator = Math.max(0, Math.abs(lat) - halfY);
    const radiusM = Math.hypot(halfX * scaleX(nearEquator), halfY * scaleY(lat)) * SLACK;
    cells.push({ lon, lat, halfX, halfY, leastM: m - radiusM });
  };
  const [stepX, stepY] = [(east - west) / START, (north - south) / START];
  for (let i = 0; i < START; i++)
    for (let j = 0; j < START; j++)
      look(west + (i + 0.5) * stepX, south + (j + 0.5) * stepY, stepX / 2, stepY / 2);
  cells.sort((a, b) => b.leastM - a.leastM);
  for (let n = 0; n < MAX_CELLS; n++) {
    const cell = cells.pop();
    if (cell === undefined || (belowM !== undefined && best.m < belowM)) break;
    if (cell.leastM >= (belowM ?? best.m - toleranceM)) continue;
    const { lon, lat, halfX, halfY } = cell;
    for (const x of [-0.5, 0.5])
      for (const y of [-0.5, 0.5]) look(lon + x * halfX, lat + y * halfY, halfX / 2, halfY / 2);
  }
  return { lon: best.lon, lat: best.lat, depthM: -best.m };
}

/** What the zone spans, and `marginM` around it. */
export function boxAround(zone: PreparedZone, marginM: number): Box {
  const [west, south, east, north] =
    zone.shape === 'circle' ? [zone.lon, zone.lat, zone.lon, zone.lat] : boundsOf(zone.tree);
  const ownM = zone.shape === 'circle' ? zone.radiusM : zone.shape === 'corridor' ? zone.halfWidthM : 0;
  const y = (ownM + marginM) / scaleY(south);
  const x = (ownM + marginM) / scaleX(Math.min(89, Math.max(Math.abs(south), Math.abs(north)) + y));
  return [west - x, south - y, east + x, north + y];
}
