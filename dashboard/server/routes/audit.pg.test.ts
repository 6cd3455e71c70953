import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPositionDays } from '../../../src/adapters/positions-table.ts';
import { loadRoster } from '../../../src/ingest/roster-load.ts';
import { EMPTY_ROSTER, type ZoneFeature } from '../../../src/kernel/roster.ts';
import { problem, startDashboard, type TestDashboard, watchBoard } from '../../../tests/harness/dashboard.ts';

let dash: TestDashboard;
const SPAN = 'from=2026-03-01T00:00:00Z&to=2026-03-01T01:00:00Z';
const get = (path: string, headers: Record<string, string>) =>
  dash.call('GET', `/api/v1${path}`, { headers });
const entries = async (query = '', headers?: Record<string, string>) =>
  // biome-ignore lint/suspicious/noExplicitAny: rows of an answer
  (await get(`/audit?${query}`, headers ?? (await dash.token('auditor', '')))).body.items as any[];

beforeAll(async () => {
  dash = await startDashboard({ recheckMs: 100 });
  await dash.account('duty', 'duty-officer', '445281');
  await dash.account('auditor', 'auditor', '445281');
  await dash.subject('S1', '445281/liusha-east');
  await dash.subject('S2', '445222/hepo');
  await dash.alert('a1', 1, { subject: 'S1' });
  await (await openPositionDays(dash.database)).ensure([Date.UTC(2026, 2, 1)]);
});
afterAll(() => dash.close());

test('U1 a look at a track, an alert and a sign-in leave who, what, why and from where', async () => {
  const duty = await dash.signIn('duty');
  const seen = await get(`/subjects/S1/track?${SPAN}&reason=${encodeURIComponent('越界核查')}`, duty);
  expect(seen.status).toBe(200);
  await get('/alerts/a1', duty);
  const mine = await entries('actor=duty');
  expect(mine.map(({ action }) => action)).toEqual(['alert.read', 'track.read', 'session.begun']);
  expect(mine[1]).toMatchObject({
    actor: { kind: 'account', name: 'duty', role: 'duty-officer', organisation: '445281' },
    subject: 'S1',
    office: '445281/liusha-east',
    reason: '越界核查',
    address: '127.0.0.1',
    detail: { from: '2026-03-01T00:00:00.000Z', to: '2026-03-01T01:00:00.000Z' },
  });
  expect(mine[0]).toMatchObject({ subject: 'S1', target: 'a1' });
});

test('U1 a refused sign-in is recorded as nobody’s, a refused look not as a look', async () => {
  await dash.call('POST', '/api/v1/session', { body: { login: 'stranger', password: 'wrong-password' } });
  expect(await entries('action=session.refused')).toMatchObject([
    { actor: { name: 'stranger', role: null, organisation: null }, address: '127.0.0.1' },
  ]);
  const duty = await dash.signIn('duty');
  expect(problem(await get(`/subjects/S2/track?${SPAN}&reason=x`, duty))).toBe(404);
  expect(await entries('subject=S2')).toEqual([]);
});

test('U1 a look at a profile with its numbers, at a phone known by its number, at quarantine, at an alert made again', async () => {
  const duty = await dash.token('administrator', '');
  const contacts = [{ whom: 'self', name: '演示', phone: '13900000000' }];
  await dash.database.query({
    text: `UPDATE subjects SET profile = profile || $1 WHERE id = 'S1'`,
    values: [JSON.stringify({ contacts })],
  });
  await dash.database.query({
    text: `INSERT INTO devices (id, subject, kind, protocol, address, interval_s, valid_from)
           VALUES ('D1', 'S1', 'phone', 'mlp', '13900000000', 60, now())`,
    values: [],
  });
  expect((await get('/subjects/S1', duty)).body.profile.contacts).toEqual(contacts);
  expect((await get('/devices?subject=S1', duty)).body.items[0].address).toBe('13900000000');
  await get('/quarantine?device=D7', duty);
  await get('/alerts/a1/reproduction', duty);
  const [again, quarantine, devices, profile] = await entries('limit=4');
  expect(again).toMatchObject({ action: 'alert.reproduce', subject: 'S1', target: 'a1' });
  expect(quarantine).toMatchObject({ action: 'quarantine.read', target: 'D7', detail: { items: 0 } });
  expect(devices).toMatchObject({ action: 'devices.read', subject: 'S1', detail: { numbers: 1 } });
  expect(profile).toMatchObject({
    action: 'subject.read',
    subject: 'S1',
    office: '445281/liusha-east',
    detail: { numbers: 1 },
  });
});

