/**
 * The whole program over Kafka, all roles in one process or in two, loaded from a process of its own in batches of 500 over HTTP:
 * accepted, recorded and judged a second, beside the bare chain of the same parts; then, at 2,000 a second, the time from the
 * acceptance of a violation to its alert frame on a websocket.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { LIVE_PROTOCOL } from '../../dashboard/protocol.ts';
import { connectDatabase, type Database } from '../../src/adapters/database.ts';
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { createLoad, type Load } from '../../src/demo/load.ts';
import { type Program, startProgram } from '../harness/program.ts';
import { listenerAt, type Watched, watchCpu } from './cpu-seconds.ts';
import { type Figure, figure, kafkaBrokers, percentile } from './figure.ts';
import { type Loaded, loadAt, pause, post, prepare, runLoad, signIn, until } from './loaded-program.ts';

const SUBJECTS = 10_000;
/** Subjects whom the load leaves alone: each violates once. */
const VIOLATORS = 500;
/** Before what is measured, of the ceiling too: compiled code and open connections are what a service has. */
const WARM_UP_S = 3;
const logger = createLogger('error');
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export async function benchPipeline(seconds: number): Promise<Figure[]> {
  const brokers = kafkaBrokers();
  const folder = mkdtempSync(join(tmpdir(), 'wardline-bench-'));
  const server = await startEmbeddedPostgres({ dataDir: folder, logger });
  if (!server.ok) throw new Error(server.error);
  const database = await connectDatabase({ url: server.value.url, logger });
  const servers = [
    listenerAt('PostgreSQL', Number(new URL(server.value.url).port)),
    listenerAt('Kafka', Number(brokers[0]?.split(':').at(-1))),
    process.env.REDIS_URL === undefined
      ? undefined
      : listenerAt('Redis', Number(new URL(process.env.REDIS_URL).port || 6379)),
  ];
  const ceiling = await bareChain(brokers, server.value.url, seconds, servers);
  const env = {
    DATABASE_URL: server.value.url,
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_TOPIC: `bench-${Date.now()}`,
    DEMO: 'off',
    ...(process.env.REDIS_URL === undefined ? {} : { REDIS_URL: process.env.REDIS_URL }),
  };
  const load = createLoad({ seed: 1, subjects: SUBJECTS + VIOLATORS, feed: 'F' });
  const split = process.env.BENCH_SPLIT !== undefined;
  const [main, second] = split
    ? [
        await startProgram({ ...env, ROLES: 'ingest,clock,board,dashboard' }),
        await startProgram({ ...env, ROLES: 'recorder,detector' }),
      ]
    : [await startProgram(env), undefined];
  const figures: Figure[] = [];
  try {
    const token = await prepare(env, folder, load);
    const consumers = second ?? main;
    const where = split ? 'two processes' : 'one process';
    const warmUp = await runLoad(main, token, WARM_UP_S, { subjects: SUBJECTS });
    await reached(consumers, warmUp.accepted);
    const cpu = watchCpu([...[main, second].map(programOf), ...servers]);
    const startedMs = performance.now();
    const loaded = await runLoad(main, token, seconds, { subjects: SUBJECTS });
    const [recordedS, judgedS] = (await reached(consumers, warmUp.accepted + loaded.accepted)).map(
      (ms) => (ms - startedMs) / 1000,
    );
    const sizes = `${loaded.accepted} observations, ${SUBJECTS} subjects, ${where}`;
    figures.push(
      figure(
        'accepted over HTTP',
        loaded.accepted / loaded.seconds,
        'observations/s',
        sizes,
        ceiling.accepted,
      ),
    );
    figures.push(
      figure(
        'recorded, all of them, from the first send',
        loaded.accepted / (recordedS ?? Number.NaN),
        'observations/s',
        sizes,
        ceiling.recorded,
      ),
      figure(
        'judged, all of them, from the first send',
        loaded.accepted / (judgedS ?? Number.NaN),
        'observations/s',
        sizes,
        ceiling.recorded,
      ),
    );
    figures.push(costOf(cpu(), loaded, ceiling.cost));
    figures.push(figure('HTTP answer of a batch, p99', loaded.p99Ms, 'ms', sizes));
    figures.push(...(await latencies(main, database, token, load, seconds)));
  } finally {
    await second?.end('SIGINT');
    await main.end('SIGINT');
    await database.close();
    await server.value.stop();
  }
  return figures;
}

/** When all of `observations` were recorded, and judged. */
function reached(program: Program, observations: number): Promise<number[]> {
  return Promise.all(
    ['wardline_positions_recorded_total', 'wardline_observations_judged_total'].map(async (counter) => {
      while ((await counted(program, counter)) < observations) await pause(50);
      return performance.now();
    }),
  );
}

