/**
 * The little geometry that drawing needs: circles to scale, bounds, the nearest point of a zone's edge. Pure. Flat around
 * the point in question: the detector judges (geofences/), this only draws what it judged.
 */
import type { Feature, Polygon, Position } from 'geojson';

export interface Bounds {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

export const METRES_A_DEGREE = 111_320;
const CORNERS = 64;

export const metresALonDegree = (lat: number) => METRES_A_DEGREE * Math.cos((lat * Math.PI) / 180);

export function circle(lon: number, lat: number, radiusM: number): Polygon {
  const ring = Array.from({ length: CORNERS + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS;
    return [
      lon + (radiusM * Math.cos(angle)) / metresALonDegree(lat),
      lat + (radiusM * Math.sin(angle)) / METRES_A_DEGREE,
    ];
  });
  return { type: 'Polygon', coordinates: [ring] };
}

/** Undefined: no places. */
export function boundsOf(places: Iterable<Position>): Bounds | undefined {
  let bounds: { west: number; south: number; east: number; north: number } | undefined;
  for (const [lon, lat] of places) {
    if (lon === undefined || lat === undefined) continue;
    bounds ??= { west: lon, south: lat, east: lon, north: lat };
    bounds.west = Math.min(bounds.west, lon);
    bounds.east = Math.max(bounds.east, lon);
    bounds.south = Math.min(bounds.south, lat);
    bounds.north = Math.max(bounds.north, lat);
  }
  return bounds;
}

/** The zone's outline as rings; a point with `radiusM` is a circle. Undefined for what has no drawn edge here. */
export function ringsOf(zone: Feature): Position[][] | undefined {
  const { geometry, properties } = zone;
  if (geometry.type === 'Polygon') return geometry.coordinates;
  if (geometry.type === 'MultiPolygon') return geometry.coordinates.flat();
  const radiusM: unknown = properties?.radiusM;
  const [lon, lat] = geometry.type === 'Point' ? geometry.coordinates : [];
  if (typeof radiusM !== 'number' || lon === undefined || lat === undefined) return undefined;
  return circle(lon, lat, radiusM).coordinates;
}

export function nearestOnRings(lon: number, lat: number, rings: readonly Position[][]): Position | undefined {
  const scale = metresALonDegree(lat);
  let nearest: Position | undefined;
  let shortest = Number.POSITIVE_INFINITY;
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i++) {
      const [aLon = 0, aLat = 0] = ring[i - 1] ?? [];
      const [bLon = 0, bLat = 0] = ring[i] ?? [];
      const ax = (aLon - lon) * scale;
      const ay = (aLat - lat) * METRES_A_DEGREE;
      const dx = (bLon - aLon) * scale;
      const dy = (bLat - aLat) * METRES_A_DEGREE;
      const length2 = dx * dx + dy * dy;
      const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length2));
      const distance = Math.hypot(ax + t * dx, ay + t * dy);
      if (distance >= shortest) continue;
      shortest = distance;
      nearest = [aLon + t * (bLon - aLon), aLat + t * (bLat - aLat)];
    }
  }
  return nearest;
}
