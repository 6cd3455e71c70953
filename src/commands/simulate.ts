/**
 * `wardline simulate`: the demo's devices against any address, with the ground truth as NDJSON. With `--write-roster`
 * and `--write-zones` it writes what the server must be given first (`wardline roster load`).
 */
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { startMlpServer } from '../demo/mlp-server.ts';
import { WRISTBAND_FEED } from '../demo/profiles.ts';
import { createDemoRun, type DemoTarget } from '../demo/run.ts';
import { createWorld, DEFAULT_SEED, SUBJECTS, type World } from '../demo/world.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import { encodeRoster } from '../kernel/roster-file.ts';
import { encodeZones } from '../kernel/zone-file.ts';

export const SIMULATE_USAGE = `wardline simulate --native URL --token T --osmand URL [options]
wardline simulate --write-roster FILE --write-zones FILE [--subjects N] [--seed N]

Plays the demo's phones (OsmAnd, OwnTracks, by operator), watches, wristbands (JT/T 808, native ingest) and terminals (iclock) against any address.
  --native URL         where /ingest/v1/observations is, e.g. http://127.0.0.1:8080
  --token T            bearer token of the feed ${WRISTBAND_FEED}
  --osmand URL         e.g. http://127.0.0.1:5055
  --jt808 URL          e.g. tcp://127.0.0.1:5015 (default: the host of --native; none: not played)
  --watch URL          e.g. tcp://127.0.0.1:5093 (default: the host of --native; none: not played)
  --mqtt URL           e.g. mqtt://127.0.0.1:1883: phones with OwnTracks speak by this broker (default: by HTTP, to --native)
  --iclock URL         e.g. http://127.0.0.1:8081; without it the offices' terminals are not played, and nobody checks in
  --mlp-port N         be the operator's location server on this port: start Wardline with MLP_URL=http://<here>:N/
  --subjects N         how many people (default ${SUBJECTS})
  --seed N             another seed is another city (default ${DEFAULT_SEED})
  --speed X            the world runs X times faster, from the past up to now; needs --duration
  --duration S         stop after S seconds (default: until interrupted)
  --truth FILE         write the ground truth as NDJSON, one violation a line; - for stdout
  --write-roster FILE  write roster.json for these people
  --write-zones FILE   write zones.geojson for them
`;

export interface CommandIo {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal?: AbortSignal;
}

/** Those that Wardline has by itself. */
const [JT808_PORT, WATCH_PORT] = [5015, 5093];

interface Settings {
  readonly target: DemoTarget | null;
  readonly mlpPort: number | null;
  readonly subjects: number;
  readonly seed: number;
  readonly speed: number;
  readonly durationS: number | null;
  readonly truth: string | null;
  readonly writeRoster: string | null;
  readonly writeZones: string | null;
}

/** Answers the exit code: 0 done, 1 the server refused what was sent or was not there, 2 wrong arguments. */
export async function runSimulate(argv: readonly string[], io: CommandIo): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.stdout.write(SIMULATE_USAGE);
    return 0;
  }
  const settings = parseSettings(argv);
  if (!settings.ok) {
    io.stderr.write(`wardline simulate: ${settings.error.join('\n                  ')}\n\n${SIMULATE_USAGE}`);
    return 2;
  }
  const { seed, subjects, writeRoster, writeZones } = settings.value;
  const world = createWorld({ seed, subjects, nowMs: Date.now() });
  if (writeRoster !== null) await writeFile(writeRoster, `${JSON.stringify(encodeRoster(world.roster))}\n`);
  if (writeZones !== null) await writeFile(writeZones, `${JSON.stringify(encodeZones(world.zones))}\n`);
  return settings.value.target === null ? 0 : play(world, settings.value, settings.value.target, io);
}

async function play(
  world: World,
  { speed, durationS, truth, mlpPort }: Settings,
  target: NonNullable<Settings['target']>,
  io: CommandIo,
): Promise<number> {
  const file = truth === null || truth === '-' ? null : createWriteStream(truth);
  const truthTo = truth === '-' ? io.stdout : file;
  let firstRefusal: string | undefined;
  const run = createDemoRun({
    world,
    target,
    clock: Date.now,
    speed,
    // So that the world's time is the clock's when the run ends.
    originMs: Date.now() - (speed - 1) * 1000 * (durationS ?? 0),
    ...(truthTo === null ? {} : { truth: truthTo }),
    onRefused: (status, body) => {
      firstRefusal ??= `${status} ${body.slice(0, 400)}`;
    },
  });
  const operator =
    mlpPort === null ? null : await startMlpServer({ host: '0.0.0.0', port: mlpPort, wordOf: run.wordOf });
  const report = setInterval(() => io.stderr.write(`${JSON.stringify(run.counts())}\n`), 10_000);
  run.start();
  await pause(durationS, io.signal);
  clearInterval(report);
  const counts = run.counts();
  await run.stop();
  await operator?.stop();
  if (file !== null) {
    file.end();
    await finished(file);
  }
  io.stderr.write(`${JSON.stringify(counts)}\n`);
  if (counts.accepted === 0 && counts.retried > 0) {
    io.stderr.write(
      `nothing arrived: is Wardline at ${target.nativeUrl} and ${target.osmandUrl}, and ready?\n`,
    );
    return 1;
  }
  if (firstRefusal === undefined) return 0;
  io.stderr.write(
    `${counts.refused} refused, the first: ${firstRefusal}\nDoes the server have these people? See --write-roster.\n`,
  );
  return 1;
}

