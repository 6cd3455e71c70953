import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { type LineClient, lineClient } from '../../tests/harness/line-client.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import { LINES } from './line-protocol.testing.ts';
import type { CloseReason } from './tcp-connection.ts';
import { createTcpServer, type Heard, type TcpLimits, type TcpServer } from './tcp-server.ts';

let store: TestDatabase;
let ingest: TestIngest;
let servers: TcpServer[];
let clients: LineClient[];
let nowMs: number;
let heard: Heard[];
let closed: CloseReason[];
let replaced: string[];
let refused: { code: string; isKept: boolean }[];

beforeEach(async () => {
  store = await createTestDatabase();
  ingest = await openIngest(store);
  servers = [];
  clients = [];
  heard = [];
  closed = [];
  replaced = [];
  refused = [];
  nowMs = Date.UTC(2026, 2, 1, 8);
  await ingest.enrol(
    ['A', 'B', 'C'].map((id) =>
      subjectWith(`S${id}`, { id, address: `wire-${id}`, protocol: 'jt808', from: '2026-01-01T00:00:00Z' }),
    ),
  );
});
afterEach(async () => {
  for (const client of clients) client.end();
  await Promise.all(servers.map((server) => server.stop()));
  await ingest.close();
  await store.drop();
});

async function serve(limits: Partial<TcpLimits> = {}): Promise<{ server: TcpServer; port: number }> {
  const server = createTcpServer({
    wire: LINES,
    intake: ingest.bare,
    quarantine: ingest.quarantine,
    messages: ingest.messages,
    devices: ingest.devices,
    secretOf: (address) => ingest.secrets.get(address),
    authCode: (address) => `code-${address}`,
    logger: createLogger('silent'),
    now: () => nowMs,
    onHeard: (each) => heard.push(each),
    onRefused: ({ code }, isKept) => refused.push({ code, isKept }),
    onClosed: (reason) => closed.push(reason),
    onReplaced: (address) => replaced.push(address),
    limits,
  });
  servers.push(server);
  return { server, port: await server.listen('127.0.0.1', 0) };
}

async function connect(port: number): Promise<LineClient> {
  const client = await lineClient(port);
  clients.push(client);
  return client;
}

const quarantined = async () => (await ingest.quarantine.list({ cursor: null, limit: 1000 })).items;
/** Waits for what has no event of its own. */
async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('D1 a frame is answered when it stands on the log, and in the order of the frames', async () => {
  const { port } = await serve();
  const client = await connect(port);
  await client.send('wire-A pos 23.5 116.3\nwire-B pos 23.6 116.4\nwire-A beat\n');
  await client.until('ok wire-A beat\n');
  expect(client.received).toBe('ok wire-A pos\nok wire-B pos\nok wire-A beat\n');
  expect(await ingest.lines()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'position', subject: 'SA', device: 'A', lat: 23.5, lon: 116.3 }),
      expect.objectContaining({ type: 'position', subject: 'SB', device: 'B', lat: 23.6, lon: 116.4 }),
    ]),
  );
});

test('D2 a byte at a time is as good as all at once', async () => {
  const { port } = await serve();
  const client = await connect(port);
  for (const byte of Buffer.from('wire-A pos 23.5 116.3\nwire-B pos 23.6 116.4\n'))
    await client.send(Uint8Array.of(byte));
  await client.until('ok wire-B pos\n');
  expect(client.received).toBe('ok wire-A pos\nok wire-B pos\n');
});

test('D3 while the log is away nothing is acknowledged; what was read is kept and taken afterwards', async () => {
  const { port } = await serve();
  const [client, gone] = [await connect(port), await connect(port)];
  ingest.isLogAway = true;
  await client.send('wire-A pos 23.5 116.3\n');
  await gone.send('wire-B pos 23.6 116.4\n');
  await eventually(() => servers[0]?.isConnected('A') === true && servers[0].isConnected('B'));
  gone.end();
  expect(client.received).toBe('');
  ingest.isLogAway = false;
  await client.until('ok wire-A pos\n');
  await eventually(async () => (await ingest.lines()).some(({ device }) => device === 'B'));
});

test('D4 a word without content says that the device is there, once a minute, and is no message', async () => {
  const { port } = await serve();
  const client = await connect(port);
  await client.send('wire-A beat\nwire-A beat\n');
  await eventually(() => heard.length === 2);
  nowMs += 61_000;
  await client.send('wire-A beat\n');
  await eventually(() => heard.length === 3);
  const beats = (await ingest.lines()).filter(({ type }) => type === 'status');
  expect(beats).toEqual([
    expect.objectContaining({ device: 'A', status: 'reachable' }),
    expect.objectContaining({ device: 'A', status: 'reachable' }),
  ]);
  await ingest.messages.stop();
  const { rows } = await store.database.query({ text: 'SELECT * FROM device_messages', values: [] });
  expect(rows).toEqual([]);
});

