import { createHash } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../../src/adapters/logger.ts';
import { problem, routesOf, startDashboard, type TestDashboard } from '../../../tests/harness/dashboard.ts';
import { createHttpServer } from '../http-server.ts';
import { createSessions } from './sessions.ts';

let dash: TestDashboard;
beforeAll(async () => {
  dash = await startDashboard({
    plugins: [
      {
        action: 'own-check',
        plugin: async (scope) => {
          scope.post('/ingest/v1/observations', async () => ({ accepted: 0 }));
        },
      },
    ],
  });
  await dash.account('duty', 'duty-officer', '445281');
  await dash.account('auditor', 'auditor', '');
  await dash.subject('S1', '445281/liusha-east');
  await dash.subject('S2', '445222/hepo');
  for (const id of ['a1', 'a2', 'a3']) await dash.alert(id, 1, { subject: 'S1' });
  await dash.alert('b1', 1, { subject: 'S2' });
});
afterAll(() => dash.close());
const get = (path: string, headers: Record<string, string>) => dash.call('GET', path, { headers });

test('A1 a route without a declaration fails when it is registered', async () => {
  const app = await createHttpServer({
    logger: createLogger('silent'),
    registry: new Registry(),
    plugins: [],
    probes: [],
    sessions: createSessions({ db: dash.database, now: Date.now }),
  });
  expect(() => app.get('/api/v1/forgotten', () => ({}))).toThrow('GET /api/v1/forgotten declares no action');
  await app.close();
});

test('A2 every route that is not public refuses a call without a login', async () => {
  const open = ['/', '/healthz', '/readyz', '/metrics', '/ingest/v1/observations'];
  const closed = routesOf(dash.app).filter(
    ({ method, url }) =>
      !open.includes(url) &&
      !url.startsWith('/api/docs') &&
      !(method === 'POST' && url === '/api/v1/session'),
  );
  expect(closed.length).toBeGreaterThan(12);
  for (const { method, url } of closed) {
    const answer = await dash.call(method, url.replace(':id', 'x'));
    expect(`${method} ${url} ${problem(answer)}`).toBe(`${method} ${url} 401`);
    const forged = await dash.call(method, url.replace(':id', 'x'), {
      headers: { authorization: 'Bearer nonsense' },
    });
    expect(problem(forged)).toBe(401);
  }
});

test('A2 a guest checks its callers by itself', async () => {
  expect((await dash.call('POST', '/ingest/v1/observations', { body: [] })).body).toEqual({ accepted: 0 });
});

test('A3 what the table does not allow is forbidden, by cookie and by token', async () => {
  const auditor = await dash.signIn('auditor');
  expect(
    problem(await dash.call('POST', '/api/v1/alerts/a1/acknowledge', { headers: auditor, body: {} })),
  ).toBe(403);
  const manager = await dash.token('manager', '');
  expect(problem(await get('/api/v1/devices', manager))).toBe(403);
  expect((await get('/api/v1/alerts', manager)).status).toBe(200);
});

test('A4 what lies outside the own organisation is not there', async () => {
  const duty = await dash.signIn('duty');
  const list = await get('/api/v1/alerts', duty);
  expect(list.body.items.map((alert: { alert: string }) => alert.alert)).toEqual(['a3', 'a2', 'a1']);
  expect(problem(await get('/api/v1/alerts/b1', duty))).toBe(404);
  expect(problem(await dash.call('POST', '/api/v1/alerts/b1/acknowledge', { headers: duty, body: {} }))).toBe(
    404,
  );
  expect(problem(await get('/api/v1/subjects/S2', duty))).toBe(404);
  expect(
    problem(await get('/api/v1/subjects/S2/track?from=2026-03-01T00:00:00Z&to=2026-03-01T01:00:00Z', duty)),
  ).toBe(404);
  const subjects = await get('/api/v1/subjects?organisation=445222', duty);
  expect(subjects.body.items).toEqual([]);
});

test('A5 the store holds no secret', async () => {
  const { cookie } = await dash.signIn('duty');
  const token = cookie.split('=')[1] ?? '';
  const { rows } = await dash.database.query<{ found: string }>({
    text: "SELECT encode(token_hash, 'hex') AS found FROM sessions",
    values: [],
  });
  const stored = rows.map((row) => row.found);
  expect(stored).toContain(createHash('sha256').update(token).digest('hex'));
  expect(stored).not.toContain(Buffer.from(token).toString('hex'));
});

test('A6 the cookie is HttpOnly and SameSite, and the session ends by signing out and by time', async () => {
  const answer = await dash.call('POST', '/api/v1/session', {
    body: { login: 'duty', password: 'test-password' },
  });
  expect(answer.headers.getSetCookie()[0]).toMatch(/; HttpOnly; SameSite=Lax$/);
  const duty = await dash.signIn('duty');
  expect((await get('/api/v1/me', duty)).body).toMatchObject({ name: 'duty', role: 'duty-officer' });
  expect((await dash.call('DELETE', '/api/v1/session', { headers: duty })).status).toBe(204);
  expect(problem(await get('/api/v1/me', duty))).toBe(401);
  const later = await dash.signIn('duty');
  dash.clock.aheadMs = 12 * 3_600_000 - 60_000;
  expect((await get('/api/v1/me', later)).status).toBe(200);
  dash.clock.aheadMs = 12 * 3_600_000 + 60_000;
  expect(problem(await get('/api/v1/me', later))).toBe(401);
  dash.clock.aheadMs = 0;
});

test('A7 a call by cookie needs the token and our own origin, one by bearer does not', async () => {
  const duty = await dash.signIn('duty');
  const acknowledge = (headers: Record<string, string>) =>
    dash.call('POST', '/api/v1/alerts/a3/acknowledge', { headers, body: {} });
  expect((await acknowledge({ cookie: duty.cookie })).body.type).toBe('urn:wardline:problem:csrf-token');
  expect((await acknowledge({ ...duty, 'x-csrf-token': 'x' })).body.type).toBe(
    'urn:wardline:problem:csrf-token',
  );
  expect((await acknowledge({ ...duty, origin: 'https://evil.example' })).body.type).toBe(
    'urn:wardline:problem:foreign-origin',
  );
  expect((await acknowledge({ ...duty, origin: dash.address })).status).toBe(200);
  expect((await acknowledge(await dash.token('duty-officer', ''))).status).toBe(200);
  const foreign = await dash.call('POST', '/api/v1/session', {
    headers: { origin: 'https://evil.example' },
    body: { login: 'duty', password: 'test-password' },
  });
  expect(foreign.status).toBe(403);
});

test('A8 a building behind one address signs in as often as it likes', async () => {
  for (let i = 0; i < 25; i++) {
    const body = { login: i % 2 === 0 ? 'duty' : 'auditor', password: 'test-password' };
    expect((await dash.call('POST', '/api/v1/session', { body })).status).toBe(200);
  }
});

test('A8 a guesser waits', async () => {
  const guess = (password: string) =>
    dash.call('POST', '/api/v1/session', { body: { login: 'nobody', password } });
  const statuses = [];
  for (let i = 0; i < 6; i++) statuses.push(problem(await guess(`guess${i}`)));
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  expect(Number((await guess('again')).headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await dash.signIn('duty')).cookie).not.toBe('');
});
