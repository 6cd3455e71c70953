/**
 * The five counties of Jieyang as the demo uses them: real boundaries (assets/NOTICE.txt), and the places on them where
 * somebody can walk out onto dry land. Both files are made by scripts/make-map.ts.
 */
import type { LonLat } from '../kernel/roster.ts';
import countiesJson from './assets/jieyang-counties.json' with { type: 'json' };
import crossingsJson from './assets/jieyang-crossings.json' with { type: 'json' };
import { distanceToEdgeM, isInside, type Point, type Rings, toPlane } from './plane.ts';

/** A straight line through `at` meets the edge only there, from 700 m inside to 1,600 m outside. */
export interface Crossing {
  readonly at: Point;
  readonly outwardsDeg: number;
}

export interface County {
  /** GB/T 2260 code. */
  readonly code: string;
  readonly name: string;
  /** Residents, in ten thousands, rounded: a weight for shares, not a statistic. */
  readonly weight: number;
  readonly coordinates: readonly (readonly LonLat[])[];
  readonly rings: Rings;
  readonly crossings: readonly Crossing[];
}

const WEIGHTS: Readonly<Record<string, number>> = {
  '445202': 95,
  '445203': 90,
  '445222': 70,
  '445224': 105,
  '445281': 200,
};

export const COUNTIES: readonly County[] = countiesJson.map(({ code, name, rings }) => {
  const coordinates = rings as unknown as LonLat[][];
  return {
    code,
    name,
    weight: WEIGHTS[code] ?? 1,
    coordinates,
    rings: coordinates.map((ring) => ring.map(toPlane)),
    crossings: (crossingsJson as [string, number, number, number][])
      .filter(([county]) => county === code)
      .map(([, lon, lat, outwardsDeg]) => ({ at: toPlane([lon, lat]), outwardsDeg })),
  };
});

/** Inside the county and at least so far from its edge. */
export function isWellInside(county: County, point: Point, marginM: number): boolean {
  return isInside(county.rings, point) && distanceToEdgeM(county.rings, point) >= marginM;
}

/**
 * The whole straight line is inside. Sampled: the distance to the edge changes by no more than the step, so steps of
 * the margin leave half of it at the least.
 */
export function isLineInside(county: County, a: Point, b: Point, marginM: number): boolean {
  const steps = Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) / marginM);
  for (let i = 0; i <= steps; i++) {
    const share = steps === 0 ? 0 : i / steps;
    if (!isWellInside(county, { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }, marginM))
      return false;
  }
  return true;
}
