/** What can be in the way of a start is told in one line that says what to do, with exit code 1; nothing is left running. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../harness/postgres.ts';
import { runCommand, startProgram } from '../harness/program.ts';

const newDataDir = () => join(mkdtempSync(join(tmpdir(), 'wardline-start-')), 'data');

async function refused(env: Readonly<Record<string, string>>): Promise<string> {
  const { code, stderr } = await runCommand(env, ['start', '--no-demo']);
  expect(code).toBe(1);
  const lines = stderr.trim().split('\n');
  expect(lines, stderr).toHaveLength(1);
  return lines[0] ?? '';
}

test('B1 a port in use', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const own = await createTestDatabase();
  try {
    expect(await refused({ DATABASE_URL: own.url, PORT: String(port) })).toMatch(
      new RegExp(`^wardline: port ${port} is in use: .*set PORT`),
    );
    expect(await refused({ DATABASE_URL: own.url, OSMAND_PORT: String(port) })).toMatch(/set OSMAND_PORT/);
    expect(await refused({ DATABASE_URL: own.url, JT808_PORT: String(port) })).toMatch(/set JT808_PORT/);
  } finally {
    taken.close();
    await own.drop();
  }
});

test('B2 a data folder of another PostgreSQL', async () => {
  const dataDir = newDataDir();
  mkdirSync(join(dataDir, 'postgres'), { recursive: true });
  writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '99\n');
  expect(await refused({ DATA_DIR: dataDir })).toMatch(/99/);
});

test('B3 a database of a newer program', async () => {
  const own = await createTestDatabase();
  try {
    await own.database.query({
      text: 'INSERT INTO schema_version (version) VALUES (9999)',
      values: [],
    });
    expect(await refused({ DATABASE_URL: own.url })).toMatch(/newer/);
  } finally {
    await own.drop();
  }
});

test('B4 a database and a broker that nobody answers at', async () => {
  expect(await refused({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })).toMatch(/DATABASE_URL/);
  const own = await createTestDatabase();
  try {
    expect(await refused({ DATABASE_URL: own.url, KAFKA_BROKERS: '127.0.0.1:1' })).toMatch(/KAFKA_BROKERS/);
    expect(await refused({ DATABASE_URL: own.url, REDIS_URL: 'redis://127.0.0.1:1' })).toMatch(/REDIS_URL/);
  } finally {
    await own.drop();
  }
});

test('B5 a data folder that another Wardline works in', async () => {
  const env = { DATA_DIR: newDataDir() };
  const program = await startProgram(env);
  try {
    expect(await refused(env)).toMatch(/DATA_DIR|in use/);
  } finally {
    await program.end('SIGINT');
  }
});

test('B6 every fault of the settings at once', async () => {
  const { code, stderr } = await runCommand({ PORT: 'x', PARTITIONS: '0', LOG_LEVEL: 'loud' }, ['start']);
  expect(code).toBe(1);
  for (const name of ['PORT', 'PARTITIONS', 'LOG_LEVEL']) expect(stderr).toContain(name);
});

test('B7 a database that has worked with another log', async () => {
  const own = await createTestDatabase();
  try {
    await own.database.query({
      text: `INSERT INTO roster_documents (name, document) VALUES ('log', '{"identity": "topic x of the Kafka cluster y"}')`,
      values: [],
    });
    expect(await refused({ DATABASE_URL: own.url })).toMatch(
      /another log \(topic x of the Kafka cluster y\)/,
    );
  } finally {
    await own.drop();
  }
});
