/** The roster changed from the desk: versions, reasons, reach, and what the log and the audit get of it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { problem, startDashboard, type TestDashboard } from '../../../tests/harness/dashboard.ts';

let dash: TestDashboard;
let admin: { authorization: string };
let county: { authorization: string };
let officer: { authorization: string };
const HOME = '445281/office-01';
const AWAY = '445222/office-01';

beforeAll(async () => {
  dash = await startDashboard();
  admin = await dash.token('administrator', '');
  county = await dash.token('administrator', '445281');
  officer = await dash.token('office-officer', HOME);
  for (const path of ['445281', HOME, '445281/office-02', AWAY])
    await dash.call('PUT', '/api/v1/organisations', {
      headers: admin,
      body: { path, kind: 'justice-office', name: `测试司法所${path}` },
    });
  await dash.call('PUT', '/api/v1/key-categories', {
    headers: admin,
    body: { code: 'k1', name: '测试类别一', reason: 'x' },
  });
});
afterAll(() => dash.close());
beforeEach(() => run('DELETE FROM log_outbox'));

async function run<Row extends Record<string, unknown>>(text: string, ...values: unknown[]): Promise<Row[]> {
  return (await dash.database.query<Row>({ text, values })).rows;
}
const lines = async () =>
  (await run<{ key: string | null; line: string }>('SELECT key, line FROM log_outbox ORDER BY id')).map(
    ({ key, line }) => ({
      key,
      ...(JSON.parse(line) as { type: string; profile?: Record<string, unknown> }),
    }),
  );
const GIVEN = {
  name: '测试人员甲',
  office: HOME,
  legalType: 'suspended-sentence',
  correctionFrom: '2026-01-10',
  correctionUntil: '2028-01-09',
  reason: '入矫',
};
const post = (path: string, body: unknown, headers = county) =>
  dash.call('POST', `/api/v1/${path}`, { headers, body });
const patch = (path: string, body: unknown, headers = county) =>
  dash.call('PATCH', `/api/v1/${path}`, { headers, body });
const read = (id: string, headers = county) => dash.call('GET', `/api/v1/subjects/${id}`, { headers });
async function made(given: Record<string, unknown> = {}): Promise<string> {
  const answer = await post('subjects', { ...GIVEN, ...given });
  expect(answer).toMatchObject({ status: 200, body: { version: 1 } });
  return answer.body.id;
}

test('T1 a subject is made, and the log gets the profile without name and record in the same transaction', async () => {
  const id = await made({ categories: ['k1'], officer: '测试警官', grade: 'strict' });
  expect(await lines()).toEqual([
    {
      key: id,
      type: 'profile',
      at: expect.any(String),
      profile: expect.objectContaining({ id, office: HOME, grade: 'strict' }),
    },
  ]);
  expect(JSON.stringify(await lines())).not.toMatch(/测试人员甲|测试警官|k1|suspended|2028/);
  expect((await read(id)).body).toMatchObject({
    name: '测试人员甲',
    legalType: 'suspended-sentence',
    correctionUntil: '2028-01-09',
    categories: ['k1'],
    officer: '测试警官',
    ended: null,
    version: 1,
  });
  const [entry, look] = await run(
    'SELECT action, reason, office, actor, detail FROM audit WHERE subject = $1 ORDER BY seq',
    id,
  );
  expect(look).toMatchObject({ action: 'subject.read', office: HOME });
  expect(entry).toMatchObject({
    action: 'subject.change',
    reason: '入矫',
    office: HOME,
    detail: { isNew: true },
  });
});

test('T2 a change needs the version that was read; who comes second is told', async () => {
  const id = await made();
  const change = { version: 1, reason: '等级调整', grade: 'strict' };
  expect((await patch(`subjects/${id}`, change)).body).toEqual({ id, version: 2 });
  const late = await patch(`subjects/${id}`, { ...change, grade: 'relaxed' });
  expect(problem(late)).toBe(409);
  expect(late.body.detail).toContain('version 2');
  expect((await read(id)).body).toMatchObject({ grade: 'strict', version: 2 });
  // What changes nothing is no change: no line, no version.
  await run('DELETE FROM log_outbox');
  expect((await patch(`subjects/${id}`, { ...change, version: 2 })).body).toEqual({ id, version: 2 });
  expect(await lines()).toEqual([]);
});

test('T3 what is named must be there, and every fault is told with its place', async () => {
  const wrong = await post('subjects', {
    ...GIVEN,
    office: '445281/office-99',
    correctionUntil: '2025-01-01',
  });
  expect(problem(wrong)).toBe(400);
  expect(wrong.body.detail).toContain('record.until');
  const strays = await post('subjects', {
    ...GIVEN,
    office: '445281/office-99',
    categories: ['k9'],
    zones: [{ zone: 'nowhere', rule: 'stay-in' }],
    noContact: ['nobody'],
  });
  for (const word of ['office-99', 'k9', 'nowhere', 'nobody']) expect(strays.body.detail).toContain(word);
  expect(await lines()).toEqual([]);
});

test('T4 an office changes the officer and the check-ins of its people, and nothing else', async () => {
  const id = await made();
  const ask = { version: 1, reason: '责任人更换' };
  expect(problem(await patch(`subjects/${id}`, { ...ask, grade: 'relaxed' }, officer))).toBe(403);
  const done = await patch(
    `subjects/${id}`,
    { ...ask, officer: '测试警官乙', checkins: [{ id: 'weekly', days: [3], from: '09:00', to: '17:00' }] },
    officer,
  );
  expect(done.body).toEqual({ id, version: 2 });
  expect(problem(await post('subjects', GIVEN, officer))).toBe(403);
});

test('T5 a transfer goes to an office within reach, and its subject leaves the sight of the old one', async () => {
  const id = await made();
  const ask = { version: 1, reason: '迁居' };
  expect(problem(await post(`subjects/${id}/transfer`, { ...ask, office: AWAY }))).toBe(404);
  expect((await post(`subjects/${id}/transfer`, { ...ask, office: '445281/office-02' })).body.version).toBe(
    2,
  );
  expect(problem(await read(id, officer))).toBe(404);
  expect((await lines()).at(-1)?.profile).toMatchObject({ office: '445281/office-02' });
});

test('T6 with the end of correction devices, zones and duties end, and the lists leave the person out', async () => {
  const id = await made({ checkins: [{ id: 'w', from: '09:00', to: '10:00' }] });
  const device = {
    version: 1,
    reason: '发放',
    device: `d-${id}`,
    kind: 'phone',
    from: '2026-01-10T00:00:00Z',
  };
  expect((await post(`subjects/${id}/devices`, device)).body.version).toBe(2);
  expect(
    (await post(`subjects/${id}/end`, { version: 2, how: 'released', reason: '期满' })).body.version,
  ).toBe(3);
  const { profile } = (await lines()).at(-1) as unknown as {
    profile: { devices: { until: string }[]; checkins: unknown[] };
  };
  expect(Date.parse(profile.devices[0]?.until ?? '')).toBeLessThanOrEqual(Date.now());
  expect(profile.checkins).toEqual([]);
  const listed = async (state: string) =>
    (await dash.call('GET', `/api/v1/subjects?text=${id}&state=${state}`, { headers: county })).body.items
      .length;
  expect([await listed('current'), await listed('ended'), await listed('all')]).toEqual([0, 1, 1]);
  expect(problem(await patch(`subjects/${id}`, { version: 3, reason: 'x', grade: 'strict' }))).toBe(409);
});

test('T7 a device is one person’s at a time, in the whole tree, and nobody learns whose', async () => {
  const here = await made();
  const away = await post('subjects', { ...GIVEN, office: AWAY }, admin);
  const device = { version: 1, reason: '发放', device: 'shared-1', kind: 'phone' };
  expect((await post(`subjects/${away.body.id}/devices`, device, admin)).status).toBe(200);
  const clash = await post(`subjects/${here}/devices`, device);
  expect(problem(clash)).toBe(409);
  expect(clash.body.detail).not.toContain(away.body.id);
  const ended = await patch(
    `subjects/${away.body.id}/devices/shared-1`,
    { version: 2, reason: '收回', until: new Date().toISOString() },
    admin,
  );
  expect(ended.body.version).toBe(3);
  expect((await post(`subjects/${here}/devices`, device)).status).toBe(200);
  const office = await dash.call('GET', `/api/v1/devices?subject=${here}`, { headers: officer });
  expect(office.body.items).toMatchObject([{ id: 'shared-1', until: null }]);
  const found = async (text: string, headers = admin) =>
    (await dash.call('GET', `/api/v1/devices?text=${encodeURIComponent(text)}`, { headers })).body.items
      .length;
  expect([await found('HARED-1'), await found('SHARED', officer), await found('none')]).toEqual([2, 1, 0]);
});

test('T12 one device takes the place of another at one moment; an office enters PINs of its own terminals', async () => {
  const id = await made();
  const device = { version: 1, reason: 'x', device: 'old-1', kind: 'phone', from: '2026-01-10T00:00:00Z' };
  expect((await post(`subjects/${id}/devices`, device)).body.version).toBe(2);
  const other = { version: 2, reason: '换机', device: 'new-1', kind: 'phone', from: '2026-03-01T00:00:00Z' };
  const stray = await post(`subjects/${id}/devices`, { ...other, replaces: 'none' }, officer);
  expect(problem(stray)).toBe(409);
  expect((await post(`subjects/${id}/devices`, { ...other, replaces: 'old-1' }, officer)).body.version).toBe(
    3,
  );
  for (const [terminal, office] of [
    ['T-here', HOME],
    ['T-away', AWAY],
  ] as const)
    expect(
      (await dash.call('PUT', `/api/v1/terminals/${terminal}`, { headers: admin, body: { office } })).status,
    ).toBe(200);
  const change = { version: 3, reason: '登记', pins: [{ terminal: 'T-here', pin: '007' }] };
  const beyond = { ...change, pins: [{ terminal: 'T-away', pin: '7' }] };
  expect(problem(await patch(`subjects/${id}`, beyond, officer))).toBe(400);
  expect((await patch(`subjects/${id}`, change, officer)).body.version).toBe(4);
  const pins = await dash.call('GET', '/api/v1/terminals/T-here/pins', { headers: officer });
  expect(pins.body.items).toMatchObject([{ pin: '007', subject: id, until: null }]);
  // Somebody of another office is known to the terminal as well, and nobody learns who.
  const away = await post('subjects', { ...GIVEN, office: AWAY }, admin);
  const theirs = { version: 1, reason: 'x', pins: [{ terminal: 'T-here', pin: '8' }] };
  expect((await patch(`subjects/${away.body.id}`, theirs, admin)).status).toBe(200);
  const taken = await patch(
    `subjects/${id}`,
    { ...change, version: 4, pins: [...change.pins, { terminal: 'T-here', pin: '8' }] },
    officer,
  );
  expect(problem(taken)).toBe(409);
  expect(taken.body.detail).toContain('pins[1]');
  expect(taken.body.detail).not.toContain(away.body.id);
  const { profile } = (await read(id)).body as unknown as { profile: { devices: object[] } };
  expect(profile.devices).toMatchObject([
    { id: 'old-1', until: '2026-03-01T00:00:00.000Z' },
    { id: 'new-1', from: '2026-03-01T00:00:00.000Z', until: null },
  ]);
});

test('T8 a zone keeps every shape that it had', async () => {
  const feature = (radiusM: number) => ({
    type: 'Feature',
    id: 'z1',
    properties: { radiusM },
    geometry: { type: 'Point', coordinates: [116.35, 23.52] },
  });
  const put = (body: unknown, headers = county) => dash.call('PUT', '/api/v1/zones/z1', { headers, body });
  expect((await put({ feature: feature(100), reason: '居住地' })).body).toEqual({ id: 'z1', version: 1 });
  expect(problem(await put({ feature: feature(200), reason: 'x' }))).toBe(409);
  expect(problem(await put({ feature: feature(0), version: 1, reason: 'x' }))).toBe(400);
  expect((await put({ feature: feature(200), version: 1, reason: '扩大' })).body.version).toBe(2);
  expect(problem(await put({ feature: feature(300), version: 1, reason: 'x' }))).toBe(409);
  const dead = { ...feature(300), properties: { radiusM: 300, purpose: 'no-signal' } };
  expect(problem(await put({ feature: dead, version: 2, reason: 'x' }))).toBe(400);
  const other = await dash.token('administrator', '445222');
  expect(
    problem(await put({ feature: feature(300), version: 2, reason: 'x' }, other)),
  ).toBeGreaterThanOrEqual(403);
  const { body } = await dash.call('GET', '/api/v1/zones/z1/versions', { headers: county });
  expect(body.items).toMatchObject([
    { version: 2, reason: '扩大', feature: { properties: { radiusM: 200 } } },
    { version: 1, reason: '居住地', feature: { properties: { radiusM: 100 } } },
  ]);
  await expect(run('UPDATE zone_versions SET reason = $1', 'x')).rejects.toThrow('append-only');
  expect((await lines()).map(({ type }) => type)).toEqual(['zone', 'zone']);
  const id = await made({ zones: [{ zone: 'z1', rule: 'stay-in' }] });
  expect((await read(id)).body.profile.zones).toMatchObject([{ zone: 'z1', bufferM: 0 }]);
});

test('T9 the policy is set with its version; a county sets its own part only', async () => {
  const get = async () => (await dash.call('GET', '/api/v1/policies', { headers: county })).body;
  const put = (body: unknown, headers = admin) => dash.call('PUT', '/api/v1/policies', { headers, body });
  const { defaults, ...empty } = await get();
  expect([empty.version, defaults.lowBatteryPct]).toEqual([0, 20]);
  const set = { ...empty, grades: { strict: { silenceMinS: 600 } }, reason: '严管' };
  expect((await put(set)).body).toMatchObject({ version: 1, grades: { strict: { silenceMinS: 600 } } });
  expect(problem(await put(set))).toBe(409);
  expect(problem(await put({ ...set, version: 1, default: { silenceMinS: -1 } }))).toBe(400);
  expect(problem(await put({ ...set, version: 1, grades: {} }, county))).toBe(403);
  const own = { ...set, version: 1, organisations: { '445281': { lowBatteryPct: 30 } } };
  expect((await put(own, county)).body.version).toBe(2);
  expect(
    problem(
      await put({ ...own, version: 2, organisations: {} }, await dash.token('administrator', '445222')),
    ),
  ).toBe(403);
  expect((await lines()).map(({ type }) => type)).toEqual(['policy', 'policy']);
});

test('T13 the calendar is one for the whole tree, set with its version; the log gets it in the same transaction', async () => {
  const put = (body: object, headers = admin) => dash.call('PUT', '/api/v1/calendar', { headers, body });
  const days = [
    { day: '2026-10-01', kind: 'holiday' },
    { day: '2026-10-10', kind: 'workday' },
  ];
  const ask = { version: 0, reason: '测试', days };
  expect(problem(await put(ask, county))).toBe(403);
  expect(problem(await put({ ...ask, days: [{ day: '2026-02-30', kind: 'holiday' }] }))).toBe(400);
  expect((await put(ask)).body).toMatchObject({ version: 1, timeZone: 'Asia/Shanghai' });
  expect(problem(await put(ask))).toBe(409);
  expect(await lines()).toMatchObject([
    {
      key: null,
      type: 'calendar',
      calendar: { days: { '2026-10-01': 'holiday', '2026-10-10': 'workday' } },
    },
  ]);
  const read = await dash.call('GET', '/api/v1/calendar', { headers: county });
  expect(read.body).toMatchObject({ version: 1, days: { '2026-10-01': 'holiday' } });
  const known = await dash.call('GET', '/api/v1/calendar/public-holidays?year=2026', { headers: county });
  expect(known.body.items).toContainEqual({ day: '2026-10-01', kind: 'holiday', name: '国庆节' });
});

test('T10 categories are one list; a retired one stays where it is and is given to nobody', async () => {
  const put = (body: unknown, headers = admin) =>
    dash.call('PUT', '/api/v1/key-categories', { headers, body });
  const id = await made({ categories: ['k1'] });
  expect(problem(await put({ code: 'k2', name: '乙', reason: 'x' }, county))).toBe(404);
  expect(
    (await put({ code: 'k1', name: '测试类别一', retired: true, version: 1, reason: '停用' })).body.version,
  ).toBe(2);
  expect(problem(await post('subjects', { ...GIVEN, categories: ['k1'] }))).toBe(400);
  expect((await patch(`subjects/${id}`, { version: 1, reason: 'x', grade: 'strict' })).status).toBe(200);
  const listed = await dash.call('GET', '/api/v1/subjects?category=k1&grade=strict', { headers: county });
  expect(listed.body.items.map((item: { id: string }) => item.id)).toContain(id);
});

test('T11 a table is tried and taken within reach, and what is exported is the audit’s', async () => {
  const send = async (body: string, query: string, headers = county) => {
    const answer = await fetch(`${dash.address}/api/v1/subjects/import?${query}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/csv' },
      body,
    });
    return { status: answer.status, body: await answer.json(), headers: answer.headers };
  };
  const table = (office: string) =>
    `编号,姓名,司法所,矫正类别,矫正开始日期,矫正结束日期\nX1,测试人员,${office},缓刑,2026-01-10,2028-01-09\n`;
  const beyond = await send(table(AWAY), 'dryRun=false&reason=x');
  expect(beyond.body).toMatchObject({ applied: false, faultCount: 1, faults: [{ row: 2, column: 'C' }] });
  expect((await send(table(HOME), 'dryRun=true&reason=x')).body).toMatchObject({
    applied: false,
    added: 1,
    faultCount: 0,
  });
  expect(problem(await read('X1'))).toBe(404);
  expect((await send(table(HOME), 'dryRun=false&reason=x')).body).toMatchObject({ applied: true, added: 1 });
  expect((await read('X1')).body).toMatchObject({ legalType: 'suspended-sentence', version: 1 });
  expect(problem(await send(table(HOME), 'dryRun=false&reason=x', officer))).toBe(403);
  expect((await send('', 'dryRun=true&reason=x')).body).toMatchObject({
    applied: false,
    faults: [{ row: null, zh: '文件里没有内容', en: 'has nothing in it' }],
  });
  // Of somebody elsewhere the id is taken, and no more is said.
  const elsewhere = await send(
    table(HOME),
    'dryRun=true&reason=x',
    await dash.token('administrator', '445222'),
  );
  expect(elsewhere.body.faults).toMatchObject([{ row: 2, column: 'C' }]);
  const taken = await dash.call('GET', '/api/v1/subjects/export?format=csv&reason=检查', {
    headers: officer,
  });
  expect(taken.body).toContain('X1,测试人员,445281/office-01');
  expect(taken.body).not.toContain('office-02');
  const [entry] = await run(`SELECT reason, office FROM audit WHERE action = 'roster.export'`);
  expect(entry).toEqual({ reason: '检查', office: HOME });
});
