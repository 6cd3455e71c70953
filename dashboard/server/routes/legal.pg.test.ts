/** Permits, positioning orders and legal clocks through REST, over the real tables with the caller's own rights. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadRoster, readRoster } from '../../../src/ingest/roster-load.ts';
import { ok } from '../../../src/kernel/result.ts';
import { decodeRoster } from '../../../src/kernel/roster-file.ts';
import { decodeZones } from '../../../src/kernel/zone-file.ts';
import { settleDue } from '../../../src/legal/settle-due.ts';
import { problem, startDashboard, type TestDashboard } from '../../../tests/harness/dashboard.ts';

const NOW = Date.UTC(2026, 2, 2, 2);
const DAY = 86_400_000;
const OFFICE = '445281/office-01';
let dash: TestDashboard;
let nowMs = NOW;
let officer: { authorization: string };
let county: { authorization: string };
let city: { authorization: string };
const iso = (days: number) => new Date(NOW + days * DAY).toISOString();
const run = async (text: string, values: unknown[] = []) =>
  (await dash.database.query({ text, values })).rows;

async function enrol(subjects: object[], features: object[] | null = null) {
  const roster = decodeRoster({ subjects });
  if (!roster.ok) throw new Error(JSON.stringify(roster.error));
  const zones = features === null ? null : decodeZones({ type: 'FeatureCollection', features });
  if (zones?.ok === false) throw new Error(JSON.stringify(zones.error));
  const loaded = await loadRoster(
    dash.database,
    { roster: roster.value, zones: zones?.value ?? null, policy: null },
    nowMs,
    () => ok(undefined),
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
}
const person = (id: string, more: object = {}) => ({ id, name: `测试${id}`, office: OFFICE, ...more });

beforeAll(async () => {
  dash = await startDashboard({ now: () => nowMs });
  await enrol([
    person('S1', {
      devices: [
        { id: 'W1', kind: 'wristband' },
        { id: 'P1', kind: 'phone' },
      ],
    }),
    person('S2'),
    person('S3'),
    person('S4', { devices: [{ id: 'W4', kind: 'wristband' }] }),
  ]);
  officer = await dash.token('office-officer', OFFICE);
  county = await dash.token('manager', '445281');
  city = await dash.token('manager', '');
});
afterAll(() => dash.close());

const post = (path: string, headers: Record<string, string>, body: object) =>
  dash.call('POST', `/api/v1/${path}`, { headers, body });
const get = async (path: string, headers: Record<string, string> = officer) =>
  (await dash.call('GET', `/api/v1/${path}`, { headers })).body;
const ask = async (subject: string, from: number, until: number) => {
  const body = {
    subject,
    ground: 'medical',
    explanation: '门诊证明',
    destination: '演示市人民医院',
    from: iso(from),
    until: iso(until),
  };
  const made = await post('permits', officer, body);
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  return made.body;
};
/** What the outbox holds of a subject's profile, the newest. */
const onItsWay = async (subject: string) => {
  const rows = await run('SELECT line FROM log_outbox WHERE key = $1 ORDER BY id DESC LIMIT 1', [subject]);
  return JSON.parse(String(rows[0]?.line)).profile;
};

test('E1 E6 E8 an office approves seven days; what it approves is a profile on its way to the log in the same transaction', async () => {
  const asked = await ask('S2', 4, 10.5);
  expect([asked.state, asked.days, asked.level, asked.mayDecide, asked.short]).toEqual([
    'asked',
    7,
    'office',
    true,
    false,
  ]);
  expect(asked.article.zh).toBe('社区矫正法实施办法第二十七条');
  const before = (await run('SELECT count(*)::int AS n FROM log_outbox'))[0]?.n;
  const done = await post(`permits/${asked.permit}/approve`, officer, { reason: '' });
  expect([done.status, done.body.state, done.body.decidedLevel]).toEqual([200, 'approved', 'office']);
  expect((await run('SELECT count(*)::int AS n FROM log_outbox'))[0]?.n).toBe(Number(before) + 1);
  expect((await onItsWay('S2')).permits).toEqual([
    { id: `permit-${asked.permit}`, from: iso(4), until: iso(10.5), destination: null, returnedAt: null },
  ]);
  expect(problem(await post(`permits/${asked.permit}/approve`, officer, { reason: '' }))).toBe(409);
  const [entry] = await run("SELECT subject, office, target FROM audit WHERE action = 'permit.approve'");
  expect(entry).toEqual({ subject: 'S2', office: OFFICE, target: asked.permit });
});

