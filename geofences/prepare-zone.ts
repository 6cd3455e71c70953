/**
 * A zone made ready for judging: refused if its shape would judge wrongly, longitudes unwrapped around its middle (so the
 * antimeridian is no edge), edges in a tree.
 */
import { ok, type Refusal, type Result, refuse } from '../src/kernel/result.ts';
import type { LonLat, ZoneFeature } from '../src/kernel/roster.ts';
import { boundsOf, buildEdgeTree, type EdgeTree } from './edge-tree.ts';
import { wrap } from './metres.ts';
import { placeStarts } from './nearest-edge.ts';
import { areaDeg2, findCrossing, findMisplacedRing, isTouching } from './ring-checks.ts';

export type PreparedZone = {
  readonly id: string;
  readonly name: string | null;
  readonly middleLon: number;
} & (
  | {
      readonly shape: 'area';
      readonly tree: EdgeTree;
      /** Of its edges to one another or themselves: then the side of the nearest one does not tell what is inside. */
      readonly touches: boolean;
    }
  | { readonly shape: 'circle'; readonly lon: number; readonly lat: number; readonly radiusM: number }
  | { readonly shape: 'corridor'; readonly tree: EdgeTree; readonly halfWidthM: number }
);

/** The middle of what a zone spans: near it, not always in it. */
export function middleOf(zone: PreparedZone): { readonly lon: number; readonly lat: number } {
  if (zone.shape === 'circle') return { lon: zone.lon, lat: zone.lat };
  const [, south, , north] = boundsOf(zone.tree);
  return { lon: zone.middleLon, lat: (south + north) / 2 };
}

/** Eight times the largest province of the national map; the check of one takes half a second. */
const MAX_VERTICES = 200_000;
/** About a square metre: less is a slip of the pen. */
const MIN_AREA_DEG2 = 1e-10;
const COORDINATES = 'geometry.coordinates';

/** Refuses a shape with the place (`geometry.coordinates[…]`) and what to do. */
export function prepareZone(zone: ZoneFeature): Result<PreparedZone, Refusal> {
  const { geometry } = zone;
  switch (geometry.type) {
    case 'Point':
      return prepareCircle(zone, geometry.coordinates);
    case 'LineString':
      return prepareCorridor(zone, geometry.coordinates);
    case 'Polygon':
      return prepareArea(zone, [geometry.coordinates], (_, ring) => `${COORDINATES}[${ring}]`);
    case 'MultiPolygon':
      return prepareArea(zone, geometry.coordinates, (part, ring) => `${COORDINATES}[${part}][${ring}]`);
  }
}

function prepareCircle(zone: ZoneFeature, point: LonLat): Result<PreparedZone, Refusal> {
  const misplaced = checkPlace(point, COORDINATES);
  if (!misplaced.ok) return misplaced;
  const radiusM = zone.radiusM ?? 0;
  if (!(radiusM > 0))
    return refuse('bad-shape', 'properties.radiusM', 'a point needs a radius in metres, above 0');
  const [lon, lat] = point;
  return ok({ ...named(zone, lon), shape: 'circle', lon, lat, radiusM });
}

function prepareCorridor(zone: ZoneFeature, line: readonly LonLat[]): Result<PreparedZone, Refusal> {
  const checked = checkPlaces(line, COORDINATES);
  if (!checked.ok) return checked;
  const widthM = zone.widthM ?? 0;
  if (!(widthM > 0))
    return refuse('bad-shape', 'properties.widthM', 'a line needs a width in metres, above 0');
  const first = line[0];
  if (first === undefined || line.every(([lon, lat]) => lon === first[0] && lat === first[1]))
    return refuse('bad-shape', COORDINATES, 'the line has no length: give two different points or more');
  if (line.length > MAX_VERTICES) return tooMany(line.length);
  const { lines, middleLon } = unwrap([line]);
  const tree = buildEdgeTree(lines);
  placeStarts(tree);
  return ok({
    ...named(zone, middleLon),
    shape: 'corridor',
    tree,
    halfWidthM: widthM / 2,
  });
}

