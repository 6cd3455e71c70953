import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import pg from 'pg';
import { afterEach, expect, inject, test } from 'vitest';
import { createLogger } from './logger.ts';
import { migrate } from './migrate.ts';

const logger = createLogger('silent');
const server = inject('postgresUrl');
const made: string[] = [];
const numbers = readdirSync(new URL('./migrations/', import.meta.url))
  .map((file) => Number.parseInt(file, 10))
  .sort((a, b) => a - b);
const newest = Math.max(...numbers);

afterEach(async () => {
  for (const name of made.splice(0)) await ask(server, `DROP DATABASE ${name} WITH (FORCE)`);
});

async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function emptyDatabase(): Promise<string> {
  const name = `wardline_test_${randomBytes(6).toString('hex')}`;
  await ask(server, `CREATE DATABASE ${name}`);
  made.push(name);
  return server.replace(/\/\w+$/, `/${name}`);
}

const versions = 'SELECT version::int AS version FROM schema_version WHERE version > 0 ORDER BY version';

test('M1 an empty database gets the whole schema; a second run changes nothing', async () => {
  const url = await emptyDatabase();
  expect(await migrate({ url, logger })).toEqual({ ok: true, value: undefined });
  const first = await ask(url, 'SELECT oid::int, relname FROM pg_class ORDER BY oid');
  expect((await ask(url, versions)).at(-1)).toEqual({ version: newest });
  expect(await migrate({ url, logger })).toEqual({ ok: true, value: undefined });
  expect(await ask(url, 'SELECT oid::int, relname FROM pg_class ORDER BY oid')).toEqual(first);
});

test('M2 several processes that migrate at once make one schema', async () => {
  const url = await emptyDatabase();
  const results = await Promise.all([1, 2, 3, 4].map(() => migrate({ url, logger })));
  expect(results.every((result) => result.ok)).toBe(true);
  const found = (await ask(url, versions)).map((row) => row.version);
  expect(found).toEqual(numbers);
});

test('M3 a database of a newer program is refused in one line and left as it is', async () => {
  const url = await emptyDatabase();
  await migrate({ url, logger });
  await ask(url, `INSERT INTO schema_version (version, name) VALUES (${newest + 1}, 'of the future')`);
  const refused = await migrate({ url, logger });
  expect(refused).toMatchObject({ ok: false, error: expect.stringMatching(/newer Wardline.*DATA_DIR/) });
  expect(!refused.ok && refused.error.includes('\n')).toBe(false);
  expect((await ask(url, versions)).at(-1)).toEqual({ version: newest + 1 });
});

test('M4 a migration that fails leaves nothing behind and says what was in the way', async () => {
  const url = await emptyDatabase();
  await ask(url, 'CREATE TABLE subjects (mine int)');
  const refused = await migrate({ url, logger });
  expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('"subjects" already exists') });
  const tables = `SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`;
  expect(await ask(url, tables)).toEqual([{ relname: 'subjects' }]);
});

test('M5 a database that is not there is one line that says what to check', async () => {
  const refused = await migrate({ url: server.replace(/:\d+\//, ':1/'), logger });
  expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('check DATABASE_URL') });
});