test('E6 a level too low is told so and nothing changes; the right one decides, a refusal has its reason', async () => {
  const asked = await ask('S3', 4, 12);
  expect([asked.level, asked.mayDecide]).toEqual(['county', false]);
  const refused = await post(`permits/${asked.permit}/approve`, officer, { reason: '' });
  expect(problem(refused)).toBe(403);
  expect(refused.body.detail).toContain('the county decides');
  expect((await get(`permits/${asked.permit}`, county)).mayDecide).toBe(true);
  expect(problem(await post(`permits/${asked.permit}/refuse`, county, { reason: '' }))).toBe(400);
  const done = await post(`permits/${asked.permit}/refuse`, county, { reason: '理由不充分' });
  expect([done.body.state, done.body.reason]).toEqual(['refused', '理由不充分']);
  expect(await run("SELECT 1 FROM log_outbox WHERE key = 'S3' AND line LIKE '%permit-%'")).toEqual([]);
  const long = await ask('S3', 4, 40);
  expect(problem(await post(`permits/${long.permit}/approve`, county, { reason: '' }))).toBe(403);
  expect((await post(`permits/${long.permit}/approve`, city, { reason: '' })).body.state).toBe('approved');
});

test('E5 E7 L3 departure, overdue return, return: the clock runs between them and the profile has the return', async () => {
  const { items } = await get('permits?subject=S2');
  const id = items[0].permit;
  nowMs = NOW + 4 * DAY;
  expect(problem(await post(`permits/${id}/depart`, officer, { at: iso(5) }))).toBe(400);
  expect((await post(`permits/${id}/depart`, officer, {})).body.state).toBe('away');
  expect((await get('legal-clocks?subject=S2')).items).toMatchObject([
    {
      kind: 'leave-return',
      about: `permit-${id}`,
      dueAt: iso(10.5),
      overdue: false,
      article: { zh: '社区矫正法实施办法第二十八条' },
    },
  ]);
  nowMs = NOW + 11 * DAY;
  expect((await get('permits?overdue=true')).items.map(({ permit }: { permit: string }) => permit)).toEqual([
    id,
  ]);
  expect((await get('legal-clocks/count')).overdue).toBeGreaterThanOrEqual(1);
  const back = await post(`permits/${id}/return`, officer, { at: iso(10.9), note: '车票改签' });
  expect([back.body.state, back.body.returnedAt]).toEqual(['returned', iso(10.9)]);
  expect((await onItsWay('S2')).permits[0].returnedAt).toBe(iso(10.9));
  expect((await get('legal-clocks?subject=S2')).items).toEqual([]);
  nowMs = NOW;
});

test('E8 a roster that was saved before can not undo a decision, and a withdrawn leave goes out of the profile', async () => {
  await enrol([person('S2', { grade: 'strict' })]);
  const { roster } = await readRoster(dash.database);
  const profile = roster.subjects.find(({ id }) => id === 'S2');
  expect([profile?.grade, profile?.permits.length]).toEqual(['strict', 1]);
  const asked = await ask('S4', 5, 6);
  await post(`permits/${asked.permit}/approve`, officer, { reason: '' });
  expect((await onItsWay('S4')).permits).toHaveLength(1);
  expect((await post(`permits/${asked.permit}/withdraw`, officer, { reason: '不去了' })).body.state).toBe(
    'withdrawn',
  );
  expect((await onItsWay('S4')).permits).toEqual([]);
});

