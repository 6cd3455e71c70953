import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPositionDays } from '../src/adapters/positions-table.ts';
import { problem, startDashboard, type TestDashboard } from '../tests/harness/dashboard.ts';

let dash: TestDashboard;
let duty: Record<string, string>;
let east: Record<string, string>;
beforeAll(async () => {
  dash = await startDashboard();
  await dash.account('duty', 'duty-officer', '445281');
  await dash.account('east', 'office-officer', '445281/east');
  [duty, east] = [await dash.signIn('duty'), await dash.signIn('east')];
  for (let i = 0; i < 20; i++) await dash.subject(`S${i}`, i % 2 === 0 ? '445281/east' : '445281/west');
  await dash.subject('X1', '445222/hepo');
  const days = await openPositionDays(dash.database);
  const now = Date.now();
  await days.ensure([0, 1, 2, 3].map((day) => now - day * 86_400_000));
  const put = (subject: string, hoursAgo: number, lat: number, pct: number) =>
    dash.database.query({
      text: `INSERT INTO positions (subject, at, device, sequence, received_at, lat, lon, battery_pct)
             VALUES ($1, $2, $3, 0, $2, $4, 116.3, $5)`,
      values: [subject, new Date(now - hoursAgo * 3_600_000), `D-${subject}`, lat, pct],
    });
  for (let h = 0; h < 46; h += 2) {
    await put('S0', h, 23.5 + h / 100, h % 12 === 0 ? 90 : 40);
    await put('S1', h, 23.5, 50);
  }
  await put('S2', 40, 23.5, 50);
});
afterAll(() => dash.close());

const post = (path: string, headers: Record<string, string>, body: unknown = {}) =>
  dash.call('POST', `/api/v1${path}`, { headers, body });
const get = (path: string, headers: Record<string, string>) =>
  dash.call('GET', `/api/v1${path}`, { headers });
const lines = async () =>
  (
    await dash.database.query<{ key: string; line: string }>({
      text: 'SELECT key, line FROM log_outbox ORDER BY id',
      values: [],
    })
  ).rows;

test('S1 A10 a draw shows its minors to who is cleared only', async () => {
  await dash.subject('M9', '445333/minors', '测试人员未成年', true);
  await dash.subject('T9', '445333/minors');
  const ask = { count: 2, organisation: '445333/minors' };
  const headers = await dash.token('duty-officer', '445333');
  const { draw } = (await dash.call('POST', '/api/v1/check-draws', { headers, body: ask })).body;
  const seenBy = async (minors: boolean) => {
    const by = await dash.token('auditor', '445333', minors);
    const { body } = await dash.call('GET', `/api/v1/check-draws/${draw.draw}`, { headers: by });
    return [
      body.candidates.map(({ subject }: { subject: string }) => subject),
      body.picked.length,
      body.reproduced,
    ];
  };
  const { rows } = await dash.database.query({
    text: `SELECT office, detail ->> 'seed' = d.seed AS same FROM audit, check_draws d WHERE action = 'check.draw' AND target = d.id::text AND d.id = $1::bigint`,
    values: [draw.draw],
  });
  expect(rows).toEqual([{ office: '445333/minors', same: true }]);
  expect(await seenBy(true)).toEqual([['M9', 'T9'], 2, true]);
  expect(await seenBy(false)).toEqual([['T9'], 1, true]);
});

