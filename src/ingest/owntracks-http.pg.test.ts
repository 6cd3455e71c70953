import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { sealWith } from './owntracks-secretbox.ts';

let own: TestDatabase;
let ingest: TestIngest;
beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
  await ingest.enrol([
    subjectWith('S1', { id: 'D1', protocol: 'owntracks', address: 'owntracks/jane/phone' }),
    subjectWith('S2', { id: 'D2', protocol: 'owntracks', address: 'owntracks/jim/phone' }),
    subjectWith('S3', { id: 'D3', protocol: 'owntracks', address: 'T3' }),
  ]);
  ingest.secrets.set('owntracks/jim/phone', 'ce-shi');
});
afterAll(async () => {
  await ingest.close();
  await own.drop();
});
beforeEach(() => {
  ingest.isLogAway = false;
});

const FIX = { _type: 'location', tst: 1771833600, lat: 23.52, lon: 116.35, acc: 12, batt: 81 };

/** Status and body of the answer. */
async function send(
  body: unknown,
  headers: Record<string, string> = {},
  query = '',
): Promise<[number, unknown]> {
  const answer = await fetch(`${ingest.owntracksUrl}${query}`, {
    method: 'POST',
    headers: new Headers({ 'content-type': 'application/json', ...headers }),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return [answer.status, await answer.json()];
}

const user = (name: string) => ({ 'x-limit-u': name, 'x-limit-d': 'phone' });
const password = (text: string) => ({
  authorization: `Basic ${Buffer.from(`jim:${text}`).toString('base64')}`,
});
const of = async (subject: string) => (await ingest.lines()).filter((line) => line.subject === subject);
const newest = async () => (await ingest.quarantine.list({ cursor: null, limit: 1 })).items[0];

test('K1 a fix is on the log when 200 and an empty list come, under header, query or tracker id', async () => {
  expect(await send(FIX, user('jane'))).toEqual([200, []]);
  expect(await send({ ...FIX, tst: FIX.tst + 60 }, {}, '?u=jane&d=phone')).toEqual([200, []]);
  expect(await of('S1')).toMatchObject([
    {
      type: 'position',
      device: 'D1',
      at: '2026-02-23T08:00:00.000Z',
      lat: 23.52,
      accuracyM: 12,
      batteryPct: 81,
    },
    { at: '2026-02-23T08:01:00.000Z' },
  ]);
  expect(await send({ ...FIX, tid: 'T3' })).toEqual([200, []]);
  expect(await of('S3')).toHaveLength(1);
});

test('K2 nobody’s, or not readable: 400; nothing at all: 200', async () => {
  for (const body of ['not JSON', '3', FIX]) expect(await send(body)).toEqual([400, []]);
  for (const body of ['', [], { _type: 'cmd', action: 'dump' }]) expect(await send(body)).toEqual([200, []]);
  expect(await newest()).toMatchObject({ source: 'owntracks', code: 'missing-field', field: 'topic' });
});

test('K3 poison does not come again: quarantined as it came, once, and answered with 200', async () => {
  expect(await send({ ...FIX, lat: 91, bs: 2 }, user('jane'))).toEqual([200, []]);
  const item = await newest();
  expect(item).toMatchObject({ code: 'bad-coordinates', device: 'owntracks/jane/phone' });
  expect(JSON.parse(Buffer.from(item?.raw ?? []).toString())).toMatchObject({
    user: 'jane',
    deviceName: 'phone',
  });
  expect(await send({ ...FIX, tst: 0 }, user('jane'))).toEqual([200, []]);
  expect(await newest()).toMatchObject({ code: 'bad-time' });
  expect(await send(FIX, user('nobody'))).toEqual([200, []]);
  expect(await newest()).toMatchObject({ code: 'unknown-device' });
});

test('K4 a device with a secret is believed with it only: as password, or as key', async () => {
  expect(await send(FIX, user('jim'))).toEqual([401, []]);
  expect(await newest()).toMatchObject({ code: 'not-authenticated', device: 'owntracks/jim/phone' });
  expect(await send({ ...FIX, topic: 'owntracks/jim/phone' }, user('jane'))).toEqual([401, []]);
  expect(await send(FIX, { ...user('jim'), ...password('wrong!') })).toEqual([401, []]);
  expect(await of('S2')).toEqual([]);
  expect(await send(FIX, { ...user('jim'), ...password('ce-shi') })).toEqual([200, []]);
  const sealed = (secret: string) => ({
    _type: 'encrypted',
    data: sealWith(secret, JSON.stringify({ ...FIX, tst: FIX.tst + 60 })),
  });
  expect(await send(sealed('other'), user('jim'))).toEqual([200, []]);
  expect(await newest()).toMatchObject({ field: 'data' });
  expect(await of('S2')).toHaveLength(1);
  expect(await send(sealed('ce-shi'), user('jim'))).toEqual([200, []]);
  expect(await of('S2')).toHaveLength(2);
});

test('K4 encrypted without a key is kept with the reason, and goes through when the secret is set', async () => {
  const sealed = {
    _type: 'encrypted',
    data: sealWith('later', JSON.stringify({ ...FIX, tst: FIX.tst + 3600 })),
  };
  expect(await send(sealed, user('jane'))).toEqual([200, []]);
  const item = await newest();
  expect(item?.message).toContain('no secret');
  ingest.secrets.set('owntracks/jane/phone', 'later');
  expect(await ingest.quarantine.replay({ ids: [item?.id ?? ''] })).toEqual({ replayed: 1, stillRefused: 0 });
  ingest.secrets.delete('owntracks/jane/phone');
  expect((await of('S1')).map(({ at }) => at)).toContain('2026-02-23T09:00:00.000Z');
});

test('K5 when the log can not take it: 503, and the same message goes through later', async () => {
  const message = { ...FIX, tst: FIX.tst + 7200 };
  ingest.isLogAway = true;
  expect((await send(message, user('jane')))[0]).toBe(503);
  ingest.isLogAway = false;
  expect(await send(message, user('jane'))).toEqual([200, []]);
  expect((await of('S1')).filter(({ at }) => at === '2026-02-23T10:00:00.000Z')).toHaveLength(1);
});

test('K6 whatever is sent is answered, and the next one too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
      fc.webQueryParameters(),
      async (body, query) => {
        expect([200, 400]).toContain((await send(body, {}, `?${query}`))[0]);
      },
    ),
    { numRuns: 100 },
  );
  expect((await send('x'.repeat(5 * 1024 * 1024), user('jane')))[0]).toBe(413);
  expect((await send({ ...FIX, tst: FIX.tst + 10 }, user('jane')))[0]).toBe(200);
});

const lowerCased = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const vectors = new URL('../../../shared/vectors/owntracks.json', import.meta.url);
describe.skipIf(!existsSync(vectors))('K7', () => {
  interface Vector {
    readonly id: string;
    readonly input: {
      readonly path: string;
      readonly headers: Record<string, string>;
      readonly body: string;
    };
    readonly reply: { readonly status: number; readonly json?: unknown };
  }
  const all: readonly Vector[] = existsSync(vectors) ? JSON.parse(readFileSync(vectors, 'utf8')) : [];
  test.each(all)('K7 $id is answered as its vector says', async ({ input, reply }) => {
    const [status, json] = await send(input.body, lowerCased(input.headers));
    expect([status, status === 200 ? json : undefined]).toEqual([reply.status, reply.json]);
  });
});