test('U1 a look at a task and its file leaves who, as one at the alert does', async () => {
  const { rows } = await dash.database.query<{ id: string }>({
    text: `INSERT INTO tasks (alert, alert_version, subject, office, kind, severity, what, steps, stage, sent_by, sent_at, due_at)
           VALUES ('a1', 1, 'S1', '445281/liusha-east', 'out-of-bounds', 'high', 'x', '[]', 'sent', 'x', now(), now() + interval '1 hour')
           RETURNING id`,
    values: [],
  });
  const task = rows[0]?.id ?? '';
  const files = await dash.database.query<{ id: string }>({
    text: `INSERT INTO task_files (task, name, media_type, size_bytes, sha256, content, account, at)
           VALUES ($1::bigint, 'a.png', 'image/png', 1, '\\x00', '\\x00', 'x', now()) RETURNING id`,
    values: [task],
  });
  const officer = await dash.token('office-officer', '445281/liusha-east');
  expect((await get(`/tasks/${task}`, officer)).body.evidence.fixes).toHaveLength(1);
  expect((await get(`/tasks/${task}/files/${files.rows[0]?.id}`, officer)).status).toBe(200);
  const [file, read] = await entries('subject=S1&limit=2');
  expect(file).toMatchObject({ action: 'task-file.read', target: task, detail: { sha256: '00' } });
  expect(read).toMatchObject({ action: 'task.read', target: task, office: '445281/liusha-east' });
});

test('U1 a load of the roster leaves what it changed, also who', async () => {
  const zone: ZoneFeature = {
    id: 'z1',
    name: null,
    radiusM: 100,
    widthM: null,
    geometry: { type: 'Point', coordinates: [116.3, 23.5] },
  };
  const update = { roster: EMPTY_ROSTER, zones: [zone], policy: null };
  const loaded = await loadRoster(dash.database, update, Date.now(), () => ({ ok: true, value: null }));
  expect(loaded.ok).toBe(true);
  const found = await entries('actor=wardline%20roster%20load');
  expect(found.map(({ action, target }) => [action, target])).toEqual([
    ['calendar.change', null],
    ['zone.change', 'z1'],
    ['roster.load', null],
  ]);
});

