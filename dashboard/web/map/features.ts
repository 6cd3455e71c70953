/** Board state → GeoJSON for the map's layers. Pure. */
import type { Feature, FeatureCollection, Point, Position } from 'geojson';
import type { Severity } from '../../../src/kernel/alert-event.ts';
import type { AlertCard, SubjectCard, Whereabouts } from '../../protocol.ts';
import type { BoardState } from '../live/board-store.ts';
import { isAboutZone, isMoreSevere, isOpen } from '../live/queue-order.ts';
import { freshness, isOnLeave, statusOf } from '../live/subject-status.ts';
import { partsOf } from '../subjects/track.ts';
import { boundsOf, circle, nearestOnRings, ringsOf } from './geometry.ts';

/** `image` is the mark's name, `index` that of the subject's card. */
export interface SubjectProperties {
  readonly image: string;
  readonly opacity: number;
  readonly index: number;
  /** 0 without an open alert; the more severe, the higher: it is drawn above the others. */
  readonly rank: number;
  /** The position's error as pixels of zoom 0: doubles with each level. */
  readonly error0: number;
}

/** Of a tile of 512 pixels around the equator. */
const METRES_A_PIXEL_0 = 40_075_016.686 / 512;
const errorAt0 = (accuracyM: number, lat: number) =>
  accuracyM / (METRES_A_PIXEL_0 * Math.cos((lat * Math.PI) / 180));

export type SubjectFeature = Feature<Point, SubjectProperties>;

/**
 * A feature for each card, by its index; null without a place. What stayed as it was in `before` is the same object, so that only what
 * changed is handed on: of twenty thousand a thousand move in a second.
 */
export function subjectFeatures(
  board: BoardState,
  nowMs: number,
  before: readonly (SubjectFeature | null)[] = [],
): (SubjectFeature | null)[] {
  const worst = new Map<string, Severity>();
  for (const alert of board.alerts.values()) {
    const known = worst.get(alert.subject);
    if (isOpen(alert) && (known === undefined || isMoreSevere(alert.severity, known)))
      worst.set(alert.subject, alert.severity);
  }
  return board.cards.map((card, index) => {
    const known = board.whereabouts[index];
    if (known == null) return null;
    const [, lon, lat, accuracyM, , heardS] = known;
    if (lon === null || lat === null) return null;
    const error0 = errorAt0(accuracyM, lat);
    const severity = worst.get(card.id);
    const image = severity === undefined ? imageOf(card, known, nowMs) : `alert-${severity}`;
    const opacity = severity === undefined ? Math.round(20 * freshness(nowMs / 1000 - heardS)) / 20 : 1;
    const rank = severity === undefined ? 0 : isMoreSevere(severity, 'high') ? 2 : 1;
    const old = before[index];
    if (
      old != null &&
      old.geometry.coordinates[0] === lon &&
      old.geometry.coordinates[1] === lat &&
      old.properties.image === image &&
      old.properties.opacity === opacity &&
      old.properties.error0 === error0 &&
      old.properties.rank === rank
    )
      return old;
    return {
      type: 'Feature',
      id: index,
      properties: { image, opacity, index, rank, error0 },
      geometry: { type: 'Point', coordinates: [lon, lat] },
    };
  });
}

/** Leave is seen where contact is: who is off or silent on leave is shown as that. */
function imageOf(card: SubjectCard, known: Whereabouts, nowMs: number): string {
  const status = statusOf(known, nowMs);
  return status === 'heard' && isOnLeave(card, nowMs) ? 'leave' : status;
}

/** Of all zones those that are known to have no signal, as areas; a corridor as its line. */
export function deadGroundFeatures(zones: Iterable<Feature>): FeatureCollection {
  const features = [...zones].flatMap((zone): Feature[] => {
    if (zone.properties?.purpose !== 'no-signal') return [];
    const { geometry, properties } = zone;
    if (geometry.type !== 'Point') return [{ type: 'Feature', properties: {}, geometry }];
    const [lon = 0, lat = 0] = geometry.coordinates;
    return [{ type: 'Feature', properties: {}, geometry: circle(lon, lat, Number(properties.radiusM)) }];
  });
  return { type: 'FeatureCollection', features };
}

