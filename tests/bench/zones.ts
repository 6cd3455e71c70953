/**
 * Zone verdicts with signed distance, single thread: random points around counties and provinces, real traces with the safe-distance
 * shortcut, against Turf on large rings; growth with the vertices; heap of many prepared zones. Shapes and traces of `../shared/data`.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { booleanPointInPolygon, point, pointToPolygonDistance } from '@turf/turf';
import { isEnclosed } from '../../geofences/edge-tree.ts';
import { type PreparedZone, prepareZone } from '../../geofences/prepare-zone.ts';
import { createSafeCircle, rememberedDistanceM, signedDistanceM } from '../../geofences/signed-distance.ts';
import type { LonLat, ZoneFeature } from '../../src/kernel/roster.ts';
import { type Figure, figure } from './figure.ts';

const DATA = new URL('../../../shared/data/', import.meta.url);
/** What issue 4 of the plan asks for; where there is no peer to measure against, the ratio is against that. */
const WANTED = { counties: 500_000, provinces: 300_000, traces: 3_000_000 };
const LARGE_RING = 2000;
const MANY_ZONES = 100_000;

const unzip = (path: string) => gunzipSync(readFileSync(new URL(path, DATA))).toString();

interface Area {
  readonly type: 'Feature';
  readonly properties: Record<string, unknown>;
  readonly geometry: Extract<ZoneFeature['geometry'], { type: 'Polygon' | 'MultiPolygon' }>;
}

function readAreas(path: string): Area[] {
  return (JSON.parse(unzip(path)) as { features: Area[] }).features.filter(
    ({ geometry }) => geometry.type === 'Polygon' || geometry.type === 'MultiPolygon',
  );
}

function prepare(areas: readonly Area[]): { area: Area; zone: PreparedZone; box: Box; vertices: number }[] {
  return areas.flatMap((area, i) => {
    const made = prepareZone({
      id: String(i),
      name: null,
      radiusM: null,
      widthM: null,
      geometry: area.geometry,
    });
    // A few published shapes cross themselves; those are refused, as an import would.
    if (!made.ok) return [];
    const points = pointsOf(area);
    return [{ area, zone: made.value, box: boxOf(points), vertices: points.length }];
  });
}

type Box = readonly [west: number, south: number, east: number, north: number];

function pointsOf({ geometry }: Area): LonLat[] {
  return geometry.type === 'Polygon' ? geometry.coordinates.flat() : geometry.coordinates.flat(2);
}

function boxOf(points: readonly LonLat[]): Box {
  let box: [number, number, number, number] = [180, 90, -180, -90];
  for (const [lon, lat] of points)
    box = [Math.min(box[0], lon), Math.min(box[1], lat), Math.max(box[2], lon), Math.max(box[3], lat)];
  return box;
}

/** Deterministic: the same points in each run. */
function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Calls a second of one core's time, by calls in rounds until `seconds` of it are over: what else runs on the machine takes nothing away. */
function rate(seconds: number, round: () => number): number {
  round();
  const started = process.cpuUsage();
  const spentS = () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1e6;
  };
  let calls = 0;
  while (spentS() < seconds) calls += round();
  return calls / spentS();
}

/** What was concluded must be of use to somebody, or it need not be worked out. */
let sink = 0;

export async function benchZones(seconds: number): Promise<Figure[]> {
  const share = Math.max(0.5, seconds / 8);
  const figures: Figure[] = [];
  const dice = createDice(1);
  const within = ([west, south, east, north]: Box): LonLat => [
    west + (east - west) * dice(),
    south + (north - south) * dice(),
  ];
  for (const name of ['counties', 'provinces'] as const) {
    const zones = prepare(readAreas(`boundaries/china_${name}_tianditu.geojson.gz`));
    const asked = Array.from({ length: 20_000 }, () => {
      const picked = zones[Math.floor(dice() * zones.length)];
      if (picked === undefined) throw new Error('no zones');
      return { zone: picked.zone, at: within(picked.box) };
    });
    const each = rate(share, () => {
      for (const { zone, at } of asked) sink += signedDistanceM(zone, at[0], at[1]);
      return asked.length;
    });
    const vertices = zones.map((zone) => zone.vertices).sort((a, b) => a - b);
    const sizes = `${zones.length} shapes of ${vertices[0]}–${vertices.at(-1)} vertices, points in their boxes`;
    figures.push(figure(`verdicts, ${name}`, each, 'verdicts/s', sizes, WANTED[name]));
    if (name === 'provinces') figures.push(...againstTurf(zones, within, share));
  }
  figures.push(...growth(within, share), alongTraces(share), heapOfMany());
  if (Number.isNaN(sink)) throw new Error('a distance is no number');
  return figures;
}

type Prepared = ReturnType<typeof prepare>[number];

/**
 * The first two figures give Turf an advantage: ours is the whole verdict, side and metres, Turf's a side without metres or the
 * metres alone. The third has the same question for both. Points lie in the shape's box, which both look at first, so neither is
 * spared its edges; Turf's features are GeoJSON as read, the same objects each time.
 */
