import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { NOW_MS, openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createToken } from '../commands/token.ts';
import type { Json } from '../kernel/field.ts';
import { revokeToken } from '../store/token-administration.ts';

let own: TestDatabase;
let ingest: TestIngest;
beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
  await ingest.enrol([
    subjectWith('S1', { id: 'D1', feed: 'F1' }),
    subjectWith('S2', { id: 'D2', feed: 'F2' }),
    subjectWith('S3', { id: 'D3', from: '2026-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' }),
  ]);
});
afterAll(async () => {
  await ingest.close();
  await own.drop();
});
beforeEach(() => {
  ingest.isLogAway = false;
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

async function post(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(ingest.nativeUrl, {
    method: 'POST',
    headers: { authorization: `Bearer ${ingest.token}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : Buffer.from(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Json,
  };
}

let minute = 0;
/** A good position of D1 at an instant of its own. */
function position(overrides: Json = {}): Json {
  const at = new Date(Date.UTC(2026, 1, 1) + 60_000 * minute++).toISOString();
  return { type: 'position', device: 'D1', at, lat: 23.52, lon: 116.35, ...overrides };
}

async function newest(): Promise<{ code: string; raw: string; device: string | null }[]> {
  const { items } = await ingest.quarantine.list({ cursor: null, limit: 1000 });
  return items.map(({ code, raw, device }) => ({ code, device, raw: Buffer.from(raw).toString() }));
}

test('N1 a JSON array is taken: what is answered with 200 stands on the log under its subject', async () => {
  const first = position({ accuracyM: 15, method: 'gnss' });
  const status = {
    type: 'status',
    device: 'D1',
    subject: 'S1',
    at: '2026-03-01T07:59:00Z',
    status: 'power-off',
  };
  const checkin = {
    type: 'checkin',
    terminal: 'T1',
    subject: 'S2',
    at: '2026-03-01T07:58:00Z',
    method: 'face',
  };
  const answer = await post(JSON.stringify([first, status, checkin]));
  expect(answer).toMatchObject({ status: 200, body: { accepted: 3, refused: [] } });
  const received = '2026-03-01T08:00:00.000Z';
  const lines = await ingest.lines();
  expect(lines).toContainEqual({ ...first, subject: 'S1', received });
  expect(lines).toContainEqual({ ...status, at: '2026-03-01T07:59:00.000Z', received });
  expect(lines).toContainEqual({ ...checkin, at: '2026-03-01T07:58:00.000Z', received });
});

test('N2 NDJSON is taken whatever its content type is called, with or without a last newline', async () => {
  for (const type of ['application/x-ndjson', 'application/json', 'text/plain']) {
    const lines = [position(), position()].map((item) => JSON.stringify(item));
    const answer = await post(`\n${lines.join('\r\n')}`, { 'content-type': type });
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2, refused: [] } });
  }
});

test('N3 a bad item harms no neighbour: it is named by its index and kept byte for byte', async () => {
  const bad = '{"type":"position","device":"D1","at":"2026-02-01T00:00:00Z","lat":91.50,  "lon":116}';
  const array = await post(`[${JSON.stringify(position())}, ${bad} ,${JSON.stringify(position())}]`);
  expect(array.body).toMatchObject({
    accepted: 2,
    refused: [{ index: 1, code: 'bad-coordinates', where: 'lat' }],
  });
  expect((await newest())[0]).toEqual({ code: 'bad-coordinates', device: 'D1', raw: bad });
  const lines = await post(`${JSON.stringify(position())}\n{"type":\n${JSON.stringify(position())}\n`);
  expect(lines.body).toMatchObject({ accepted: 2, refused: [{ index: 1, code: 'not-json' }] });
  expect((await newest())[0]).toEqual({ code: 'not-json', device: null, raw: '{"type":' });
});

const REFUSED: readonly (readonly [code: string, where: string, item: Json])[] = [
  ['unknown-device', 'device', position({ device: 'nobody' })],
  ['device-not-assigned', 'device', position({ device: 'D3', at: '2026-02-01T00:00:00Z' })],
  ['feed-mismatch', 'device', position({ device: 'D2' })],
  ['subject-mismatch', 'subject', position({ subject: 'S2' })],
  ['missing-field', 'device', position({ device: undefined })],
  ['wrong-type', 'device', position({ device: 7 })],
  ['bad-time', 'at', position({ at: '2026-03-01 00:00' })],
  ['time-in-the-future', 'at', position({ at: '2026-03-01T08:10:01Z' })],
  ['time-too-old', 'at', position({ at: '1970-01-01T00:00:00Z' })],
  ['bad-coordinates', 'lon', position({ lon: -180.5 })],
  ['bad-coordinates', 'lat', position({ lat: 0, lon: 0 })],
  ['wrong-type', 'lat', position({ lat: '23.5' })],
  ['out-of-range', 'batteryPct', position({ batteryPct: 101 })],
  [
    'unknown-reference',
    'subject',
    { type: 'checkin', terminal: 'T', subject: 'S9', at: '2026-03-01T00:00:00Z', method: 'face' },
  ],
  ['missing-field', 'type', position({ type: undefined })],
  ...['tick', 'profile', 'feed', 'zone', 'policy', 'calendar', 'constructor'].map(
    (type) => ['unknown-value', 'type', position({ type })] as const,
  ),
];
test.each(REFUSED)('N4 %s at %s is refused and quarantined', async (code, where, item) => {
  const before = (await ingest.lines()).length;
  const answer = await post(JSON.stringify([item]));
  expect(answer).toMatchObject({ status: 200, body: { accepted: 0, refused: [{ index: 0, code, where }] } });
  expect(String((answer.body.refused as Json[])[0]?.message)).not.toBe('');
  expect((await newest())[0]).toMatchObject({ code, raw: JSON.stringify(item) });
  // Whose device it is is known: its time or its place is wrong (N12).
  const isHeard = ['at', 'lat', 'lon', 'batteryPct'].includes(where);
  const heard = { type: 'status', subject: 'S1', device: 'D1', status: 'reachable' };
  expect((await ingest.lines()).slice(before)).toEqual(isHeard ? [expect.objectContaining(heard)] : []);
});

test('N12 of a request in which all is refused each device is heard once, and nothing of the times is lost', async () => {
  const before = (await ingest.lines()).length;
  const ahead = '2026-03-01T09:00:00Z';
  await post(
    JSON.stringify([
      position({ lat: 91 }),
      position({ lat: 92 }),
      { type: 'status', device: 'D1', at: ahead, status: 'strap-cut' },
    ]),
  );
  expect((await ingest.lines()).slice(before)).toEqual([
    expect.objectContaining({ status: 'reachable', at: '2026-03-01T08:00:00.000Z' }),
    expect.objectContaining({ status: 'strap-cut', at: '2026-03-01T09:00:00.000Z' }),
  ]);
});

test('N4 at the edge of the clock skew an item is still taken', async () => {
  const answer = await post(JSON.stringify([position({ at: '2026-03-01T08:10:00Z' })]));
  expect(answer.body).toMatchObject({ accepted: 1 });
});

test('N5 the receipt time is the server’s, whatever the sender says', async () => {
  const item = position({ received: '2020-01-01T00:00:00Z' });
  await post(JSON.stringify([item]));
  expect((await ingest.lines()).find((line) => line.at === item.at)).toMatchObject({
    received: '2026-03-01T08:00:00.000Z',
  });
});

test.each([
  [400, '[{"type":"position"}', {}],
  [400, '', {}],
  [400, ' \n ', {}],
  [401, '[]', { authorization: 'Bearer wrong' }],
  [401, '[]', { authorization: '' }],
  [415, '[]', { 'content-type': 'application/xml' }],
  [415, '[]', { 'content-encoding': 'gzip' }],
  [413, `[${'1,'.repeat(10_000)}1]`, {}],
  [413, '{}\n'.repeat(10_001), {}],
  [413, ' '.repeat(16 * 1024 * 1024 + 1), {}],
])('N6 %i is a problem in words (case %#)', async (status, body, headers) => {
  const answer = await post(body, headers as Record<string, string>);
  expect(answer).toMatchObject({
    status,
    body: { status, title: expect.any(String), detail: expect.any(String) },
  });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
});

test('N6 10,000 items are taken at once', async () => {
  const items = Array.from({ length: 10_000 }, () => JSON.stringify(position()));
  expect((await post(`[${items.join(',')}]`)).body).toMatchObject({ accepted: 10_000 });
  expect((await post(items.join('\n'))).body).toMatchObject({ accepted: 10_000, refused: [] });
});

test('N6 a body without an announced length is bounded all the same', async () => {
  const answer = await new Promise<number>((resolve, reject) => {
    const call = httpRequest(
      ingest.nativeUrl,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${ingest.token}`, 'transfer-encoding': 'chunked' },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    // Once it has answered, the server closes: a write that fails then is as it should be.
    call.on('error', reject);
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    const write = (left: number) => {
      if (left === 0 || call.destroyed) call.end();
      else call.write(chunk, () => setImmediate(write, left - 1));
    };
    write(17);
  });
  expect(answer).toBe(413);
});

test('N7 when the log can not take it, nothing is acknowledged and nothing quarantined', async () => {
  const before = (await newest()).length;
  ingest.isLogAway = true;
  const answer = await post(JSON.stringify([position(), position({ device: 'nobody' })]));
  expect(answer).toMatchObject({ status: 503 });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await newest()).toHaveLength(before);
});

test('N9 whatever is sent, each item is accepted or refused with its index, and the server lives', async () => {
  const item = fc.oneof(
    fc.constant(null).map(() => JSON.stringify(position())),
    fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
    fc
      .dictionary(
        fc.constantFrom(
          'type',
          'device',
          'subject',
          'at',
          'lat',
          'lon',
          '__proto__',
          'batteryPct',
          'method',
          'received',
        ),
        fc.oneof(
          fc.string(),
          fc.double(),
          fc.constantFrom('position', 'D1', 'S1', '2026-02-01T00:00:00Z', 1e308, null),
        ),
      )
      .map((value) => JSON.stringify(value)),
    fc.constant(`{"type":"position","at":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
    fc.constant(
      `{"type":"position","device":"D1","at":"2026-02-01T00:00:00Z","lat":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 20 }), async (items) => {
      const { status, body } = await post(`[${items.join(',')}]`);
      expect(status).toBe(200);
      const refused = (body.refused as { index: number }[]).map(({ index }) => index);
      expect(new Set(refused).size + Number(body.accepted)).toBe(items.length);
    }),
    { numRuns: 60 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
      expect([200, 400]).toContain((await post(bytes)).status);
    }),
    { numRuns: 100 },
  );
});

