import { afterAll, beforeAll, expect, test } from 'vitest';
import { NOW_MS, openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import { type MlpServer, type MlpWord, startMlpServer } from '../demo/mlp-server.ts';
import { meaningOf } from './mlp-answer.ts';
import { type MlpPollerDeps, startMlpPoller } from './mlp-poller.ts';

let own: TestDatabase;
let ingest: TestIngest;
let server: MlpServer;
const words = new Map<string, MlpWord>();
const NUMBERS = Array.from({ length: 60 }, (_, i) => `86138001${String(i).padStart(5, '0')}`);

beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
  server = await startMlpServer({
    wordOf: (msid) =>
      words.get(msid) ?? {
        kind: 'located',
        atMs: NOW_MS,
        lat: 23.5,
        lon: 116.3,
        shape: 'arc',
        reachM: 900,
        confidencePct: 95,
      },
  });
  await ingest.enrol(
    NUMBERS.map((address, i) =>
      subjectWith(`S${i}`, {
        id: `M${i}`,
        protocol: 'mlp',
        address,
        intervalS: 3600,
        from: '2026-01-01T00:00:00Z',
      }),
    ),
  );
});
afterAll(async () => {
  await server.stop();
  await ingest.close();
  await own.drop();
});

let nowMs = NOW_MS;
/** `number result`, each when the poller has done with it. */
const results: string[] = [];
const start = (settings: Partial<MlpPollerDeps['settings']> = {}) =>
  startMlpPoller({
    settings: {
      url: server.url,
      client: 'c',
      password: 'p',
      serviceId: undefined,
      version: '3.2.0',
      perSecond: 7,
      batch: 5,
      connections: 4,
      timeoutS: 20,
      ...settings,
    },
    database: own.database,
    take: ingest.take,
    isOnRoster: (address) => ingest.devices.resolve(address, nowMs, 'mlp').ok,
    logger: createLogger('silent'),
    now: () => nowMs,
    onResult: (address, result) => results.push(`${address} ${result}`),
  });
const asked = () => server.requests.flatMap(({ msids }) => msids);
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}
const kept = async () => (await ingest.lines()).filter(({ type }) => type === 'position').length;

test('MP11 the contract’s rate holds, counted: no more phones than the clock allows, in requests no larger than set', async () => {
  const poller = await start();
  await until(() => asked().length === 7);
  // Two more turns at a clock that stands: nobody is asked.
  await new Promise((resolve) => setTimeout(resolve, 2200));
  expect(asked().length).toBe(7);
  for (const seconds of [1, 2, 3]) {
    nowMs = NOW_MS + seconds * 1000;
    await until(() => asked().length === 7 * (seconds + 1));
  }
  expect(Math.max(...server.requests.map(({ msids }) => msids.length))).toBe(5);
  expect(new Set(asked()).size).toBe(28);
  await until(async () => (await kept()) === 28);
  await poller.stop();
});

test('MP12 who takes over goes on: nobody is asked twice within the interval', async () => {
  const poller = await start({ perSecond: 100, batch: 50 });
  await until(() => asked().length === 60);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(asked().toSorted()).toEqual(NUMBERS);
  await until(async () => (await kept()) === 60);
  await poller.stop();
  nowMs += 3_600_000;
  const next = await start({ perSecond: 100, batch: 50 });
  await until(() => asked().length === 120);
  await until(async () => (await kept()) === 120);
  await next.stop();
});

test('MP13 an answer that the log can’t take now waits and is taken; meanwhile the slot is not free for another', async () => {
  nowMs += 3_600_000;
  ingest.isLogAway = true;
  const before = asked().length;
  const poller = await start({ perSecond: 100, batch: 20, connections: 1 });
  await until(() => asked().length === before + 20);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(asked().length).toBe(before + 20);
  ingest.isLogAway = false;
  await until(async () => (await kept()) === 180);
  await poller.stop();
});

