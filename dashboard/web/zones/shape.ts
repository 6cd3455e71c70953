/**
 * A zone as it is drawn: an area as its ring, a circle as a ring around its middle, a corridor as its line. Pure. Whether a shape can
 * be judged is for geofences/ to say.
 */
import type { Feature, LineString, Polygon, Position } from 'geojson';
import { buildEdgeTree } from '../../../geofences/edge-tree.ts';
import { findCrossing } from '../../../geofences/ring-checks.ts';
import type { Refusal, Result } from '../../../src/kernel/result.ts';
import { ok } from '../../../src/kernel/result.ts';
import type { LonLat, ZoneFeature } from '../../../src/kernel/roster.ts';
import { decodeZone, decodeZones } from '../../../src/kernel/zone-file.ts';
import { boundsOf, circle } from '../map/geometry.ts';

export const TOOLS = ['area', 'circle', 'corridor'] as const;
export type Tool = (typeof TOOLS)[number];
export interface Drawn {
  readonly tool: Tool;
  readonly geometry: Polygon | LineString;
}

const METRES_A_DEGREE = 111_320;
/** About ten centimetres: a hand draws no finer, and the drawing library takes no more decimals. */
const DECIMALS = 6;
/** A shape of more corners is not dragged corner by corner: a county's boundary is taken as it is. */
const MOST_CORNERS = 100;
/** Of the whole world on a tile of 512 pixels. */
const EQUATOR_M = 40_075_016.686;
const TILE_PX = 512;

const round = (degrees: number) => Number(degrees.toFixed(DECIMALS));
const roundAll = (line: readonly Position[] | readonly LonLat[]): [number, number][] =>
  line.map(([lon = 0, lat = 0]) => [round(lon), round(lat)]);
const lonScale = (lat: number) => METRES_A_DEGREE * Math.cos((lat * Math.PI) / 180);

export function toolOf({ geometry }: ZoneFeature): Tool {
  if (geometry.type === 'Point') return 'circle';
  return geometry.type === 'LineString' ? 'corridor' : 'area';
}

/** Null: it has parts, holes or too many corners, and is shown but not drawn anew. */
export function drawnOf(zone: ZoneFeature): Drawn | null {
  const { geometry } = zone;
  switch (geometry.type) {
    case 'Point': {
      const [lon, lat] = geometry.coordinates;
      const [ring = []] = circle(lon, lat, zone.radiusM ?? 0).coordinates;
      return { tool: 'circle', geometry: { type: 'Polygon', coordinates: [closed(roundAll(ring))] } };
    }
    case 'LineString':
      if (geometry.coordinates.length > MOST_CORNERS) return null;
      return {
        tool: 'corridor',
        geometry: { type: 'LineString', coordinates: roundAll(geometry.coordinates) },
      };
    case 'Polygon': {
      const [ring = []] = geometry.coordinates;
      if (geometry.coordinates.length !== 1 || ring.length > MOST_CORNERS) return null;
      return { tool: 'area', geometry: { type: 'Polygon', coordinates: [closed(roundAll(ring))] } };
    }
    default:
      return null;
  }
}

/**
 * Where the line of an area crosses itself. While it is drawn, only what is between the corners that are set: the last one follows the
 * pointer, and the edge back to the first may yet come to lie elsewhere. Undefined: nowhere, or it is not drawn by hand.
 */
export function crossingOf({ geometry }: ZoneFeature, isUnfinished: boolean): LonLat | undefined {
  const [ring = []] = geometry.type === 'Polygon' ? geometry.coordinates : [];
  if (ring.length > MOST_CORNERS) return undefined;
  const line = isUnfinished ? ring.slice(0, -2) : ring;
  const found = line.length < 4 ? undefined : findCrossing(buildEdgeTree([line]), [line]);
  return found && [found.lon, found.lat];
}

const closed = (ring: [number, number][]): [number, number][] =>
  ring[0] === undefined ? ring : [...ring.slice(0, -1), ring[0]];

/** The zone with the shape that was drawn; its name, width and the like stay. */
export function withDrawn(zone: ZoneFeature, { tool, geometry }: Drawn): ZoneFeature {
  const bare = { ...zone, radiusM: null, widthM: null };
  if (geometry.type === 'LineString')
    return {
      ...bare,
      widthM: zone.widthM ?? 200,
      geometry: { type: 'LineString', coordinates: roundAll(geometry.coordinates) },
    };
  const ring = roundAll(geometry.coordinates[0] ?? []);
  if (tool === 'area') return { ...bare, geometry: { type: 'Polygon', coordinates: [ring] } };
  const { lon, lat, radiusM } = circleOf(ring);
  return { ...bare, radiusM, geometry: { type: 'Point', coordinates: [round(lon), round(lat)] } };
}