export type SelectionRole = 'zone' | 'error' | 'way' | 'since' | 'edge' | 'fix' | 'place' | 'track';
export interface Selection {
  readonly features: FeatureCollection;
  /** What the map should show of it; undefined: it has no place. */
  readonly focus: ReturnType<typeof boundsOf>;
  /** Where the label stands. */
  readonly at: Position | undefined;
}

const NOTHING: Selection = {
  features: { type: 'FeatureCollection', features: [] },
  focus: undefined,
  at: undefined,
};

const feature = (role: SelectionRole, geometry: Feature['geometry']): Feature => ({
  type: 'Feature',
  properties: { role },
  geometry,
});

/** The evidence: the zone, the fixes in their order, the last one's error to scale, and the way from it to the zone's edge. */
export function alertSelection(
  alert: AlertCard,
  zone: Feature | undefined,
  known: Whereabouts | null,
): Selection {
  const last = alert.evidence.at(-1);
  const rings = zone === undefined ? undefined : ringsOf(zone);
  const outline = (rings ?? []).map((ring) => feature('zone', { type: 'LineString', coordinates: ring }));
  if (last === undefined) {
    const place = placeSelection(known);
    return {
      ...place,
      features: { type: 'FeatureCollection', features: [...outline, ...place.features.features] },
    };
  }
  const fixes: Position[] = alert.evidence.map(({ lon, lat }) => [lon, lat]);
  const error = circle(last.lon, last.lat, last.accuracyM);
  const edge =
    rings !== undefined && isAboutZone(alert.kind) ? nearestOnRings(last.lon, last.lat, rings) : undefined;
  const at: Position = [last.lon, last.lat];
  // Where the person has been since the evidence was taken.
  const [, lon, lat, , atS = 0] = known ?? [];
  const now: Position | undefined =
    lon != null && lat != null && atS * 1000 > last.atMs && isOpen(alert) ? [lon, lat] : undefined;
  return {
    features: {
      type: 'FeatureCollection',
      features: [
        ...outline,
        feature('error', error),
        ...(edge === undefined ? [] : [feature('edge', { type: 'LineString', coordinates: [at, edge] })]),
        ...(now === undefined ? [] : [feature('since', { type: 'LineString', coordinates: [at, now] })]),
        ...(fixes.length < 2 ? [] : [feature('way', { type: 'LineString', coordinates: fixes })]),
        ...fixes.map((coordinates) => feature('fix', { type: 'Point', coordinates })),
      ],
    },
    focus: boundsOf([
      ...fixes,
      ...(error.coordinates[0] ?? []),
      ...(edge === undefined ? [] : [edge]),
      ...(now === undefined ? [] : [now]),
    ]),
    at,
  };
}

/** A subject's last known place with the error of its position to scale. */
export function placeSelection(known: Whereabouts | null): Selection {
  const [, lon, lat, accuracyM = 0] = known ?? [];
  if (lon == null || lat == null) return NOTHING;
  const error = circle(lon, lat, accuracyM);
  return {
    features: {
      type: 'FeatureCollection',
      features: [feature('error', error), feature('place', { type: 'Point', coordinates: [lon, lat] })],
    },
    focus: boundsOf(error.coordinates[0] ?? []),
    at: [lon, lat],
  };
}

/** The way of the last hours; what lies between two fixes far apart in time is a gap, and is drawn as one. */
export function trackFeatures(
  fixes: readonly { readonly at: string; readonly lat: number; readonly lon: number }[],
): Feature[] {
  const ordered = fixes
    .map(({ at, lat, lon }) => ({ atMs: Date.parse(at), lat, lon }))
    .sort((a, b) => a.atMs - b.atMs);
  return partsOf(ordered).map((part) =>
    feature('track', { type: 'LineString', coordinates: part.map(({ lon, lat }) => [lon, lat]) }),
  );
}

export const noSelection = NOTHING;
