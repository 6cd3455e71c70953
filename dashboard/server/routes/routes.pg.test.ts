import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPositionDays } from '../../../src/adapters/positions-table.ts';
import {
  type Call,
  problem,
  routesOf,
  startDashboard,
  type TestDashboard,
} from '../../../tests/harness/dashboard.ts';
import type { QuarantineItem } from './quarantine.ts';

let dash: TestDashboard;
const replays: unknown[] = [];
const item: QuarantineItem = {
  id: '7',
  receivedMs: 0,
  source: 'native',
  feed: null,
  device: 'D9',
  code: 'unknown-device',
  field: 'device',
  message: 'nobody has it',
  raw: Buffer.from('{"x":1}'),
};

beforeAll(async () => {
  dash = await startDashboard({
    quarantine: {
      list: async () => ({ items: [item], nextCursor: null }),
      replay: async (query) => {
        replays.push(query);
        return { replayed: 1, stillRefused: 2 };
      },
    },
  });
  await dash.account('duty', 'duty-officer', '445281');
  await dash.subject('S1', '445281/liusha-east');
  await dash.subject('S2', '445222/hepo');
  for (const id of ['a1', 'a2', 'a3']) await dash.alert(id, 1, { subject: 'S1' });
  await dash.alert('b1', 1, { subject: 'S2', startedAtMs: Date.UTC(2026, 2, 2) });
});
afterAll(() => dash.close());
const get = (path: string, headers: Record<string, string>) => dash.call('GET', path, { headers });

