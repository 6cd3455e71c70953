import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { type LineClient, lineClient } from '../../tests/harness/line-client.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import { jt808 } from './protocols/jt808.ts';
import { writeJt808Message } from './protocols/jt808-message.ts';
import { watch } from './protocols/watch.ts';
import type { WireProtocol } from './protocols/wire.ts';
import { createTcpServer, type TcpServer } from './tcp-server.ts';

const START_MS = Date.UTC(2026, 2, 1, 8);
const [BAND, WATCH] = ['13912344329', '1234567890'];

let store: TestDatabase;
let ingest: TestIngest;
let servers: TcpServer[];
let clients: LineClient[];
let nowMs: number;

beforeEach(async () => {
  store = await createTestDatabase();
  ingest = await openIngest(store);
  servers = [];
  clients = [];
  nowMs = START_MS;
  const from = '2026-01-01T00:00:00Z';
  await ingest.enrol([
    subjectWith('S1', { id: 'D1', address: BAND, protocol: 'jt808', from }),
    subjectWith('S2', { id: 'D2', address: WATCH, protocol: 'watch', from }),
  ]);
});
afterEach(async () => {
  for (const client of clients) client.end();
  await Promise.all(servers.map((server) => server.stop()));
  await ingest.close();
  await store.drop();
});

async function serve(wire: WireProtocol): Promise<number> {
  const server = createTcpServer({
    wire,
    intake: ingest.bare,
    quarantine: ingest.quarantine,
    messages: ingest.messages,
    devices: ingest.devices,
    secretOf: () => undefined,
    authCode: () => '',
    logger: createLogger('silent'),
    now: () => nowMs,
  });
  servers.push(server);
  return server.listen('127.0.0.1', 0);
}

async function connect(port: number): Promise<LineClient> {
  const client = await lineClient(port);
  clients.push(client);
  return client;
}

/** The strap's statuses on the log, as `status minute`. */
async function straps(): Promise<string[]> {
  return (await ingest.lines())
    .filter(({ status }) => String(status).startsWith('strap'))
    .map(({ status, at }) => `${status} ${(Date.parse(String(at)) - START_MS) / 60_000}`)
    .sort((a, b) => Number(a.split(' ')[1]) - Number(b.split(' ')[1]));
}

const two = (value: number) => String(value).padStart(2, '0');
const shownAt = (minute: number, offsetH: number) =>
  new Date(START_MS + minute * 60_000 + offsetH * 3_600_000);

/** `word` is the status word; a `LK` behind it is answered, so that all before it is durable. */
async function watchSays(client: LineClient, type: string, word: string, minute: number): Promise<void> {
  const at = shownAt(minute, 0);
  const date = `${two(at.getUTCDate())}${two(at.getUTCMonth() + 1)}${two(at.getUTCFullYear() % 100)}`;
  const time = `${two(at.getUTCHours())}${two(at.getUTCMinutes())}00`;
  const before = client.received.split('*LK]').length;
  await client.send(
    `[3G*${WATCH}*0001*${type},${date},${time},A,22.5,N,114.1,E,0,0,0,9,100,80,0,0,${word},0,0][3G*${WATCH}*0002*LK]`,
  );
  while (client.received.split('*LK]').length === before) await new Promise((go) => setTimeout(go, 2));
}

const PHONE = Uint8Array.from([0x01, 0x39, 0x12, 0x34, 0x43, 0x29]);
const PHONE_2019 = Uint8Array.from([0, 0, 0, 0, ...PHONE]);

