/**
 * 10,000 subjects out of an Excel workbook into the roster, new and again, by the login that serves callers; and a workbook with a fault in
 * each tenth row, all named by their cells. Ceiling of the whole: the half minute that the issue allows; of its parts, what the same rows
 * take without the roster's checks (the bare workbook, the bare insertion).
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import writeExcelFile from 'write-excel-file/node';
import { connectDatabase, connectServiceDatabase, type Database } from '../../src/adapters/database.ts';
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { migrate } from '../../src/adapters/migrate.ts';
import { importSubjects, readSheet } from '../../src/roster/import-subjects.ts';
import { COLUMNS, type ColumnKey } from '../../src/roster/subject-columns.ts';
import { type Figure, figure } from './figure.ts';

const SUBJECTS = 10_000;
const ALLOWED_S = 30;
const OFFICES = 96;
const FAULTY_EVERY = 10;
const BY = { actor: { kind: 'account', name: 'bench', organisation: '4452' }, reason: 'bench' } as const;
const logger = createLogger('error');

export async function benchRoster(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-bench-'));
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: folder, logger });
  if (!server.ok) throw new Error(server.error);
  const { url } = server.value;
  const migrated = await migrate({ url, logger });
  if (!migrated.ok) throw new Error(migrated.error);
  const database = await connectDatabase({ url, logger });
  const requests = await connectServiceDatabase({
    url,
    reach: () => ({ organisation: '4452', minors: true }),
    logger,
    max: 2,
  });
  try {
    return await measure(database, requests);
  } finally {
    await requests.close();
    await database.close();
    await server.value.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(database: Database, requests: Database): Promise<Figure[]> {
  const run = (text: string) => database.query({ text, values: [] });
  await run(`INSERT INTO organisations (path, kind, name)
    SELECT '4452/office-' || lpad(o::text, 2, '0'), 'justice-office', '测试司法所' || o FROM generate_series(0, ${OFFICES - 1}) o`);
  await run(`INSERT INTO feeds (id, name) VALUES ('F1', 'F1')`);
  const good = await workbook(false);
  const faulty = await workbook(true);
  const load = (content: Uint8Array, isTrial = false) =>
    importSubjects(requests, BY, Date.now(), { content, isTrial, mayMinors: true });

  const [readS, sheet] = await timed(() => readSheet(good));
  if (!sheet.ok || sheet.value.rows.length !== SUBJECTS + 1) throw new Error('the workbook was not read');
  const [faultsS, refused] = await timed(() => load(faulty));
  const named = refused.ok ? 0 : refused.error.filter(({ column }) => column !== null).length;
  const [trialS, trial] = await timed(() => load(good, true));
  const [newS, added] = await timed(() => load(good));
  const [againS, again] = await timed(() => load(good));
  if (!trial.ok || !added.ok || added.value.added !== SUBJECTS || !again.ok || again.value.same !== SUBJECTS)
    throw new Error(JSON.stringify([trial, added, again]).slice(0, 500));
  const bareS = await bareInsert(database);
  const sizes = `${SUBJECTS} subjects with a device each, ${COLUMNS.length} columns, ${Math.round(good.length / 1024)} KiB, ${OFFICES} offices`;
  return [
    figure('imported', newS, 's', sizes, ALLOWED_S),
    figure('imported, beside the bare rows into the bare tables', newS, 's', sizes, bareS + readS),
    figure('dry run', trialS, 's', sizes, ALLOWED_S),
    figure('imported again, nothing new', againS, 's', sizes, ALLOWED_S),
    figure('workbook read', readS, 's', sizes),
    figure('refused with every fault listed', faultsS, 's', sizes, ALLOWED_S),
    figure('faults named by their cells', named, 'faults', sizes, SUBJECTS / FAULTY_EVERY),
  ];
}

/** What the same rows cost with nothing checked and nobody told. */
async function bareInsert(database: Database): Promise<number> {
  const run = (text: string) => database.query({ text, values: [] });
  await run('CREATE TABLE bare_subjects AS SELECT id, name, office, grade, profile FROM subjects');
  await run('CREATE TABLE bare_devices AS SELECT id, subject, address, valid_from FROM devices');
  const { rows } = await database.query<{ all: string }>({
    text: 'SELECT jsonb_agg(s)::text AS all FROM bare_subjects s',
    values: [],
  });
  await run('TRUNCATE bare_subjects, bare_devices; ALTER TABLE bare_subjects ADD PRIMARY KEY (id)');
  const [seconds] = await timed(() =>
    database.transaction(async (db) => {
      await db.query({
        text: `INSERT INTO bare_subjects SELECT id, name, office, grade, profile
          FROM jsonb_to_recordset($1::jsonb) AS s (id text, name text, office text, grade text, profile jsonb)`,
        values: [rows[0]?.all],
      });
      await db.query({
        text: `INSERT INTO bare_devices SELECT d.id, s.id, d.id, d."from" FROM bare_subjects s,
          jsonb_to_recordset(s.profile -> 'devices') AS d (id text, "from" timestamptz)`,
        values: [],
      });
    }),
  );
  return seconds;
}

const WRONG: readonly (readonly [ColumnKey, string])[] = [
  ['office', '没有的司法所'],
  ['legalType', '无'],
  ['from', '2026-02-30'],
  ['grade', '甚严'],
  ['feed', 'F9'],
];

function workbook(isFaulty: boolean): Promise<Buffer> {
  const rows = Array.from({ length: SUBJECTS }, (_, i) => {
    const values: Record<ColumnKey, string> = {
      id: `B${i}`,
      name: `测试人员${i}`,
      office: `测试司法所${i % OFFICES}`,
      legalType: ['管制', '缓刑', '假释', '暂予监外执行'][i % 4] ?? '',
      from: '2026-01-10',
      until: '2028-01-09',
      grade: ['严管', '普管', '宽管'][i % 3] ?? '',
      minor: i % 50 === 0 ? '是' : '否',
      categories: '',
      officer: `测试警官${i % 200}`,
      stayIn: '',
      device: `86${String(i).padStart(13, '0')}`,
      deviceKind: i % 5 === 0 ? '电子腕带' : '手机',
      protocol: 'jt808',
      address: '',
      feed: 'F1',
      intervalS: '300',
      deviceFrom: '2026/1/10',
    };
    const [key, wrong] = WRONG[(i / FAULTY_EVERY) % WRONG.length] ?? ['office', ''];
    if (isFaulty && i % FAULTY_EVERY === 0) values[key] = wrong;
    return COLUMNS.map((column) => ({ value: values[column.key], type: String }));
  });
  const data = [COLUMNS.map(({ zh }) => ({ value: zh })), ...rows];
  return writeExcelFile([{ sheet: '名单', data }]).toBuffer();
}

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const startedMs = performance.now();
  const value = await work();
  return [(performance.now() - startedMs) / 1000, value];
}
