/**
 * Desks on one dashboard process at 2,000 observations a second: how long after the acceptance of a violation its alert is at each desk,
 * and what a changed subject costs on the line. The last client speaks no slower than the first: all are in this process.
 */
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { LIVE_PROTOCOL, type ServerMessage } from '../../dashboard/protocol.ts';
import { createLoad } from '../../src/demo/load.ts';
import { runCommand, startProgram } from '../harness/program.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { pause, post, prepare, runLoad } from './loaded-program.ts';

const SUBJECTS = Number(process.env.BENCH_SUBJECTS ?? 20_000);
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 500);
/** As many connections as the server lets one caller have. */
const A_CALLER = 50;
const COUNTED_OF = 50;
const VIOLATORS = 60;
const PER_SECOND = 2000;
const ARRIVES_WITHIN_MS = 30_000;

interface Desk {
  readonly socket: WebSocket;
  snapshots: number;
  bytes: number;
  changed: number;
  readonly seen: Map<string, number>;
}

export async function benchLive(seconds: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-bench-'));
  const env = { DATA_DIR: join(folder, 'data'), DEMO: 'off' };
  const load = createLoad({ seed: 1, subjects: SUBJECTS + VIOLATORS, feed: 'F' });
  const program = await startProgram(env);
  try {
    const token = await prepare(env, folder, load);
    const desks: Desk[] = [];
    while (desks.length < CLIENTS) {
      const made = await runCommand(env, ['token', 'create', '--role', 'duty-officer']);
      const headers = { authorization: `Bearer ${made.stdout.trim()}` };
      for (let i = 0; i < A_CALLER && desks.length < CLIENTS; i++)
        desks.push(await openDesk(program.url, headers, desks.length % COUNTED_OF === 0));
    }
    const background = runLoad(program, token, seconds, { rate: PER_SECOND, batch: 20, subjects: SUBJECTS });
    await pause(2000);
    const delays: number[] = [];
    /** From the first desk that had an alert to the last: what the dashboard's own sending takes. */
    const spreads: number[] = [];
    let lost = 0;
    for (let i = 0; i < Math.min(VIOLATORS, Math.floor(seconds)); i++) {
      const subject = load.subjects[SUBJECTS + i] ?? '';
      const [first, second] = load.violation(SUBJECTS + i, Date.now() - 1000);
      await post(program, token, first);
      await post(program, token, second);
      const acceptedMs = performance.now();
      while (
        desks.some(({ seen }) => !seen.has(subject)) &&
        performance.now() - acceptedMs < ARRIVES_WITHIN_MS
      )
        await pause(5);
      for (const { seen } of desks) {
        const atMs = seen.get(subject);
        if (atMs === undefined) lost++;
        else delays.push(atMs - acceptedMs);
      }
      const times = desks.flatMap(({ seen }) => seen.get(subject) ?? []);
      spreads.push(Math.max(...times) - Math.min(...times));
      await pause(300);
    }
    await background;
    delays.sort((a, b) => a - b);
    spreads.sort((a, b) => a - b);
    const bytes = desks.reduce((sum, desk) => sum + desk.bytes, 0);
    const changed = desks.reduce((sum, desk) => sum + desk.changed, 0);
    const sizes = `${CLIENTS} desks, ${SUBJECTS} subjects, ${PER_SECOND} observations/s`;
    for (const { socket } of desks) socket.terminate();
    return [
      figure('accepted → alert at a desk, p50', percentile(delays, 0.5), 'ms', sizes),
      figure('accepted → alert at a desk, p99', percentile(delays, 0.99), 'ms', sizes, 1000),
      figure('first desk → last desk, p50', percentile(spreads, 0.5), 'ms', sizes),
      figure('first desk → last desk, worst', spreads.at(-1) ?? Number.NaN, 'ms', sizes),
      figure('alerts that came to no desk within 30 s', lost, 'alerts × desks', sizes),
      figure('a changed subject on the line', bytes / changed, 'bytes', sizes, 40),
      figure('changes at a desk', changed / Math.ceil(CLIENTS / COUNTED_OF) / seconds, 'subjects/s', sizes),
      figure(
        'snapshots after the first',
        desks.reduce((sum, desk) => sum + desk.snapshots - 1, 0),
        'snapshots',
        sizes,
      ),
    ];
  } finally {
    await program.end('SIGINT');
  }
}

async function openDesk(url: string, headers: Record<string, string>, isCounted: boolean): Promise<Desk> {
  // Without compression: the figure is what goes into it.
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`, {
    headers,
    perMessageDeflate: false,
  });
  const desk: Desk = { socket, snapshots: 0, bytes: 0, changed: 0, seen: new Map() };
  socket.on('message', (data: Buffer) => {
    // Five hundred desks in one process: to decode the same patch for each would measure this process. One in fifty is counted.
    const isTold =
      data.includes('"alerts":[{') || data.includes('"type":"snapshot"') || data.includes('"type":"ping"');
    if (!isTold && !isCounted) return;
    const message = JSON.parse(data.toString()) as ServerMessage;
    if (message.type === 'ping') socket.send('{"type":"pong"}');
    if (message.type === 'snapshot') desk.snapshots++;
    if (message.type !== 'patch') return;
    if (message.whereabouts !== undefined && isCounted) {
      desk.bytes += JSON.stringify(message.whereabouts).length;
      desk.changed += message.whereabouts.card.length;
    }
    for (const { subject } of message.alerts ?? [])
      if (!desk.seen.has(subject)) desk.seen.set(subject, performance.now());
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'hello', protocol: LIVE_PROTOCOL }));
  while (desk.snapshots === 0) await pause(5);
  return desk;
}