test('O2 O4 an order is the county’s, three months at most, on a wristband; its term goes into the profile and the intake’s table', async () => {
  const order = { subject: 'S1', device: 'W1', ground: 'prohibition', from: iso(0), until: iso(90) };
  expect(problem(await post('positioning-orders', officer, { ...order, until: iso(93) }))).toBe(400);
  expect(problem(await post('positioning-orders', officer, { ...order, device: 'P1' }))).toBe(409);
  expect(problem(await post('positioning-orders', officer, { ...order, subject: 'nobody' }))).toBe(404);
  const made = await post('positioning-orders', officer, order);
  expect([made.body.state, made.body.ground, made.body.inForce]).toEqual([
    'proposed',
    '违反人民法院禁止令',
    false,
  ]);
  const id = made.body.order;
  expect(problem(await post(`positioning-orders/${id}/approve`, officer, { reason: 'x' }))).toBe(403);
  const low = await dash.token('manager', OFFICE);
  expect(problem(await post(`positioning-orders/${id}/approve`, low, { reason: 'x' }))).toBe(403);
  nowMs = NOW + DAY;
  const done = await post(`positioning-orders/${id}/approve`, county, { reason: '经审查同意' });
  // It does not reach back.
  expect([done.body.state, done.body.from, done.body.inForce]).toEqual(['approved', iso(1), true]);
  expect((await onItsWay('S1')).devices[0].order).toEqual({
    ground: '违反人民法院禁止令',
    from: iso(1),
    until: iso(90),
  });
  expect(await run("SELECT order_from, order_until FROM devices WHERE id = 'W1'")).toEqual([
    { order_from: new Date(iso(1)), order_until: new Date(iso(90)) },
  ]);
  const devices = (await get('devices?subject=S1')).items;
  expect(
    devices.map(({ id, legalClass, order }: Record<string, unknown>) => [id, legalClass, order]),
  ).toEqual([
    ['P1', 'verification', null],
    ['W1', 'electronic-positioning', { from: iso(1), until: iso(90) }],
  ]);
  expect(problem(await post('positioning-orders', officer, order))).toBe(409);
});

test('O3 O5 an extension follows an assessment and lengthens the order; ended, it stops at once with what extends it', async () => {
  const [{ order: id }] = (await get('positioning-orders?subject=S1')).items;
  nowMs = NOW + 80 * DAY;
  expect(
    problem(await post(`positioning-orders/${id}/extend`, officer, { until: iso(170), assessment: ' ' })),
  ).toBe(400);
  const more = await post(`positioning-orders/${id}/extend`, officer, {
    until: iso(170),
    assessment: '经评估仍有必要',
  });
  expect([more.status, more.body.from, more.body.extends]).toEqual([200, iso(90), id]);
  expect(
    problem(
      await post(`positioning-orders/${id}/extend`, officer, { until: iso(170), assessment: '又一次' }),
    ),
  ).toBe(409);
  await post(`positioning-orders/${more.body.order}/approve`, county, { reason: '同意延长' });
  expect((await onItsWay('S1')).devices[0].order).toEqual({
    ground: '违反人民法院禁止令',
    from: iso(1),
    until: iso(170),
  });
  expect((await get('subjects/S1')).clocks).toMatchObject([
    { kind: 'order-end', about: 'W1', dueAt: iso(170) },
  ]);
  const ended = await post(`positioning-orders/${id}/end`, officer, { reason: '不需要继续使用' });
  expect([ended.body.state, ended.body.endedAt, ended.body.inForce]).toEqual(['ended', iso(80), false]);
  expect((await onItsWay('S1')).devices[0].order.until).toBe(iso(80));
  expect((await get('positioning-orders?subject=S1&inForce=true')).items).toEqual([]);
  nowMs = NOW;
});

test('L1 L4 the dates are entered with their version and their reason; clocks run from them and collection ends with correction', async () => {
  const dates = { effectiveOn: '2026-02-25', reportedOn: null, lostSince: null, endsOn: null, endedAt: null };
  const put = (headers: Record<string, string>, body: object) =>
    dash.call('PUT', '/api/v1/subjects/S4/supervision', { headers, body });
  expect((await get('subjects/S4/supervision')).version).toBe(0);
  expect(problem(await put(county, { ...dates, version: 0, reason: 'x' }))).toBe(403);
  const saved = await put(officer, { ...dates, version: 0, reason: '收到判决书' });
  expect([saved.status, saved.body.version]).toEqual([200, 1]);
  expect(problem(await put(officer, { ...dates, version: 0, reason: 'x' }))).toBe(409);
  expect(problem(await put(officer, { ...dates, version: 1, reason: 'x', reportedOn: '2026-02-24' }))).toBe(
    400,
  );
  expect((await get('legal-clocks?subject=S4')).items).toMatchObject([
    {
      kind: 'report-in',
      stage: 'due',
      dueAt: '2026-03-07T16:00:00.000Z',
      article: { zh: '社区矫正法第二十一条' },
    },
  ]);
  const ended = await put(officer, { ...dates, version: 1, reason: '收监执行', endedAt: iso(-0.5) });
  expect(ended.body.collectsUntil).toBe(iso(-0.5));
  expect((await get('legal-clocks?subject=S4')).items.map(({ kind }: { kind: string }) => kind)).toEqual([
    'correction-end',
  ]);
});