interface Said {
  readonly alarms?: string;
  /** Item 0089 within EB. */
  readonly item?: string;
  readonly minute: number;
  readonly is2019?: boolean;
}
function location({ alarms = '00000000', item, minute }: Said): string {
  const digits = shownAt(minute, 8).toISOString().slice(2, 19).replace(/[-T:]/g, '');
  const states = item === undefined ? '' : `eb0800060089${item}`;
  return `${alarms}00000002015752a006cd0a8e000000000000${digits}${states}`;
}
function band(id: number, bodyHex: string, is2019 = false): Uint8Array {
  const to = is2019 ? { phone: PHONE_2019, version: 1 } : { phone: PHONE, version: undefined };
  return writeJt808Message(to, id, 7, [...Buffer.from(bodyHex, 'hex')]);
}
async function bandSays(client: LineClient, ...all: Said[]): Promise<void> {
  for (const said of all) await reported(client, band(0x0200, location(said), said.is2019));
}
/** Waits for the answer. */
async function reported(client: LineClient, bytes: Uint8Array): Promise<void> {
  const before = client.received.length;
  await client.send(bytes);
  while (client.received.length === before) await new Promise((go) => setTimeout(go, 2));
}

const [SHUT, OPEN] = ['ffffffff', 'ffffefff'];

test('D22 watch: AL says that the strap is open; the first report without it that it is closed, once', async () => {
  const client = await connect(await serve(watch));
  await watchSays(client, 'AL', '00100008', 0);
  nowMs += 60_000;
  // No longer an alarm, and the state still says that it is off.
  await watchSays(client, 'UD', '00000008', 1);
  expect(await straps()).toEqual(['strap-cut 0']);
  nowMs += 60_000;
  await watchSays(client, 'UD', '00000000', 2);
  await watchSays(client, 'UD', '00000000', 3);
  expect(await straps()).toEqual(['strap-cut 0', 'strap-closed 2']);
  await watchSays(client, 'AL', '00100008', 4);
  await watchSays(client, 'UD', '00000000', 5);
  expect(await straps()).toEqual(['strap-cut 0', 'strap-closed 2', 'strap-cut 4', 'strap-closed 5']);
});

test('D22 JT/T 808: bits 16 and 17 of the alarm word of 2013; 2019 has no such bits', async () => {
  const client = await connect(await serve(jt808));
  await bandSays(client, { minute: 0, alarms: '00010000' }, { minute: 1, alarms: '00020000' });
  await bandSays(client, { minute: 2 }, { minute: 3 });
  expect(await straps()).toEqual(['strap-cut 0', 'strap-cut 1', 'strap-closed 2']);
  await bandSays(client, { minute: 4, alarms: '00010000', is2019: true }, { minute: 5, is2019: true });
  expect(await straps()).toHaveLength(3);
});

test('D22 JT/T 808: who tells it by an item closes it by an item', async () => {
  const client = await connect(await serve(jt808));
  await bandSays(client, { minute: 0, item: OPEN }, { minute: 1 });
  expect(await straps()).toEqual(['strap-cut 0']);
  await bandSays(client, { minute: 2, item: SHUT }, { minute: 3, item: SHUT });
  expect(await straps()).toEqual(['strap-cut 0', 'strap-closed 2']);
});

test('D22 a band whose clock was reset opens and closes at the time of receipt', async () => {
  const client = await connect(await serve(watch));
  const longAgo = -2 * 365 * 24 * 60;
  await watchSays(client, 'AL', '00100008', longAgo);
  nowMs += 60_000;
  await watchSays(client, 'UD', '00000000', longAgo + 1);
  expect(await straps()).toEqual(['strap-cut 0', 'strap-closed 1']);
});

test('SW13 an alarm without a fix or coordinates is an alarm on the log, and the band is heard', async () => {
  const client = await connect(await serve(watch));
  await client.send(`[3G*${WATCH}*0001*AL,010326,080000,V,,N,,E,0,0,0,9,100,80,0,0,00010000,0,0]`);
  await client.until('*AL]');
  const told = (await ingest.lines()).map(({ type, status, at }) => [type, status, at]);
  expect(told).toEqual(
    expect.arrayContaining(
      ['reachable', 'sos'].map((status) => ['status', status, '2026-03-01T08:00:00.000Z']),
    ),
  );
  expect((await ingest.quarantine.list({ cursor: null, limit: 10 })).items).toEqual([]);
});

