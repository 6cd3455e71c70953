/**
 * A zone made ready for judging: checked for shapes that would judge wrongly, longitudes unwrapped around its middle (so the
 * antimeridian is no edge), edges in a tree.
 */
import { kinks } from '@turf/kinks';
import { ok, type Refusal, type Result, refuse } from '../src/kernel/result.ts';
import type { LonLat, ZoneFeature } from '../src/kernel/roster.ts';
import { buildEdgeTree, type EdgeTree } from './edge-tree.ts';
import { wrap } from './metres.ts';

export type PreparedZone = {
  readonly id: string;
  readonly name: string | null;
  readonly middleLon: number;
} & (
  | { readonly shape: 'area'; readonly tree: EdgeTree }
  | { readonly shape: 'circle'; readonly lon: number; readonly lat: number; readonly radiusM: number }
  | { readonly shape: 'corridor'; readonly tree: EdgeTree; readonly halfWidthM: number }
);

const MAX_VERTICES = 200_000;
/** About a square metre: less is a slip of the pen. */
const MIN_AREA_DEG2 = 1e-10;

/** Refuses a shape with the place (`geometry.coordinates[…]`) and what to do. */
export function prepareZone(zone: ZoneFeature): Result<PreparedZone, Refusal> {
  const { geometry } = zone;
  switch (geometry.type) {
    case 'Point': {
      const [lon, lat] = geometry.coordinates;
      return ok({ ...named(zone, lon), shape: 'circle', lon, lat, radiusM: zone.radiusM ?? 0 });
    }
    case 'LineString': {
      if (geometry.coordinates.length < 2)
        return refuse('bad-shape', 'geometry.coordinates', 'a line needs two points or more');
      const { lines, middleLon } = unwrap([geometry.coordinates]);
      return ok({
        ...named(zone, middleLon),
        shape: 'corridor',
        tree: buildEdgeTree(lines),
        halfWidthM: (zone.widthM ?? 0) / 2,
      });
    }
    default: {
      const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
      const prefix = geometry.type === 'Polygon' ? 'geometry.coordinates' : 'geometry.coordinates[0]';
      if (polygons.length === 0 || polygons.some((rings) => rings.length === 0))
        return refuse('bad-shape', 'geometry.coordinates', 'the polygon has no ring');
      for (const [i, rings] of polygons.entries()) {
        for (const [j, ring] of rings.entries()) {
          const at = geometry.type === 'Polygon' ? `${prefix}[${j}]` : `geometry.coordinates[${i}][${j}]`;
          const checked = checkRing(ring, at);
          if (!checked.ok) return checked;
        }
      }
      const rings = polygons.flat();
      const vertices = rings.reduce((sum, ring) => sum + ring.length, 0);
      if (vertices > MAX_VERTICES)
        return refuse(
          'bad-shape',
          'geometry.coordinates',
          `has ${vertices} points: simplify it to ${MAX_VERTICES} or fewer`,
        );
      const { lines, middleLon } = unwrap(rings);
      return ok({ ...named(zone, middleLon), shape: 'area', tree: buildEdgeTree(lines) });
    }
  }
}

function named(zone: ZoneFeature, middleLon: number) {
  return { id: zone.id, name: zone.name, middleLon };
}

function checkRing(ring: readonly LonLat[], at: string): Result<void, Refusal> {
  const first = ring[0];
  const last = ring.at(-1);
  if (first === undefined || last === undefined || ring.length < 4)
    return refuse('bad-shape', at, 'a ring needs four points or more, the last like the first');
  if (first[0] !== last[0] || first[1] !== last[1])
    return refuse('bad-shape', at, 'the ring is not closed: repeat its first point at the end');
  const { lines } = unwrap([ring]);
  const line = lines[0] ?? [];
  if (Math.abs(areaDeg2(line)) < MIN_AREA_DEG2) return refuse('bad-shape', at, 'the ring has no area');
  const crossing = kinks({ type: 'Polygon', coordinates: [line.map((point) => [...point])] }).features[0]
    ?.geometry.coordinates;
  if (crossing !== undefined) {
    return refuse(
      'bad-shape',
      at,
      `the ring crosses itself near ${crossing[0]?.toFixed(6)}, ${crossing[1]?.toFixed(6)}: draw it without a loop`,
    );
  }
  return ok(undefined);
}

/** Shoelace formula in square degrees: only whether there is area. */
function areaDeg2(line: readonly LonLat[]): number {
  let sum = 0;
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1] as LonLat;
    const b = line[i] as LonLat;
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return sum / 2;
}

/** Each longitude within 180° of the one before it, and all lines around one middle. */
function unwrap(lines: readonly (readonly LonLat[])[]): { lines: LonLat[][]; middleLon: number } {
  let reference = lines[0]?.[0]?.[0] ?? 0;
  let min = Infinity;
  let max = -Infinity;
  const unwrapped = lines.map((line) =>
    line.map(([lon, lat]): LonLat => {
      reference += wrap((lon - reference) % 360);
      min = Math.min(min, reference);
      max = Math.max(max, reference);
      return [reference, lat];
    }),
  );
  return { lines: unwrapped, middleLon: (min + max) / 2 };
}