test('U7 a list that shows evidence leaves one entry, which the access report of each of them has, and of nobody else', async () => {
  await dash.subject('L1', '445281/liusha-east');
  await dash.subject('L2', '445281/liusha-west');
  await dash.subject('L3', '445281/liusha-west');
  await dash.alert('l1', 1, { subject: 'L1', kind: 'silent' });
  await dash.alert('l2', 1, { subject: 'L2', kind: 'silent' });
  await dash.alert('f1', 1, { subject: 'F1', kind: 'feed-outage' });
  const reader = await dash.token('duty-officer', '445281');
  const auditor = await dash.token('auditor', '445281');
  const looks = async (subject: string) => {
    const { items } = (await get(`/subjects/${subject}/access-report`, auditor)).body;
    return items
      .filter(({ action }: { action: string }) => action !== 'access-report.read')
      .map(({ action, detail }: { action: string; detail: unknown }) => [action, detail]);
  };
  const newest = async () => Number((await entries('limit=1'))[0].seq);
  const before = await newest();
  expect((await get('/alerts?kind=silent', reader)).body.items).toHaveLength(2);
  expect((await get('/alerts?kind=silent&limit=1', reader)).body.items).toHaveLength(1);
  expect((await get('/alerts?work=open&kind=silent', reader)).body.items).toHaveLength(2);
  expect(await newest()).toBe(before + 3);
  // The second page's people only, and of the first one whom it showed.
  const both = ['alerts.read', { people: 2 }];
  expect((await looks('L1')).length + (await looks('L2')).length).toBe(5);
  expect(await looks('L1')).toContainEqual(both);
  expect(await looks('L2')).toContainEqual(both);
  expect(await looks('L3')).toEqual([]);
  // About nobody, and names and states only.
  const after = await newest();
  await get('/alerts?kind=feed-outage', reader);
  await get('/alerts?subject=L3', reader);
  await get('/subjects', reader);
  expect(await newest()).toBe(after);
  // A search by the subject finds it for who may see the subject; nobody is told whom else it showed.
  expect((await entries('subject=L1&action=alerts.read', auditor)).length).toBeGreaterThan(0);
  expect(JSON.stringify(await entries('action=alerts.read', auditor))).not.toContain('L1');
  await dash.database.query({
    text: `UPDATE subjects SET profile = profile || '{"minor": true}' WHERE id = 'L1'`,
    values: [],
  });
  const uncleared = await dash.token('auditor', '445281', false);
  expect(await entries('subject=L1&action=alerts.read', uncleared)).toEqual([]);
  expect(problem(await get('/subjects/L1/access-report', uncleared))).toBe(404);
});

test('U7 an incident and a spot check by device stand in the report of whom they show', async () => {
  const reader = await dash.token('duty-officer', '445281');
  const merged = await dash.call('POST', '/api/v1/incidents', {
    headers: reader,
    body: { alerts: ['l2', 'a1'] },
  });
  expect(merged.status).toBe(200);
  await get('/incidents', reader);
  await get(`/incidents/${merged.body.incident}`, reader);
  await dash.database.query({
    text: `INSERT INTO device_commands (device, subject, command, is_spot_check, asked_by, queued_at, expires_at, sent_at, answered_at, answer)
           VALUES ('D9', 'L2', '{"type":"locate"}', true, 'x', now(), now(), now(), now(), '{"lat":23.5,"lon":116.3}'),
                  ('D8', 'L3', '{"type":"locate"}', true, 'x', now(), now(), now(), NULL, NULL)`,
    values: [],
  });
  expect((await get('/spot-checks', reader)).body.items.length).toBe(2);
  const actions = async (subject: string) =>
    (await entries(`subject=${subject}&limit=3`)).map(({ action }) => action);
  expect(await actions('L2')).toEqual(['spot-checks.read', 'incidents.read', 'incidents.read']);
  expect(await actions('L3')).not.toContain('spot-checks.read');
  expect((await actions('S1')).slice(0, 2)).toEqual(['incidents.read', 'incidents.read']);
});

test('U7 who watches the live board stands in the report of each on it: once a session, and for who comes later', async () => {
  await dash.account('watcher', 'duty-officer', '445281');
  const session = { ...(await dash.signIn('watcher')), origin: dash.address };
  const watched = async () =>
    (await entries('action=board.watch&actor=watcher')).map(({ detail }) => detail.people);
  const people = (await get('/subjects?limit=1000', session)).body.items.length;
  // The board learns of a roster that has just changed a moment later.
  const other = await watchBoard(dash.address, { ...(await dash.signIn('duty')), origin: dash.address });
  await other.until('everybody', ({ cards }) => cards.length === people);
  other.close();
  for (let time = 0; time < 2; time++) {
    const client = await watchBoard(dash.address, session);
    await client.until('a snapshot', ({ messages }) => messages.length > 0);
    client.close();
  }
  expect(await watched()).toEqual([people]);
  // Not by an upgrade, so nothing was shown.
  expect(problem(await get('/live', session))).toBe(400);
  expect(await watched()).toEqual([people]);
  expect((await entries('subject=L3&action=board.watch&actor=watcher')).length).toBe(1);
  expect(await entries('subject=S2&action=board.watch')).toEqual([]);
  await dash.subject('L4', '445281/liusha-west');
  const client = await watchBoard(dash.address, session);
  await client.until('the new one', ({ cards }) => cards.some(({ id }) => id === 'L4'));
  await expect.poll(watched, { timeout: 10_000 }).toEqual([1, people]);
  expect((await entries('subject=L4&action=board.watch&actor=watcher')).length).toBe(1);
  client.close();
});