/** The circle that a ring of corners around a middle stands for; metres, whole. */
export function circleOf(ring: readonly Position[]): { lon: number; lat: number; radiusM: number } {
  const bounds = boundsOf(ring);
  if (bounds === undefined) return { lon: 0, lat: 0, radiusM: 0 };
  const { west, east, south, north } = bounds;
  return {
    lon: (west + east) / 2,
    lat: (south + north) / 2,
    radiusM: Math.round(((north - south) / 2) * METRES_A_DEGREE),
  };
}

/** Outline for the map; a corridor is its line with the width in pixels that it has at zoom 0. */
export function outlineOf(zone: ZoneFeature): Feature {
  const { geometry } = zone;
  if (geometry.type === 'Point') {
    const [lon, lat] = geometry.coordinates;
    return { type: 'Feature', properties: { role: 'zone' }, geometry: circle(lon, lat, zone.radiusM ?? 0) };
  }
  if (geometry.type === 'LineString') {
    const metresAPixel =
      (EQUATOR_M / TILE_PX) * Math.cos(((geometry.coordinates[0]?.[1] ?? 0) * Math.PI) / 180);
    const widthPx = (zone.widthM ?? 0) / metresAPixel;
    return { type: 'Feature', properties: { role: 'corridor', widthPx }, geometry: copy(geometry) };
  }
  return { type: 'Feature', properties: { role: 'zone' }, geometry: copy(geometry) };
}

/** GeoJSON's own types know no readonly arrays. */
const copy = (geometry: ZoneFeature['geometry']) => geometry as unknown as Polygon;

/** All places of the shape. */
export function placesOf({ geometry, radiusM }: ZoneFeature): Position[] {
  switch (geometry.type) {
    case 'Point': {
      const [lon, lat] = geometry.coordinates;
      return circle(lon, lat, radiusM ?? 0).coordinates.flat();
    }
    case 'LineString':
      return geometry.coordinates.map(([lon, lat]) => [lon, lat]);
    case 'Polygon':
      return geometry.coordinates.flat().map(([lon, lat]) => [lon, lat]);
    case 'MultiPolygon':
      return geometry.coordinates.flat(2).map(([lon, lat]) => [lon, lat]);
  }
}

/** Square metres, flat around each ring's first corner: for whoever draws, not for judging. */
export function areaM2({ geometry, radiusM, widthM }: ZoneFeature): number {
  switch (geometry.type) {
    case 'Point':
      return Math.PI * (radiusM ?? 0) ** 2;
    case 'LineString': {
      const halfM = (widthM ?? 0) / 2;
      return lengthM(geometry.coordinates) * 2 * halfM + Math.PI * halfM ** 2;
    }
    case 'Polygon':
      return ofRings(geometry.coordinates);
    case 'MultiPolygon':
      return geometry.coordinates.reduce((sum, rings) => sum + ofRings(rings), 0);
  }
}

function ofRings(rings: readonly (readonly LonLat[])[]): number {
  const [outer = 0, ...holes] = rings.map((ring) => {
    const [lon0, lat0] = ring[0] ?? [0, 0];
    const scale = lonScale(lat0);
    let sum = 0;
    for (let i = 1; i < ring.length; i++) {
      const [aLon, aLat] = ring[i - 1] ?? [0, 0];
      const [bLon, bLat] = ring[i] ?? [0, 0];
      sum += (aLon - lon0) * (bLat - lat0) - (bLon - lon0) * (aLat - lat0);
    }
    return Math.abs(sum / 2) * scale * METRES_A_DEGREE;
  });
  return outer - holes.reduce((sum, hole) => sum + hole, 0);
}

function lengthM(line: readonly LonLat[]): number {
  let sum = 0;
  for (let i = 1; i < line.length; i++) {
    const [aLon, aLat] = line[i - 1] ?? [0, 0];
    const [bLon, bLat] = line[i] ?? [0, 0];
    sum += Math.hypot((bLon - aLon) * lonScale(aLat), (bLat - aLat) * METRES_A_DEGREE);
  }
  return sum;
}

/** A file of one feature or a collection, as `wardline roster load` takes it. */
export function readZones(text: string): Result<ZoneFeature[], Refusal[]> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, error: [{ code: 'not-json', where: '', message: 'the file is no JSON' }] };
  }
  const isOne = typeof json === 'object' && json !== null && 'type' in json && json.type === 'Feature';
  if (!isOne) return decodeZones(json);
  const zone = decodeZone(json);
  return zone.ok ? ok([zone.value]) : zone;
}
