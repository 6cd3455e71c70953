/** A program with a made roster, and what the benchmarks do to it: load at full speed or at a rate, single posts, a signed-in desk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Load } from '../../src/demo/load.ts';
import { encodeRoster } from '../../src/kernel/roster-file.ts';
import { encodeZones } from '../../src/kernel/zone-file.ts';
import { type Program, runCommand } from '../harness/program.ts';

const BATCH = 500;
/** Requests under way at once. */
const IN_FLIGHT = 16;
const PASSWORD = 'test-password';
const child = fileURLToPath(new URL('./load-child.ts', import.meta.url));

export interface Loaded {
  readonly accepted: number;
  readonly seconds: number;
  /** Of the load's own process. */
  readonly cpuSeconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function prepare(
  env: Readonly<Record<string, string>>,
  folder: string,
  load: Load,
): Promise<string> {
  const files = { roster: join(folder, 'roster.json'), zones: join(folder, 'zones.geojson') };
  writeFileSync(files.roster, JSON.stringify(encodeRoster(load.roster)));
  writeFileSync(files.zones, JSON.stringify(encodeZones(load.zones)));
  const loaded = await runCommand(env, ['roster', 'load', '--roster', files.roster, '--zones', files.zones]);
  if (loaded.code !== 0) throw new Error(loaded.stderr);
  const token = (await runCommand(env, ['token', 'create', '--feed', 'F'])).stdout.trim();
  await pause(3000);
  return token;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function runLoad(
  program: Program,
  token: string,
  seconds: number,
  { rate = 0, batch = BATCH, subjects }: { rate?: number; batch?: number; subjects: number },
): Promise<Loaded> {
  return loadAt(`${program.url}/ingest/v1/observations`, token, seconds, { rate, batch, subjects });
}

export async function loadAt(
  url: string,
  token: string,
  seconds: number,
  { rate = 0, batch = BATCH, subjects }: { rate?: number; batch?: number; subjects: number },
): Promise<Loaded> {
  const running = spawn(
    process.execPath,
    [child, url, token, String(subjects), String(batch), String(IN_FLIGHT), String(seconds), String(rate)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  running.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(running, 'close');
  return JSON.parse(text) as Loaded;
}

const WAIT_MS = 30_000;

/** Asks until there is an answer; one that doesn't come is a fault, not a long time. */
export async function until(what: string, ask: () => Promise<number | undefined>): Promise<number> {
  const untilMs = performance.now() + WAIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > untilMs) throw new Error(`${what}: nothing within ${WAIT_MS / 1000} s`);
    await pause(2);
  }
}

export async function post(program: Program, token: string, line: string): Promise<void> {
  const answer = await fetch(`${program.url}/ingest/v1/observations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: line,
  });
  if (answer.status !== 200) throw new Error(`refused with ${answer.status}`);
}

export async function signIn(program: Program): Promise<string> {
  const answer = await fetch(`${program.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: program.url },
    body: JSON.stringify({ login: 'admin', password: PASSWORD }),
  });
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
