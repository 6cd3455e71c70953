import { afterAll, beforeAll, expect, test } from 'vitest';
import { problem, startDashboard, type TestDashboard } from '../tests/harness/dashboard.ts';

let dash: TestDashboard;
let duty: Record<string, string>;
let second: Record<string, string>;
let office: Record<string, string>;
beforeAll(async () => {
  dash = await startDashboard();
  await dash.subject('S1', '445281/liusha-east');
  await dash.subject('S2', '445222/hepo');
  await dash.account('duty', 'duty-officer', '');
  await dash.account('second', 'duty-officer', '');
  await dash.account('east', 'office-officer', '445281/liusha-east');
  [duty, second, office] = [
    await dash.signIn('duty'),
    await dash.signIn('second'),
    await dash.signIn('east'),
  ];
});
afterAll(() => dash.close());

const post = (path: string, headers: Record<string, string>, body: unknown = {}) =>
  dash.call('POST', `/api/v1${path}`, { headers, body });
const get = (path: string, headers: Record<string, string>) =>
  dash.call('GET', `/api/v1${path}`, { headers });
const rows = async (text: string) => (await dash.database.query({ text, values: [] })).rows;

test('C3 an alert from opened to closed: every step with who, when and note; the violation counts from its closing on', async () => {
  await dash.alert('w1', 1, { subject: 'S1' });
  await dash.alert('w1', 2, { subject: 'S1', state: 'cleared' });
  expect((await post('/alerts/w1/take', duty, { note: '我来' })).body).toMatchObject({
    stage: 'handling',
    owner: 'duty',
  });
  expect(
    (await post('/alerts/w1/contact', duty, { whom: 'subject', reached: true, note: '承认外出' })).status,
  ).toBe(200);
  expect(
    (await post('/alerts/w1/resolve', duty, { disposition: 'confirmed-violation', measure: 'admonition' }))
      .body,
  ).toMatchObject({ stage: 'resolved', disposition: 'confirmed-violation' });
  expect(problem(await post('/alerts/w1/review', duty))).toBe(409);
  expect((await post('/alerts/w1/review', second, { note: '同意' })).body.stage).toBe('reviewed');
  expect(await rows('SELECT * FROM confirmed_violations')).toEqual([]);
  expect((await post('/alerts/w1/close', second)).body).toMatchObject({ stage: 'closed', dueAt: null });
  expect(await rows('SELECT alert, subject, kind, office FROM confirmed_violations')).toEqual([
    { alert: 'w1', subject: 'S1', kind: 'out-of-bounds', office: '445281/liusha-east' },
  ]);
  const { actions } = (await get('/alerts/w1', duty)).body;
  expect(
    actions.map((deed: { action: string; account: string }) => `${deed.account} ${deed.action}`),
  ).toEqual(['duty take', 'duty contact', 'duty resolve', 'second review', 'second close']);
  expect(actions[1]).toMatchObject({ note: '承认外出', detail: { whom: 'subject', reached: true } });
  expect(problem(await post('/alerts/w1/take', duty))).toBe(409);
});

test('C10 a confirmed violation whose evidence is taken back counts no more and goes back to an officer', async () => {
  await dash.alert('w1', 3, { subject: 'S1', state: 'retracted' });
  expect(await rows('SELECT * FROM confirmed_violations')).toEqual([]);
  expect((await get('/alerts/w1', duty)).body).toMatchObject({
    stage: 'returned',
    state: 'retracted',
    disposition: null,
  });
  expect((await get('/alerts/w1/proposal', duty)).body.disposition).toBe('data-error');
  expect((await get('/alerts?work=open', duty)).body.items).toMatchObject([{ alert: 'w1' }]);
});

test('C4 two at once: one has it, the other is told who', async () => {
  await dash.alert('w2', 1, { subject: 'S1' });
  const answers = await Promise.all([post('/alerts/w2/take', duty), post('/alerts/w2/take', second)]);
  const [lost] = answers.filter(({ status }) => status === 409);
  const [won] = answers.filter(({ status }) => status === 200);
  expect(lost?.body.detail).toContain(`${won?.body.owner} has it`);
  const other = won?.body.owner === 'duty' ? second : duty;
  expect(problem(await post('/alerts/w2/resolve', other, { disposition: 'signal' }))).toBe(409);
  expect((await post('/alerts/w2/take', other, { from: won?.body.owner })).status).toBe(200);
  expect(problem(await post('/alerts/w2/assign', other, { to: 'nobody' }))).toBe(400);
  await dash.account('reader', 'auditor', '');
  await dash.account('gone', 'duty-officer', '');
  await dash.account('uncleared', 'duty-officer', '', false);
  await dash.database.query({
    text: "UPDATE accounts SET disabled_at = now() WHERE login = 'gone'",
    values: [],
  });
  for (const to of ['reader', 'gone'])
    expect(problem(await post('/alerts/w2/assign', other, { to }))).toBe(400);
  await dash.subject('M1', '445281/liusha-east', '测试人员未成年', true);
  await dash.alert('wm', 1, { subject: 'M1' });
  expect(problem(await post('/alerts/wm/assign', other, { to: 'uncleared' }))).toBe(400);
  expect((await post('/alerts/wm/assign', other, { to: 'second' })).status).toBe(200);
  expect((await rows("SELECT * FROM alert_actions WHERE alert = 'w2'")).length).toBe(2);
});

