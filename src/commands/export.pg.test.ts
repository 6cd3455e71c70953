import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIngest, PARTITIONS, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import { partitionOf } from '../kernel/partition.ts';
import { runExport } from './export.ts';

let own: TestDatabase;
let ingest: TestIngest;
const folder = mkdtempSync(join(tmpdir(), 'wardline-export-'));
const SUBJECTS = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'];
const START_MS = Date.UTC(2026, 1, 1);

beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
  await ingest.enrol(SUBJECTS.map((id) => subjectWith(id, { id: `D-${id}` })));
  for (let minute = 0; minute < 5; minute++) {
    await ingest.log.appendToAll(encodeLogEvent({ type: 'tick', atMs: START_MS + minute * 60_000 }));
    const atMs = START_MS + minute * 60_000 + 1000;
    const drafts = SUBJECTS.map((id) => {
      const at = new Date(atMs).toISOString();
      const json = { type: 'position', device: `D-${id}`, at, lat: 23.5, lon: 116.3 };
      return { json: { ok: true, value: json } as const, raw: () => new Uint8Array() };
    });
    await ingest.intake.take(drafts, { source: 'native', feed: null, receivedMs: atMs });
  }
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await ingest.close();
  await own.drop();
});

async function exported(...args: string[]): Promise<{ code: number; lines: string[]; said: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const written = Promise.all([text(stdout), text(stderr)]);
  const code = await runExport(['observations', ...args], {
    database: own.database,
    openLog: async () => ingest.log,
    stdout,
    stderr,
  });
  stdout.end();
  stderr.end();
  const [out, said] = await written;
  return { code, said, lines: out.split('\n').filter((line) => line !== '') };
}

test('E4 all that the log accepted is exported, ticks once, each subject in order', async () => {
  expect(new Set(SUBJECTS.map((id) => partitionOf(id, PARTITIONS))).size).toBeGreaterThan(1);
  const { code, lines } = await exported();
  expect(code).toBe(0);
  const events = lines.map((line) => JSON.parse(line) as { type: string; at: string; subject?: string });
  expect(events.filter(({ type }) => type === 'tick')).toHaveLength(5);
  expect(events.filter(({ type }) => type === 'position')).toHaveLength(30);
  expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort());
});

test('E5 from is inclusive, to exclusive, by receipt time; a subject brings the broadcast lines with it', async () => {
  const window = ['--from', '2026-02-01T00:01:00Z', '--to', '2026-02-01T00:03:00Z'];
  expect((await exported(...window)).lines).toHaveLength(2 + 2 * 6);
  const { lines } = await exported(...window, '--subject', 'S2');
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
    'tick',
    'position',
    'tick',
    'position',
  ]);
});

test('E6 into a file, plain or gzipped, the same lines go', async () => {
  const { lines } = await exported();
  const plain = join(folder, 'a.ndjson');
  await exported('--output', plain);
  await exported('--output', `${plain}.gz`);
  expect(readFileSync(plain, 'utf8').trimEnd().split('\n')).toEqual(lines);
  expect(gunzipSync(readFileSync(`${plain}.gz`)).toString()).toBe(readFileSync(plain, 'utf8'));
});

test.each([
  [['--from', 'yesterday'], 2],
  [['--unknown'], 2],
  [['--output', join(folder, 'no', 'such', 'folder.ndjson')], 1],
])('E7 %j ends with a line that says what is wrong', async (args, code) => {
  const result = await exported(...args);
  expect(result.code).toBe(code);
  expect(result.said).not.toBe('');
});
