/** The evidence of an alert as a small drawing to scale: fixes with their error, the zone's edge, how far it is. Pure. */
import type { Feature, Position } from 'geojson';
import type { AlertCard } from '../../protocol.ts';
import { isAboutZone } from '../live/queue-order.ts';
import { METRES_A_DEGREE, metresALonDegree, nearestOnRings, ringsOf } from './geometry.ts';

export interface SketchFix {
  readonly x: number;
  readonly y: number;
  /** Of its error, pixels. */
  readonly r: number;
}
export interface Sketch {
  /** In their order: the last is what the sentence says. */
  readonly fixes: readonly SketchFix[];
  /** The zone as a path; null: it has none to draw. */
  readonly zone: string | null;
  /** From the last fix to the nearest point of the zone's edge. */
  readonly edge: { readonly x: number; readonly y: number } | null;
  readonly bar: { readonly metres: number; readonly pixels: number };
}

/** As close as it gets: below, errors of a few metres would fill the drawing. */
const LEAST_SPAN_M = 60;
const MARGIN_PX = 14;
const BAR_PX = 80;

/** Undefined: no evidence has a place. */
export function sketchOf(
  alert: Pick<AlertCard, 'evidence' | 'kind'>,
  zone: Feature | undefined,
  width: number,
  height: number,
): Sketch | undefined {
  const last = alert.evidence.at(-1);
  if (last === undefined) return undefined;
  const scale = metresALonDegree(last.lat);
  const toMetres = ([lon = 0, lat = 0]: Position): [number, number] => [
    (lon - last.lon) * scale,
    (last.lat - lat) * METRES_A_DEGREE,
  ];
  const rings = zone === undefined ? undefined : ringsOf(zone);
  const nearest =
    rings !== undefined && isAboutZone(alert.kind) ? nearestOnRings(last.lon, last.lat, rings) : undefined;
  const edge = nearest === undefined ? null : toMetres(nearest);
  const fixes = alert.evidence.map(({ lon, lat, accuracyM }) => ({
    at: toMetres([lon, lat]),
    accuracyM,
  }));
  const reach = [
    ...fixes.flatMap(({ at: [x, y], accuracyM }) => [
      [x - accuracyM, y - accuracyM] as const,
      [x + accuracyM, y + accuracyM] as const,
    ]),
    ...(edge === null ? [] : [edge]),
  ];
  const [west, east] = [Math.min(...reach.map(([x]) => x)), Math.max(...reach.map(([x]) => x))];
  const [north, south] = [Math.min(...reach.map(([, y]) => y)), Math.max(...reach.map(([, y]) => y))];
  const pixelsAMetre = Math.min(
    (width - 2 * MARGIN_PX) / Math.max(LEAST_SPAN_M, east - west),
    (height - 2 * MARGIN_PX) / Math.max(LEAST_SPAN_M, south - north),
  );
  const place = ([x, y]: readonly [number, number]) => ({
    x: round(width / 2 + (x - (west + east) / 2) * pixelsAMetre),
    y: round(height / 2 + (y - (north + south) / 2) * pixelsAMetre),
  });
  const metres = niceBelow(BAR_PX / pixelsAMetre);
  return {
    fixes: fixes.map(({ at, accuracyM }) => ({ ...place(at), r: round(accuracyM * pixelsAMetre) })),
    zone:
      rings
        ?.map(
          (ring) =>
            `M${ring
              .map(toMetres)
              .map(place)
              .map(({ x, y }) => `${x} ${y}`)
              .join('L')}Z`,
        )
        .join('') ?? null,
    edge: edge === null ? null : place(edge),
    bar: { metres, pixels: round(metres * pixelsAMetre) },
  };
}

const round = (pixels: number) => Math.round(pixels * 10) / 10;

/** 1, 2 or 5 times a power of ten. */
function niceBelow(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1) * power;
}
