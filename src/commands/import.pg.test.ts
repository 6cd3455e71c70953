import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { runImport } from './import.ts';

let own: TestDatabase;
let ingest: TestIngest;
const folder = mkdtempSync(join(tmpdir(), 'wardline-import-'));
beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
  await ingest.enrol([
    subjectWith('S1', { id: 'D1' }),
    {
      ...subjectWith('S2', { id: 'D2' }),
      devices: [
        { id: 'D2', kind: 'phone' },
        { id: 'W2', kind: 'wristband' },
      ],
    },
    subjectWith('S3', { id: 'mn-android-1' }),
  ]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await ingest.close();
  await own.drop();
});

async function imported(...args: string[]): Promise<{ code: number; said: string }> {
  const stderr = new PassThrough();
  const said = text(stderr);
  const code = await runImport(args, { database: own.database, openLog: async () => ingest.log, stderr });
  stderr.end();
  return { code, said: await said };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const onLog = async (subject: string) => (await ingest.lines()).filter((line) => line.subject === subject);
const open = async (device: string) =>
  (await ingest.quarantine.list({ cursor: null, limit: 100, device })).items;

test('I1 the trace CSV: a row that names no device goes to the subject’s only one, received when it was taken', async () => {
  const csv = `subject,ts,lat,lon,accuracy_m,speed,altitude
S1,2026-01-01T00:00:00.000Z,23.52,116.35,14.6,1.5,-3.4
S1,1767225660,23.53,116.36,,-1,

S2,2026-01-01T00:00:00Z,23.5,116.3,10,,
`;
  const { code, said } = await imported(file('a.csv', csv), '--feed', 'F1');
  expect([code, said]).toEqual([2, expect.stringContaining('2 accepted, 1 refused')]);
  const at = '2026-01-01T00:00:00.000Z';
  expect(await onLog('S1')).toEqual([
    {
      type: 'position',
      subject: 'S1',
      device: 'D1',
      at,
      received: at,
      lat: 23.52,
      lon: 116.35,
      accuracyM: 14.6,
      speedMps: 1.5,
      altitudeM: -3.4,
    },
    expect.objectContaining({ at: '2026-01-01T00:01:00.000Z', lat: 23.53 }),
  ]);
});

test('I2 columns in any order, device and receipt time given, gzipped; a bad cell is refused under its name', async () => {
  const csv = `\ufeffLongitude,Latitude,received,AT,battery_pct,device,other
116.1,23.1,2026-01-02T00:00:05Z,2026-01-02T00:00:00Z,80,D1,x
116.1,north,2026-01-02T00:00:05Z,2026-01-02T00:01:00Z,80,D1
"116.1",23.1,2026-01-02T00:02:05Z,2026-01-02T00:02:00Z,80,ghost,x
`;
  const { code, said } = await imported(file('b.csv.gz', gzipSync(csv)), '--feed', 'F1');
  expect([code, said]).toEqual([2, expect.stringContaining('wrong-type 1, unknown-device 1')]);
  expect(await onLog('S1')).toContainEqual(
    expect.objectContaining({
      at: '2026-01-02T00:00:00.000Z',
      received: '2026-01-02T00:00:05.000Z',
      batteryPct: 80,
    }),
  );
  const [bad] = await open('D1');
  expect(bad).toMatchObject({ source: 'file', code: 'wrong-type', field: 'lat', feed: 'F1' });
  expect(JSON.parse(Buffer.from(bad?.raw ?? []).toString())).toMatchObject({
    from: { file: 'b.csv.gz', line: 3 },
  });
});

test('I3 what an import put into quarantine is replayed with its own receipt time when the roster is mended', async () => {
  await ingest.enrol([subjectWith('S7', { id: 'ghost' })]);
  expect(await ingest.quarantine.replay({ device: 'ghost' })).toEqual({ replayed: 1, stillRefused: 0 });
  expect(await onLog('S7')).toMatchObject([{ device: 'ghost', received: '2026-01-02T00:02:05.000Z' }]);
});

test('I4 NDJSON: observations are taken, ticks and profiles passed over, a broken line harms no other', async () => {
  const lines = [
    '{"type":"tick","at":"2026-01-03T00:00:00Z"}',
    '{"type":"status","subject":"S1","device":"D1","at":"2026-01-03T00:00:00Z","status":"sos"}',
    '{"type":',
    '',
    '{"type":"checkin","subject":"S1","terminal":"T1","at":"2026-01-03T00:01:00Z","method":"card"}',
  ];
  const { code, said } = await imported(file('c.ndjson', lines.join('\n')), '--feed', 'F1');
  expect([code, said]).toEqual([
    2,
    expect.stringMatching(/2 accepted, 1 refused.*\n.*1 lines are no observations/),
  ]);
  expect((await onLog('S1')).slice(-2)).toMatchObject([{ status: 'sos' }, { method: 'card' }]);
});

test('I5 GPX: points of tracks and ways, for the named device', async () => {
  const gpx = `<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<gpx><trk><trkseg>
<trkpt lat="23.1" lon="116.1"><ele>12.5</ele><time>2026-01-04T00:00:00Z</time></trkpt>
<trkpt lat="23.2" lon="116.2"><time>2026-01-04T00:01:00Z</time><extensions><g:speed>2</g:speed></extensions></trkpt>
<trkpt lat="23.3" lon="116.3"></trkpt></trkseg></trk></gpx>`;
  const { code, said } = await imported(file('d.gpx', gpx), '--feed', 'F1', '--device', 'D1');
  expect([code, said]).toEqual([2, expect.stringContaining('2 accepted, 1 refused')]);
  expect((await onLog('S1')).slice(-2)).toMatchObject([
    { lat: 23.1, altitudeM: 12.5 },
    { lat: 23.2, speedMps: 2 },
  ]);
});

test('I6 by receipt, rows of several subjects come in the order in which they were received', async () => {
  const csv = `device,at,lat,lon
D1,2026-01-05T00:00:00Z,1,1
D1,2026-01-05T00:02:00Z,1,1
D2,2026-01-05T00:01:00Z,1,1
`;
  const before = (await ingest.lines()).length;
  const appended: string[] = [];
  const log = {
    ...ingest.log,
    append: async (entries: readonly { line: string }[]) =>
      void appended.push(...entries.map(({ line }) => line)),
  };
  const stderr = new PassThrough();
  stderr.resume();
  const args = [file('e.csv', csv), '--feed', 'F1', '--by-receipt'];
  expect(await runImport(args, { database: own.database, openLog: async () => log, stderr })).toBe(0);
  expect(appended.map((line) => (JSON.parse(line) as { at: string }).at.slice(14, 16))).toEqual([
    '00',
    '01',
    '02',
  ]);
  expect(await ingest.lines()).toHaveLength(before);
});

test('I7 received now: the receipt time is that of the import', async () => {
  const csv = 'device,at,lat,lon\nD2,2026-01-06T00:00:00Z,1,1\n';
  const before = Date.now();
  expect((await imported(file('f.csv', csv), '--feed', 'F1', '--as-received-now')).code).toBe(0);
  const [line] = (await onLog('S2')).slice(-1);
  expect(Date.parse(String(line?.received))).toBeGreaterThanOrEqual(before);
});

test.each([
  ['no such file', ['/nowhere/a.csv', '--feed', 'F1']],
  ['no format', [file('x.txt', ''), '--feed', 'F1']],
  ['--feed is missing', [file('y.csv', 'a')]],
  ['none called lat', [file('z.csv', 'subject,ts\n'), '--feed', 'F1']],
  ['is no GPX', [file('z.gpx', '<gpx><trk>'), '--feed', 'F1']],
  ['is no GPX: an attribute', [file('y.gpx', '<gpx hasOwnProperty="1" version="1.1"/>'), '--feed', 'F1']],
  ['incorrect header', [file('z.csv.gz', 'not gzip'), '--feed', 'F1']],
])('I8 %s: said in words, exit code 1', async (words, args) => {
  const { code, said } = await imported(...args);
  expect([code, said]).toEqual([1, expect.stringContaining(words)]);
});

const trace = fileURLToPath(
  new URL('../../../shared/data/traces/mobilitynet_phones.csv.gz', import.meta.url),
);
const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
test.skipIf(!existsSync(trace) && !isForbidden)(
  'I9 the real trace goes in whole: what is not taken is counted (skipped when ../shared/data is not there)',
  async () => {
    const { code, said } = await imported(trace, '--feed', 'F1');
    expect([code, said]).toEqual([2, expect.stringMatching(/\d+ accepted, \d+ refused .*unknown-device/)]);
    const [accepted = 0, refused = 0] = (said.match(/\d+/g) ?? []).map(Number);
    expect(accepted).toBe((await onLog('S3')).length);
    expect(accepted + refused).toBe(92_653);
  },
);