test('L8 O6 time alone settles the end of a correction and the begin of an order, once each', async () => {
  await enrol([
    person('T1', {
      devices: [{ id: 'PT', kind: 'phone' }],
      checkins: [{ id: 'w', days: [1], from: '09:00', to: '17:00' }],
    }),
    person('T2', { devices: [{ id: 'WT', kind: 'wristband' }] }),
  ]);
  await settleDue(dash.database, nowMs);
  const dates = { effectiveOn: null, reportedOn: null, lostSince: null, endsOn: '2026-03-02', endedAt: null };
  const put = (body: object) =>
    dash.call('PUT', '/api/v1/subjects/T1/supervision', { headers: officer, body });
  expect((await put({ ...dates, version: 0, reason: '判决书' })).status).toBe(200);
  expect((await onItsWay('T1')).checkins).toHaveLength(1);
  const order = { subject: 'T2', device: 'WT', ground: 'prohibition' };
  for (const [from, until] of [
    [0, 2],
    [4, 6],
  ] as const) {
    const made = await post('positioning-orders', officer, { ...order, from: iso(from), until: iso(until) });
    expect(
      (await post(`positioning-orders/${made.body.order}/approve`, county, { reason: '同意' })).status,
    ).toBe(200);
  }
  expect((await onItsWay('T2')).devices[0].order.until).toBe(iso(2));
  const endMs = Date.parse('2026-03-03T00:00:00+08:00');
  expect(await settleDue(dash.database, endMs - 1)).toBe(0);
  expect(await settleDue(dash.database, endMs)).toBe(1);
  expect(await settleDue(dash.database, endMs)).toBe(0);
  const ended = await onItsWay('T1');
  expect([ended.checkins, ended.devices[0].until]).toEqual([[], new Date(endMs).toISOString()]);
  // The tables keep what was; a correction that goes on after all is judged again.
  nowMs = endMs + DAY;
  await put({ ...dates, endsOn: '2026-04-02', version: 1, reason: '更正' });
  expect([(await onItsWay('T1')).checkins.length, (await onItsWay('T1')).devices[0].until]).toEqual([
    1,
    null,
  ]);
  expect(await settleDue(dash.database, NOW + 4 * DAY)).toBe(1);
  expect((await onItsWay('T2')).devices[0].order).toEqual({
    ground: '违反人民法院禁止令',
    from: iso(4),
    until: iso(6),
  });
  expect(await settleDue(dash.database, NOW + 4 * DAY)).toBe(0);
  nowMs = NOW;
});

