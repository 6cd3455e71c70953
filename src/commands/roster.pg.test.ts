import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import { openRosterCache } from '../ingest/roster-cache.ts';
import type { StoreAccess } from '../store-access.ts';
import { runRoster } from './roster.ts';

let own: TestDatabase;
const folder = mkdtempSync(join(tmpdir(), 'wardline-roster-'));
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await own.drop();
});

async function run(...args: string[]): Promise<{ code: number; said: string }> {
  const stderr = new PassThrough();
  const said = text(stderr);
  const access = { database: own.database, stdout: new PassThrough(), stderr } as unknown as StoreAccess;
  const code = await runRoster(args, access);
  stderr.end();
  return { code, said: await said };
}

const path = (name: string) => join(folder, name);
function file(name: string, json: unknown): string {
  writeFileSync(path(name), typeof json === 'string' ? json : JSON.stringify(json));
  return path(name);
}
const ring = (points: readonly (readonly [number, number])[]) => ({
  type: 'FeatureCollection',
  features: [
    { type: 'Feature', id: 'z1', properties: {}, geometry: { type: 'Polygon', coordinates: [points] } },
  ],
});
const SQUARE = ring([
  [116.3, 23.5],
  [116.4, 23.5],
  [116.4, 23.6],
  [116.3, 23.6],
  [116.3, 23.5],
]);
const ROSTER = {
  subjects: [
    {
      id: 'S1',
      name: '测试人员一',
      office: '445281/office-01',
      devices: [{ id: 'D1', kind: 'phone', feed: 'F1', from: '2026-01-01T00:00:00Z' }],
      zones: [{ zone: 'z1', rule: 'stay-in' }],
    },
  ],
  calendar: { '2026-10-01': 'holiday' },
};

const files = (prefix: string) => [
  ...['--roster', path(`${prefix}roster.json`)],
  ...['--zones', path(`${prefix}zones.geojson`)],
  ...['--policy', path(`${prefix}policy.json`)],
];

test('L1 what is saved loads again and changes nothing', async () => {
  file('roster.json', ROSTER);
  file('zones.geojson', SQUARE);
  file('policy.json', { default: { silenceMinS: 60 } });
  expect(await run('load', ...files(''))).toMatchObject({ code: 0 });
  expect((await run('save', ...files('saved-'))).code).toBe(0);
  expect(await run('load', ...files('saved-'))).toEqual({
    code: 0,
    said: expect.stringContaining('0 subjects and 0 zones'),
  });
  await run('save', ...files('again-'));
  for (const name of ['roster.json', 'zones.geojson', 'policy.json'])
    expect(readFileSync(path(`again-${name}`), 'utf8')).toBe(readFileSync(path(`saved-${name}`), 'utf8'));
});

test('L2 every fault is listed with its file and path, and nothing is changed', async () => {
  const roster = file('bad-roster.json', {
    subjects: [{ id: 'S2', grade: 'lenient', devices: [{ id: 'D2' }] }],
  });
  const zones = file('bad-zones.geojson', { type: 'FeatureCollection', features: [{ type: 'Feature' }] });
  const policy = file('bad-policy.json', '{"default":');
  const { code, said } = await run('load', '--roster', roster, '--zones', zones, '--policy', policy);
  expect(code).toBe(2);
  for (const fault of [
    'subjects[0].grade',
    'subjects[0].devices[0].kind',
    'features[0].id',
    'bad-policy.json: ',
  ])
    expect(said).toContain(fault);
  const { rows } = await own.database.query({ text: 'SELECT id FROM subjects', values: [] });
  expect(rows).toEqual([{ id: 'S1' }]);
});

test('L2 a shape that makes no sense and a zone that is not there are faults', async () => {
  const bowTie = ring([
    [116.3, 23.5],
    [116.4, 23.6],
    [116.4, 23.5],
    [116.3, 23.6],
    [116.3, 23.5],
  ]);
  const roster = file('far.json', { subjects: [{ id: 'S3', zones: [{ zone: 'z7', rule: 'stay-in' }] }] });
  const { code, said } = await run('load', '--roster', roster, '--zones', file('bow.geojson', bowTie));
  expect([code, said]).toEqual([2, expect.stringContaining('zone z1')]);
  expect(said).toContain('subjects[0].zones[0].zone');
});

test('L3 load ends when the running intake goes by the new roster', async () => {
  const logger = createLogger('silent');
  const cache = await openRosterCache({ database: own.database, logger });
  try {
    const subjects = [
      {
        ...ROSTER.subjects[0],
        id: 'S9',
        devices: [{ id: 'D9', kind: 'phone', from: '2026-01-01T00:00:00Z' }],
      },
    ];
    const loaded = await run('load', '--roster', file('roster.json', { subjects }));
    expect(loaded).toEqual({ code: 0, said: 'wardline: 1 subjects and 0 zones were new or changed\n' });
    expect(cache.resolve('D9', Date.parse('2026-03-01T00:00:00Z'))).toMatchObject({
      ok: true,
      value: { subject: 'S9' },
    });
  } finally {
    await cache.stop();
  }
});

test('L4 a table is tried, taken and written out again; faults by their cells', async () => {
  await own.database.query({
    text: `INSERT INTO organisations (path, kind, name) VALUES ('445281/office-01', 'justice-office', '测试司法所')`,
    values: [],
  });
  const header = '编号,姓名,司法所,矫正类别,矫正开始日期,矫正结束日期';
  const wrong = path('wrong.csv');
  writeFileSync(wrong, `${header}\nT1,测试人员,测试司法所,劳教,2026-01-10,2028-01-09\n`);
  const refused = await run('import', wrong);
  expect(refused.code).toBe(2);
  expect(refused.said).toContain('wrong.csv D2: must be one of');
  const good = path('good.csv');
  writeFileSync(good, `${header}\nT1,测试人员,测试司法所,缓刑,2026-01-10,2028-01-09\n`);
  expect(await run('import', good, '--dry-run')).toMatchObject({
    code: 0,
    said: expect.stringContaining('would be'),
  });
  expect(await run('import', good, '--reason', 'intake')).toMatchObject({
    code: 0,
    said: expect.stringContaining('1 added'),
  });
  const out = path('out.csv');
  expect(await run('export', out)).toMatchObject({ code: 0 });
  expect(readFileSync(out, 'utf8')).toContain('T1,测试人员,445281/office-01,缓刑,2026-01-10,2028-01-09');
  expect(await run('export', path('out.pdf'))).toMatchObject({ code: 2 });
});