test('R1 the cursor gives every alert once, in order', async () => {
  const token = await dash.token('auditor', '');
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body }: Call = await get(
      `/api/v1/alerts?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      token,
    );
    seen.push(...body.items.map((alert: { alert: string }) => alert.alert));
    cursor = body.nextCursor;
  }
  expect(seen).toEqual(['b1', 'a3', 'a2', 'a1']);
  expect(problem(await get('/api/v1/alerts?cursor=nonsense', token))).toBe(400);
  expect(problem(await get('/api/v1/alerts?limit=0', token))).toBe(400);
  expect(problem(await get('/api/v1/alerts?state=odd', token))).toBe(400);
});

test('R1 filters narrow the list', async () => {
  const token = await dash.token('auditor', '');
  const ids = async (query: string) =>
    (await get(`/api/v1/alerts?${query}`, token)).body.items.map((alert: { alert: string }) => alert.alert);
  expect(await ids('organisation=445222')).toEqual(['b1']);
  expect(await ids('since=2026-03-01T12:00:00Z')).toEqual(['b1']);
  expect(await ids('state=open&kind=silent')).toEqual([]);
  expect(await ids('subject=S2&state=open')).toEqual(['b1']);
  expect(problem(await get('/api/v1/alerts?since=yesterday', token))).toBe(400);
});

test('R2 acknowledging twice is once', async () => {
  const duty = await dash.signIn('duty');
  const first = await dash.call('POST', '/api/v1/alerts/a1/acknowledge', {
    headers: duty,
    body: { note: '已电话联系' },
  });
  expect(first.body).toMatchObject({ alert: 'a1', acknowledgedBy: 'duty' });
  const second = await dash.call('POST', '/api/v1/alerts/a1/acknowledge', {
    headers: await dash.token('duty-officer', ''),
  });
  expect(second.body).toEqual(first.body);
  const { body } = await get('/api/v1/alerts/a1', duty);
  expect(body.actions).toHaveLength(1);
  expect(body.actions[0]).toMatchObject({ action: 'acknowledge', account: 'duty', note: '已电话联系' });
});

test('R2 of many at once one is recorded', async () => {
  const token = await dash.token('duty-officer', '');
  await dash.alert('a4', 1, { subject: 'S1', startedAtMs: Date.UTC(2026, 0, 1) });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      dash.call('POST', '/api/v1/alerts/a4/acknowledge', { headers: token, body: {} }),
    ),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
  expect((await get('/api/v1/alerts/a4', token)).body.actions).toHaveLength(1);
});

test('R3 a retracted alert is a conflict, an unknown one is not found', async () => {
  const token = await dash.token('duty-officer', '');
  await dash.alert('a5', 1, { subject: 'S1', startedAtMs: Date.UTC(2026, 0, 2) });
  await dash.alert('a5', 2, {
    subject: 'S1',
    state: 'retracted',
    startedAtMs: Date.UTC(2026, 0, 2),
  });
  expect(problem(await dash.call('POST', '/api/v1/alerts/a5/acknowledge', { headers: token }))).toBe(409);
  expect(problem(await dash.call('POST', '/api/v1/alerts/a9/acknowledge', { headers: token }))).toBe(404);
});

test('R4 R5 an alert shows every version, with the name', async () => {
  const token = await dash.token('auditor', '');
  await dash.alert('a2', 2, { subject: 'S1', reason: 'S1仍在界外' });
  const { body } = await get('/api/v1/alerts/a2', token);
  expect(body).toMatchObject({
    version: 2,
    state: 'updated',
    subjectName: '测试人员S1',
    reason: '测试人员S1仍在界外',
  });
  expect(body.versions.map((version: { version: number }) => version.version)).toEqual([1, 2]);
  expect(body.versions[0].evidence).toEqual([
    { at: '2026-03-01T00:00:00.000Z', lat: 23.5, lon: 116.3, accuracyM: 10, distanceM: 250 },
  ]);
});

test('R4 an alert says whether a device of the subject can be asked, to who may ask', async () => {
  const duty = await dash.token('duty-officer', '');
  const isAskable = async (token: Record<string, string>) =>
    (await get('/api/v1/alerts/a3', token)).body.isAskable;
  expect(await isAskable(duty)).toBe(false);
  await dash.database.query({
    text: `INSERT INTO devices (id, subject, kind, protocol, address, interval_s, valid_from) VALUES ('D7', 'S1', 'phone', 'jt808', 'D7', 60, $1)`,
    values: [new Date(0)],
  });
  expect(await isAskable(duty)).toBe(true);
  expect(await isAskable(await dash.token('auditor', ''))).toBe(false);
});

test('R6 a track is read page by page', async () => {
  const token = await dash.token('auditor', '');
  const at = (i: number) => new Date(Date.UTC(2026, 2, 1, 0, i));
  await (await openPositionDays(dash.database)).ensure([at(0).getTime()]);
  for (let i = 0; i < 5; i++)
    await dash.database.query({
      text: `INSERT INTO positions (at, device, subject, sequence, received_at, lat, lon) VALUES ($1, 'D1', 'S1', 0, $1, $2, 116)`,
      values: [at(i), 23 + i / 10],
    });
  const path = '/api/v1/subjects/S1/track?from=2026-03-01T00:01:00Z&to=2026-03-01T00:05:00Z&limit=3';
  const first = await get(path, token);
  expect(first.body.items.map((fix: { lat: number }) => fix.lat)).toEqual([23.1, 23.2, 23.3]);
  const second = await get(`${path}&cursor=${first.body.nextCursor}`, token);
  expect(second.body.items.map((fix: { at: string }) => fix.at)).toEqual(['2026-03-01T00:04:00.000Z']);
  expect(second.body.nextCursor).toBeNull();
  const ask = (from: string, to: string) => get(`/api/v1/subjects/S1/track?from=${from}&to=${to}`, token);
  expect(problem(await ask('2026-03-02T00:00:00Z', '2026-03-01T00:00:00Z'))).toBe(400);
  expect(problem(await ask('2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z'))).toBe(400);
});

test('R7 quarantine is listed with its bytes and replayed by ids or device', async () => {
  const admin = await dash.token('administrator', '');
  const { body } = await get('/api/v1/quarantine', admin);
  expect(body.items[0]).toMatchObject({
    id: '7',
    code: 'unknown-device',
    rawBase64: Buffer.from('{"x":1}').toString('base64'),
  });
  const replay = (content: unknown, headers = admin) =>
    dash.call('POST', '/api/v1/quarantine/replay', { headers, body: content });
  expect((await replay({ device: 'D9' })).body).toEqual({ replayed: 1, stillRefused: 2 });
  expect(replays).toEqual([{ device: 'D9' }]);
  expect(problem(await replay({}))).toBe(400);
  expect(problem(await replay({ ids: ['1'], device: 'D9' }))).toBe(400);
  expect(problem(await replay({ ids: ["1'; DROP"] }))).toBe(400);
  expect(problem(await get('/api/v1/quarantine', await dash.token('administrator', '445281')))).toBe(403);
});

test('W4 R2 whatever is sent to be written, the answer is no fault of ours', async () => {
  const token = await dash.token('administrator', '');
  await dash.alert('f1', 1, { subject: 'S1', startedAtMs: Date.UTC(2026, 0, 3) });
  const posts = routesOf(dash.app).filter(
    ({ method, url }) => method === 'POST' && url.startsWith('/api/v1/'),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...posts), fc.json(), fc.string(), async ({ url }, body, note) => {
      for (const content of [body, { note: `${note}\0`, login: '\0', password: 'x' }]) {
        const answer = await dash.call('POST', url.replace(':id', 'f1'), { headers: token, body: content });
        expect(answer.status).toBeLessThan(500);
      }
    }),
    { numRuns: 50 },
  );
});