function prepareArea(
  zone: ZoneFeature,
  polygons: readonly (readonly (readonly LonLat[])[])[],
  placeOf: (part: number, ring: number) => string,
): Result<PreparedZone, Refusal> {
  if (polygons.length === 0 || polygons.some((rings) => rings.length === 0))
    return refuse('bad-shape', COORDINATES, 'the polygon has no ring');
  const vertices = polygons.flat().reduce((sum, ring) => sum + ring.length, 0);
  if (vertices > MAX_VERTICES) return tooMany(vertices);
  const places: string[] = [];
  const isHole: boolean[] = [];
  for (const [part, rings] of polygons.entries()) {
    for (const [index, ring] of rings.entries()) {
      const place = placeOf(part, index);
      const checked = checkRing(ring, place);
      if (!checked.ok) return checked;
      places.push(place);
      isHole.push(index > 0);
    }
  }
  const { lines: given, middleLon } = unwrap(polygons.flat());
  // As RFC 7946 wants them: inside to the left of each edge.
  const lines = given.map((ring, i) => (areaDeg2(ring) < 0 === isHole[i] ? ring : ring.toReversed()));
  const tree = buildEdgeTree(lines);
  const crossing = findCrossing(tree, lines);
  if (crossing !== undefined) {
    const at = `near ${wrap(crossing.lon).toFixed(6)}, ${crossing.lat.toFixed(6)}`;
    return crossing.ring === crossing.other
      ? refuse(
          'bad-shape',
          places[crossing.ring] ?? '',
          `the ring crosses itself ${at}: draw it without a loop`,
        )
      : refuse(
          'bad-shape',
          places[crossing.ring] ?? '',
          `the ring crosses ${places[crossing.other] ?? ''} ${at}: join or part them`,
        );
  }
  const flat = lines.findIndex((ring) => Math.abs(areaDeg2(ring)) < MIN_AREA_DEG2);
  if (flat >= 0) return refuse('bad-shape', places[flat] ?? '', 'the ring has no area');
  const misplaced = findMisplacedRing(tree, lines, isHole);
  if (misplaced !== undefined)
    return refuse(
      'bad-shape',
      places[misplaced] ?? '',
      isHole[misplaced]
        ? 'the hole does not lie inside its polygon, or covers another hole: take it out'
        : 'the ring lies inside or on another one: take it out, or make it a hole of that polygon',
    );
  placeStarts(tree);
  return ok({ ...named(zone, middleLon), shape: 'area', tree, touches: isTouching(tree) });
}

function named(zone: ZoneFeature, middleLon: number) {
  return { id: zone.id, name: zone.name, middleLon };
}

function checkRing(ring: readonly LonLat[], at: string): Result<void, Refusal> {
  const checked = checkPlaces(ring, at);
  if (!checked.ok) return checked;
  const first = ring[0];
  const last = ring.at(-1);
  if (first === undefined || last === undefined || ring.length < 4)
    return refuse('bad-shape', at, 'a ring needs four points or more, the last like the first');
  if (first[0] !== last[0] || first[1] !== last[1])
    return refuse('bad-shape', at, 'the ring is not closed: repeat its first point at the end');
  return ok(undefined);
}

function checkPlaces(line: readonly LonLat[], at: string): Result<void, Refusal> {
  for (const [i, point] of line.entries()) {
    const checked = checkPlace(point, `${at}[${i}]`);
    if (!checked.ok) return checked;
  }
  return ok(undefined);
}

/** Longitudes up to ±360 are taken: some programs draw across the antimeridian so. */
function checkPlace([lon, lat]: LonLat, at: string): Result<void, Refusal> {
  if (Math.abs(lon) <= 360 && Math.abs(lat) <= 90) return ok(undefined);
  return refuse(
    'bad-coordinates',
    at,
    `must be [longitude, latitude] in degrees, not [${lon}, ${lat}]: are the two swapped?`,
  );
}

function tooMany(vertices: number): Result<never, Refusal> {
  return refuse('bad-shape', COORDINATES, `has ${vertices} points: simplify it to ${MAX_VERTICES} or fewer`);
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