test('C11 what is to be done stands before what is new: nobody’s first, the oldest on top, page by page', async () => {
  for (const [i, id] of ['o3', 'o1', 'o2'].entries())
    await dash.alert(id, 1, {
      subject: 'S2',
      kind: 'missed-checkin',
      startedAtMs: Date.UTC(2026, 1, [3, 1, 2][i]),
    });
  await post('/alerts/o1/take', duty);
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await get(
      `/alerts?work=open&kind=missed-checkin&limit=1${cursor && `&cursor=${cursor}`}`,
      duty,
    );
    seen.push(...body.items.map(({ alert }: { alert: string }) => alert));
    if (body.nextCursor === null) break;
    cursor = body.nextCursor;
  }
  expect(seen).toEqual(['o2', 'o3', 'o1']);
  const ids = async (query: string, who = duty) =>
    (await get(`/alerts?${query}`, who)).body.items.map(({ alert }: { alert: string }) => alert);
  expect(await ids('work=mine&kind=missed-checkin')).toEqual(['o1']);
  expect(await ids('work=open&organisation=445222')).toEqual(['o2', 'o3', 'o1']);
  expect(await ids('work=open', office)).not.toContain('o2');
  expect(problem(await get('/alerts?work=open&state=open', duty))).toBe(400);
});

test('C8 the chain of one person is one incident with its parts; a person parts and joins', async () => {
  const at = Date.now();
  await dash.alert('b1', 1, { subject: 'S2', kind: 'low-battery', startedAtMs: at - 7_200_000 });
  await dash.alert('b2', 1, { subject: 'S2', kind: 'phone-off', startedAtMs: at - 3_600_000 });
  await dash.alert('b3', 1, { subject: 'S2', kind: 'silent', startedAtMs: at - 1_800_000 });
  const { incident } = (await get('/alerts/b3', duty)).body;
  expect((await get(`/incidents/${incident}`, duty)).body).toMatchObject({
    cause: 'battery-died',
    subject: 'S2',
    parts: [{ alert: 'b1' }, { alert: 'b2' }, { alert: 'b3' }],
  });
  expect(problem(await get(`/incidents/${incident}`, office))).toBe(404);
  expect(problem(await post(`/incidents/${incident}/split`, duty, { alerts: ['b3'] }))).toBe(400);
  expect(
    (await post(`/incidents/${incident}/split`, duty, { alerts: ['b3'], note: '另有原因' })).body.parts,
  ).toHaveLength(2);
  expect(problem(await post(`/incidents/${incident}/split`, duty, { alerts: ['b1', 'b3'], note: 'x' }))).toBe(
    409,
  );
  expect((await get(`/incidents/${incident}`, duty)).body.parts).toHaveLength(2);
  await dash.alert('w3', 1, { subject: 'S1', kind: 'silent' });
  const merged = (await post('/incidents', duty, { alerts: ['b3', 'w3'] })).body;
  expect(merged).toMatchObject({ cause: 'by-hand', subject: null, madeBy: 'duty' });
  expect((await get(`/incidents/${merged.incident}`, office)).body).toMatchObject({
    parts: [{ alert: 'w3' }],
  });
  expect(problem(await post('/incidents', office, { alerts: ['w3', 'b3'] }))).toBe(404);
  const listed = (await get('/incidents', office)).body.items;
  expect(listed.map((item: { incident: string }) => item.incident)).toEqual([merged.incident]);
});

test('C9 what is decided of an incident stands in each of its parts; those for which it can not be are named', async () => {
  await dash.subject('S3', '445222/hepo');
  for (const [id, kind] of [
    ['i1', 'low-battery'],
    ['i2', 'phone-off'],
    ['i3', 'silent'],
  ] as const) {
    await dash.alert(id, 1, { subject: 'S3', kind });
    await dash.alert(id, 2, { subject: 'S3', kind, state: 'cleared' });
  }
  const { incident } = (await get('/alerts/i3', duty)).body;
  await post('/alerts/i2/take', second);
  const taken = (await post(`/incidents/${incident}/take`, duty)).body;
  expect(taken.parts.map(({ owner }: { owner: string }) => owner)).toEqual(['duty', 'second', 'duty']);
  expect(taken.refused).toMatchObject([{ alert: 'i2', detail: expect.stringContaining('second has it') }]);
  await post('/alerts/i2/take', duty, { from: 'second' });
  await post(`/incidents/${incident}/resolve`, duty, { disposition: 'device-fault', note: '电池老化' });
  await post(`/incidents/${incident}/review`, second);
  const closed = (await post(`/incidents/${incident}/close`, second)).body;
  expect(closed.parts.map(({ stage }: { stage: string }) => stage)).toEqual(['closed', 'closed', 'closed']);
  expect(problem(await post(`/incidents/${incident}/take`, duty))).toBe(409);
  expect(
    (await get('/incidents', duty)).body.items.some(
      (item: { incident: string }) => item.incident === incident,
    ),
  ).toBe(false);
  expect(await rows("SELECT alert FROM confirmed_violations WHERE subject = 'S3'")).toEqual([]);
});

