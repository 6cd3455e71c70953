/** The device ports with their real protocols under bad input: other protocols' bytes, cut and damaged frames, endless ones, storms. */
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../src/adapters/logger.ts';
import { jt808 } from '../../src/ingest/protocols/jt808.ts';
import { watch } from '../../src/ingest/protocols/watch.ts';
import { createTcpServer, type TcpServer } from '../../src/ingest/tcp-server.ts';
import { locationFrame } from '../bench/jt808-frame.ts';
import { NOW_MS, openIngest, subjectWith, type TestIngest } from '../harness/ingest.ts';
import { type LineClient, lineClient } from '../harness/line-client.ts';
import { createTestDatabase, type TestDatabase } from '../harness/postgres.ts';

let store: TestDatabase;
let ingest: TestIngest;
const servers: TcpServer[] = [];
const ports: number[] = [];
const clients: LineClient[] = [];
let refused = 0;
const RUNS = Number(process.env.FUZZ_RUNS ?? 100);

beforeAll(async () => {
  store = await createTestDatabase();
  ingest = await openIngest(store);
  await ingest.enrol([
    subjectWith('S1', { id: 'D1', protocol: 'jt808', address: '13900000001', from: '2026-01-01T00:00:00Z' }),
    subjectWith('S2', { id: 'D2', protocol: 'watch', address: '1000000002', from: '2026-01-01T00:00:00Z' }),
  ]);
  for (const wire of [jt808, watch]) {
    const server = createTcpServer({
      wire,
      intake: ingest.bare,
      quarantine: ingest.quarantine,
      messages: ingest.messages,
      devices: ingest.devices,
      secretOf: () => undefined,
      authCode: (address) => address,
      logger: createLogger('silent'),
      now: () => NOW_MS,
      onFrame: (refusal) => {
        if (refusal !== null) refused++;
      },
    });
    servers.push(server);
    ports.push(await server.listen('127.0.0.1', 0));
  }
});
afterAll(async () => {
  for (const client of clients) client.end();
  await Promise.all(servers.map((server) => server.stop()));
  await ingest.close();
  await store.drop();
});

async function connect(nth: number): Promise<LineClient> {
  const client = await lineClient(ports[nth] ?? 0);
  clients.push(client);
  return client;
}

/** Both ports still serve the devices that they are for. */
async function serve(serial: number): Promise<void> {
  const [terminal, band] = [await connect(0), await connect(1)];
  await terminal.send(locationFrame('013900000001', serial, NOW_MS - 1000, 23.5, 116.3));
  await band.send('[3G*1000000002*0002*LK]');
  await terminal.until('~');
  await band.until('*LK]');
  terminal.end();
  band.end();
}

const FRAMES: Buffer[] = ['jt808', 'watch'].flatMap((name) => {
  const file = new URL(`../../../shared/vectors/${name}.json`, import.meta.url);
  if (!existsSync(file))
    return [locationFrame('013900000001', 1, NOW_MS, 23.5, 116.3), Buffer.from('[3G*1000000002*0002*LK]')];
  const all = JSON.parse(readFileSync(file, 'utf8')) as { input: { hex?: string; text?: string } }[];
  return all.map(({ input: { hex, text } }) =>
    hex === undefined ? Buffer.from(text ?? '') : Buffer.from(hex, 'hex'),
  );
});
const OTHERS = [
  'GET /?id=D1&lat=1&lon=2 HTTP/1.1\r\nHost: x\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01',
  '\0'.repeat(5000),
  '~'.repeat(3000),
  '['.repeat(3000),
  '[3G*1000000002*FFFF*',
  '~~~\x02\x00',
];

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(...OTHERS).map((text) => Buffer.from(text, 'latin1')),
  fc.constantFrom(...FRAMES),
  // Cut short, or with a bit turned.
  fc
    .tuple(fc.constantFrom(...FRAMES), fc.nat(), fc.nat({ max: 7 }), fc.boolean())
    .map(([frame, at, bit, isCut]) => {
      const copy = Buffer.from(frame);
      const place = at % copy.length;
      copy[place] = (copy[place] ?? 0) ^ (1 << bit);
      return isCut ? copy.subarray(0, place) : copy;
    }),
);

