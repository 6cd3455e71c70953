import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import { Validator } from '@seriousme/openapi-schema-validator';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { Type } from 'typebox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../src/adapters/logger.ts';
import { fail, ok } from '../../src/kernel/result.ts';
import { LogUnavailable } from '../../src/ports/observation-log.ts';
import { problem, routesOf, startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { createSessions } from './auth/sessions.ts';
import { createHttpServer } from './http-server.ts';

let dash: TestDashboard;
beforeAll(async () => {
  dash = await startDashboard({ probes: [{ name: 'log', check: async () => ok(undefined) }] });
});
afterAll(() => dash.close());
const get = (path: string, headers: Record<string, string>) => dash.call('GET', path, { headers });
const serverOf = (parts: Partial<Parameters<typeof createHttpServer>[0]>) =>
  createHttpServer({
    logger: createLogger('silent'),
    registry: new Registry(),
    probes: [],
    plugins: [],
    sessions: createSessions({ db: dash.database, now: Date.now }),
    ...parts,
  });

test('W1 W2 W3 health, readiness and metrics need no login', async () => {
  expect((await dash.call('GET', '/healthz')).body).toEqual({ status: 'alive' });
  expect((await dash.call('GET', '/readyz')).body).toEqual({ status: 'ready', checks: { log: 'ok' } });
  const metrics = await dash.call('GET', '/metrics');
  expect(metrics.headers.get('content-type')).toContain('text/plain');
  expect(metrics.body).toContain('wardline_board_viewers 0');
});

test('W2 a probe that fails or throws makes it not ready', async () => {
  const app = await serverOf({
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
  const wanting = await post({ login: 'x' });
  expect(problem(wanting)).toBe(400);
  expect(wanting.body.faults).toMatchObject([{ code: 'field-missing', params: { field: 'password' } }]);
  expect(problem(await post({ login: 'x', password: 'y'.repeat(5000) }))).toBe(413);
  expect(problem(await post('login=x', { 'content-type': 'application/x-www-form-urlencoded' }))).toBe(415);
  expect(problem(await dash.call('GET', '/api/v1/nothing'))).toBe(404);
});

test('W4 a log that can not take it now is 503 with the time to come again', async () => {
  const app = await serverOf({
    plugins: [
      {
        action: 'public',
        plugin: async (guest) => {
          guest.post('/away', async () => {
            throw new LogUnavailable('away');
          });
        },
      },
    ],
  });
  const answer = await app.inject({ method: 'POST', url: '/away' });
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toBe('2');
  await app.close();
});

test('W4 a store that is away is 503 with the time to come again, and no fault of ours', async () => {
  const headers = await dash.token('auditor', '');
  expect((await get('/api/v1/me', headers)).status).toBe(200);
  const run = (text: string) => dash.database.query({ text, values: [] });
  const limit = async (connections: number) => {
    const [row] = (await run('SELECT current_database() AS name')).rows;
    await run(`ALTER DATABASE "${row?.name}" CONNECTION LIMIT ${connections}`);
  };
  await limit(0);
  try {
    await run(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user',
    );
    const answer = await get('/api/v1/subjects', headers);
    expect(problem(answer)).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
  } finally {
    await limit(-1);
  }
  expect((await get('/api/v1/subjects', headers)).status).toBe(200);
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
  const gets = routesOf(dash.app).filter(({ method, url }) => method === 'GET' && url.startsWith('/api/v1'));
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
  const served = routesOf(dash.app).filter(({ url }) => !url.startsWith('/api/docs') && url !== '/');
  expect(served.map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`).sort()).toEqual(
    listed.sort(),
  );
});

test('W8 what writes each answer by its schema can be made, though none is made before it is needed', () => {
  const answers = dash.app.declaredRoutes.flatMap(({ method, url, schema }) =>
    Object.entries(schema?.response ?? {}).map(([httpStatus, answer]) => ({
      method,
      url,
      httpStatus,
      schema: answer as object,
    })),
  );
  expect(answers.length).toBeGreaterThan(200);
  for (const answer of answers) {
    const which = `${answer.method} ${answer.url} ${answer.httpStatus}`;
    expect(SerializerSelector()(dash.app.getSchemas(), {})(answer), which).toBeTypeOf('function');
  }
});

test('W8 an answer says what its schema names and nothing else, the first one too', async () => {
  const app = await serverOf({
    plugins: [
      {
        action: 'public',
        plugin: async (guest) => {
          const response = { 200: Type.Object({ seen: Type.Number() }), 500: Type.Ref('NowhereToBeFound') };
          guest.get('/some', { schema: { response } }, async () => ({ seen: 1, secret: 2 }));
        },
      },
    ],
  });
  for (let i = 0; i < 2; i++) expect((await app.inject('/some')).body).toBe('{"seen":1}');
  await app.close();
});

test('W7 without a built page one line says what to do', async () => {
  const answer = await dash.call('GET', '/');
  expect(answer.status).toBe(503);
  expect(answer.body).toContain('npm run build');
});