test('MP14 a stop gives up what is under way, and who was not answered is asked by the next', async () => {
  nowMs += 3_600_000;
  server.behaviour = { delayMs: 600_000 };
  const poller = await start({ perSecond: 100, batch: 60, timeoutS: 600 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await poller.stop();
  server.behaviour = {};
  const next = await start({ perSecond: 100, batch: 60 });
  await until(async () => (await kept()) === 240);
  await next.stop();
});

test('MP15 the accuracy of an arc of 95 % is its outer edge, as the radius of 68 %', async () => {
  const [line] = (await ingest.lines()).filter(({ type }) => type === 'position');
  expect(line).toMatchObject({ accuracyM: 761.4, method: 'cell', lat: 23.5 });
});

test('MS6 absent once is no status and is asked again; twice is one, of the time of the first; what is said between ends it', async () => {
  const [number = '', other = ''] = ['8613800400001', '8613800400002'];
  await ingest.enrol(
    [number, other].map((address, i) =>
      subjectWith(`SA${i}`, {
        id: `A${i}`,
        protocol: 'mlp',
        address,
        intervalS: 600,
        from: '2026-01-01T00:00:00Z',
      }),
    ),
  );
  const times = (msid: string) => asked().filter((each) => each === msid).length;
  const statuses = async () =>
    (await ingest.lines()).flatMap(({ type, device, status, at }) =>
      type === 'status' ? [{ device, status, at }] : [],
    );
  const firstMs = nowMs;
  const absent = (atMs: number): MlpWord => ({ kind: 'error', resid: 5, atMs });
  words.set(number, absent(firstMs));
  words.set(other, absent(firstMs));
  const poller = await start({ perSecond: 100, batch: 1 });
  await until(() => [number, other].every((each) => results.includes(`${each} absent`)));
  expect([times(number), times(other)]).toEqual([1, 1]);
  nowMs = firstMs + 14_000;
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect([times(number), times(other)]).toEqual([1, 1]);
  expect(await statuses()).toEqual([]);
  words.set(number, absent(firstMs + 16_000));
  words.delete(other);
  nowMs = firstMs + 16_000;
  await until(async () => (await statuses()).length === 1);
  await until(async () =>
    (await ingest.lines()).some(({ type, device }) => type === 'position' && device === 'A1'),
  );
  const first = new Date(Math.floor(firstMs / 1000) * 1000).toISOString();
  expect(await statuses()).toEqual([{ device: 'A0', status: 'unreachable', at: first }]);
  // In its next turn it is believed at once; of the other, the count began anew.
  words.set(number, absent(firstMs + 620_000));
  words.set(other, absent(firstMs + 620_000));
  nowMs = firstMs + 620_000;
  await until(() => times(other) === 3);
  await until(async () => (await statuses()).length === 2);
  expect((await statuses()).map(({ device }) => device)).toEqual(['A0', 'A0']);
  await poller.stop();
  words.clear();
});

test('MP17 since when the operator has answered of no phone is kept for the clock, until it answers of one', async () => {
  const troubles = async () =>
    (await own.database.query({ text: 'SELECT feed, since FROM feed_troubles', values: [] })).rows;
  nowMs += 3_600_000;
  const firstMs = nowMs;
  server.behaviour = { status: 503 };
  const poller = await start({ perSecond: 100, batch: 60 });
  await until(async () => (await troubles()).length === 1);
  expect(await troubles()).toEqual([{ feed: 'mlp', since: new Date(firstMs) }]);
  // An answer, but of no phone: not allowed at all, congestion for each.
  server.behaviour = {};
  for (const number of NUMBERS) words.set(number, { kind: 'error', resid: 203, atMs: nowMs });
  for (const number of ['8613800400001', '8613800400002', '8613800299999'])
    words.set(number, { kind: 'error', resid: 1, atMs: nowMs });
  await until(() => {
    // A request of before may fail late, and close the gate once more.
    nowMs += 1000;
    return results.some((each) => each.endsWith(' congestion'));
  });
  expect(await troubles()).toEqual([{ feed: 'mlp', since: new Date(firstMs) }]);
  await poller.stop();
  words.clear();
  nowMs += 3_600_000;
  const next = await start({ perSecond: 100, batch: 60 });
  await until(async () => (await troubles()).length === 0);
  await next.stop();
});

test('MP16 an answer about a number that is not on the roster waits in quarantine, and goes through when it is', async () => {
  const xml = (id: string) =>
    `<pos><msid>${id}</msid><pd><time>20260301075900</time><shape><Point><coord><X>23.6N</X><Y>116.4E</Y></coord></Point></shape></pd></pos>`;
  const answer = meaningOf(
    `<svc_result><slia>${xml('+8613800299999')}${xml('8613800300000')}</slia></svc_result>`,
    [],
  );
  const origin = { source: 'mlp', feed: null, protocol: 'mlp', receivedMs: NOW_MS } as const;
  expect((await ingest.take(answer.decoded, origin)).refused).toMatchObject([
    { code: 'unknown-device' },
    { code: 'unknown-device' },
  ]);
  const phone = { id: 'late', protocol: 'mlp', address: '8613800299999', from: '2026-01-01T00:00:00Z' };
  await ingest.enrol([subjectWith('S-late', phone)]);
  expect(await ingest.quarantine.replay({ device: '8613800299999' })).toEqual({
    replayed: 1,
    stillRefused: 0,
  });
  const own = (await ingest.lines()).filter(({ device }) => device === 'late');
  expect(own).toMatchObject([{ type: 'position', lat: 23.6, at: '2026-03-01T07:59:00.000Z' }]);
});
