/**
 * `zones.geojson`: a FeatureCollection, `id` or `properties.id` names the zone; Polygon, MultiPolygon, Point with
 * `radiusM`, LineString with `widthM` (RFC 7946, WGS-84, longitude first). Only the form is checked here; whether the
 * shape makes sense (crossing, area, size) is for `geofences` to say.
 */
import {
  collectFaults,
  type Faults,
  isObject,
  type Json,
  join,
  readArray,
  readNumber,
  readObject,
  readOptionalText,
  show,
} from './field.ts';
import { fail, ok, type Refusal, type Result } from './result.ts';
import { type LonLat, ZONE_PURPOSES, type ZoneFeature, type ZoneGeometry } from './roster.ts';
import { isSelfTest } from './self-test.ts';

const ANY_SIZE_M = { min: 1, max: 1_000_000 };

export function decodeZones(json: unknown): Result<ZoneFeature[], Refusal[]> {
  const faults = collectFaults();
  const file = readObject(json, '', faults);
  if (file === undefined) return fail(faults.list);
  if (file.type !== 'FeatureCollection')
    faults.add('unknown-value', 'type', `must be FeatureCollection, not ${show(file.type)}`);
  const zones = readArray(file, 'features', '', faults).map((feature, i) =>
    readZone(feature, `features[${i}]`, faults),
  );
  const seen = new Set<string>();
  zones.forEach((zone, i) => {
    if (seen.has(zone.id)) faults.add('duplicate-id', `features[${i}].id`, `${show(zone.id)} stands twice`);
    seen.add(zone.id);
    if (isSelfTest(zone.id))
      faults.add('unknown-value', `features[${i}].id`, 'the self-test has ids that begin so: choose another');
  });
  return faults.list.length > 0 ? fail(faults.list) : ok(zones);
}

export function decodeZone(json: unknown, where = ''): Result<ZoneFeature, Refusal[]> {
  const faults = collectFaults();
  const zone = readZone(json, where, faults);
  return faults.list.length > 0 ? fail(faults.list) : ok(zone);
}

function readZone(json: unknown, where: string, faults: Faults): ZoneFeature {
  const feature = readObject(json, where, faults) ?? {};
  const properties = isObject(feature.properties) ? feature.properties : {};
  const id = feature.id ?? properties.id;
  if ((typeof id !== 'string' || id === '') && typeof id !== 'number') {
    faults.add('missing-field', join(where, 'id'), 'the zone has no name: give id or properties.id');
  }
  const geometry = readGeometry(feature.geometry, join(where, 'geometry'), faults);
  const size = (key: string) => readNumber(properties, key, ANY_SIZE_M, join(where, 'properties'), faults);
  return {
    id: String(id ?? ''),
    name: readOptionalText(properties, 'name', join(where, 'properties'), faults),
    radiusM: geometry.type === 'Point' ? size('radiusM') : null,
    widthM: geometry.type === 'LineString' ? size('widthM') : null,
    ...readPurpose(properties, where, faults),
    geometry,
  };
}

function readPurpose({ purpose }: Json, where: string, faults: Faults): Pick<ZoneFeature, 'purpose'> {
  if (purpose === undefined || purpose === null) return {};
  const known = ZONE_PURPOSES.find((each) => each === purpose);
  if (known !== undefined) return { purpose: known };
  const wanted = ZONE_PURPOSES.join(', ');
  faults.add(
    'unknown-value',
    join(where, 'properties.purpose'),
    `must be ${wanted} or absent, not ${show(purpose)}`,
  );
  return {};
}

const NOWHERE: ZoneGeometry = { type: 'Polygon', coordinates: [] };

function readGeometry(json: unknown, where: string, faults: Faults): ZoneGeometry {
  const geometry: Json | undefined = readObject(json, where, faults);
  if (geometry === undefined) return NOWHERE;
  const coordinates = geometry.coordinates;
  const at = join(where, 'coordinates');
  switch (geometry.type) {
    case 'Polygon':
      return { type: 'Polygon', coordinates: readList(coordinates, at, faults, readLine) };
    case 'MultiPolygon':
      return {
        type: 'MultiPolygon',
        coordinates: readList(coordinates, at, faults, (item, here) =>
          readList(item, here, faults, readLine),
        ),
      };
    case 'Point':
      return { type: 'Point', coordinates: readLonLat(coordinates, at, faults) };
    case 'LineString':
      return { type: 'LineString', coordinates: readLine(coordinates, at, faults) };
    default:
      faults.add(
        'unknown-value',
        join(where, 'type'),
        `must be Polygon, MultiPolygon, Point or LineString, not ${show(geometry.type)}`,
      );
      return NOWHERE;
  }
}

function readList<T>(
  json: unknown,
  at: string,
  faults: Faults,
  read: (item: unknown, at: string, faults: Faults) => T,
): T[] {
  if (Array.isArray(json)) return json.map((item, i) => read(item, `${at}[${i}]`, faults));
  faults.add('wrong-type', at, `must be an array, not ${show(json)}`);
  return [];
}

function readLine(json: unknown, at: string, faults: Faults): LonLat[] {
  return readList(json, at, faults, readLonLat);
}

function readLonLat(json: unknown, at: string, faults: Faults): LonLat {
  if (Array.isArray(json) && json.length >= 2) {
    const [lon, lat] = json as unknown[];
    if (typeof lon === 'number' && typeof lat === 'number' && Math.abs(lon) <= 360 && Math.abs(lat) <= 90)
      return [lon, lat];
    if (typeof lon === 'number' && typeof lat === 'number') {
      faults.add(
        'bad-coordinates',
        at,
        `must be [longitude, latitude] in degrees, not ${show(json)}: are the two swapped?`,
      );
      return [0, 0];
    }
  }
  faults.add('wrong-type', at, `must be [longitude, latitude], not ${show(json)}`);
  return [0, 0];
}

export function encodeZone(zone: ZoneFeature): Json {
  return {
    type: 'Feature',
    id: zone.id,
    properties: {
      id: zone.id,
      ...(zone.name === null ? {} : { name: zone.name }),
      ...(zone.radiusM === null ? {} : { radiusM: zone.radiusM }),
      ...(zone.widthM === null ? {} : { widthM: zone.widthM }),
      ...(zone.purpose === undefined ? {} : { purpose: zone.purpose }),
    },
    geometry: zone.geometry,
  };
}

export function encodeZones(zones: readonly ZoneFeature[]): Json {
  return { type: 'FeatureCollection', features: zones.map(encodeZone) };
}
