/** What nobody may collect, through the ports: refused, counted, acknowledged, and nothing of it kept anywhere. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { lineClient } from '../../tests/harness/line-client.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import { LINES } from './line-protocol.testing.ts';
import { createTcpServer } from './tcp-server.ts';

let own: TestDatabase;
let ingest: TestIngest;
const ORDER = { ground: 'x', from: '2026-02-01T00:00:00Z', until: '2026-02-10T00:00:00Z' };
beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
  await ingest.enrol([
    {
      id: 'S1',
      office: '445281/office-01',
      devices: [
        { id: 'W1', kind: 'wristband', order: ORDER },
        { id: 'P1', kind: 'phone' },
      ],
    },
    subjectWith('S2', { id: 'W2', kind: 'wristband', protocol: 'jt808' }),
  ]);
});
afterAll(async () => {
  await ingest.close();
  await own.drop();
});

const run = async (text: string) => (await own.database.query({ text, values: [] })).rows;
const at = (iso: string, device = 'W1') => ({ type: 'position', device, at: iso, lat: 23.5123, lon: 116.35 });
async function post(items: readonly object[]) {
  const headers = { authorization: `Bearer ${ingest.token}`, 'content-type': 'application/json' };
  const answer = await fetch(ingest.nativeUrl, { method: 'POST', headers, body: JSON.stringify(items) });
  return {
    status: answer.status,
    body: (await answer.json()) as { accepted: number; refused: { index: number; code: string }[] },
  };
}
/** Tables that hold the latitude. */
async function holders() {
  const tables = await run(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'log_records'`,
  );
  const found: string[] = [];
  for (const { name } of tables)
    if (
      (
        await run(
          `SELECT 1 FROM ${name} t WHERE t::text LIKE '%23.5123%' OR t::text LIKE '%32332e35313233%' LIMIT 1`,
        )
      ).length > 0
    )
      found.push(String(name));
  return found;
}

test('W1 W4 each item is told why; what was taken under the order is on the log, the rest is counted and nowhere', async () => {
  const answer = await post([
    at('2026-01-31T23:59:59Z'),
    at('2026-02-01T00:00:00Z'),
    at('2026-02-09T23:59:59Z'),
    at('2026-02-10T00:00:00Z'),
    at('2026-02-10T00:00:01Z', 'P1'),
  ]);
  expect(answer.status).toBe(200);
  expect(answer.body.accepted).toBe(3);
  expect(answer.body.refused.map(({ index, code }) => [index, code])).toEqual([
    [0, 'outside-order'],
    [3, 'outside-order'],
  ]);
  expect(await run('SELECT subject, device, code, count::int FROM uncollected')).toEqual([
    { subject: 'S1', device: 'W1', code: 'outside-order', count: 2 },
  ]);
  expect((await ingest.quarantine.list({ cursor: null, limit: 10 })).items).toEqual([]);
  expect(await holders()).toEqual([]);
  const times = (await ingest.lines()).filter(({ type }) => type === 'position').map((line) => line.at);
  expect(times.sort()).toEqual([
    '2026-02-01T00:00:00.000Z',
    '2026-02-09T23:59:59.000Z',
    '2026-02-10T00:00:01.000Z',
  ]);
});

test('W4 over TCP it is acknowledged, so that the device does not send it for ever, and kept nowhere', async () => {
  const server = createTcpServer({
    wire: LINES,
    intake: ingest.bare,
    quarantine: ingest.quarantine,
    messages: ingest.messages,
    devices: ingest.devices,
    secretOf: () => undefined,
    authCode: () => '',
    logger: createLogger('silent'),
    now: () => Date.UTC(2026, 2, 1),
    onHeard: ({ frame }) => expect(frame.records).toEqual([]),
  });
  const client = await lineClient(await server.listen('127.0.0.1', 0));
  await client.send('W2 pos 23.5123 116.3\n');
  await client.until('ok W2 pos');
  client.end();
  await server.stop();
  expect(await run(`SELECT count::int FROM uncollected WHERE device = 'W2'`)).toEqual([{ count: 1 }]);
  expect((await ingest.quarantine.list({ cursor: null, limit: 10 })).items).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await holders()).toEqual([]);
});

test('W3 the end of correction stops the collection at its minute, of phones as well', async () => {
  await own.database.query({
    text: `INSERT INTO supervision_dates (subject, collects_until, changed_by, changed_at) VALUES ('S1', '2026-02-05T00:00:00Z', 'x', now())`,
    values: [],
  });
  // When the intake knows this one, it has read the roster anew.
  await ingest.enrol([subjectWith('S9', { id: 'P9' })]);
  const answer = await post([
    at('2026-02-04T23:59:00Z', 'P1'),
    at('2026-02-05T00:00:00Z', 'P1'),
    { type: 'status', device: 'W1', at: '2026-02-05T00:00:00Z', status: 'reachable' },
    { type: 'checkin', subject: 'S1', terminal: 'T1', at: '2026-02-05T00:00:00Z', method: 'fingerprint' },
  ]);
  expect(answer.body.accepted).toBe(1);
  expect(answer.body.refused.map(({ index, code }) => [index, code])).toEqual([
    [1, 'correction-ended'],
    [2, 'correction-ended'],
    [3, 'correction-ended'],
  ]);
  expect(await holders()).toEqual([]);
});
