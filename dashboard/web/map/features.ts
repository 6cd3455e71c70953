/** Board state → GeoJSON for the map's layers. Pure. */
import type { Feature, FeatureCollection, LineString, Point, Polygon } from 'geojson';
import type { AlertCard } from '../../protocol.ts';
import type { BoardState } from '../live/board-store.ts';
import { HEARD_WITHIN_S, statusOf } from '../live/subject-status.ts';

export function subjectFeatures(board: BoardState, nowMs: number): FeatureCollection<Point> {
  const alerted = new Map<string, string>();
  for (const alert of board.alerts.values()) {
    if (alert.state !== 'cleared') alerted.set(alert.subject, alert.alert);
  }
  const features: Feature<Point>[] = [];
  board.cards.forEach((card, i) => {
    const known = board.whereabouts[i];
    if (known === null || known === undefined || known[1] === null || known[2] === null) return;
    const alert = alerted.get(card.id);
    const status = statusOf(known, alert !== undefined, nowMs);
    const ageS = nowMs / 1000 - known[5];
    features.push({
      type: 'Feature',
      properties: {
        status,
        alert: alert ?? '',
        name: card.name,
        heardS: known[5],
        // Fades with age, and never quite vanishes: a stale place is still the last one known.
        opacity: status === 'alert' ? 1 : Math.max(0.35, 1 - Math.max(0, ageS - HEARD_WITHIN_S) / 14_400),
        rank: status === 'alert' ? 1 : 0,
      },
      geometry: { type: 'Point', coordinates: [known[1], known[2]] },
    });
  });
  return { type: 'FeatureCollection', features };
}

export function evidenceFeatures(alert: AlertCard | null): FeatureCollection<Point | LineString | Polygon> {
  const features: Feature<Point | LineString | Polygon>[] = [];
  const fixes = alert?.evidence ?? [];
  if (fixes.length > 1) {
    features.push({
      type: 'Feature',
      properties: {},
      geometry: { type: 'LineString', coordinates: fixes.map((fix) => [fix.lon, fix.lat]) },
    });
  }
  for (const fix of fixes)
    features.push({
      type: 'Feature',
      properties: {},
      geometry: { type: 'Point', coordinates: [fix.lon, fix.lat] },
    });
  const last = fixes.at(-1);
  if (last !== undefined)
    features.push({ type: 'Feature', properties: {}, geometry: circle(last.lon, last.lat, last.accuracyM) });
  return { type: 'FeatureCollection', features };
}

const METRES_A_DEGREE = 111_320;
const CORNERS = 48;

function circle(lon: number, lat: number, radiusM: number): Polygon {
  const ring = Array.from({ length: CORNERS + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS;
    const scale = METRES_A_DEGREE * Math.cos((lat * Math.PI) / 180);
    return [lon + (radiusM * Math.cos(angle)) / scale, lat + (radiusM * Math.sin(angle)) / METRES_A_DEGREE];
  });
  return { type: 'Polygon', coordinates: [ring] };
}
