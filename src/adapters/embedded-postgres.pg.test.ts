/** Real servers in folders of their own, with fsync on: what is killed here must come back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { type EmbeddedPostgres, readConnection, startEmbeddedPostgres } from './embedded-postgres.ts';
import { createLogger } from './logger.ts';

const childScript = fileURLToPath(new URL('../../tests/harness/embedded-child.ts', import.meta.url));
const logger = createLogger('silent');
const folders: string[] = [];
const running = new Set<EmbeddedPostgres>();
const children = new Set<ChildProcess>();

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  for (const server of running) await server.stop();
  running.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function makeFolder(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-test-'));
  chmodSync(folder, mode);
  folders.push(folder);
  return folder;
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, logger });
  if (!server.ok) throw new Error(server.error);
  running.add(server.value);
  return server.value;
}

async function startChild(dataDir: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [childScript, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  children.add(child);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('failed')) throw new Error(line);
    return { child, url: line };
  }
  throw new Error('the child ended without a word');
}

async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const postmasterPid = (dataDir: string) =>
  Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('E1 what was written is there after a stop and a start; other processes find the server while it runs', async () => {
  const dataDir = makeFolder();
  const first = await start(dataDir);
  await ask(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  expect(readConnection(dataDir)).toBe(first.url);
  await first.stop();
  await first.stop();
  expect(readConnection(dataDir)).toBeUndefined();
  const second = await start(dataDir);
  expect(await ask(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
});

test('E2 it is durable, on loopback only, and asks for a password', async () => {
  const { url } = await start(makeFolder());
  const settings = `SELECT string_agg(setting, ' ' ORDER BY name) AS s FROM pg_settings
                     WHERE name IN ('fsync', 'full_page_writes', 'listen_addresses', 'synchronous_commit')`;
  expect(await ask(url, settings)).toEqual([{ s: 'on on 127.0.0.1 on' }]);
  await expect(ask(url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow('password');
});

test('E3 after a kill -9 of our process the next start takes the folder over with all that was committed', async () => {
  const dataDir = makeFolder();
  const { child, url } = await startChild(dataDir);
  await ask(url, 'CREATE TABLE kept AS SELECT 1 AS one');
  const orphan = postmasterPid(dataDir);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(orphan)).toBe(true);
  const next = await start(dataDir);
  expect(await ask(next.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  expect(postmasterPid(dataDir)).not.toBe(orphan);
});

test('E4 after a kill -9 of the server as well the next start recovers what was committed', async () => {
  const dataDir = makeFolder();
  const { child, url } = await startChild(dataDir);
  await ask(url, 'CREATE TABLE kept AS SELECT 1 AS one');
  process.kill(postmasterPid(dataDir), 'SIGKILL');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await ask((await start(dataDir)).url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
});

test('E5 Ctrl-C in the terminal reaches our process and not the server', async () => {
  const dataDir = makeFolder();
  const { child, url } = await startChild(dataDir);
  if (child.pid === undefined) throw new Error('no child');
  process.kill(-child.pid, 'SIGINT');
  await once(child, 'exit');
  expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await (await start(dataDir)).stop();
});

test('E6 a pid file whose number is another process by now: the start goes on and that process lives', async () => {
  const dataDir = makeFolder();
  await (await start(dataDir)).stop();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.add(bystander);
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  writeFileSync(file, `${bystander.pid}\n${join(dataDir, 'postgres')}\n1\n5432\n\n127.0.0.1\n`);
  writeFileSync(join(dataDir, 'postgres.url'), 'postgres://stale');
  expect(readConnection(dataDir)).toBeUndefined();
  await start(dataDir);
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
});

test('E7 a folder of another major version is refused in one line that says what to do', async () => {
  const dataDir = makeFolder();
  mkdirSync(join(dataDir, 'postgres'));
  writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
  const refused = await startEmbeddedPostgres({ dataDir, logger });
  expect(refused).toMatchObject({
    ok: false,
    error: expect.stringMatching(/PostgreSQL 17 .*DATA_DIR$/),
  });
});

test('E8 a start that was killed while it made the database leaves nothing in the way of the next', async () => {
  const dataDir = makeFolder();
  mkdirSync(join(dataDir, 'postgres.new'));
  writeFileSync(join(dataDir, 'postgres.new', 'PG_VERSION'), '18\n');
  expect(await ask((await start(dataDir)).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('E9 a folder that only we may enter will do', async () => {
  const dataDir = join(makeFolder(0o700), 'data');
  const first = await start(dataDir);
  await ask(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  await first.stop();
  expect(await ask((await start(dataDir)).url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
});