test('U2 a person must say why; a token that does not is recorded so', async () => {
  const duty = await dash.signIn('duty');
  expect(problem(await get(`/subjects/S1/track?${SPAN}`, duty))).toBe(400);
  const header = { ...duty, 'x-reason': encodeURIComponent('走访前查看') };
  expect((await get(`/subjects/S1/track?${SPAN}`, header)).status).toBe(200);
  expect((await entries('action=track'))[0].reason).toBe('走访前查看');
  expect((await get(`/subjects/S1/track?${SPAN}`, await dash.token('auditor', ''))).status).toBe(200);
  expect((await entries('action=track'))[0]).toMatchObject({
    actor: { kind: 'token' },
    reason: 'not given',
  });
});

test('U3 within the subtree, by filters, page by page', async () => {
  await get(`/subjects/S2/track?${SPAN}`, await dash.token('auditor', ''));
  const within = await entries('', await dash.signIn('auditor'));
  expect(within.length).toBeGreaterThan(3);
  const places = within.map(({ office, actor }) => office ?? actor.organisation);
  expect(places.filter((place) => !`${place}/`.startsWith('445281/'))).toEqual([]);
  expect((await entries('organisation=445222')).map(({ subject }) => subject)).toEqual(['S2']);
  expect(await entries('to=2026-01-01T00:00:00Z')).toEqual([]);
  expect(problem(await get('/audit', await dash.token('duty-officer', '')))).toBe(403);
  const auditor = await dash.token('auditor', '');
  const first = (await get('/audit?limit=2', auditor)).body;
  const second = (await get(`/audit?limit=2&cursor=${first.nextCursor}`, auditor)).body;
  const seqs = [...first.items, ...second.items].map(({ seq }) => Number(seq));
  expect(seqs).toEqual([...seqs].sort((a, b) => b - a));
  expect(new Set(seqs).size).toBe(4);
});

test('U4 the access report of a subject', async () => {
  const officer = await dash.token('office-officer', '445281/liusha-east');
  const report = await get('/subjects/S1/access-report', officer);
  expect(report.status).toBe(200);
  const actions = report.body.items.map(({ action }: { action: string }) => action);
  expect(actions[0]).toBe('access-report.read');
  expect(actions).toContain('track.read');
  expect(problem(await get('/subjects/S2/access-report', officer))).toBe(404);
});

test('U4 the access report has what was done while another office had the subject, for whom the subject is now', async () => {
  await dash.subject('S9', '445222/hepo');
  await get(`/subjects/S9/track?${SPAN}`, await dash.token('duty-officer', '445222'));
  await dash.subject('S9', '445281/liusha-east');
  const officer = await dash.token('office-officer', '445281/liusha-east');
  const { items } = (await get('/subjects/S9/access-report', officer)).body;
  expect(items.map(({ action, organisation }: Record<string, string>) => [action, organisation])).toEqual([
    ['access-report.read', '445281/liusha-east'],
    ['track.read', '445222'],
  ]);
  const before = await dash.token('office-officer', '445222/hepo');
  expect(problem(await get('/subjects/S9/access-report', before))).toBe(404);
});

test('U5 an entry can be neither changed nor removed', async () => {
  for (const text of ["UPDATE audit SET actor = 'x'", 'DELETE FROM audit', 'TRUNCATE audit'])
    await expect(dash.database.query({ text, values: [] })).rejects.toThrow('append-only');
});