function againstTurf(zones: readonly Prepared[], within: (box: Box) => LonLat, share: number): Figure[] {
  const large = zones.filter(({ vertices }) => vertices >= LARGE_RING).slice(0, 8);
  const asked = large.flatMap((zone) =>
    Array.from({ length: 500 }, () => ({ ...zone, at: within(zone.box) })),
  );
  const ours = rate(share / 2, () => {
    for (const { zone, at } of asked) sink += signedDistanceM(zone, at[0], at[1]);
    return asked.length;
  });
  const inside = rate(share, () => {
    for (const { area, at } of asked) sink += booleanPointInPolygon(point([...at]), area as never) ? 1 : 0;
    return asked.length;
  });
  const side = rate(share / 2, () => {
    for (const { zone, at } of asked)
      sink += zone.shape === 'area' && isEnclosed(zone.tree, at[0], at[1]) ? 1 : 0;
    return asked.length;
  });
  const few = asked.filter((_, i) => i % 500 === 0);
  const distance = rate(share, () => {
    for (const { area, at } of few)
      sink += pointToPolygonDistance(point([...at]), area as never, { units: 'meters' });
    return few.length;
  });
  const sizes = `${large.length} rings of ${LARGE_RING} vertices and more`;
  return [
    figure('signed distance against Turf’s inside test', ours, 'verdicts/s', sizes, inside),
    figure('signed distance against Turf’s distance', ours, 'verdicts/s', sizes, distance),
    figure('inside test alone against Turf’s', side, 'verdicts/s', sizes, inside),
  ];
}

const FEW = 256;
/** The largest ring that issue 4 of the plan names, and one beyond it. */
const MANY = [25_000, 65_536];
/** So few that what they read stays in the processor's cache, and so many that it does not. */
const PLACES = [100, 20_000];

/** One ragged outline drawn with few and with many vertices: how much more a verdict costs, against how much the logarithm grows. */
function growth(within: (box: Box) => LonLat, share: number): Figure[] {
  const costUs = (vertices: number, places: number) => {
    const ring = Array.from({ length: vertices + 1 }, (_, i): LonLat => {
      const angle = ((i % vertices) / vertices) * 2 * Math.PI;
      const far = 1 + 0.2 * Math.sin(9 * angle) + 0.05 * Math.sin(60 * angle);
      return [110 + far * Math.cos(angle), 30 + far * Math.sin(angle)];
    });
    const made = prepareZone({
      id: 'ragged',
      name: null,
      radiusM: null,
      widthM: null,
      geometry: { type: 'Polygon', coordinates: [ring] },
    });
    if (!made.ok) throw new Error(made.error.message);
    const asked = Array.from({ length: places }, () => within(boxOf(ring)));
    const each = rate(share / 2, () => {
      for (const [lon, lat] of asked) sink += signedDistanceM(made.value, lon, lat);
      return asked.length;
    });
    return 1e6 / each;
  };
  return PLACES.flatMap((places) => {
    const fewUs = costUs(FEW, places);
    return MANY.map((many) =>
      figure(
        'growth of the cost of a verdict',
        costUs(many, places) / fewUs,
        '×',
        `${FEW} → ${many} vertices of one outline, ${places} places asked in turns; ceiling: the growth of the logarithm`,
        Math.log(many) / Math.log(FEW),
      ),
    );
  });
}

function alongTraces(share: number): Figure {
  const lines = unzip('traces/mobilitynet_phones.csv.gz').trim().split('\n');
  const header = lines[0]?.split(',') ?? [];
  const [lonAt, latAt] = [header.indexOf('lon'), header.indexOf('lat')];
  const fixes = lines.slice(1).map((line): LonLat => {
    const cells = line.split(',');
    return [Number(cells[lonAt]), Number(cells[latAt])];
  });
  const box = boxOf(fixes);
  // A county of 200 vertices around where they live: deep inside most of the time.
  const ring = Array.from({ length: 201 }, (_, i): LonLat => {
    const angle = ((i % 200) / 200) * 2 * Math.PI;
    const far = 0.25 + 0.03 * Math.sin(7 * angle);
    return [(box[0] + box[2]) / 2 + far * Math.cos(angle), (box[1] + box[3]) / 2 + far * Math.sin(angle)];
  });
  const made = prepareZone({
    id: 'home',
    name: null,
    radiusM: null,
    widthM: null,
    geometry: { type: 'Polygon', coordinates: [ring] },
  });
  if (!made.ok) throw new Error(made.error.message);
  const each = rate(share, () => {
    const circle = createSafeCircle();
    for (const [lon, lat] of fixes) sink += rememberedDistanceM(circle, made.value, lon, lat, 60);
    return fixes.length;
  });
  return figure(
    'along real traces, safe distance remembered',
    each,
    'verdicts/s',
    `${fixes.length} fixes`,
    WANTED.traces,
  );
}

function heapOfMany(): Figure {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const dice = createDice(2);
  gc();
  const before = process.memoryUsage();
  const kept: PreparedZone[] = [];
  for (let n = 0; n < MANY_ZONES; n++) {
    const vertices = 20 + Math.floor(dice() * 180);
    const [lon, lat] = [110 + dice() * 10, 20 + dice() * 10];
    const ring = Array.from({ length: vertices + 1 }, (_, i): LonLat => {
      const angle = ((i % vertices) / vertices) * 2 * Math.PI;
      return [lon + 0.01 * Math.cos(angle), lat + 0.01 * Math.sin(angle)];
    });
    const made = prepareZone({
      id: `z${n}`,
      name: null,
      radiusM: null,
      widthM: null,
      geometry: { type: 'Polygon', coordinates: [ring] },
    });
    if (made.ok) kept.push(made.value);
  }
  gc();
  const after = process.memoryUsage();
  sink += kept.length;
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  return figure(
    'memory of prepared zones',
    bytes / 2 ** 20,
    'MiB',
    `${kept.length} zones of 20–199 vertices`,
    1024,
  );
}
