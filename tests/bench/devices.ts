/**
 * JT/T 808 devices connected at once to one process with all roles, each reporting every ten seconds: acknowledgements, losses (what was
 * acknowledged and is not recorded), time to acknowledgement. Ceiling: a bare server that answers each frame at once.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Program, runCommand, startProgram } from '../harness/program.ts';
import { type Figure, figure } from './figure.ts';

const child = fileURLToPath(new URL('./devices-child.ts', import.meta.url));
const DEVICES = Number(process.env.BENCH_DEVICES ?? 10_000);
const EVERY_S = Number(process.env.BENCH_EVERY_S ?? 10);
/** A reply of the length that a general reply has. */
const ANSWER = Buffer.from('7e8001000501390000000000010001020000307e', 'hex');

interface Report {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export async function benchDevices(seconds: number): Promise<Figure[]> {
  const runS = Math.max(seconds, 3 * EVERY_S);
  const bare = createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(ANSWER));
    socket.on('error', () => socket.destroy());
  });
  const barePort = await new Promise<number>((resolve) =>
    bare.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
      const address = bare.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
  const ceiling = await drive(barePort, runS);
  bare.close();

  const folder = mkdtempSync(join(tmpdir(), 'wardline-bench-'));
  const env = { DATA_DIR: join(folder, 'data'), DEMO: 'off' };
  const [roster, zones] = [join(folder, 'roster.json'), join(folder, 'zones.geojson')];
  writeFileSync(roster, JSON.stringify({ subjects: subjects() }));
  writeFileSync(zones, JSON.stringify({ type: 'FeatureCollection', features: [] }));
  const program = await startProgram(env);
  try {
    const loaded = await runCommand(env, ['roster', 'load', '--roster', roster, '--zones', zones]);
    if (loaded.code !== 0) throw new Error(loaded.stderr);
    const measured = await drive(Number(new URL(program.addressOf('jt808')).port), runS);
    const recorded = await recordedOf(program, measured.answered);
    const sizes = `${DEVICES} connections, every ${EVERY_S} s, ${Math.round(runS)} s, devices in a process beside`;
    return [
      figure(
        'reports acknowledged',
        measured.answered / measured.seconds,
        'reports/s',
        sizes,
        ceiling.answered / ceiling.seconds,
      ),
      figure('reports not acknowledged', measured.sent - measured.answered, 'reports', sizes),
      figure('acknowledged and not recorded', Math.max(0, measured.answered - recorded), 'reports', sizes),
      figure('connections lost', measured.lost, 'connections', sizes),
      figure('acknowledgement, median', measured.p50Ms, 'ms', sizes, ceiling.p50Ms),
      figure('acknowledgement, 99 %', measured.p99Ms, 'ms', sizes, ceiling.p99Ms),
      figure('acknowledgement, longest', measured.maxMs, 'ms', sizes, ceiling.maxMs),
    ];
  } finally {
    await program.end('SIGINT');
  }
}

function subjects() {
  return Array.from({ length: DEVICES }, (_, i) => ({
    id: `S${i}`,
    name: `测试人员${i}`,
    office: '445281/office-01',
    devices: [
      {
        id: `D${i}`,
        kind: 'phone',
        feed: null,
        protocol: 'jt808',
        address: String(139_0000_0000 + i),
        intervalS: EVERY_S,
        from: '2026-01-01T00:00:00Z',
        until: null,
      },
    ],
  }));
}

async function drive(port: number, seconds: number): Promise<Report> {
  const args = [child, String(port), String(DEVICES), String(EVERY_S), String(seconds)];
  const run = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of run.stdout) text += String(chunk);
  return JSON.parse(text) as Report;
}

/** The recorder follows the log: waits until it has all, or no more comes. */
async function recordedOf(program: Program, expected: number): Promise<number> {
  let recorded = 0;
  for (let still = 0; still < 5 && recorded < expected; ) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const text = await (await fetch(`${program.url}/metrics`)).text();
    const now = Number(/^wardline_positions_recorded_total (\d+)/m.exec(text)?.[1] ?? 0);
    still = now > recorded ? 0 : still + 1;
    recorded = now;
  }
  return recorded;
}
