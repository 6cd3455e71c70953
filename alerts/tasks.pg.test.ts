import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problem, startDashboard, type TestDashboard } from '../tests/harness/dashboard.ts';
import { runDue } from './deadline-watch.ts';

let dash: TestDashboard;
let duty: Record<string, string>;
let east: Record<string, string>;
let east2: Record<string, string>;
let west: Record<string, string>;
beforeAll(async () => {
  dash = await startDashboard();
  await dash.account('duty', 'duty-officer', '');
  for (const [login, office] of [
    ['east', '445281/east'],
    ['east2', '445281/east'],
    ['west', '445281/west'],
  ] as const)
    await dash.account(login, 'office-officer', office);
  [duty, east, east2, west] = [
    await dash.signIn('duty'),
    await dash.signIn('east'),
    await dash.signIn('east2'),
    await dash.signIn('west'),
  ];
});
afterAll(() => dash.close());

const post = (path: string, headers: Record<string, string>, body: unknown = {}) =>
  dash.call('POST', `/api/v1${path}`, { headers, body });
const get = (path: string, headers: Record<string, string>) =>
  dash.call('GET', `/api/v1${path}`, { headers });
const rows = async (text: string) => (await dash.database.query({ text, values: [] })).rows;
let made = 0;
async function sent(kind: 'silent' | 'phone-off' = 'silent', subject = `T${++made}`): Promise<string> {
  await dash.subject(subject, '445281/east');
  await dash.alert(`t-${subject}`, 1, { subject, kind });
  return (await post('/tasks', duty, { alert: `t-${subject}`, note: '请查明' })).body.task;
}
const upload = (
  task: string,
  headers: Record<string, string>,
  type: string,
  content: Buffer,
  name = '现场.png',
) =>
  fetch(`${dash.address}/api/v1/tasks/${task}/files?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': type },
    body: new Uint8Array(content),
  });
/** The smallest picture there is: one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

test('T1 a task from the alert to its end: evidence, planned steps, answer with a photograph, accepted; the alert is resolved', async () => {
  const task = await sent();
  expect((await get('/alerts/t-T1', duty)).body).toMatchObject({ stage: 'tasked', owner: 'duty', task });
  const seen = (await get(`/tasks/${task}`, east)).body;
  expect(seen).toMatchObject({
    stage: 'sent',
    office: '445281/east',
    kind: 'silent',
    instruction: '请查明',
    evidence: { fixes: [{ accuracyM: 10 }] },
  });
  // Once, and by the name: the page leaves out what the evidence says already.
  expect(seen.what).toBe(seen.evidence.reason);
  expect(seen.steps[0]).toMatchObject({ whom: 'subject', zh: expect.any(String), at: expect.any(String) });
  expect((await post(`/tasks/${task}/receive`, east)).body.stage).toBe('received');
  await post(`/tasks/${task}/step`, east, { whom: 'subject', reached: false, note: '无人接听' });
  const file = (await (await upload(task, east, 'image/png', PNG)).json()).file;
  expect(
    problem(
      await post(`/tasks/${task}/answer`, east, { cause: 'battery', note: '电池损坏', files: ['999999'] }),
    ),
  ).toBe(400);
  expect(
    (await post(`/tasks/${task}/answer`, east, { cause: 'battery', note: '电池损坏', files: [file] })).body,
  ).toMatchObject({
    stage: 'answered',
    answeredBy: 'east',
    cause: 'battery',
  });
  expect((await post(`/tasks/${task}/return`, duty, { note: '原因不清' })).body.stage).toBe('returned');
  await post(`/tasks/${task}/answer`, east, { cause: 'device-fault', note: '已更换' });
  expect((await post(`/tasks/${task}/accept`, duty, { disposition: 'device-fault' })).body.stage).toBe(
    'accepted',
  );
  expect((await get('/alerts/t-T1', duty)).body).toMatchObject({
    stage: 'resolved',
    disposition: 'device-fault',
  });
  const { actions } = (await get(`/tasks/${task}`, duty)).body;
  expect(actions.map(({ action }: { action: string }) => action)).toEqual([
    'receive',
    'step',
    'attach',
    'answer',
    'return',
    'answer',
    'accept',
  ]);
});

test('T2 answered by two at once: one answer stands, the other is told whose; nothing is doubled', async () => {
  const task = await sent();
  const body = { cause: 'other', note: '答复' };
  const both = await Promise.all([
    post(`/tasks/${task}/answer`, east, body),
    post(`/tasks/${task}/answer`, east2, body),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(both.find(({ status }) => status === 409)?.body.detail).toMatch(/^east2? has answered it/);
  expect(
    await rows(`SELECT account FROM task_actions WHERE task = ${task} AND action = 'answer'`),
  ).toHaveLength(1);
  await post(`/tasks/${task}/accept`, duty, { disposition: 'signal' });
  expect(problem(await post(`/tasks/${task}/answer`, east, body))).toBe(409);
  expect(problem(await post(`/tasks/${task}/answer`, west, body))).toBe(404);
  expect((await upload(task, east, 'image/png', PNG)).status).toBe(409);
  expect(await rows(`SELECT id FROM task_files WHERE task = ${task}`)).toEqual([]);
});

test('T4 the subject moves: the task goes with them; the old office is told so, a stranger sees nothing', async () => {
  const task = await sent();
  await dash.subject(`T${made}`, '445281/west');
  expect(await runDue(dash.database, Date.now())).toBe(1);
  expect(await runDue(dash.database, Date.now())).toBe(0);
  const late = await post(`/tasks/${task}/answer`, east, { cause: 'other', note: '答复' });
  expect(problem(late)).toBe(409);
  expect(late.body.detail).toContain('handed over');
  expect(problem(await get(`/tasks/${task}`, east))).toBe(404);
  expect((await get(`/tasks/${task}`, west)).body).toMatchObject({ office: '445281/west', stage: 'sent' });
  expect((await post(`/tasks/${task}/answer`, west, { cause: 'other', note: '答复' })).status).toBe(200);
});

test('T7 a file is what its bytes say; the same twice is one; it comes back as it was, to those who may see the task', async () => {
  const task = await sent();
  const said = async (type: string, content: Buffer, name?: string) =>
    (await upload(task, east, type, content, name)).status;
  expect(await said('image/jpeg', PNG)).toBe(415);
  expect(await said('image/png', Buffer.from('<script>alert(1)</script>'))).toBe(415);
  expect(await said('text/html', PNG)).toBe(415);
  expect(await said('application/pdf', Buffer.from('MZ\x90\x00 a program'))).toBe(415);
  expect(await said('image/png', Buffer.alloc(0))).toBe(400);
  expect(await said('image/png', PNG, '../a/b')).toBe(400);
  expect(await said('image/png', Buffer.concat([PNG, Buffer.alloc(10 * 1024 * 1024)]))).toBe(413);
  expect(await rows(`SELECT id FROM task_files WHERE task = ${task}`)).toEqual([]);
  const [first, second] = [
    await upload(task, east, 'image/png', PNG),
    await upload(task, east, 'image/png', PNG),
  ];
  const { file } = await first.json();
  expect((await second.json()).file).toBe(file);
  expect((await get(`/tasks/${task}`, duty)).body.files).toMatchObject([
    {
      id: file,
      name: '现场.png',
      sizeBytes: PNG.length,
      sha256: createHash('sha256').update(PNG).digest('hex'),
    },
  ]);
  const back = await fetch(`${dash.address}/api/v1/tasks/${task}/files/${file}`, { headers: duty });
  expect(Buffer.from(await back.arrayBuffer())).toEqual(PNG);
  expect(back.headers.get('content-type')).toBe('image/png');
  expect(back.headers.get('content-disposition')).toMatch(/^attachment;/);
  expect(back.headers.get('x-content-type-options')).toBe('nosniff');
  expect((await fetch(`${dash.address}/api/v1/tasks/${task}/files/${file}`, { headers: west })).status).toBe(
    404,
  );
});

test('D1 each missed deadline is told one step further up, once; the one that two let pass is a hazard', async () => {
  const task = await sent('phone-off');
  const [{ due_at: due }] = (await rows(`SELECT due_at FROM tasks WHERE id = ${task}`)) as [{ due_at: Date }];
  const told = async () =>
    (
      await rows(
        `SELECT office FROM notice_outbox WHERE what = 'task-overdue' AND ref = '${task}' ORDER BY id`,
      )
    ).map(({ office }) => office);
  await runDue(dash.database, due.getTime() - 1);
  expect(await told()).toEqual([]);
  await runDue(dash.database, due.getTime());
  await runDue(dash.database, due.getTime());
  expect(await told()).toEqual(['445281/east']);
  await runDue(dash.database, due.getTime() + 1_800_000);
  const { items } = (await get('/hazards?open=true', duty)).body;
  expect(items.filter((item: { task: string }) => item.task === task)).toMatchObject([
    { state: 'not-rectified', office: '445281/east' },
  ]);
  for (let h = 1; h < 100; h++) await runDue(dash.database, due.getTime() + h * 3_600_000);
  expect(await told()).toEqual(['445281/east', '445281', '']);
  expect((await get(`/tasks/${task}`, duty)).body).toMatchObject({ escalation: 3, dueAt: due.toISOString() });
  const supervised = await post(`/tasks/${task}/supervise`, duty, {
    note: '限期',
    dueAt: new Date(due.getTime() + 1e9).toISOString(),
  });
  expect(supervised.body).toMatchObject({ supervisedBy: 'duty', escalation: 0 });
});

test('D2 alerts and shelvings: told up the tree once each; a shelving comes back by itself with a new deadline', async () => {
  await dash.subject('A1', '445281/east');
  await dash.account('lead', 'manager', '');
  await dash.alert('d1', 1, { subject: 'A1', kind: 'implausible-fix' });
  await dash.alert('d2', 1, { subject: 'A1', kind: 'strap-tamper', state: 'opened', severity: 'critical' });
  await dash.alert('d2', 2, { subject: 'A1', kind: 'strap-tamper', state: 'cleared', severity: 'critical' });
  await dash.alert('d3', 1, { subject: 'A1', kind: 'missed-checkin' });
  await dash.alert('d3', 2, { subject: 'A1', kind: 'missed-checkin', state: 'retracted' });
  const now = Date.now();
  const until = now + 3_600_000;
  const { id } = (
    await post('/shelvings', duty, {
      subject: 'A1',
      kind: 'implausible-fix',
      until: new Date(until).toISOString(),
      reason: '试验',
    })
  ).body;
  expect((await post(`/shelvings/${id}/approve`, await dash.signIn('lead'))).body.state).toBe('in-force');
  const told = async () =>
    (
      await rows(
        `SELECT ref || ' ' || office AS told FROM notice_outbox WHERE what = 'alert-overdue' AND ref LIKE 'd_' ORDER BY id`,
      )
    ).map((row) => row.told);
  await runDue(dash.database, now + 3_000_000);
  expect(await told()).toEqual(['d2 445281/east']);
  expect((await get('/alerts/d1', duty)).body.shelvedUntil).not.toBeNull();
  await runDue(dash.database, until);
  expect((await get('/alerts/d1', duty)).body).toMatchObject({
    shelvedUntil: null,
    dueAt: new Date(until + 1_800_000).toISOString(),
  });
  expect((await get(`/shelvings/${id}`, duty)).body).toMatchObject({
    state: 'ended',
    endedBy: null,
    alerts: [{ alert: 'd1' }],
  });
  for (let i = 0; i < 200; i++) await runDue(dash.database, until + i * 600_000);
  expect([...(await told())].sort()).toEqual([
    'd1 ',
    'd1 445281',
    'd1 445281/east',
    'd2 ',
    'd2 445281',
    'd2 445281/east',
  ]);
});

test('T5 the authority writes its own card; the nearest holds, and what was sent keeps its steps', async () => {
  await dash.account('boss', 'administrator', '445281');
  const boss = await dash.signIn('boss');
  const before = await sent();
  const card = {
    steps: [{ whom: 'police', afterMin: 5, inQuietHours: true, zh: '报公安', en: 'Police' }],
    quiet: null,
  };
  const put = (organisation: string, body: unknown, headers: Record<string, string> = boss) =>
    dash.call('PUT', `/api/v1/response-cards/silent?organisation=${organisation}`, { headers, body });
  expect((await put('445281', card)).body).toMatchObject(card);
  expect(problem(await put('445222', card))).toBe(404);
  expect(problem(await put('445281', { ...card, steps: [] }))).toBe(400);
  expect(problem(await put('445281/east', card, duty))).toBe(403);
  const after = await sent();
  expect((await get(`/tasks/${after}`, duty)).body.steps).toMatchObject([{ whom: 'police' }]);
  expect((await get(`/tasks/${before}`, duty)).body.steps.length).toBeGreaterThan(1);
  expect(
    (await get('/response-cards', east)).body.items.find(({ kind }: { kind: string }) => kind === 'silent'),
  ).toMatchObject(card);
});

test('T6 the hazard ledger: put right by the office, checked and written off by another', async () => {
  const body = {
    office: '445281/east',
    category: '人机分离',
    situation: '多次',
    measures: '更换腕带',
    department: '东所',
    person: '',
    dueAt: '2026-12-01T00:00:00Z',
  };
  const { hazard } = (await post('/hazards', east, body)).body;
  expect(problem(await post('/hazards', west, body))).toBe(404);
  expect(problem(await post(`/hazards/${hazard}/finish`, east, { note: '已完成' }))).toBe(409);
  await post(`/hazards/${hazard}/start`, east, { note: '开始' });
  expect((await post(`/hazards/${hazard}/finish`, east, { note: '已更换' })).body.state).toBe('rectified');
  expect(problem(await post(`/hazards/${hazard}/write-off`, east, { note: '销账' }))).toBe(403);
  expect((await post(`/hazards/${hazard}/fail-check`, duty, { note: '不彻底' })).body.state).toBe(
    'rectifying',
  );
  await post(`/hazards/${hazard}/finish`, east, { note: '再次完成' });
  expect((await post(`/hazards/${hazard}/write-off`, duty, { note: '属实' })).body).toMatchObject({
    writtenOffBy: 'duty',
  });
  expect((await get(`/hazards/${hazard}`, east)).body.actions).toHaveLength(5);
  const task = await sent();
  const of = { ...body, task };
  expect((await post('/hazards', duty, of)).status).toBe(200);
  expect(problem(await post('/hazards', duty, of))).toBe(409);
});

test('T8 the open tasks stand by their deadline, page by page, within the subtree', async () => {
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await get(`/tasks?limit=2${cursor && `&cursor=${cursor}`}`, east);
    for (const item of body.items) {
      expect(item.office).toBe('445281/east');
      seen.push(item.dueAt);
    }
    if (body.nextCursor === null) break;
    cursor = body.nextCursor;
  }
  expect(seen.length).toBeGreaterThan(2);
  expect(seen).toEqual([...seen].sort());
  const all = (await get('/tasks?state=all&limit=3', duty)).body;
  expect(all.items).toHaveLength(3);
  expect(problem(await get('/tasks?cursor=x', duty))).toBe(400);
});