test('C12 shelving: asked, approved by another, lists all that it hid, ends; never of a tamper', async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const body = { subject: 'S1', kind: 'implausible-fix', until, reason: '已知信号盲区' };
  await dash.alert('h1', 1, { subject: 'S1', kind: 'implausible-fix' });
  expect(problem(await post('/shelvings', duty, { ...body, kind: 'strap-tamper' }))).toBe(409);
  expect(problem(await post('/shelvings', duty, { ...body, until: '2020-01-01T00:00:00Z' }))).toBe(400);
  expect(problem(await post('/shelvings', duty, { ...body, reason: ' ' }))).toBe(400);
  const { id, state } = (await post('/shelvings', duty, body)).body;
  expect(state).toBe('asked');
  expect((await get('/alerts/h1', duty)).body.shelvedUntil).toBeNull();
  expect(problem(await post(`/shelvings/${id}/approve`, duty))).toBe(409);
  expect((await post(`/shelvings/${id}/approve`, second)).body.state).toBe('in-force');
  await dash.alert('h2', 1, { subject: 'S1', kind: 'implausible-fix' });
  await dash.alert('h3', 1, { subject: 'S1', kind: 'missed-checkin' });
  expect((await get('/alerts/h2', duty)).body).toMatchObject({ shelvedUntil: until });
  expect((await get('/alerts/h3', duty)).body).toMatchObject({ shelvedUntil: null });
  const report = (await get(`/shelvings/${id}`, office)).body;
  expect(report.alerts.map(({ alert }: { alert: string }) => alert)).toEqual(['h1', 'h2']);
  const work = (await get('/alerts?work=open', duty)).body.items.map(({ alert }: { alert: string }) => alert);
  expect(new Set(work.slice(-2))).toEqual(new Set(['h1', 'h2']));
  expect((await post(`/shelvings/${id}/end`, duty)).body.state).toBe('ended');
  expect((await get('/alerts/h2', duty)).body).toMatchObject({ shelvedUntil: null, stage: 'opened' });
  await expect(
    rows("UPDATE alerts SET shelved_until = now() WHERE alert = 'h1' RETURNING alert"),
  ).resolves.toHaveLength(1);
  await dash.alert('t1', 1, { subject: 'S1', kind: 'strap-tamper' });
  await expect(rows("UPDATE alerts SET shelved_until = now() WHERE alert = 't1'")).rejects.toThrow(
    'never_suppressed',
  );
  expect(problem(await post(`/shelvings/${id}/end`, office))).toBe(409);
  // U6: the table of shelvings can be changed without a trace, its audit can't.
  const auditor = await dash.token('auditor', '');
  const noted = (await get('/audit?action=shelving', auditor)).body.items;
  expect(
    noted.map(({ action, actor, target, reason }: Record<string, unknown>) => [
      action,
      (actor as { name: string }).name,
      target,
      reason,
    ]),
  ).toEqual([
    ['shelving.end', 'duty', id, body.reason],
    ['shelving.approve', 'second', id, body.reason],
    ['shelving.ask', 'duty', id, body.reason],
  ]);
});

test('C13 what somebody is to be told is written with what happened, and nothing of what was shelved', async () => {
  const told = await rows("SELECT ref FROM notice_outbox WHERE what = 'alert-opened' ORDER BY id");
  const refs = told.map(({ ref }) => ref);
  expect(refs).toContain('w1');
  expect(refs).toContain('h1');
  expect(refs).not.toContain('h2');
  expect(new Set(refs).size).toBe(refs.length);
});

test('C14 the five measures of the law are reference data, and no other is taken', async () => {
  const { items } = (await get('/legal-measures', duty)).body;
  expect(items.map(({ zh }: { zh: string }) => zh)).toContain('训诫');
  expect(items).toHaveLength(5);
  expect(
    problem(
      await post('/alerts/o2/resolve', duty, { disposition: 'reasonable-excuse', measure: 'admonition' }),
    ),
  ).toBe(400);
  expect(problem(await post('/alerts/o2/resolve', duty, { disposition: 'guilty' }))).toBe(400);
});