/** A counter of the program; zero while it has not counted anything. */
async function counted(program: Program, counter: string): Promise<number> {
  const text = await (await fetch(`${program.url}/metrics`)).text();
  return Number(new RegExp(`^${counter} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

async function bareChain(
  brokers: string[],
  databaseUrl: string,
  seconds: number,
  servers: readonly (Watched | undefined)[],
): Promise<{ accepted: number; recorded: number; cost: number }> {
  // kafkajs as it comes sets timers into the past (src/adapters/kafkajs-mended.ts).
  const execArgv = [...process.execArgv, '--disable-warning=TimeoutNegativeWarning'];
  const child = fork(here('./bare-chain.ts'), [brokers.join(','), databaseUrl], { execArgv });
  const [url] = (await once(child, 'message')) as [string];
  const warmUp = await loadAt(url, 'none', WARM_UP_S, { subjects: SUBJECTS });
  while ((await askCount(child)) < warmUp.accepted) await pause(50);
  const cpu = watchCpu([{ name: 'bare chain', pid: child.pid ?? 0 }, ...servers]);
  const startedMs = performance.now();
  const loaded = await loadAt(url, 'none', seconds, { subjects: SUBJECTS });
  while ((await askCount(child)) < warmUp.accepted + loaded.accepted) await pause(50);
  const elapsedS = (performance.now() - startedMs) / 1000;
  const cost = costOf(cpu(), loaded).value;
  child.kill('SIGKILL');
  return { accepted: loaded.accepted / loaded.seconds, recorded: loaded.accepted / elapsedS, cost };
}

function programOf(program: Program | undefined): Watched | undefined {
  const pid = program?.child.pid;
  return pid === undefined ? undefined : { name: 'wardline', pid, byThread: true };
}

/** What a million observations cost, load and servers included: of two cores, 50 s is 40,000 a second with nothing else to do. */
function costOf(seconds: ReadonlyMap<string, number>, loaded: Loaded, ceiling?: number): Figure {
  const each = [...seconds, ['load', loaded.cpuSeconds] as const]
    .map(([name, spent]) => ({ name, cost: (spent / loaded.accepted) * 1e6 }))
    .sort((a, b) => b.cost - a.cost);
  const sizes = each.filter(({ cost }) => cost >= 0.1).map(({ name, cost }) => `${name} ${cost.toFixed(1)}`);
  const total = each.reduce((sum, { cost }) => sum + cost, 0);
  return figure('CPU of all of it', total, 's a million', sizes.join(', '), ceiling);
}

async function askCount(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message') as Promise<[number]>;
  child.send('count');
  return (await answer)[0];
}

/**
 * Violations one by one under a steady 2,000 a second: from the 200 of the deciding fix to the frame with the alert, and to the
 * row in the store. One that never comes fails the run.
 */
async function latencies(
  program: Program,
  database: Database,
  token: string,
  load: Load,
  seconds: number,
): Promise<Figure[]> {
  const cookie = await signIn(program);
  const socket = new WebSocket(`${program.url.replace('http', 'ws')}/api/v1/live`, {
    headers: { cookie, origin: program.url },
  });
  const seen = new Map<string, number>();
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as { type: string; alerts?: { subject: string }[] };
    if (message.type === 'ping') socket.send('{"type":"pong"}');
    for (const alert of message.alerts ?? [])
      if (!seen.has(alert.subject)) seen.set(alert.subject, performance.now());
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'hello', protocol: LIVE_PROTOCOL }));
  await pause(1000);
  const background = runLoad(program, token, seconds, { rate: 2000, batch: 20, subjects: SUBJECTS });
  const shown: number[] = [];
  const sent: number[] = [];
  const stored: number[] = [];
  const violations = Math.min(VIOLATORS, Math.floor(seconds * 5));
  for (let i = 0; i < violations; i++) {
    const subject = load.subjects[SUBJECTS + i] ?? '';
    const [first, second] = load.violation(SUBJECTS + i, Date.now() - 1000);
    await post(program, token, first);
    const sentMs = performance.now();
    await post(program, token, second);
    const acceptedMs = performance.now();
    const [shownMs, storedMs] = await Promise.all([
      until(`alert of ${subject}`, () => Promise.resolve(seen.get(subject))),
      until(`positions of ${subject}`, async () =>
        (await positionsOf(database, subject)) >= 2 ? performance.now() : undefined,
      ),
    ]);
    shown.push(shownMs - acceptedMs);
    sent.push(shownMs - sentMs);
    stored.push(storedMs - acceptedMs);
    await pause(120);
  }
  await background;
  socket.close();
  for (const times of [shown, sent, stored]) times.sort((a, b) => a - b);
  const sizes = `2,000 observations/s in batches of 20, ${violations} violations`;
  return [
    figure('accepted → alert frame, p50', percentile(shown, 0.5), 'ms', sizes),
    figure('accepted → alert frame, p99', percentile(shown, 0.99), 'ms', sizes),
    figure('sent → alert frame, p99', percentile(sent, 0.99), 'ms', sizes),
    figure('accepted → recorded, p50', percentile(stored, 0.5), 'ms', sizes),
    figure('accepted → recorded, p99', percentile(stored, 0.99), 'ms', sizes),
  ];
}

async function positionsOf(database: Database, subject: string): Promise<number> {
  const { rows } = await database.query<{ n: string }>({
    text: 'SELECT count(*) AS n FROM positions WHERE subject = $1',
    values: [subject],
  });
  return Number(rows[0]?.n);
}
