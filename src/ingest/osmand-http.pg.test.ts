import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';

let own: TestDatabase;
let ingest: TestIngest;
beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
  await ingest.enrol([
    subjectWith('S1', { id: 'D1', protocol: 'osmand', address: '862000000000001' }),
    subjectWith('S2', { id: 'D2', protocol: 'jt808', address: '13800000002' }),
  ]);
});
afterAll(async () => {
  await ingest.close();
  await own.drop();
});
beforeEach(() => {
  ingest.isLogAway = false;
});

const GOOD = 'id=862000000000001&lat=23.52&lon=116.35&timestamp=1771833600';

async function send(query: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${ingest.osmandUrl}/${query === '' ? '' : `?${query}`}`, init);
}

async function open() {
  const { items } = await ingest.quarantine.list({ cursor: null, limit: 1000 });
  return items;
}

test('P1 any method and any path: a fix is on the log when 200 comes', async () => {
  const line = {
    type: 'position',
    subject: 'S1',
    device: 'D1',
    at: '2026-02-23T08:00:00.000Z',
    lat: 23.52,
    lon: 116.35,
  };
  for (const method of ['GET', 'POST', 'PUT']) {
    const before = (await ingest.lines()).length;
    expect((await fetch(`${ingest.osmandUrl}/some/path?${GOOD}`, { method })).status).toBe(200);
    expect(await ingest.lines()).toHaveLength(before + 1);
  }
  expect(await ingest.lines()).toContainEqual({ ...line, received: '2026-03-01T08:00:00.000Z' });
});

test('P1 an urlencoded body and a JSON body are read as well', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const before = (await ingest.lines()).length;
  expect((await send('', { method: 'POST', headers: form, body: GOOD })).status).toBe(200);
  const location = { timestamp: '2026-02-23T08:01:00Z', coords: { latitude: 23.5, longitude: 116.3 } };
  const body = JSON.stringify({ device_id: '862000000000001', location: [location, location] });
  const json = { 'content-type': 'application/json' };
  expect((await send('', { method: 'POST', headers: json, body })).status).toBe(200);
  expect(await ingest.lines()).toHaveLength(before + 3);
});

test('P1 a body that is an array of them: each is on the log, and only one in which nobody is named is 400', async () => {
  const headers = { 'content-type': 'application/json' };
  const bodyAt = (minute: number, id: object) => ({
    ...id,
    location: {
      timestamp: `2026-02-23T09:0${minute}:00Z`,
      coords: { latitude: 23.5, longitude: 116.3 },
    },
  });
  const own = { device_id: '862000000000001' };
  const post = async (body: unknown) =>
    (await send('', { method: 'POST', headers, body: JSON.stringify(body) })).status;
  const before = (await ingest.lines()).length;
  expect(await post([bodyAt(1, own), bodyAt(2, {}), bodyAt(3, own)])).toBe(200);
  expect(await ingest.lines()).toHaveLength(before + 2);
  expect((await open())[0]).toMatchObject({ code: 'missing-field', field: 'device_id' });
  expect(await post([bodyAt(4, {}), bodyAt(5, {})])).toBe(400);
  expect(await post([])).toBe(200);
});

test('P2 a request that names no device gets 400, a probe of the port leaves nothing behind', async () => {
  const before = (await open()).length;
  expect((await send('')).status).toBe(400);
  expect(await open()).toHaveLength(before);
  expect((await send('lat=60.0&lon=30.0&timestamp=1377177267')).status).toBe(400);
  expect((await open())[0]).toMatchObject({ source: 'osmand', code: 'missing-field', field: 'id' });
});

test.each([
  ['unknown-device', 'id=nobody&lat=1&lon=2'],
  ['unknown-device', 'id=13800000002&lat=1&lon=2'],
  ['bad-coordinates', 'id=862000000000001&lat=91&lon=2'],
  ['bad-coordinates', 'id=862000000000001&lat=0.0&lon=0.0&altitude=0'],
  ['missing-field', 'id=862000000000001&lat=1'],
  ['bad-time', 'id=862000000000001&lat=1&lon=2&timestamp=soon'],
  ['time-in-the-future', 'id=862000000000001&lat=1&lon=2&timestamp=2100-01-01T00:00:00Z'],
])(
  'P3 poison does not come again: %s is quarantined as it came and answered with 200',
  async (code, query) => {
    expect((await send(query)).status).toBe(200);
    const [item] = await open();
    expect(item).toMatchObject({ source: 'osmand', code, device: new URLSearchParams(query).get('id') });
    expect(JSON.parse(Buffer.from(item?.raw ?? []).toString())).toMatchObject({ query });
  },
);

test('P3 a body that is no JSON is quarantined and answered with 200', async () => {
  const headers = { 'content-type': 'application/json' };
  expect((await send('', { method: 'POST', headers, body: '{"device_id":"1"' })).status).toBe(200);
  expect((await open())[0]).toMatchObject({ code: 'not-json' });
});

test('P4 a log that can not take it now answers 503 with Retry-After, and the same request goes through later', async () => {
  const query = 'id=862000000000001&lat=23.5&lon=116.3&timestamp=2026-02-25T08:00:00Z';
  ingest.isLogAway = true;
  const refused = await send(query);
  expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([503, expect.any(Number)]);
  ingest.isLogAway = false;
  expect((await send(query)).status).toBe(200);
  const lines = await ingest.lines();
  expect(lines.filter((line) => line.at === '2026-02-25T08:00:00.000Z')).toHaveLength(1);
});

test('P5 what was quarantined goes through when the roster is mended, each record once', async () => {
  const part = (minute: number) => ({
    timestamp: `2026-02-24T08:0${minute}:00Z`,
    coords: { latitude: 23.5, longitude: 116.3 },
    battery: { level: 0.5, is_charging: true },
  });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ device_id: 'late', location: [part(1), part(2)] });
  await send('', { method: 'POST', headers, body });
  await send('id=late&lat=23.5&lon=116.3&alarm=sos&timestamp=2026-02-24T08:05:00Z');
  expect(await ingest.quarantine.replay({ device: 'late' })).toEqual({ replayed: 0, stillRefused: 3 });
  await ingest.enrol([subjectWith('S9', { id: 'D9', protocol: 'osmand', address: 'late' })]);
  expect(await ingest.quarantine.replay({ device: 'late' })).toEqual({ replayed: 3, stillRefused: 0 });
  const lines = (await ingest.lines()).filter((line) => line.subject === 'S9');
  expect(lines.map((line) => `${line.type} ${line.at} ${line.status ?? ''}`).sort()).toEqual([
    'position 2026-02-24T08:01:00.000Z ',
    'position 2026-02-24T08:02:00.000Z ',
    'position 2026-02-24T08:05:00.000Z ',
    'status 2026-02-24T08:01:00.000Z charging',
    'status 2026-02-24T08:02:00.000Z charging',
    'status 2026-02-24T08:05:00.000Z sos',
  ]);
  expect(await ingest.quarantine.replay({ device: 'late' })).toEqual({ replayed: 0, stillRefused: 0 });
});

test('P6 whatever bytes a connection brings, the port answers the next one', async () => {
  const { port } = new URL(ingest.osmandUrl);
  const ends = (bytes: Uint8Array) =>
    new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
    });
  const request = fc
    .tuple(fc.constantFrom('GET /?', 'POST /', 'POST /?id=1&'), fc.string({ unit: 'binary', maxLength: 100 }))
    .map(([start, rest]) => Buffer.from(`${start}${rest} HTTP/1.1\r\nhost: a\r\n\r\n`));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), request), async (bytes) => {
      await ends(bytes);
    }),
    { numRuns: 100 },
  );
  expect((await send(GOOD)).status).toBe(200);
});
