// Brings a fresh clone to where it can run, then runs it: installs when node_modules is missing or older than the lock
// file, builds the page when it is stale (--page), and starts the program on the Node 24 that came with the install.
// Plain JavaScript without dependencies, because it runs on whatever Node (20 or newer) the machine has.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const separator = process.argv.indexOf('--');
const own = process.argv.slice(2, separator < 0 ? undefined : separator);
const rest = separator < 0 ? undefined : process.argv.slice(separator + 1);

const say = (text) => process.stderr.write(`wardline: ${text}\n`);
const hashOf = (parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
const readOr = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

install();
if (own.includes('--page')) buildPage();
if (rest !== undefined) run([own.includes('--bench') ? 'tests/bench/main.ts' : 'src/main.ts', ...rest]);

function install() {
  const stamp = join(root, 'node_modules', '.wardline-install');
  const wanted = hashOf([readFileSync(join(root, 'package-lock.json'))]);
  if (readOr(stamp) === wanted) return;
  alone('install', () => {
    if (readOr(stamp) === wanted) return;
    say('installing packages (once; about a minute)');
    // Not `npm ci`: that fails when a registry lacks one of the linter's packages for other platforms. The lock file pins all the same.
    must(
      'npm',
      ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'],
      'npm install failed: see above',
    );
    writeFileSync(stamp, wanted);
  });
}

function buildPage() {
  const stamp = join(root, 'dashboard', 'web', 'dist', '.wardline-build');
  const sources = [
    'dashboard/web',
    'dashboard/protocol.ts',
    'src/kernel',
    'src/legal',
    'geofences',
    'package-lock.json',
  ].flatMap((path) => filesBelow(join(root, path)));
  const wanted = hashOf(sources.flatMap((file) => [relative(root, file), readFileSync(file)]));
  if (readOr(stamp) === wanted) return;
  alone('build', () => {
    if (readOr(stamp) === wanted) return;
    say('building the page');
    must(
      join(bin, 'vite'),
      ['build', '--config', 'dashboard/web/vite.config.ts', '--logLevel', 'warn'],
      'the page did not build: see above',
    );
    writeFileSync(stamp, wanted);
  });
}

function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'dist' && entry.name !== 'node_modules')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => filesBelow(join(path, entry.name)));
}

/** Two commands started at once on a fresh clone must not install into each other. A dead owner's lock is taken over. */
function alone(what, work) {
  mkdirSync(join(root, '.wardline'), { recursive: true });
  const lock = join(root, '.wardline', `${what}.lock`);
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = Number(readOr(lock));
      if (owner > 0 && isAlive(owner)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      else rmSync(lock, { force: true });
    }
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function must(command, args, complaint) {
  // What these print goes to stderr: stdout belongs to the command that follows (replay writes NDJSON there).
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env });
  if (done.status === 0) return;
  say(done.error ? `${complaint} (${done.error.message})` : complaint);
  process.exit(1);
}

function run(args) {
  const child = spawn(
    join(bin, 'node'),
    // kafkajs 2.2.4 asks for a timer in the past, which is harmless and would be told at each start.
    [
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=TimeoutNegativeWarning',
      ...args.map((arg, i) => (i === 0 ? join(root, arg) : arg)),
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    },
  );
  // The child ends by its own orderly stop; this process only waits for it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) =>
    process.exit(signal === null ? code : 128 + (constants.signals[signal] ?? 0)),
  );
}
