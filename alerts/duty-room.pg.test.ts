import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPositionDays } from '../src/adapters/positions-table.ts';
import { problem, startDashboard, type TestDashboard } from '../tests/harness/dashboard.ts';

let dash: TestDashboard;
let first: Record<string, string>;
let second: Record<string, string>;
let boss: Record<string, string>;
let shift = '';
beforeAll(async () => {
  dash = await startDashboard();
  await dash.subject('S1', '445281/east');
  await dash.subject('X1', '445222/hepo');
  await dash.account('first', 'duty-officer', '445281');
  await dash.account('second', 'duty-officer', '445281');
  await dash.account('boss', 'administrator', '445281');
  [first, second, boss] = [
    await dash.signIn('first'),
    await dash.signIn('second'),
    await dash.signIn('boss'),
  ];
});
afterAll(() => dash.close());

const post = (path: string, headers: Record<string, string>, body: unknown = {}) =>
  dash.call('POST', `/api/v1${path}`, { headers, body });
const get = (path: string, headers: Record<string, string>) =>
  dash.call('GET', `/api/v1${path}`, { headers });

test('W1 the rota is written and plans; who is not of the group that has the shift is a substitute', async () => {
  expect(problem(await get('/rota', first))).toBe(404);
  const rota = {
    since: '2026-03-01',
    timeZone: 'Asia/Shanghai',
    shifts: ['00:00', '06:00', '10:00', '14:00', '19:00'].map((from, i) => ({ name: `班${i + 1}`, from })),
    groups: [1, 2, 3, 4, 5].map((n) => ({ name: `第${n}组`, members: [`m${n}`] })),
    swaps: [],
  };
  expect(problem(await dash.call('PUT', '/api/v1/rota', { headers: first, body: rota }))).toBe(403);
  expect((await dash.call('PUT', '/api/v1/rota', { headers: boss, body: rota })).body).toEqual(rota);
  expect(
    problem(await dash.call('PUT', '/api/v1/rota', { headers: boss, body: { ...rota, timeZone: 'x' } })),
  ).toBe(400);
  const plan = (await get('/rota/plan?from=2026-03-01&days=5', first)).body.items;
  expect(plan).toHaveLength(25);
  const signed = (await post('/shifts', first)).body;
  expect(signed).toMatchObject({ officer: 'first', isSubstitute: true, state: 'on', organisation: '445281' });
  shift = signed.shift;
  const twice = await post('/shifts', second);
  expect(problem(twice)).toBe(409);
  expect(twice.body.detail).toContain('first is on duty');
});

test('W2 a shift with something critical and unexplained is not handed over', async () => {
  await dash.alert('c1', 1, { subject: 'S1', kind: 'strap-tamper', severity: 'critical' });
  await dash.alert('c2', 1, { subject: 'S1', kind: 'exclusion-entry', severity: 'critical' });
  await dash.alert('c3', 1, { subject: 'X1', kind: 'exclusion-entry', severity: 'critical' });
  const refused = await post(`/shifts/${shift}/hand-over`, first, { note: '交班' });
  expect(problem(refused)).toBe(409);
  expect(refused.body.detail).toContain('c1');
  expect(refused.body.detail).not.toContain('c3');
  await post('/alerts/c1/contact', first, { whom: 'police', reached: true, note: '已通知公安' });
  expect((await get('/shifts/current', second)).body.unexplained).toMatchObject([{ alert: 'c2' }]);
  expect(problem(await post(`/shifts/${shift}/hand-over`, second, {}))).toBe(409);
  const other = await post(`/shifts/${shift}/hand-over`, first, {
    explanations: [{ alert: 'c3', note: 'x' }],
  });
  expect(problem(other)).toBe(404);
});

