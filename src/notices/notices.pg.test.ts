/** From the outbox to the channel over a real queue, and what an account finds in the page. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noticed } from '../../alerts/noticed.ts';
import { startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { createLogger } from '../adapters/logger.ts';
import { openNoticeQueue } from '../adapters/notice-queue.ts';
import { relayAll } from './relay.ts';
import { runNotices } from './run-notices.ts';

const OFFICE = '445281/office-01';
let dash: TestDashboard;
let receiver: Server;
let running: { stop(): Promise<void> };
let admin: { authorization: string };
let status = 200;
const received: { id: string; text: string; refs: string[] }[] = [];

const ask = async <Row extends Record<string, unknown>>(text: string, values: unknown[] = []) =>
  (await dash.database.query<Row>({ text, values })).rows;
const tell = (ref: string, more: Partial<Parameters<typeof noticed>[1][number]> = {}) =>
  noticed(dash.database, [
    {
      what: 'alert-opened',
      about: 'alert',
      ref,
      subject: 'S1',
      office: OFFICE,
      account: null,
      severity: 'high',
      atMs: Date.now(),
      ...more,
    },
  ]);
const subscribe = async (body: object) => {
  const answer = await dash.call('POST', '/api/v1/notice-subscriptions', { headers: admin, body });
  expect(answer.status).toBe(200);
  return answer.body;
};
const deliveriesOf = (ref: string) =>
  ask<{ id: string; state: string; attempts: number; answer: string | null; late: boolean; of: number }>(
    `SELECT d.id::text AS id, d.state, d.attempts, d.answer, d.due_at > d.made_at AS late,
            (SELECT count(*)::int FROM notice_parts q WHERE q.delivery = d.id) AS of
       FROM notice_deliveries d JOIN notice_parts p ON p.delivery = d.id JOIN notices n ON n.id = p.notice
      WHERE n.ref = $1 ORDER BY d.seq`,
    [ref],
  );
const poll = { timeout: 30_000, interval: 50 };
const untilState = (ref: string, state: string) =>
  expect.poll(async () => (await deliveriesOf(ref)).map((each) => each.state), poll).toEqual([state]);

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    received.push({
      id: body.id,
      text: body.text,
      refs: body.notices.map(({ ref }: { ref: string }) => ref),
    });
    response.writeHead(status).end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  dash = await startDashboard();
  admin = await dash.token('administrator', '');
  await dash.subject('S1', OFFICE, '王试验');
  await dash.subject('M1', OFFICE, '李试验', true);
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const hook = (name: string, organisation: string) =>
    ({ name, kind: 'webhook', url, secret: 'of-this-test', isPrivate: true, organisation }) as const;
  const { database } = dash;
  const logger = createLogger('silent');
  running = await runNotices({
    database,
    channels: [hook('one', ''), hook('two', ''), hook('three', ''), hook('other', '445222')],
    logger,
    now: Date.now,
    openQueue: (handlers) =>
      openNoticeQueue({
        database,
        logger,
        times: { cutOffS: 5, lookEveryS: 1, pollS: 0.5, retryS: 1, longestRetryS: 1, retries: 1 },
        ...handlers,
      }),
  });
});
afterAll(async () => {
  await running.stop();
  receiver.close();
  await dash.close();
});

test('N1 N4 N5 a notice goes out once to one recipient, masked, however many subscriptions ask for it', async () => {
  const given = { organisation: '445281', reach: 'subtree', fromSeverity: 'low', channel: 'one' };
  await subscribe(given);
  await subscribe({ ...given, organisation: OFFICE, reach: 'own' });
  await tell('a1');
  await untilState('a1', 'sent');
  const [sent] = received;
  expect(received).toHaveLength(1);
  expect(sent?.text).toContain('王某某');
  expect(JSON.stringify(sent)).not.toContain('王试验');
  expect(await ask('SELECT 1 FROM notice_outbox')).toEqual([]);
  const [delivery] = await deliveriesOf('a1');
  const shown = await dash.call('GET', `/api/v1/notice-deliveries/${delivery?.id}`, { headers: admin });
  expect(shown.body).toMatchObject({ state: 'sent', attempts: 1, answer: '200', notices: 1 });
  expect(shown.body.tries).toMatchObject([{ attempt: 1, answer: '200', isSent: true }]);
});

test('N3 what comes within a minute waits, as one message; of a minor nothing is told; what is critical is a message of its own', async () => {
  for (const [ref, subject] of [
    ['b1', 'S1'],
    ['b2', 'M1'],
    ['b3', 'S1'],
  ] as const)
    await tell(ref, { subject });
  await tell('b4', { subject: 'M1', severity: 'critical' });
  await untilState('b4', 'sent');
  expect(received.at(-1)?.text).toContain('某某');
  expect(received.at(-1)?.text).not.toContain('李');
  const three = [...(await deliveriesOf('b1')), ...(await deliveriesOf('b2')), ...(await deliveriesOf('b3'))];
  expect(new Set(three.map(({ id }) => id)).size).toBe(1);
  expect(three[0]).toMatchObject({ state: 'gathering', late: true, of: 3 });
});

test('Q4 what fails is tried again, then is a dead letter, which a person sends again', async () => {
  status = 503;
  await subscribe({ organisation: '445300/dead', reach: 'own', fromSeverity: 'low', channel: 'two' });
  await tell('c1', { office: '445300/dead' });
  await untilState('c1', 'dead');
  const [dead] = await deliveriesOf('c1');
  expect(dead).toMatchObject({ attempts: 2, answer: '503' });
  const path = `/api/v1/notice-deliveries/${dead?.id}/retry`;
  status = 200;
  expect((await dash.call('POST', path, { headers: admin })).status).toBe(200);
  await untilState('c1', 'sent');
  expect((await deliveriesOf('c1'))[0]?.attempts).toBe(3);
  expect((await dash.call('POST', path, { headers: admin })).status).toBe(409);
  expect(new Set(received.filter(({ refs }) => refs[0] === 'c1').map(({ id }) => id)).size).toBe(1);
});

test('N2 Q5 in quiet hours it waits; a subscription that ends withdraws what waits', async () => {
  const given = { organisation: '445300/night', reach: 'own', fromSeverity: 'low', channel: 'three' };
  const { id } = await subscribe({ ...given, quiet: { from: '00:00', until: '23:59' } });
  await tell('d1', { office: '445300/night' });
  await untilState('d1', 'gathering');
  expect((await deliveriesOf('d1'))[0]?.late).toBe(true);
  expect((await dash.call('DELETE', `/api/v1/notice-subscriptions/${id}`, { headers: admin })).status).toBe(
    200,
  );
  // As if the night were over: its job runs now.
  await ask(`UPDATE pgboss.job SET start_after = now() WHERE state = 'created' AND data->>'delivery' = $1`, [
    (await deliveriesOf('d1'))[0]?.id,
  ]);
  await untilState('d1', 'withdrawn');
  expect(received.some(({ refs }) => refs.includes('d1'))).toBe(false);
});

test('Q1 a transaction that fails leaves the notice in the outbox', async () => {
  const database = {
    transaction: <T>(work: (db: typeof dash.database) => Promise<T>) =>
      dash.database.transaction((db) => work(db as typeof dash.database)),
  };
  const broken = {
    put: () => Promise.reject(new Error('the queue is away')),
  };
  await running.stop();
  await tell('e1');
  await expect(
    relayAll({ database, queue: broken, offsetMs: () => 0 } as Parameters<typeof relayAll>[0], Date.now()),
  ).rejects.toThrow('the queue is away');
  expect(await ask('SELECT ref FROM notice_outbox')).toEqual([{ ref: 'e1' }]);
  expect(await deliveriesOf('e1')).toEqual([]);
  await ask('DELETE FROM notice_outbox');
});

test('N6 in the page: what is mine, my organisation’s, and what is critical below it; read up to one, never back', async () => {
  await ask('TRUNCATE notices CASCADE');
  await dash.account('officer', 'office-officer', OFFICE, false);
  await dash.account('county', 'duty-officer', '445281');
  const row = (id: number, office: string, account: string | null, severity: string, subject = 'S1') =>
    ask(
      `INSERT INTO notices (id, what, about, ref, subject, office, account, severity, at)
       VALUES ($1, 'task-sent', 'alert', 'x', $2, $3, $4, $5, now())`,
      [id, subject, office, account, severity],
    );
  await row(1, OFFICE, null, 'low');
  await row(2, OFFICE, 'officer', 'low');
  await row(3, OFFICE, 'another', 'critical');
  await row(4, '445281', null, 'low');
  await row(5, OFFICE, null, 'critical', 'M1');
  await row(6, '445222', null, 'critical');
  const idsOf = async (headers: Record<string, string>) =>
    (await dash.call('GET', '/api/v1/notices', { headers })).body.items.map(({ id }: { id: string }) => id);
  const [officer, county] = [await dash.signIn('officer'), await dash.signIn('county')];
  // Not cleared for minors: 5 is not there.
  expect(await idsOf(officer)).toEqual(['2', '1']);
  expect(await idsOf(county)).toEqual(['5', '4']);
  const read = (upTo: string) =>
    dash.call('POST', '/api/v1/notices/read', { headers: officer, body: { upTo } });
  expect((await dash.call('GET', '/api/v1/notices/unread', { headers: officer })).body).toEqual({
    unread: 2,
    newest: '2',
  });
  expect((await read('2')).body).toEqual({ unread: 0, newest: null });
  expect((await read('1')).body).toEqual({ unread: 0, newest: null });
});

test('O1 a caller names a channel that serves the organisation, and a recipient of its kind', async () => {
  const given = { organisation: OFFICE, reach: 'own', fromSeverity: 'low', channel: 'one' };
  for (const wrong of [
    { ...given, channel: 'other' },
    { ...given, channel: 'nowhere' },
    { ...given, recipient: 'somebody@example.org' },
    { ...given, quiet: { from: '25:00', until: '07:00' } },
  ])
    expect(
      (await dash.call('POST', '/api/v1/notice-subscriptions', { headers: admin, body: wrong })).status,
    ).toBe(400);
  const channels = await dash.call('GET', '/api/v1/notice-channels', {
    headers: await dash.token('administrator', '445281'),
  });
  expect(channels.body.items.map(({ name }: { name: string }) => name)).toEqual(['one', 'three', 'two']);
  expect(JSON.stringify(channels.body)).not.toContain('of-this-test');
});
