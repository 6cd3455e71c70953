/** The ingest ports of the whole program on the embedded database, single pings and batches; ceiling: bare Fastify that parses and answers. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { createLoad } from '../../src/demo/load.ts';
import { encodeRoster } from '../../src/kernel/roster-file.ts';
import { encodeZones } from '../../src/kernel/zone-file.ts';
import { runCommand, startProgram } from '../harness/program.ts';
import { type Figure, figure } from './figure.ts';

const SUBJECTS = 1762;
const TURNS = 4;

export async function benchIngest(seconds: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-bench-'));
  const env = {
    DATA_DIR: join(folder, 'data'),
    DEMO: 'off',
    ...(process.env.KAFKA_BROKERS === undefined
      ? {}
      : { KAFKA_BROKERS: process.env.KAFKA_BROKERS, KAFKA_TOPIC: `bench-${Date.now()}` }),
  };
  const load = createLoad({ seed: 1, subjects: SUBJECTS, feed: 'F' });
  writeFileSync(join(folder, 'roster.json'), JSON.stringify(encodeRoster(load.roster)));
  writeFileSync(join(folder, 'zones.geojson'), JSON.stringify(encodeZones(load.zones)));
  const bare = fastify({ bodyLimit: 16 * 1024 * 1024 });
  bare.removeAllContentTypeParsers();
  bare.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  bare.all('/*', async (asked) => {
    const body = String(asked.body ?? '');
    const lines = body === '' ? 1 : (JSON.parse(`[${body.replaceAll('\n', ',')}]`) as unknown[]).length;
    return { accepted: lines };
  });
  const bareUrl = await bare.listen({ port: 0, host: '127.0.0.1' });
  const program = await startProgram(env);
  try {
    await runCommand(env, [
      'roster',
      'load',
      '--roster',
      join(folder, 'roster.json'),
      '--zones',
      join(folder, 'zones.geojson'),
    ]);
    const token = (await runCommand(env, ['token', 'create', '--feed', 'F'])).stdout.trim();
    const native = `${program.url}/ingest/v1/observations`;
    const query = (i: number) =>
      `/?id=LD${String((i % SUBJECTS) + 1).padStart(6, '0')}&lat=23.5&lon=116.3&timestamp=${Date.now()}&accuracy=12&batt=80`;
    const body = (size: number) => () => ({ path: '', body: load.positions(size, Date.now()).join('\n') });
    const osmand = (i: number) => ({ path: query(i), body: '' });
    const share = seconds / 6;
    const log = process.env.KAFKA_BROKERS === undefined ? 'Postgres log' : 'Kafka';
    const each = async (
      metric: string,
      url: string,
      make: (i: number) => { path: string; body: string },
      size: number,
      inFlight: number,
    ) => {
      const at = (to: string, part: number) => drive(to, token, make, size, inFlight, share * part);
      // What runs first runs code that is not compiled yet, and what others do on the machine changes: both are warmed, and take turns.
      await at(bareUrl, 1 / 6);
      await at(url, 1 / 6);
      let [ceiling, rate] = [0, 0];
      for (let turn = 0; turn < TURNS; turn++) {
        ceiling += (await at(bareUrl, 5 / 6 / TURNS)) / TURNS;
        rate += (await at(url, 5 / 6 / TURNS)) / TURNS;
      }
      return figure(
        metric,
        rate,
        'observations/s',
        `${inFlight} connections, ${log}, load in this process`,
        ceiling,
      );
    };
    return [
      await each('native, single pings', native, body(1), 1, 32),
      await each('native, batches of 500', native, body(500), 500, 8),
      await each('OsmAnd, single pings', program.addressOf('osmand'), osmand, 1, 32),
    ];
  } finally {
    await program.end('SIGINT');
    await bare.close();
  }
}

async function drive(
  url: string,
  token: string,
  make: (i: number) => { path: string; body: string },
  size: number,
  inFlight: number,
  seconds: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  let n = 0;
  let i = 0;
  const startedMs = performance.now();
  const untilMs = startedMs + seconds * 1000;
  const worker = async () => {
    while (performance.now() < untilMs) {
      const { path, body } = make(i++);
      const status = await send(agent, url + path, token, body);
      if (status === 200) n += size;
      else if (status !== 503) throw new Error(`answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  agent.destroy();
  return n / ((performance.now() - startedMs) / 1000);
}

function send(agent: Agent, url: string, token: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-ndjson',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(url, { agent, method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
