import { createHash } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPositionDays } from '../../src/adapters/positions-table.ts';
import { fail, ok } from '../../src/kernel/result.ts';
import { type Call, startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { createSessions } from './auth/sessions.ts';
import { createHttpServer } from './http-server.ts';
import type { QuarantineItem } from './routes/quarantine.ts';

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
const routes: { method: string; url: string }[] = [];

beforeAll(async () => {
  dash = await startDashboard({
    probes: [{ name: 'log', check: async () => ok(undefined) }],
    quarantine: {
      list: async () => ({ items: [item], nextCursor: null }),
      replay: async (query) => {
        replays.push(query);
        return { replayed: 1, stillRefused: 2 };
      },
    },
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
  await dash.alert('b1', 1, { subject: 'S2', startedAtMs: Date.UTC(2026, 2, 2) });
});
afterAll(() => dash.close());

const problem = (answer: Call) => {
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^urn:wardline:problem:/),
    status: answer.status,
  });
  expect(typeof answer.body.title).toBe('string');
  return answer.status;
};
const get = (path: string, headers: Record<string, string>) => dash.call('GET', path, { headers });

describe('web server', () => {
  test('W1 W2 W3 health, readiness and metrics need no login', async () => {
    expect((await dash.call('GET', '/healthz')).body).toEqual({ status: 'alive' });
    expect((await dash.call('GET', '/readyz')).body).toEqual({ status: 'ready', checks: { log: 'ok' } });
    const metrics = await dash.call('GET', '/metrics');
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(metrics.body).toContain('wardline_board_viewers 0');
  });

  test('W2 a probe that fails or throws makes it not ready', async () => {
    const { Registry } = await import('prom-client');
    const { createLogger } = await import('../../src/adapters/logger.ts');
    const app = await createHttpServer({
      logger: createLogger('silent'),
      registry: new Registry(),
      plugins: [],
      sessions: createSessions({ db: dash.database, now: Date.now }),
      probes: [
        { name: 'store', check: async () => fail('the store is away') },
        { name: 'log', check: () => Promise.reject(new Error('broken')) },
      ],
    });
    const answer = await app.inject('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({
      status: 'not-ready',
      checks: { store: 'the store is away', log: 'broken' },
    });
    await app.close();
  });

  test('W4 wrong JSON, a wrong shape, an unknown path and a wrong type are problems', async () => {
    const post = (body: unknown, headers = {}) => dash.call('POST', '/api/v1/session', { body, headers });
    expect(problem(await post('{'))).toBe(400);
    expect(problem(await post({ login: 'x' }))).toBe(400);
    expect(problem(await post({ login: 'x', password: 'y'.repeat(5000) }))).toBe(413);
    expect(problem(await post('login=x', { 'content-type': 'application/x-www-form-urlencoded' }))).toBe(415);
    expect(problem(await dash.call('GET', '/api/v1/nothing'))).toBe(404);
  });

  test('W4 whatever is asked, the answer is no fault of ours, and a problem when it is refused', async () => {
    const token = await dash.token('administrator', '');
    const odd = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\0',
        '0000-01-01T00:00:00Z',
        '9999-12-31T23:59:59Z',
        '-1',
        '1e9',
        "'",
        '%',
        '..',
        '__proto__',
      ),
      fc
        .array(fc.constantFrom('x', '\0', '2026-03-01T00:00:00Z', '9'.repeat(30)))
        .map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url')),
    );
    const keys = [
      'state',
      'kind',
      'organisation',
      'subject',
      'since',
      'cursor',
      'limit',
      'text',
      'from',
      'to',
      'device',
    ];
    const gets = declaredRoutes().filter(({ method, url }) => method === 'GET' && url.startsWith('/api/v1'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...gets),
        odd.filter((text) => text !== ''),
        fc.dictionary(fc.constantFrom(...keys), odd, { maxKeys: 3 }),
        async ({ url }, id, query) => {
          const encoded = new URLSearchParams(query);
          const whole =
            url.endsWith('track') && !encoded.has('from')
              ? '&from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z'
              : '';
          const path = url.replace(':id', encodeURIComponent(id.toWellFormed()));
          const answer = await get(`${path}?${encoded}${whole}`, token);
          expect(answer.status).toBeLessThan(500);
          if (answer.status >= 400) problem(answer);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('W5 a strict content security policy stands on every answer', async () => {
    for (const path of ['/', '/healthz', '/api/v1/alerts', '/api/docs/', '/nothing']) {
      const policy = (await dash.call('GET', path)).headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src '");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
    }
  });

  test('W6 the OpenAPI document is valid and lists every route', async () => {
    const { body } = await dash.call('GET', '/api/docs/json');
    const result = await new Validator().validate(body);
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    const listed = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = declaredRoutes().filter(({ url }) => !url.startsWith('/api/docs') && url !== '/');
    expect(served.map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`).sort()).toEqual(
      listed.sort(),
    );
  });

  test('W7 without a built page one line says what to do', async () => {
    const answer = await dash.call('GET', '/');
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('npm run build');
  });
});

/** Out of the router's own table: a route that is forgotten in a list of the test's would not be tried. */
function declaredRoutes(): { method: string; url: string }[] {
  if (routes.length > 0) return routes;
  const path: string[] = [];
  for (const line of dash.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line);
    if (match === null) continue;
    const [, indent = '', part = '', methods] = match;
    path.length = indent.length / 4;
    path.push(part);
    for (const method of methods?.split(', ') ?? []) {
      if (method !== 'HEAD' && method !== 'OPTIONS') routes.push({ method, url: path.join('') });
    }
  }
  return routes;
}

describe('access', () => {
  test('A1 a route without a declaration fails when it is registered', async () => {
    const app = await createHttpServer({
      logger: (await import('../../src/adapters/logger.ts')).createLogger('silent'),
      registry: new (await import('prom-client')).Registry(),
      plugins: [],
      probes: [],
      sessions: createSessions({ db: dash.database, now: Date.now }),
    });
    expect(() => app.get('/api/v1/forgotten', () => ({}))).toThrow(
      'GET /api/v1/forgotten declares no action',
    );
    await app.close();
  });

  test('A2 every route that is not public refuses a call without a login', async () => {
    const open = ['/', '/healthz', '/readyz', '/metrics', '/ingest/v1/observations'];
    const closed = declaredRoutes().filter(
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
    expect(
      problem(await dash.call('POST', '/api/v1/alerts/b1/acknowledge', { headers: duty, body: {} })),
    ).toBe(404);
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

  test('A8 a guesser waits', async () => {
    const guess = (password: string) =>
      dash.call('POST', '/api/v1/session', { body: { login: 'nobody', password } });
    const statuses = [];
    for (let i = 0; i < 6; i++) statuses.push(problem(await guess(`guess${i}`)));
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(Number((await guess('again')).headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await dash.signIn('duty')).cookie).not.toBe('');
  });
});

describe('rest', () => {
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
    const posts = declaredRoutes().filter(
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
});