test('W3 the sheet writes itself, both sign the same sheet, and the next shift begins', async () => {
  const until = new Date(Date.now() + 60_000).toISOString();
  const { id } = (
    await post('/shelvings', first, { subject: 'S1', kind: 'low-battery', until, reason: '更换电池' })
  ).body;
  await post(`/shelvings/${id}/approve`, second);
  const promised = {
    text: '答应家属回电',
    promisedAt: new Date(Date.now() + 600_000).toISOString(),
    alert: 'c1',
  };
  const { entry } = (await post(`/shifts/${shift}/journal`, first, promised)).body;
  expect(
    problem(
      await post(`/shifts/${shift}/journal`, first, { ...promised, promisedAt: '2020-01-01T00:00:00Z' }),
    ),
  ).toBe(400);
  const body = { note: '交班', explanations: [{ alert: 'c2', note: '正在核实' }] };
  const handed = (await post(`/shifts/${shift}/hand-over`, first, body)).body;
  expect(handed.state).toBe('handed');
  const { sheet, sheetSha256, signatures } = (await get(`/shifts/${shift}`, second)).body;
  expect(
    sheet.incidents.flatMap(({ parts }: { parts: { alert: string }[] }) => parts.map(({ alert }) => alert)),
  ).toEqual(['c1', 'c2']);
  expect(sheet.shelvings).toMatchObject([{ shelving: id }]);
  expect(sheet.promises).toMatchObject([{ entry: '答应家属回电', by: 'first' }]);
  expect(signatures.map(({ action }: { action: string }) => action)).toEqual(['sign-on', 'hand-over']);
  const [stored] = (
    await dash.database.query<{ sheet: string }>({
      text: `SELECT sheet FROM shifts WHERE id = ${shift}`,
      values: [],
    })
  ).rows;
  expect(
    createHash('sha256')
      .update(stored?.sheet ?? '')
      .digest('hex'),
  ).toBe(sheetSha256);
  expect(problem(await post(`/shifts/${shift}/take-over`, first, { sheetSha256 }))).toBe(409);
  expect(problem(await post(`/shifts/${shift}/take-over`, second, { sheetSha256: 'x' }))).toBe(409);
  expect((await post(`/shifts/${shift}/send-back`, second, { note: '不全' })).body.state).toBe('on');
  expect(problem(await post(`/shifts/${shift}/take-over`, second, { sheetSha256 }))).toBe(409);
  const again = (await post(`/shifts/${shift}/hand-over`, first, {})).body;
  const next = (await post(`/shifts/${shift}/take-over`, second, { sheetSha256: again.sheetSha256 })).body;
  expect(next).toMatchObject({ officer: 'second', state: 'on' });
  expect(problem(await post(`/shifts/${shift}/take-over`, second, { sheetSha256: again.sheetSha256 }))).toBe(
    409,
  );
  expect(problem(await post(`/shifts/${shift}/journal`, first, { text: '晚了' }))).toBe(409);
  const kept = { text: '已回电', keeps: entry };
  expect((await post(`/shifts/${next.shift}/journal`, second, kept)).body.keeps).toBe(entry);
  expect(problem(await post(`/shifts/${next.shift}/journal`, second, kept))).toBe(400);
  expect((await get('/shifts/current', second)).body.sheet.promises).toEqual([]);
  expect((await get('/shifts', boss)).body.items).toHaveLength(2);
});

test('W4 batteries that die tonight, by the last charge and its slope', async () => {
  const days = await openPositionDays(dash.database);
  const now = Date.now();
  await days.ensure([now, now - 86_400_000]);
  for (const [subject, pct, perHour] of [
    ['S1', 30, -12],
    ['X1', 10, -12],
  ] as const) {
    for (let i = 0; i < 6; i++)
      await dash.database.query({
        text: `INSERT INTO positions (subject, at, device, sequence, received_at, lat, lon, battery_pct)
               VALUES ($1, $2, $3, 0, $2, 23.5, 116.3, $4)`,
        values: [subject, new Date(now - i * 1_200_000), `D-${subject}`, pct - (i * perHour) / 3],
      });
    await dash.liveState.put({
      subjects: [
        {
          subject,
          device: null,
          atMs: now,
          lat: 23,
          lon: 116,
          accuracyM: 1,
          speedMps: null,
          method: null,
          batteryPct: pct,
          heardMs: now,
          off: false,
        },
      ],
      frontiers: [],
    });
  }
  const { dyingBatteries } = (await get('/shifts/current', second)).body.sheet;
  expect(dyingBatteries).toMatchObject([{ subject: 'S1', device: 'D-S1', pct: 30 }]);
  expect(Date.parse(dyingBatteries[0].emptyAt) - now).toBeCloseTo(2.5 * 3_600_000, -4);
});

test('W2 A10 what is of a minor holds the shift of an officer who may not see it, and is not told', async () => {
  await dash.subject('M1', '445281/east', '测试人员未成年', true);
  await dash.account('uncleared', 'duty-officer', '445281/east', false);
  const uncleared = await dash.signIn('uncleared');
  const { shift: own } = (await post('/shifts', uncleared)).body;
  await dash.alert('m1', 1, { subject: 'M1', kind: 'exclusion-entry', severity: 'critical' });
  const explained = { explanations: [{ alert: 'c2', note: '正在核实' }] };
  await post('/alerts/c1/note', first, { note: '已通知公安' });
  const handed = await post(`/shifts/${own}/hand-over`, uncleared, explained);
  expect(problem(handed)).toBe(409);
  expect(handed.body.faults).toMatchObject([{ code: 'unexplained-minors', params: { n: 1 } }]);
  expect(JSON.stringify(handed.body)).not.toMatch(/m1|M1/);
  const guessed = { explanations: [{ alert: 'm1', note: 'x' }] };
  expect(problem(await post(`/shifts/${own}/hand-over`, uncleared, guessed))).toBe(404);
  const { sheet, hidden, unexplained } = (await get('/shifts/current', uncleared)).body;
  expect([JSON.stringify(sheet).includes('M1'), hidden, unexplained.length]).toEqual([false, 1, 1]);
  await post('/alerts/m1/note', first, { note: '家长已到场' });
  expect((await post(`/shifts/${own}/hand-over`, uncleared, explained)).status).toBe(200);
  expect(JSON.stringify((await get(`/shifts/${own}`, uncleared)).body)).not.toContain('M1');
  expect(JSON.stringify((await get(`/shifts/${own}`, boss)).body.sheet)).toContain('M1');
});
