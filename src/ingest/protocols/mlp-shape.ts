/**
 * The area in which the network saw a phone → a place and the radius around it that covers the area (OMA-TS-MLP-V3_5, 5.3, "shape").
 * Of an arc the place is the mast from which it is measured, and the radius reaches its outer edge; of an ellipse it is the longer
 * half-axis; of anything with several points their middle, and the farthest of them.
 */
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import { metresOf, numberIn, readAngle } from './mlp-values.ts';
import { attributeOf, childOf, textOf, type XmlElement } from './mlp-xml.ts';

export interface MlpPlace {
  /** Name of the shape's element. */
  readonly shape: string;
  /** WGS-84 degrees. */
  readonly lat: number;
  readonly lon: number;
  /** Undefined: the shape is a point, or says none. */
  readonly accuracyM: number | undefined;
  /** Measures of the shape as they are said, in metres and degrees. */
  readonly measures: readonly (readonly [name: string, value: number])[];
}

type Read = Result<MlpPlace, Refusal>;
interface Place {
  readonly lat: number;
  readonly lon: number;
}

/** `where`: path of the element that holds it. */
export function readShape(holder: XmlElement | undefined, where: string): Read {
  const shape = holder?.children[0];
  if (shape === undefined) return refuse('missing-field', where, 'is missing: a position has a shape');
  const path = `${where}.${shape.name}`;
  const srs = srsOf(shape);
  if (srs !== undefined && !/4326|wgs/i.test(srs))
    return refuse(
      'unknown-value',
      `${path}.srsName`,
      'must be EPSG 4326 (WGS-84): ask the operator for coordinates in it',
    );
  const unit = metresOf(textOf(shape, 'distanceUnit'));
  if (unit === undefined)
    return refuse('unknown-value', `${path}.distanceUnit`, 'is no unit of length that we know');
  switch (shape.name) {
    case 'CircularArea':
      // Some gateways write an ellipse's measures into a circle.
      return aroundOne(shape, path, unit, CIRCLE, ['radius', 'semiMajor']);
    case 'CircularArcArea':
      return aroundOne(shape, path, unit, ARC, ['outRadius']);
    case 'EllipticalArea':
      return aroundOne(shape, path, unit, ELLIPSE, ['semiMajor']);
    case 'Point':
      return aroundOne(shape, path, unit, [], []);
    case 'Polygon':
    case 'LinearRing':
    case 'LineString':
    case 'Box':
    case 'MultiPoint':
    case 'MultiLineString':
    case 'MultiPolygon':
    case 'GeometryCollection':
      return aroundMany(shape, path);
    default:
      return refuse('unknown-value', path, 'is no shape of MLP');
  }
}

type Measures = readonly (readonly [element: string, name: string, isLength: boolean])[];
const CIRCLE: Measures = [
  ['radius', 'radius_m', true],
  ['semiMajor', 'semi_major_m', true],
  ['semiMinor', 'semi_minor_m', true],
];
const ARC: Measures = [
  ['inRadius', 'in_radius_m', true],
  ['outRadius', 'out_radius_m', true],
  ['startAngle', 'start_angle_deg', false],
  ['stopAngle', 'stop_angle_deg', false],
];
const ELLIPSE: Measures = [
  ['angle', 'angle_deg', false],
  ['semiMajor', 'semi_major_m', true],
  ['semiMinor', 'semi_minor_m', true],
];

/** `reach`: elements of which the first that is there says how far the area goes. */
function aroundOne(
  shape: XmlElement,
  path: string,
  unit: number,
  named: Measures,
  reach: readonly string[],
): Read {
  const coord = shape.name === 'Point' ? (childOf(shape, 'coord') ?? shape) : childOf(shape, 'coord');
  const place = placeOf(coord, `${path}.coord`);
  if (!place.ok) return place;
  const measures: [string, number][] = [];
  for (const [element, name, isLength] of named) {
    const said = numberIn(textOf(shape, element));
    if (said !== undefined) measures.push([name, rounded(isLength ? said * unit : said)]);
  }
  const outermost = reach.find((element) => textOf(shape, element) !== undefined);
  if (reach.length > 0 && outermost === undefined)
    return refuse('missing-field', `${path}.${reach[0]}`, 'is missing: how far the area goes');
  const said = outermost === undefined ? undefined : numberIn(textOf(shape, outermost));
  if (outermost !== undefined && (said === undefined || said < 0))
    return refuse('out-of-range', `${path}.${outermost}`, 'must be a length, 0 or more');
  const accuracyM = said === undefined ? undefined : rounded(said * unit);
  return ok({ shape: shape.name, ...place.value, accuracyM, measures });
}