/** Until the time is over or the signal says so; without either until SIGINT or SIGTERM. */
function pause(durationS: number | null, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      process.off('SIGINT', done);
      process.off('SIGTERM', done);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = durationS === null ? undefined : setTimeout(done, durationS * 1000);
    process.once('SIGINT', done);
    process.once('SIGTERM', done);
    if (signal?.aborted === true) done();
    else signal?.addEventListener('abort', done);
  });
}

function parseSettings(argv: readonly string[]): Result<Settings, string[]> {
  const text = { type: 'string' } as const;
  let values: Record<string, string | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        native: text,
        token: text,
        osmand: text,
        iclock: text,
        jt808: text,
        watch: text,
        mqtt: text,
        'mlp-port': text,
        subjects: text,
        seed: text,
        speed: text,
        duration: text,
        truth: text,
        'write-roster': text,
        'write-zones': text,
      },
    }));
  } catch (error) {
    // parseArgs throws on an unknown or malformed flag, with a sentence that names it.
    return fail([error instanceof Error ? error.message : String(error)]);
  }
  const faults: string[] = [];
  const number = (key: string, low: number, high: number): number | null => {
    const given = values[key];
    if (given === undefined) return null;
    const value = Number(given);
    if (given.trim() === '' || !(value >= low && value <= high))
      faults.push(`--${key} must be a number from ${low} to ${high}, not ${JSON.stringify(given)}`);
    return value;
  };
  const url = (key: string): string => {
    const given = values[key] ?? '';
    if (!URL.canParse(given) || !/^https?:/.test(given))
      faults.push(`--${key} must be a URL such as http://127.0.0.1:8080, not ${JSON.stringify(given)}`);
    return given;
  };
  const tcpUrl = (key: string, host: string, port: number): string | null => {
    const given = values[key];
    if (given === undefined) return host === '' ? null : `tcp://${host}:${port}`;
    if (given === 'none') return null;
    if (!URL.canParse(given) || !/^tcp:\/\/[^/]+:\d+\/?$/.test(given))
      faults.push(
        `--${key} must be a URL such as tcp://127.0.0.1:${port}, or none, not ${JSON.stringify(given)}`,
      );
    return given;
  };
  const mqttUrl = values.mqtt;
  if (mqttUrl !== undefined && !(URL.canParse(mqttUrl) && /^(mqtt|ws)s?:\/\//.test(mqttUrl)))
    faults.push(`--mqtt must be a URL such as mqtt://127.0.0.1:1883, not ${JSON.stringify(mqttUrl)}`);
  const mlpPort = number('mlp-port', 0, 65_535);
  const subjects = number('subjects', 1, 9999) ?? SUBJECTS;
  const seed = number('seed', 0, 2 ** 31 - 1) ?? DEFAULT_SEED;
  const speed = number('speed', 0.01, 1000) ?? 1;
  const durationS = number('duration', 1, 10_000_000);
  if (speed > 1 && durationS === null)
    faults.push(
      '--speed above 1 needs --duration: the world begins in the past, because no server believes the future',
    );
  const onlyWrites =
    values.native === undefined &&
    values.osmand === undefined &&
    (values['write-roster'] !== undefined || values['write-zones'] !== undefined);
  let target: Settings['target'] = null;
  if (!onlyWrites) {
    const nativeUrl = url('native');
    const host = URL.canParse(nativeUrl) ? new URL(nativeUrl).hostname : '';
    target = {
      nativeUrl,
      token: values.token ?? '',
      osmandUrl: url('osmand'),
      jt808Url: tcpUrl('jt808', host, JT808_PORT),
      watchUrl: tcpUrl('watch', host, WATCH_PORT),
      ...(values.iclock === undefined ? {} : { iclockUrl: url('iclock') }),
      ...(mqttUrl === undefined ? {} : { mqttUrl }),
    };
    if (target.token === '') faults.push('--token is missing: wardline token create makes one');
  }
  if (!Number.isInteger(subjects)) faults.push('--subjects must be a whole number');
  if (!Number.isInteger(seed)) faults.push('--seed must be a whole number');
  if (faults.length > 0) return fail(faults);
  return ok({
    target,
    mlpPort,
    subjects,
    seed,
    speed,
    durationS,
    truth: values.truth ?? null,
    writeRoster: values['write-roster'] ?? null,
    writeZones: values['write-zones'] ?? null,
  });
}