test('S1 a draw is recorded with seed and candidates, comes out the same again, and stays within the subtree', async () => {
  const { draw, checks } = (await post('/check-draws', duty, { count: 5, methods: ['phone', 'video'] })).body;
  expect(checks).toHaveLength(5);
  expect(draw.candidates).toHaveLength(20);
  expect(draw.candidates.some(({ subject }: { subject: string }) => subject === 'X1')).toBe(false);
  expect(draw).toMatchObject({ reproduced: true, seed: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect((await get(`/check-draws/${draw.draw}`, duty)).body).toEqual(draw);
  const other = (await post('/check-draws', duty, { count: 5 })).body.draw;
  expect(other.seed).not.toBe(draw.seed);
  expect(problem(await post('/check-draws', east, { count: 5 }))).toBe(403);
  expect(problem(await post('/check-draws', duty, { count: 5, organisation: '445222' }))).toBe(404);
  await expect(
    dash.database.query({ text: "UPDATE check_draws SET seed = 'x'", values: [] }),
  ).rejects.toThrow('append-only');
});

test('S3 the weights follow what the positions show', async () => {
  const { candidates } = (await post('/check-draws', duty, { count: 1 })).body.draw;
  const of = (id: string) => candidates.find(({ subject }: { subject: string }) => subject === id);
  expect(of('S0').reasons).toEqual([]);
  expect(of('S1').reasons).toEqual(['frozen', 'no-charging']);
  expect(of('S2').reasons).toContain('blind-gap');
  expect(of('S3').weight).toBeGreaterThan(of('S0').weight * 5);
});

test('S4 the result is given once, goes to the log, and a failed one becomes a task of the office', async () => {
  const { check } = (await post('/checks', duty, { subject: 'S4', method: 'phone' })).body;
  expect(problem(await post(`/checks/${check}/result`, duty, { result: 'located' }))).toBe(400);
  const done = (await post(`/checks/${check}/result`, duty, { result: 'other-person', note: '其弟代接' }))
    .body;
  expect(done).toMatchObject({ result: 'other-person', resultBy: 'duty', task: expect.any(String) });
  expect((await get(`/tasks/${done.task}`, east)).body).toMatchObject({
    kind: 'spot-check',
    spotCheck: check,
    subject: 'S4',
    severity: 'high',
    what: '抽查（电话）结果：他人代接。其弟代接',
    evidence: null,
  });
  const twice = await post(`/checks/${check}/result`, duty, { result: 'self' });
  expect(problem(twice)).toBe(409);
  expect(twice.body.detail).toContain('duty has recorded');
  const [{ key, line } = { key: '', line: '' }] = (await lines()).slice(-1);
  expect(key).toBe('S4');
  expect(JSON.parse(line)).toMatchObject({
    type: 'spot-check',
    subject: 'S4',
    check,
    method: 'phone',
    result: 'other-person',
  });
  await expect(
    dash.database.query({ text: "UPDATE spot_checks SET result = 'self'", values: [] }),
  ).rejects.toThrow();
});

test('S4 two officers at once: one result stands, one line, one task', async () => {
  const { check } = (await post('/checks', duty, { subject: 'S6', method: 'video' })).body;
  const before = (await lines()).length;
  const both = await Promise.all([
    post(`/checks/${check}/result`, duty, { result: 'off' }),
    post(`/checks/${check}/result`, duty, { result: 'forwarded' }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect((await lines()).length).toBe(before + 1);
  expect((await get('/tasks?subject=S6&state=all', duty)).body.items).toHaveLength(1);
});

test('S4 nobody answers: asked again by telephone; nobody again: a task; somebody: nothing', async () => {
  const { check } = (await post('/checks', duty, { subject: 'S8', method: 'photo' })).body;
  expect((await post(`/checks/${check}/result`, duty, { result: 'no-answer' })).body.task).toBeNull();
  // The draws above may have found the same subject.
  const asked = async () =>
    (await get('/checks?subject=S8', duty)).body.items.filter(
      ({ draw }: { draw: string | null }) => draw === null,
    );
  const [again] = await asked();
  expect(again).toMatchObject({ follows: check, method: 'phone', result: null });
  expect(
    (await post(`/checks/${again.check}/result`, duty, { result: 'no-answer' })).body.task,
  ).not.toBeNull();
  expect(await asked()).toEqual([]);
  const { check: fine } = (await post('/checks', duty, { subject: 'S10', method: 'locate' })).body;
  expect((await post(`/checks/${fine}/result`, duty, { result: 'located' })).body).toMatchObject({
    task: null,
  });
  const { check: indoors } = (await post('/checks', duty, { subject: 'S9', method: 'locate' })).body;
  expect((await post(`/checks/${indoors}/result`, duty, { result: 'no-fix' })).body).toMatchObject({
    result: 'no-fix',
    task: null,
  });
  const [byPhone] = (await get('/checks?subject=S9', duty)).body.items.filter(
    ({ follows }: { follows: string | null }) => follows === indoors,
  );
  expect(byPhone).toMatchObject({ method: 'phone', result: null });
  expect(problem(await post(`/checks/${byPhone.check}/result`, duty, { result: 'no-fix' }))).toBe(400);
  expect((await get('/checks?state=all&limit=2', duty)).body.items).toHaveLength(2);
});