test('L6 the list pages by what is due, filters by office and time, and shows nobody outside', async () => {
  await run("DELETE FROM supervision_dates WHERE subject <> 'S1'");
  await enrol(
    Array.from({ length: 7 }, (_, i) =>
      person(`L${i}`, { permits: [{ id: 'p', from: iso(-2), until: iso(i - 1) }] }),
    ),
  );
  await enrol([
    { ...person('L9', { permits: [{ id: 'p', from: iso(-2), until: iso(1) }] }), office: '445222/office-01' },
  ]);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: { subject: string; kind: string }[]; nextCursor: string | null } = await get(
      `legal-clocks?kind=leave-return&limit=3${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    seen.push(...page.items.map(({ subject }) => subject).filter((id) => id.startsWith('L')));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(['L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6']);
  const due = await get(`legal-clocks?dueBefore=${iso(1.5)}&kind=leave-return`);
  expect(due.items.map(({ subject }: { subject: string }) => subject)).toEqual(['L0', 'L1', 'L2']);
  expect((await get('legal-clocks?organisation=445222')).items).toEqual([]);
  expect((await get('legal-clocks?organisation=445222', city)).items).toHaveLength(1);
});

test('O1 L7 the numbers of the law and the two classes of device are there to read; what was not collected is counted by device', async () => {
  const [measures] = (await get('legal-limits')).items;
  expect(
    measures.permitLimits.map(({ level, mostDays }: Record<string, unknown>) => [level, mostDays]),
  ).toEqual([
    ['office', 7],
    ['county', 30],
    ['city', null],
  ]);
  expect(
    (await get('device-classes')).items.map(({ legalClass }: { legalClass: string }) => legalClass),
  ).toEqual(['electronic-positioning', 'verification']);
  await run(
    `INSERT INTO uncollected VALUES ('W1', 'S1', 'outside-order', '2026-03-02', 3, now(), now()), ('W1', 'S1', 'outside-order', '2026-03-01', 2, now(), now())`,
  );
  const first = await get('uncollected?limit=1');
  expect(first.items).toMatchObject([{ device: 'W1', day: '2026-03-02', count: 3 }]);
  expect((await get(`uncollected?limit=1&cursor=${first.nextCursor}`)).items).toMatchObject([
    { day: '2026-03-01', count: 2 },
  ]);
});

test('R1 R2 R3 R4 recurrent leave: the county approves, its zone is told to the log while it holds, and withdrawn it ends', async () => {
  nowMs = NOW;
  const circle = (id: string, lon: number) => ({
    type: 'Feature',
    id,
    properties: { radiusM: 500 },
    geometry: { type: 'Point', coordinates: [lon, 23.5] },
  });
  await enrol(
    [person('R1', { zones: [{ zone: 'Z1', rule: 'stay-in' }] })],
    [circle('Z1', 116.3), circle('Z2', 116.5)],
  );
  // The office's own: else it could not name it.
  await run('UPDATE zones SET office = $1', [OFFICE]);
  await settleDue(dash.database, nowMs);
  const schedule = { from: '08:00', to: '18:00' };
  const body = {
    subject: 'R1',
    kind: 'recurrent',
    ground: 'work',
    explanation: '劳动合同',
    destination: '演示市工厂',
    zone: 'Z2',
    schedule,
    from: iso(4),
    until: iso(150),
  };
  expect(problem(await post('permits', officer, { ...body, zone: null }))).toBe(400);
  expect(problem(await post('permits', officer, { ...body, zone: 'Z1' }))).toBe(400);
  expect(problem(await post('permits', officer, { ...body, until: iso(200) }))).toBe(400);
  expect(problem(await post('permits', officer, { ...body, kind: 'leave' }))).toBe(400);
  const made = await post('permits', officer, body);
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  const asked = made.body;
  expect([asked.kind, asked.level, asked.article.zh, asked.schedule.days]).toEqual([
    'recurrent',
    'county',
    '社区矫正法实施办法第二十九条',
    [1, 2, 3, 4, 5, 6, 7],
  ]);
  expect(problem(await post(`permits/${asked.permit}/approve`, officer, { reason: '' }))).toBe(403);
  const waiting = async () => (await get('permits?open=true&subject=R1')).items.length;
  expect(await waiting()).toBe(1);
  expect((await post(`permits/${asked.permit}/approve`, county, { reason: '' })).status).toBe(200);
  expect(await waiting()).toBe(0);
  const zones = async () => (await onItsWay('R1')).zones.map(({ zone }: { zone: string }) => zone);
  expect(await zones()).toEqual(['Z1']);
  expect(await settleDue(dash.database, NOW + 4 * DAY)).toBe(1);
  expect(await settleDue(dash.database, NOW + 4 * DAY)).toBe(0);
  expect(await zones()).toEqual(['Z1', 'Z2']);
  expect((await onItsWay('R1')).permits).toEqual([]);
  expect(problem(await post(`permits/${asked.permit}/depart`, officer, {}))).toBe(409);
  nowMs = NOW + 5 * DAY;
  // A change of the roster meanwhile leaves it in force.
  await enrol([person('R1', { zones: [{ zone: 'Z1', rule: 'stay-in', bufferM: 50 }] })]);
  expect(await zones()).toEqual(['Z1', 'Z2']);
  expect(await settleDue(dash.database, NOW + 150 * DAY)).toBe(1);
  expect(await zones()).toEqual(['Z1']);
  expect(await settleDue(dash.database, NOW + 150 * DAY)).toBe(0);

  await post(`permits/${asked.permit}/withdraw`, officer, { reason: '合同终止' });
  expect(await zones()).toEqual(['Z1']);
  const second = (await post('permits', officer, { ...body, schedule: null, from: iso(5) })).body;
  await post(`permits/${second.permit}/approve`, county, { reason: '' });
  expect(await zones()).toEqual(['Z1', 'Z2']);
  await post(`permits/${second.permit}/withdraw`, officer, { reason: '合同终止' });
  expect(await zones()).toEqual(['Z1']);
  nowMs = NOW;
});
