import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { decodeObservation } from '../kernel/log-line.ts';
import { type Counts, createHttpSender, createPhone, createPlatform } from './devices.ts';
import type { Fix } from './fixes.ts';
import { incidentsBetween } from './incidents.ts';
import { createDemoRun } from './run.ts';
import { osmandQuery, positionLine, statusLine, traccarJson } from './wire.ts';
import { createWorld, type DemoDevice } from './world.ts';

const device: DemoDevice = {
  number: 1,
  id: 'P0001',
  address: '900001',
  kind: 'phone',
  intervalS: 60,
  phaseMs: 0,
  distanceM: 0,
  reception: 0,
  speaks: 'osmand',
  speaksJson: false,
};
const fix: Fix = {
  atMs: Date.UTC(2026, 2, 1, 0, 0, 0, 600),
  lat: 23.52,
  lon: 116.35,
  accuracyM: 15,
  speedMps: 5.144444,
  headingDeg: 90,
  altitudeM: 12,
  batteryPct: 29,
  charging: false,
  moving: true,
  method: 'gnss',
};

interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(answer: (request: Received, response: ServerResponse) => void, port = 0) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const one = { url: request.url ?? '', headers: request.headers, body };
      received.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  closers.push(close);
  const { port: bound } = server.address() as AddressInfo;
  return { received, close, port: bound, url: `http://127.0.0.1:${bound}` };
}