test('N10 from the answer to its revocation on a token opens nothing, however many ask and in whatever process', async () => {
  const other = await openIngest(own);
  const token = await createToken(own.database, {
    feed: 'F1',
    role: null,
    organisation: '',
    expiresMs: null,
  });
  const hash = createHash('sha256').update(token).digest();
  let isRevoked = false;
  let isOver = false;
  const seen = { before: new Set<number>(), after: new Set<number>(), afterCount: 0 };
  const send = async (url: string, good: string) => {
    const headers = { authorization: `Bearer ${good}` };
    const { status } = await fetch(url, { method: 'POST', headers, body: '[]' });
    return status;
  };
  const senders = [ingest.nativeUrl, other.nativeUrl].flatMap((url) =>
    Array.from({ length: 6 }, async () => {
      while (!isOver) {
        const isAfter = isRevoked;
        const status = await send(url, token);
        (isAfter ? seen.after : seen.before).add(status);
        if (isAfter && ++seen.afterCount >= 60) isOver = true;
      }
    }),
  );
  const neighbour = (async () => {
    while (!isOver) expect(await send(other.nativeUrl, ingest.token)).toBe(200);
  })();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await own.database.transaction(async (tx) => {
    const { rows } = await tx.query<{ id: string }>({
      text: 'SELECT id FROM tokens WHERE token_hash = $1',
      values: [hash],
    });
    await revokeToken(tx, rows[0]?.id ?? '', new Date(NOW_MS));
  });
  isRevoked = true;
  await Promise.all([...senders, neighbour]);
  await other.close();
  expect(seen.before).toContain(200);
  expect([...seen.after]).toEqual([401]);
});

test('N10 an expired token is no token', async () => {
  await own.database.query({
    text: 'UPDATE tokens SET expires_at = $1',
    values: [new Date(Date.UTC(2026, 0, 1))],
  });
  expect((await post('[]')).status).toBe(401);
});
