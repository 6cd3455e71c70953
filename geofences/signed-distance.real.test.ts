import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LonLat, ZoneGeometry } from '../src/kernel/roster.ts';
import { postgisUrl } from '../tests/harness/postgis.ts';
import { wrap } from './metres.ts';
import { middleOf } from './prepare-zone.ts';
import { pointNear, prepared, ringsOf, type Star, star, tolerance, unit } from './shapes.testing.ts';
import { signedDistanceM } from './signed-distance.ts';

const postgis = await postgisUrl();
const SEED = 20_260_301;

interface Asked {
  readonly geometry: ZoneGeometry;
  readonly sizeM: number | null;
  readonly at: LonLat;
}

describe.skipIf('missing' in postgis)('signed distances against PostGIS geography', () => {
  const client = new pg.Client({ connectionString: 'value' in postgis ? postgis.value : '' });
  beforeAll(async () => {
    await client.connect();
    await client.query('CREATE EXTENSION IF NOT EXISTS postgis');
  });
  afterAll(() => client.end());

  /**
   * Of each the distance on the ellipsoid to the edge, negative inside. The edges of `geography` are geodesics, ours are straight in
   * longitude and latitude (RFC 7946): in pieces of a kilometre both are the same to a few centimetres. Each piece is asked by itself,
   * because PostGIS chooses the nearest of several by a sphere, which near the equator can be wrong by half a per cent.
   */
  async function oracle(asked: readonly Asked[]): Promise<number[]> {
    const { rows } = await client.query<{ m: number }>({
      text: `WITH asked AS (
               SELECT n, ST_GeomFromGeoJSON(item->>'geometry') AS shape, (item->>'sizeM')::float8 AS size_m,
                      ST_SetSRID(ST_MakePoint((item->'at'->>0)::float8, (item->'at'->>1)::float8), 4326)::geography AS at
                 FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS given (item, n)),
             cut AS (
               SELECT *, ST_Segmentize(shape, 0.01) AS fine,
                      ST_Segmentize(CASE ST_Dimension(shape) WHEN 2 THEN ST_Boundary(shape) ELSE shape END, 0.01) AS edge FROM asked),
             near AS (
               SELECT *, CASE ST_Dimension(shape)
                           WHEN 0 THEN ST_Distance(shape::geography, at)
                           ELSE (SELECT min(ST_Distance(geom::geography, at)) FROM ST_DumpSegments(edge))
                         END AS edge_m FROM cut)
             SELECT CASE ST_Dimension(shape)
                      WHEN 0 THEN edge_m - size_m
                      WHEN 1 THEN edge_m - size_m / 2
                      ELSE edge_m * CASE WHEN ST_Distance(fine::geography, at) = 0 THEN -1 ELSE 1 END
                    END AS m
               FROM near ORDER BY n`,
      values: [JSON.stringify(asked)],
    });
    return rows.map(({ m }) => m);
  }

  async function agree(asked: readonly Asked[]): Promise<void> {
    const truth = await oracle(asked);
    const faults = asked.flatMap(({ geometry, sizeM, at }, i) => {
      const trueM = truth[i] ?? Number.NaN;
      const ownM = signedDistanceM(prepared(geometry, sizeM), ...at);
      const fromM = Math.abs(trueM) + (geometry.type === 'Point' ? (sizeM ?? 0) : 0);
      return Math.abs(ownM - trueM) <= tolerance(fromM) ? [] : [{ type: geometry.type, at, trueM, ownM }];
    });
    expect(truth.length).toBe(asked.length);
    expect(faults).toEqual([]);
  }

  const samples = fc.sample(fc.tuple(star, unit, unit), { numRuns: 300, seed: SEED });
  const lineOf = (shape: Star) => ringsOf({ ...shape, hole: false })[0]?.slice(0, -1) ?? [];

  test('Z1 polygons with and without hole, and multipolygons', async () => {
    await agree(
      samples.map(([shape, x, y], i) => {
        const rings = ringsOf(shape);
        const away = ringsOf({ ...shape, lon: shape.lon + 8, hole: false });
        const geometry: ZoneGeometry =
          i % 3 === 0
            ? { type: 'MultiPolygon', coordinates: [rings, away] }
            : { type: 'Polygon', coordinates: rings };
        return { geometry, sizeM: null, at: pointNear(shape, x, y) };
      }),
    );
  });

  test('Z4 circles and corridors', async () => {
    await agree(
      samples.map(([shape, x, y], i): Asked => {
        const at = pointNear(shape, x, y);
        return i % 2 === 0
          ? { geometry: { type: 'Point', coordinates: [shape.lon, shape.lat] }, sizeM: shape.sizeM, at }
          : { geometry: { type: 'LineString', coordinates: lineOf(shape) }, sizeM: 100, at };
      }),
    );
  });

  test('Z3 zones that lie across the antimeridian', async () => {
    await agree(
      samples.map(([shape, x, y]): Asked => {
        const there = { ...shape, lon: 180 };
        const [lon, lat] = pointNear(there, x, y);
        return {
          geometry: { type: 'Polygon', coordinates: ringsOf(there) },
          sizeM: null,
          at: [wrap(lon), lat],
        };
      }),
    );
  });

  test('Z1 the counties of the national map, from points in and around them', async () => {
    const file = readFileSync(
      new URL('../../shared/data/boundaries/china_counties_tianditu.geojson.gz', import.meta.url),
    );
    const { features } = JSON.parse(gunzipSync(file).toString()) as {
      features: { geometry: ZoneGeometry }[];
    };
    const shifts = fc.sample(fc.tuple(unit, unit), { numRuns: 120, seed: SEED });
    await agree(
      shifts.map(([x, y], i): Asked => {
        const geometry = features[(i * 24) % features.length]?.geometry;
        if (geometry === undefined) throw new Error('no counties');
        const { lon, lat } = middleOf(prepared(geometry));
        return { geometry, sizeM: null, at: [lon + (x - 0.5) * 0.6, lat + (y - 0.5) * 0.6] };
      }),
    );
  });
});