test('D5 a device that is not on the roster is answered, and what it says waits in quarantine', async () => {
  const { port } = await serve();
  const client = await connect(port);
  await client.send('stranger beat\nstranger pos 23.5 116.3\nwire-A pos 23.5 116.3\n');
  await client.until('ok wire-A pos\n');
  expect(client.received).toBe('ok stranger beat\nok stranger pos\nok wire-A pos\n');
  expect(await quarantined()).toMatchObject([
    { device: 'stranger', code: 'unknown-device', source: 'jt808' },
    { device: 'stranger', code: 'unknown-device' },
  ]);
  expect(heard.map(({ device }) => device)).toEqual(['A']);
});

test('D6 a device with a secret is believed on a connection that has proven it, and nowhere else', async () => {
  ingest.secrets.set('wire-A', 'right');
  const { port, server } = await serve();
  const client = await connect(port);
  await client.send('wire-A pos 23.5 116.3\nwire-A auth wrong\nwire-A auth\nwire-A beat\n');
  await client.until('no wire-A beat\n');
  expect(client.received).toBe('no wire-A pos\nno wire-A auth\nno wire-A auth\nno wire-A beat\n');
  expect(server.isConnected('A')).toBe(false);
  expect(await ingest.lines()).not.toContainEqual(expect.objectContaining({ type: 'position' }));
  expect(refused.map(({ code }) => code)).toEqual(Array(4).fill('not-authenticated'));
  expect(await quarantined()).toHaveLength(4);
  await client.send('wire-A auth right\nwire-A pos 23.5 116.3\n');
  await client.until('ok wire-A pos\n');
  expect(await ingest.lines()).toContainEqual(expect.objectContaining({ type: 'position', device: 'A' }));
});

test('D7 the newer connection of a device wins and the older is closed; one that still has another device stays', async () => {
  const { port, server } = await serve();
  const [older, gateway, newer] = [await connect(port), await connect(port), await connect(port)];
  await older.send('wire-A beat\n');
  await older.until('ok wire-A beat\n');
  await gateway.send('wire-A beat\nwire-B beat\n');
  await gateway.until('ok wire-B beat\n');
  await older.closed();
  expect(closed).toEqual(['replaced']);
  await newer.send('wire-B beat\n');
  await newer.until('ok wire-B beat\n');
  await gateway.send('wire-A beat\n');
  await gateway.until('ok wire-A beat\nok wire-B beat\nok wire-A beat\n');
  expect(server.connections).toBe(2);
  expect(replaced).toEqual(['wire-A', 'wire-B']);
});

test('D7 a device that says goodbye before it comes back replaces nothing', async () => {
  const { port, server } = await serve();
  const first = await connect(port);
  await first.send('wire-A beat\n');
  await first.until('ok wire-A beat\n');
  first.end();
  await eventually(() => server.connections === 0);
  const second = await connect(port);
  await second.send('wire-A beat\n');
  await second.until('ok wire-A beat\n');
  expect(replaced).toEqual([]);
});

test('D8 a claim that is not believed takes no connection away', async () => {
  ingest.secrets.set('wire-A', 'right');
  const { port } = await serve();
  const [client, thief] = [await connect(port), await connect(port)];
  await client.send('wire-A auth right\n');
  await client.until('ok wire-A auth\n');
  await thief.send('wire-A auth wrong\n');
  await thief.until('no wire-A auth\n');
  await client.send('wire-A pos 23.5 116.3\n');
  await client.until('ok wire-A pos\n');
});

test('D9 unreadable frames are kept up to a bound, counted beyond it, and close the connection in the end', async () => {
  const { port } = await serve();
  const client = await connect(port);
  await client.send('rubbish\n'.repeat(1000));
  await client.closed();
  expect(closed).toEqual(['junk']);
  expect(await quarantined()).toHaveLength(100);
  expect(refused.filter(({ isKept }) => !isKept).length).toBeGreaterThan(100);
});

test('D10 what refused frames of all connections put into quarantine is bounded', async () => {
  const { port } = await serve({ quarantine: { burst: 10, perS: 1 } });
  const client = await connect(port);
  await client.send('stranger pos 23.5 116.3\n'.repeat(12));
  await client.until('no stranger pos\nno stranger pos\n');
  expect(await quarantined()).toHaveLength(10);
});

test('D23 what is not understood is contact; one of each kind an hour is kept, and chatter takes no room from others', async () => {
  const { port, server } = await serve({ quarantine: { burst: 10, perS: 1 } });
  const client = await connect(port);
  await client.send(`${'wire-A news x\n'.repeat(300)}wire-A news y\n`);
  await client.until('ok wire-A news\n'.repeat(301));
  expect(server.isConnected('A')).toBe(true);
  expect((await quarantined()).map(({ device, code }) => `${device} ${code}`)).toEqual([
    'wire-A unknown-value',
    'wire-A unknown-value',
  ]);
  expect(refused.filter(({ isKept }) => !isKept)).toHaveLength(299);
  expect(await ingest.lines()).toEqual([expect.objectContaining({ device: 'A', status: 'reachable' })]);
  // A new connection is the same device still.
  const again = await connect(port);
  await again.send('wire-A news x\nrubbish\n');
  await again.until('ok wire-A news\n');
  await eventually(async () => (await quarantined()).length === 3);
  nowMs += 3_600_000;
  await again.send('wire-A news x\n');
  await eventually(async () => (await quarantined()).length === 4);
});