test('D24 the zone that the roster declares for a device is that of its clock, on the wire and out of quarantine', async () => {
  const from = '2026-01-01T00:00:00Z';
  const [terminal, watched] = [await connect(await serve(jt808)), await connect(await serve(watch))];
  const watchAt = (address: string, time: string) =>
    watched.send(`[3G*${address}*0001*AL,010326,${time},A,22.5,N,114.1,E,0,0,0,9,100,80,0,0,00010000,0,0]`);
  await watchAt('1234567899', '155700');
  await watched.until('*AL]');
  await ingest.enrol([
    subjectWith('S1', { id: 'D1', address: `0${BAND}`, protocol: 'jt808', timeZone: '+00:00', from }),
    subjectWith('S3', {
      id: 'D3',
      address: '1234567899',
      protocol: 'watch',
      timeZone: 'Asia/Shanghai',
      from,
    }),
  ]);
  expect(await ingest.quarantine.replay({ device: '1234567899' })).toMatchObject({ replayed: 1 });
  await bandSays(terminal, { minute: -8 * 60 });
  await watchAt('1234567899', '155800');
  await watched.until('*AL][3G*1234567899*0002*AL]');
  const places = (await ingest.lines()).filter(({ type }) => type === 'position');
  expect(places.map(({ device, at }) => `${device} ${at}`).sort()).toEqual([
    'D1 2026-03-01T08:00:00.000Z',
    'D3 2026-03-01T07:57:00.000Z',
    'D3 2026-03-01T07:58:00.000Z',
  ]);
});

test('SW2 a frame that was cut off stands in quarantine under its device', async () => {
  const client = await connect(await serve(watch));
  await client.send(`[3G*${WATCH}*0009*LK,0,0[3G*${WATCH}*0002*LK]`);
  await client.until('*LK]');
  expect((await ingest.quarantine.list({ cursor: null, limit: 10 })).items).toMatchObject([
    { device: WATCH, code: 'bad-shape' },
  ]);
});

test('D22 a new connection knows nothing and says it once again', async () => {
  const port = await serve(watch);
  const first = await connect(port);
  await watchSays(first, 'AL', '00100008', 0);
  first.end();
  const second = await connect(port);
  await watchSays(second, 'UD', '00000000', 2);
  await watchSays(second, 'UD', '00000000', 3);
  expect(await straps()).toEqual(['strap-cut 0', 'strap-closed 2']);
});

test('D22 what comes out of the store, or is older than the cut, closes nothing', async () => {
  const client = await connect(await serve(watch));
  nowMs += 30 * 60_000;
  await watchSays(client, 'AL', '00100008', 30);
  await watchSays(client, 'UD2', '00000000', 31);
  await watchSays(client, 'UD', '00000000', 5);
  expect(await straps()).toEqual(['strap-cut 30']);
  await watchSays(client, 'UD', '00000000', 32);
  expect(await straps()).toEqual(['strap-cut 30', 'strap-closed 32']);
});

test('D22 a bulk message: of its stored fixes none closes, each can open', async () => {
  const client = await connect(await serve(jt808));
  const bulk = (type: number, ...all: Said[]) =>
    band(0x0704, `00${two(all.length)}0${type}${all.map((each) => `001c${location(each)}`).join('')}`);
  await reported(client, bulk(1, { minute: 0, alarms: '00010000' }, { minute: 1 }));
  expect(await straps()).toEqual(['strap-cut 0']);
  await reported(client, bulk(0, { minute: 1 }, { minute: 2, alarms: '00010000' }, { minute: 3 }));
  expect(await straps()).toEqual(['strap-cut 0', 'strap-closed 1', 'strap-cut 2', 'strap-closed 3']);
});