test('X1 whatever comes to a port, of whatever protocol, its own devices are served', async () => {
  let serial = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 6 }),
      fc.constantFrom(0, 1),
      fc.integer({ min: 1, max: 400 }),
      async (pieces, nth, size) => {
        const client = await lineClient(ports[nth] ?? 0);
        const bytes = Buffer.concat(pieces);
        for (let at = 0; at < bytes.length; at += size) await client.send(bytes.subarray(at, at + size));
        client.end();
        await serve(serial++);
      },
    ),
    { numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(0);
});

test('X2 an endless frame fills no memory and ends its connection', async () => {
  const heldBefore = process.memoryUsage().rss;
  for (const [nth, begin] of ['~\x02\x00', '[3G*1000000002*FFFF*TK,'].entries()) {
    const client = await connect(nth);
    await client.send(begin);
    let isClosed = false;
    void client.closed().then(() => {
      isClosed = true;
    });
    for (let sent = 0; sent < 64 && !isClosed; sent++) {
      await client.send(Buffer.alloc(256 * 1024, 'x'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.closed();
  }
  expect(process.memoryUsage().rss - heldBefore).toBeLessThan(200 * 1024 * 1024);
  await serve(9000);
});

test('X3 a device that was unknown gets its due when the roster is mended and its frames are replayed', async () => {
  const [terminal, band] = [await connect(0), await connect(1)];
  await terminal.send(locationFrame('013900000777', 1, NOW_MS - 5000, 23.7, 116.7));
  await terminal.until('~');
  await band.send(
    '[3G*1000000888*0057*UD,010326,075900,A,23.800000,N,116.8000000,E,0.00,0,5,8,90,77,0,0,00000000,0,0]',
  );
  const waiting = async () => (await ingest.quarantine.list({ cursor: null, limit: 1000 })).items;
  const isThere = async (device: string) => (await waiting()).some((item) => item.device === device);
  while (!(await isThere('13900000777')) || !(await isThere('1000000888')))
    await new Promise((resolve) => setTimeout(resolve, 5));
  await ingest.enrol([
    subjectWith('S7', { id: 'D7', protocol: 'jt808', address: '013900000777', from: '2026-01-01T00:00:00Z' }),
    subjectWith('S8', { id: 'D8', protocol: 'watch', address: '1000000888', from: '2026-01-01T00:00:00Z' }),
  ]);
  for (const device of ['13900000777', '1000000888'])
    expect(await ingest.quarantine.replay({ device })).toEqual({ replayed: 1, stillRefused: 0 });
  const places = (await ingest.lines()).filter(
    ({ type, device }) => type === 'position' && (device === 'D7' || device === 'D8'),
  );
  expect(places).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ device: 'D7', lat: 23.7, lon: 116.7 }),
      expect.objectContaining({ device: 'D8', lat: 23.8, lon: 116.8 }),
    ]),
  );
});

test('X4 parts that were answered and never became whole are kept when the connection ends', async () => {
  const terminal = await connect(0);
  // 0x0704 of 2013, part 1 of 2, with three bytes of body.
  const content = Buffer.from('07042003013900000001000700020001000000', 'hex');
  const check = content.reduce((sum, byte) => sum ^ byte, 0);
  await terminal.send(Buffer.concat([Buffer.of(0x7e), content, Buffer.of(check, 0x7e)]));
  await terminal.until('~');
  terminal.end();
  const waiting = async () => (await ingest.quarantine.list({ cursor: null, limit: 1000 })).items;
  while (!(await waiting()).some(({ field }) => field === 'sub-packet'))
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await waiting()).find(({ field }) => field === 'sub-packet')).toMatchObject({
    device: '13900000001',
    message: expect.stringContaining('parts 2 of 2'),
  });
});