const MAX_POINTS = 2000;

function aroundMany(shape: XmlElement, path: string): Read {
  const coords = coordsOf(shape, []);
  if (coords.length === 0) return refuse('missing-field', `${path}.coord`, 'is missing: a shape has points');
  if (coords.length > MAX_POINTS) return refuse('too-large', path, 'has more points than any area');
  const places: Place[] = [];
  for (const coord of coords) {
    const place = placeOf(coord, `${path}.coord`);
    if (!place.ok) return place;
    places.push(place.value);
  }
  const [first, last] = [places[0], places.at(-1)];
  // A ring ends where it began: that corner counts once.
  if (places.length > 1 && first?.lat === last?.lat && first?.lon === last?.lon) places.pop();
  const middle = middleOf(places);
  const accuracyM = Math.max(...places.map((place) => distanceM(middle, place)));
  return ok({ shape: shape.name, ...middle, accuracyM: rounded(accuracyM), measures: [] });
}

/** Holes are no part of where somebody may be, and do not move the middle. */
function coordsOf(element: XmlElement, found: XmlElement[]): XmlElement[] {
  for (const child of element.children) {
    if (child.name === 'coord') found.push(child);
    else if (child.name !== 'innerBoundaryIs') coordsOf(child, found);
  }
  return found;
}

/** Longitudes are taken next to the first one, so that a ring over the date line has its middle there. */
function middleOf(places: readonly Place[]): Place {
  const base = places[0]?.lon ?? 0;
  let lat = 0;
  let lon = 0;
  for (const place of places) {
    lat += place.lat / places.length;
    lon += (place.lon - base - 360 * Math.round((place.lon - base) / 360)) / places.length;
  }
  const turned = base + lon;
  return {
    lat: Math.max(-90, Math.min(90, lat)),
    lon: Math.max(-180, Math.min(180, turned - 360 * Math.round(turned / 360))),
  };
}

const EARTH_M = 6_371_000;

/** Great circle, metres: an area of kilometres, whose accuracy is what it says. */
function distanceM(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const dLat = Math.sin(((b.lat - a.lat) * rad) / 2);
  const dLon = Math.sin(((b.lon - a.lon) * rad) / 2);
  const h = dLat * dLat + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * dLon * dLon;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** X is the latitude in EPSG 4326, unless letters say otherwise. */
function placeOf(coord: XmlElement | undefined, path: string): Result<Place, Refusal> {
  const x = readAngle(textOf(coord, 'X'));
  const y = readAngle(textOf(coord, 'Y'));
  if (x === undefined || y === undefined)
    return refuse(
      'bad-coordinates',
      `${path}.${x === undefined ? 'X' : 'Y'}`,
      'must be degrees, or degrees, minutes and seconds, such as 30 16 28.308N',
    );
  const isTurned = x.axis === 'lon' && y.axis === 'lat';
  if (!isTurned && (x.axis === 'lon' || y.axis === 'lat'))
    return refuse('bad-coordinates', path, 'must have a latitude in X and a longitude in Y');
  const [lat, lon] = isTurned ? [y.degrees, x.degrees] : [x.degrees, y.degrees];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180
    ? ok({ lat, lon })
    : refuse('bad-coordinates', path, 'must lie on the globe: X is the latitude, Y the longitude');
}

function srsOf(element: XmlElement): string | undefined {
  const own = attributeOf(element, 'srsName');
  if (own !== undefined) return own;
  for (const child of element.children) {
    const name = attributeOf(child, 'srsName');
    if (name !== undefined) return name;
  }
  return undefined;
}

/** A millimetre is more than anybody knows of a phone's place. */
function rounded(metres: number): number {
  return Math.round(metres * 1000) / 1000;
}
