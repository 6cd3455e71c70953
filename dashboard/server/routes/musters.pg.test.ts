/** Roll calls from the desk: whose they are, what the log and the audit get, and what came of them. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPositionDays } from '../../../src/adapters/positions-table.ts';
import { problem, startDashboard, type TestDashboard } from '../../../tests/harness/dashboard.ts';

let dash: TestDashboard;
type Headers = { authorization: string };
let county: Headers;
let officer: Headers;
let other: Headers;
const HOME = '445281/office-01';
const NEXT = '445281/office-02';
const HOUR_MS = 3_600_000;
const at = (hours: number) => new Date(Date.now() + dash.clock.aheadMs + hours * HOUR_MS).toISOString();

beforeAll(async () => {
  dash = await startDashboard();
  county = await dash.token('administrator', '445281');
  officer = await dash.token('office-officer', HOME, false);
  other = await dash.token('office-officer', NEXT);
  for (const id of ['S1', 'S2', 'S3', 'S4']) await dash.subject(id, HOME);
  await dash.subject('S9', HOME, '测试未成年人', true);
  await dash.subject('N1', NEXT);
  const feature = (radiusM: number) =>
    JSON.stringify({
      type: 'Feature',
      id: 'hall',
      properties: { name: '测试礼堂', radiusM },
      geometry: { type: 'Point', coordinates: [116.3, 23.5] },
    });
  await run('INSERT INTO zones (id, feature, office) VALUES ($1, $2, $3)', 'hall', feature(100), HOME);
  await run('INSERT INTO zones (id, feature, office) VALUES ($1, $2, $3)', 'square', feature(100), '445281');
  await (await openPositionDays(dash.database)).ensure([Date.now()]);
});
afterAll(() => dash.close());
beforeEach(async () => {
  dash.clock.aheadMs = 0;
  await run('DELETE FROM log_outbox');
});

async function run<Row extends Record<string, unknown>>(text: string, ...values: unknown[]): Promise<Row[]> {
  return (await dash.database.query<Row>({ text, values })).rows;
}
const lines = async () =>
  (await run<{ key: string | null; line: string }>('SELECT key, line FROM log_outbox ORDER BY id')).map(
    ({ key, line }) => ({ key, ...JSON.parse(line) }),
  );
const call = (method: string, path: string, body: unknown, headers: Headers) =>
  dash.call(method, `/api/v1/musters${path}`, { headers, body });
const read = async (id: string, headers = officer) =>
  (await dash.call('GET', `/api/v1/musters/${id}`, { headers })).body;
const given = () => ({ name: '三月集中点验', zone: 'hall', from: at(1), until: at(2), reason: '月度点验' });
async function made(more: Record<string, unknown> = {}, headers = officer): Promise<string> {
  const answer = await call('POST', '', { ...given(), ...more }, headers);
  expect(answer).toMatchObject({ status: 200, body: { version: 1 } });
  return answer.body.id;
}

test('RC1 an office calls its people; log and audit get it in the same transaction', async () => {
  const id = await made();
  expect(await lines()).toEqual([
    {
      key: null,
      type: 'muster',
      at: expect.any(String),
      muster: expect.objectContaining({ id, zone: 'hall', subjects: ['S1', 'S2', 'S3', 'S4'], excused: [] }),
    },
  ]);
  const [entry] = await run('SELECT action, reason, office, detail FROM audit WHERE target = $1', id);
  expect(entry).toMatchObject({
    action: 'muster.make',
    reason: '月度点验',
    office: HOME,
    detail: { version: 1, expected: 4 },
  });
  expect(await read(id)).toMatchObject({ state: 'planned', mayChange: true, expected: 4, target: 0.9 });
});

test('RC2 faults are told with their place, and nothing is made', async () => {
  const refusal = async (more: Record<string, unknown>) => {
    const answer = await call('POST', '', { ...given(), ...more }, officer);
    return [problem(answer), answer.body.detail];
  };
  expect(await refusal({ until: at(0.5) })).toEqual([400, expect.stringContaining('until')]);
  expect(await refusal({ from: at(-3), until: at(-2) })).toEqual([400, expect.stringContaining('ahead')]);
  expect(await refusal({ zone: 'nowhere' })).toEqual([400, expect.stringContaining('zone')]);
  expect(await refusal({ subjects: ['S1', 'N1'] })).toEqual([400, expect.stringContaining('N1')]);
  expect(await refusal({ subjects: ['S1'], excused: ['S2'] })).toEqual([400, expect.stringContaining('S2')]);
  expect(await refusal({ category: 'none' })).toEqual([400, expect.stringContaining('nobody')]);
  expect(problem(await call('POST', '', { ...given(), organisation: NEXT }, officer))).toBe(404);
  const told = await call('POST', '', { ...given(), zone: 'nowhere' }, officer);
  expect(told.body.faults).toEqual([
    { code: 'no-zone', where: 'zone', params: { zone: 'nowhere' }, message: 'there is no zone nowhere' },
  ]);
  expect(await lines()).toEqual([]);
});

test('RC3 it is changed until it begins, by the version that was read, and cancelled until it is over', async () => {
  const id = await made({ subjects: ['S1', 'S2'] });
  const change = { version: 1, reason: '改期', name: '改期点验', subjects: ['S2', 'S3'], excused: ['S3'] };
  expect((await call('PATCH', `/${id}`, change, officer)).body).toEqual({ id, version: 2 });
  expect(problem(await call('PATCH', `/${id}`, change, officer))).toBe(409);
  expect((await lines()).at(-1).muster).toMatchObject({ subjects: ['S2', 'S3'], excused: ['S3'] });
  // What is not given stays.
  await call('PATCH', `/${id}`, { version: 2, reason: '改地点', until: at(3) }, officer);
  expect(await read(id)).toMatchObject({ name: '改期点验', expected: 2, excused: 1, version: 3 });
  dash.clock.aheadMs = 1.5 * HOUR_MS;
  const late = await call('PATCH', `/${id}`, { version: 3, reason: 'x', until: at(3) }, officer);
  expect([problem(late), late.body.detail]).toEqual([409, expect.stringContaining('begun')]);
  const cancel = { version: 3, reason: '台风' };
  expect((await call('POST', `/${id}/cancel`, cancel, officer)).body).toEqual({ id, version: 4 });
  expect((await lines()).at(-1).muster).toMatchObject({ id, subjects: [], excused: [] });
  expect(await read(id)).toMatchObject({ state: 'cancelled', cancelReason: '台风', expected: 2 });
  expect(problem(await call('POST', `/${id}/cancel`, { version: 4, reason: 'x' }, officer))).toBe(409);
});

test('RC4 who is not cleared for minors leaves them on the list, and the log has them', async () => {
  const id = await made({}, county);
  expect((await lines())[0].muster.subjects).toEqual(['N1', 'S1', 'S2', 'S3', 'S4', 'S9']);
  const own = await dash.token('administrator', '445281', false);
  expect((await read(id, own)).people.map(({ subject }: { subject: string }) => subject)).not.toContain('S9');
  await call('PATCH', `/${id}`, { version: 1, reason: 'x', subjects: ['S1'] }, own);
  expect((await lines()).at(-1).muster.subjects).toEqual(['S1', 'S9']);
});

test('RC5 the county’s roll call is seen by an office with its own people only, which may not change it', async () => {
  const id = await made({ zone: 'square' }, county);
  expect((await read(id, other)).people.map(({ subject }: { subject: string }) => subject)).toEqual(['N1']);
  expect(await read(id, other)).toMatchObject({ mayChange: false, expected: 1 });
  const listed = await dash.call('GET', '/api/v1/musters', { headers: other });
  expect(listed.body.items.map((item: { id: string }) => item.id)).toContain(id);
  expect(problem(await call('POST', `/${id}/cancel`, { version: 1, reason: 'x' }, other))).toBe(403);
  const home = await made();
  expect(problem(await dash.call('GET', `/api/v1/musters/${home}`, { headers: other }))).toBe(404);
});

test('RC6 the result: by check-in, by a sure fix at the place, on leave, late and absent; the rate leaves leave out', async () => {
  const id = await made({ from: at(-2), until: at(1), subjects: ['S1', 'S2', 'S3', 'S4'] });
  const nowMs = Date.now();
  const when = (hours: number) => new Date(nowMs + hours * HOUR_MS);
  await run("INSERT INTO terminals (id, name, office, address) VALUES ('T1', '大厅终端', $1, 'T1')", HOME);
  await run("INSERT INTO checkins VALUES ('T1', 'S1', $1, 'fingerprint', $1)", when(-1));
  // The first fix is too coarse to say; the second is made up; outside lies nothing.
  const fix = (subject: string, hours: number, accuracyM: number, lat = 23.5, mock = false) =>
    run(
      `INSERT INTO positions (at, device, subject, sequence, received_at, lat, lon, accuracy_m, mock)
       VALUES ($1, $2, $2, 1, $1, $3, 116.3, $4, $5)`,
      when(hours),
      subject,
      lat,
      accuracyM,
      mock,
    );
  await fix('S2', -1.8, 400);
  await fix('S2', -1.7, 10, 23.5, true);
  await fix('S2', -1.5, 10);
  await fix('S4', -1.5, 10, 23.51);
  const permits = [{ id: 'P1', from: when(-3), until: when(5), destination: null, returnedAt: null }];
  await run(
    "UPDATE subjects SET profile = profile || jsonb_build_object('permits', $1::jsonb) WHERE id = 'S3'",
    JSON.stringify(permits),
  );
  const states = async () =>
    Object.fromEntries(
      (await read(id)).people.map((each: Record<string, string>) => [each.subject, [each.state, each.by]]),
    );
  expect(await states()).toEqual({
    S1: ['came', 'check-in'],
    S2: ['came', 'position'],
    S3: ['excused', null],
    S4: ['waiting', null],
  });
  expect(await read(id)).toMatchObject({ state: 'running', came: 2, excused: 1, rate: 2 / 3, final: false });
  const { people } = await read(id);
  expect(people[0]).toMatchObject({
    terminal: '大厅终端',
    method: 'fingerprint',
    at: when(-1).toISOString(),
  });
  expect(people[1]).toMatchObject({ at: when(-1.5).toISOString() });
  expect(people[2]).toMatchObject({ permit: 'P1' });

  dash.clock.aheadMs = 2 * HOUR_MS;
  await run("INSERT INTO checkins VALUES ('T1', 'S4', $1, 'face', $1)", when(1.5));
  expect(await read(id)).toMatchObject({ state: 'over', came: 2, rate: 2 / 3, final: true });
  expect((await read(id)).people[3]).toMatchObject({ state: 'absent', lateAt: when(1.5).toISOString() });
});

test('RC7 the list is paged newest first, by subject and by whether it is over', async () => {
  const ids: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const path = `/api/v1/musters?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { body } = await dash.call('GET', path, { headers: county });
    ids.push(...body.items.map((item: { id: string }) => item.id));
    cursor = body.nextCursor;
  }
  const all = await run<{ id: string }>('SELECT id FROM musters ORDER BY from_at DESC, id DESC');
  expect(ids).toEqual(all.map(({ id }) => id));
  const over = await dash.call('GET', '/api/v1/musters?over=true', { headers: county });
  expect(over.body.items).toEqual([]);
  const of = await dash.call('GET', '/api/v1/musters?subject=N1&over=false', { headers: county });
  expect(of.body.items).toHaveLength(1);
});