test('D11 an endless frame ends the connection', async () => {
  const { port } = await serve();
  const client = await connect(port);
  while (closed.length === 0) {
    await client.send('x'.repeat(100_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(closed).toEqual(['junk']);
});

test('D12 who says nothing of a known device goes after a while, who is known stays much longer', async () => {
  const { port } = await serve({ silentMs: 1000, idleMs: 100_000, sweepEveryMs: 5 });
  const [known, silent] = [await connect(port), await connect(port)];
  await known.send('wire-A beat\n');
  await known.until('ok wire-A beat\n');
  await eventually(() => servers[0]?.connections === 2);
  nowMs += 2000;
  await silent.closed();
  expect(closed).toEqual(['silent']);
  nowMs += 100_000;
  await known.closed();
  expect(closed).toEqual(['silent', 'idle']);
});

test('D13 beyond the number of connections the oldest that nobody knows goes; known ones are never given up', async () => {
  const { port } = await serve({ connections: 2 });
  const [known, silent] = [await connect(port), await connect(port)];
  await known.send('wire-A beat\n');
  await known.until('ok wire-A beat\n');
  await eventually(() => servers[0]?.connections === 2);
  const other = await connect(port);
  await silent.closed();
  await other.send('wire-B beat\n');
  await other.until('ok wire-B beat\n');
  await (await connect(port)).closed();
  await known.send('wire-A beat\n');
  await known.until('ok wire-A beat\nok wire-A beat\n');
});

test('D14 a fault of a decoder ends its connection and no other', async () => {
  const { port } = await serve();
  const [other, client] = [await connect(port), await connect(port)];
  await client.send('wire-A boom\n');
  await client.closed();
  expect(closed).toEqual(['fault']);
  await other.send('wire-A beat\n');
  await other.until('ok wire-A beat\n');
});

test('D15 a command reaches the device by the connection by which it speaks', async () => {
  const { port, server } = await serve();
  const client = await connect(port);
  expect(server.send('A', { type: 'locate' })).toBeUndefined();
  await client.send('wire-A beat\n');
  await client.until('ok wire-A beat\n');
  expect(server.send('A', { type: 'text', text: 'x' })).toBeUndefined();
  expect(server.send('A', { type: 'locate' })).toEqual({ serial: 1 });
  await client.until('locate 1\n');
  await client.send('wire-B beat\n');
  await client.until('ok wire-B beat\n');
  // The connection speaks for B now: A would not be who hears it.
  expect(server.send('A', { type: 'locate' })).toBeUndefined();
});

test('D16 a stop answers what was read', async () => {
  const { port, server } = await serve();
  const client = await connect(port);
  await client.send('wire-A pos 23.5 116.3\n');
  await eventually(() => server.isConnected('A'));
  await server.stop();
  await client.closed();
  expect(client.received).toBe('ok wire-A pos\n');
});

test('D17 what is read and not yet durable is bounded over all connections', async () => {
  const { port } = await serve({ heldBytes: 2000 });
  const [first, second] = [await connect(port), await connect(port)];
  ingest.isLogAway = true;
  await first.send(`wire-A pos 23.5 116.3${' '.repeat(1400)}\n`);
  await eventually(() => servers[0]?.isConnected('A') === true);
  await second.send(`wire-B pos 23.5 116.3${' '.repeat(1400)}\n`);
  await second.closed();
  expect(closed).toEqual(['overload']);
  ingest.isLogAway = false;
  await first.until('ok wire-A pos\n');
});

test('D18 whatever bytes come, others are served; a storm of reconnects leaves nothing behind', async () => {
  const { port, server } = await serve();
  const other = await connect(port);
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(Buffer.from('wire-A pos 1 '))), {
        maxLength: 5,
      }),
      async (chunks) => {
        const client = await lineClient(port);
        for (const chunk of chunks) await client.send(chunk);
        client.end();
        await other.send('wire-B beat\n');
        n++;
        await other.until('ok wire-B beat\n'.repeat(n));
      },
    ),
    { numRuns: 60 },
  );
  await Promise.all(
    Array.from({ length: 500 }, async () => {
      const client = await lineClient(port);
      client.end();
    }),
  );
  await eventually(() => server.connections === 1);
});

test('D19 many idle connections cost nobody the service', async () => {
  const { port, server } = await serve();
  const idle = await Promise.all(Array.from({ length: 1000 }, () => connect(port)));
  await eventually(() => server.connections === idle.length);
  const client = await connect(port);
  await client.send('wire-A pos 23.5 116.3\n');
  await client.until('ok wire-A pos\n');
});

test('D20 replies that nobody fetches end the connection', async () => {
  const { port } = await serve();
  const client = await connect(port);
  client.socket.pause();
  const line = `wire-A beat\n`.repeat(20_000);
  void client.send(line.repeat(40));
  await eventually(() => closed.length > 0);
  expect(closed).toEqual(['not-reading']);
});