function phoneAgainst(url: string) {
  const counts: Counts = { accepted: 0, refused: 0, retried: 0, overflowed: 0 };
  const refusals: number[] = [];
  const sender = createHttpSender();
  closers.push(() => sender.close());
  let nowMs = 0;
  const phone = createPhone({
    sender,
    base: new URL(url),
    counts,
    clock: () => nowMs,
    key: 1,
    onRefused: (status) => refusals.push(status),
  });
  return {
    phone,
    counts,
    refusals,
    advance: (ms: number) => {
      nowMs += ms;
      phone.drain(nowMs);
    },
  };
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const numbered = (n: number) => osmandQuery(device, { ...fix, atMs: n * 1000 });
const numbersOf = (received: readonly Received[]) =>
  received.map(({ url }) => Number(new URLSearchParams(url.split('?')[1]).get('timestamp')));

describe('wire', () => {
  test('V1 the query form has seconds, knots and percent', () => {
    const query = new URL(osmandQuery(device, fix).path, 'http://localhost').searchParams;
    expect(Object.fromEntries(query)).toEqual({
      id: '900001',
      timestamp: '1772323200',
      lat: '23.52',
      lon: '116.35',
      speed: '10.000',
      bearing: '90',
      altitude: '12',
      accuracy: '15',
      batt: '29',
    });
  });

  test('V1 the JSON form has ISO time, metres a second, a share, and −1 for unknown', () => {
    const moving = JSON.parse(traccarJson(device, fix).body);
    expect(moving).toMatchObject({
      device_id: '900001',
      location: {
        timestamp: '2026-03-01T00:00:00.600Z',
        coords: { latitude: 23.52, longitude: 116.35, accuracy: 15, speed: 5.144444, heading: 90 },
        battery: { level: 0.29 },
        activity: { type: 'on_bicycle' },
      },
    });
    const still = JSON.parse(traccarJson(device, { ...fix, moving: false }).body);
    expect(still.location.coords).toMatchObject({ speed: -1, heading: -1 });
  });

  test('V1 native lines are what the contract decodes', () => {
    expect(decodeObservation(JSON.parse(positionLine('S1', device, fix)))).toMatchObject({
      ok: true,
      value: { subject: 'S1', device: 'P0001', lat: 23.52, speedMps: 5.144444, batteryPct: 29 },
    });
    expect(decodeObservation(JSON.parse(statusLine('S1', device, 'power-off', fix.atMs)))).toMatchObject({
      ok: true,
      value: { type: 'status', status: 'power-off', atMs: fix.atMs },
    });
  });
});

describe('store and forward', () => {
  test('V2 a phone keeps what the server cannot take and sends it later, in order, once', async () => {
    let isBusy = true;
    const server = await listen((_, response) => {
      response.writeHead(isBusy ? 503 : 200, { 'retry-after': '2' }).end();
    });
    const { phone, counts, advance } = phoneAgainst(server.url);
    for (const n of [1, 2, 3]) phone.keep(numbered(n));
    advance(0);
    await until(() => counts.retried === 1);
    advance(1000);
    expect(phone.stored).toBe(3);
    isBusy = false;
    advance(10_000);
    await until(() => phone.stored === 0);
    expect(numbersOf(server.received)).toEqual([1, 1, 2, 3]);
    expect(counts).toMatchObject({ accepted: 3, retried: 1, refused: 0 });
  });

  test('V2 a phone waits while nobody listens', async () => {
    const gone = await listen((_, response) => response.end());
    gone.close();
    const { phone, counts, advance } = phoneAgainst(gone.url);
    phone.keep(numbered(1));
    advance(0);
    await until(() => counts.retried === 1);
    expect(phone.stored).toBe(1);
    const back = await listen((_, response) => response.end(), gone.port);
    advance(60_000);
    await until(() => phone.stored === 0);
    expect(numbersOf(back.received)).toEqual([1]);
  });

  test('V2 the platform sends an unaccepted batch again, whole and with what came since', async () => {
    let isBusy = true;
    const server = await listen((_, response) => {
      response.writeHead(isBusy ? 503 : 200).end('{"accepted":2,"refused":[]}');
    });
    const counts: Counts = { accepted: 0, refused: 0, retried: 0, overflowed: 0 };
    const sender = createHttpSender();
    closers.push(() => sender.close());
    const platform = createPlatform({
      sender,
      base: new URL(server.url),
      token: 'secret',
      counts,
      clock: () => 0,
      onRefused: () => {},
    });
    platform.keep('a');
    platform.drain(0);
    await until(() => counts.retried === 1);
    isBusy = false;
    platform.keep('b');
    platform.drain(60_000);
    await until(() => platform.stored === 0);
    expect(server.received.map(({ body }) => body)).toEqual(['a\n', 'a\nb\n']);
    expect(server.received[0]).toMatchObject({
      url: '/ingest/v1/observations',
      headers: { authorization: 'Bearer secret', 'content-type': 'application/x-ndjson' },
    });
  });

  test('V3 what is refused for good is dropped, counted, reported, and blocks nothing', async () => {
    const server = await listen(({ url }, response) => {
      response.writeHead(url.includes('timestamp=1&') ? 400 : 200).end('why');
    });
    const { phone, counts, refusals, advance } = phoneAgainst(server.url);
    phone.keep(numbered(1));
    phone.keep(numbered(2));
    advance(0);
    await until(() => phone.stored === 0);
    expect(counts).toMatchObject({ accepted: 1, refused: 1 });
    expect(refusals).toEqual([400]);
  });

  test('V4 a full store gives up its oldest and counts it', () => {
    const { phone, counts } = phoneAgainst('http://127.0.0.1:1');
    for (let n = 0; n < 520; n++) phone.keep(numbered(n));
    expect(phone.stored).toBe(500);
    expect(counts.overflowed).toBe(20);
  });
});

describe('run', () => {
  test('V5 V6 T6 devices speak three forms, the switched-off say so and go quiet, the truth stands once', async () => {
    const seed = 9;
    const world = createWorld({ seed, nowMs: Date.UTC(2026, 10, 23, 2), subjects: 120 });
    const server = await listen((_, response) => response.end('{"accepted":1,"refused":[]}'));
    const truth = new PassThrough();
    let told = '';
    truth.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    const originMs = Date.UTC(2026, 10, 23, 2);
    const aheadMs = 3_600_000;
    let nowMs = originMs;
    const run = createDemoRun({
      world,
      target: { nativeUrl: server.url, token: 't', osmandUrl: server.url, jt808Url: null, watchUrl: null },
      clock: () => nowMs,
      truth,
    });
    run.start();
    for (let k = 0; k < 12; k++) {
      nowMs += aheadMs / 12;
      await new Promise((resolve) => setTimeout(resolve, 260));
    }
    const expected = incidentsBetween(world, originMs - 8 * 3_600_000, nowMs)
      .filter(({ endedAtMs }) => endedAtMs > originMs)
      .map((incident) => incident.truth);
    await until(() => told.trim().split('\n').length > expected.length && run.counts().stored < 20);
    await run.stop();
    const counts = run.counts();
    expect(counts.refused).toBe(0);
    expect(counts.accepted).toBeGreaterThan(120 * 10);

    const json = server.received.filter(({ headers }) => headers['content-type'] === 'application/json');
    const query = server.received.filter(({ url }) => url.startsWith('/?id='));
    const batches = server.received.filter(({ url }) => url === '/ingest/v1/observations');
    expect(json.length).toBeGreaterThan(100);
    expect(query.length).toBeGreaterThan(100);
    expect(batches.length).toBeGreaterThan(5);
    const lines = batches.flatMap(({ body }) => body.trim().split('\n'));
    for (const line of lines) expect(decodeObservation(JSON.parse(line)).ok, line).toBe(true);

    const truths = told
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(truths.map((line) => line.truth ?? '').toSorted()).toEqual(
      [...expected, `opening-${originMs}`].toSorted(),
    );

    // Of a phone that the operator is asked for, its network knows.
    const bySelf = new Set(world.subjects.flatMap(({ id, phone }) => (phone.speaks === 'mlp' ? [] : [id])));
    const off = truths.filter((line) => line.kind === 'phone-off' && bySelf.has(line.subject ?? ''));
    expect(off.length).toBeGreaterThan(0);
    for (const { subject, device: phone, startedAt, endedAt } of off) {
      const own = lines.map((line) => JSON.parse(line)).filter((line) => line.subject === subject);
      expect(
        own.some((line) => line.status === 'power-off' && line.device === phone && line.at === startedAt),
      ).toBe(true);
      const address = String(900_000 + Number(phone?.slice(1)));
      const sent = [
        ...query
          .filter(({ url }) => url.includes(`id=${address}&`))
          .map(({ url }) => Number(new URLSearchParams(url.slice(2)).get('timestamp')) * 1000),
        ...json
          .map(({ body }) => JSON.parse(body))
          .filter((body) => body.device_id === address)
          .map((body) => Date.parse(body.location.timestamp)),
        ...json
          .filter(({ url }) => url === `/owntracks?u=demo&d=${phone}`)
          .map(({ body }) => JSON.parse(body).tst * 1000),
      ];
      const fromMs = Date.parse(startedAt ?? '');
      const untilMs = Date.parse(endedAt ?? '');
      expect(sent.length).toBeGreaterThan(0);
      expect(sent.filter((atMs) => atMs > fromMs && atMs < untilMs - 1000)).toEqual([]);
    }
  });
});
