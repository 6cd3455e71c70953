import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeZones } from '../kernel/zone-file.ts';
import { runZonesCheck } from './zones.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zones-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const feature = (id: string, ring: number[][]) => ({
  type: 'Feature',
  id,
  properties: {},
  geometry: { type: 'Polygon', coordinates: [ring] },
});
const OPEN = [
  [116, 23],
  [117, 23],
  [117, 24],
];
const BOW = [
  [116, 23],
  [117, 24],
  [117, 23],
  [116, 24],
  [116, 23],
];
const GOOD = [...OPEN, [116, 23]];

function file(name: string, features: readonly unknown[]): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }));
  return path;
}

async function run(...argv: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runZonesCheck(argv, { stdout, stderr });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

test('Z1 what can not be judged, with the place, and the repair; the file stays as it is', async () => {
  const path = file('bad.geojson', [feature('open', OPEN), feature('bow', BOW), feature('good', GOOD)]);
  const before = readFileSync(path, 'utf8');
  const repaired = join(folder, 'mended.geojson');
  const { code, out, err } = await run('--zones', path, '--repaired', repaired);
  expect(code).toBe(1);
  expect(out.split('\n')).toEqual([
    'open refused geometry.coordinates[0]: a ring needs four points or more, the last like the first',
    'open repair  closed: geometry.coordinates[0] is closed: its first point is repeated at the end',
    expect.stringMatching(/^bow refused geometry\.coordinates\[0\]: the ring crosses itself near 116\.5/),
    '',
  ]);
  expect(err).toContain('3 zones: 2 can’t be judged, for 1 a repair is offered');
  expect(readFileSync(path, 'utf8')).toBe(before);
  const written = decodeZones(JSON.parse(readFileSync(repaired, 'utf8')));
  expect(written.ok && written.value.map(({ id }) => id)).toEqual(['open', 'bow', 'good']);
  expect(written.ok && written.value[0]?.geometry.coordinates).toEqual([GOOD]);
});

test('Z1 good shapes: exit code 0, nothing written unless asked for; faults of the call: 2', async () => {
  const path = file('good.geojson', [feature('good', GOOD)]);
  expect(await run('--zones', path)).toMatchObject({ code: 0, out: '' });
  expect(existsSync(join(folder, 'undefined'))).toBe(false);
  expect((await run()).err).toContain('--zones is missing');
  expect((await run('--zones', join(folder, 'none'))).code).toBe(2);
  const swapped = file('swapped.geojson', [
    feature(
      'x',
      GOOD.map(([lon = 0, lat = 0]) => [lat, lon]),
    ),
  ]);
  expect(await run('--zones', swapped)).toMatchObject({ code: 2, err: expect.stringContaining('swapped') });
});
