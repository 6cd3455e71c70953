import { afterAll, beforeAll, expect, test } from 'vitest';
import { problem, startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { openPositionDays } from '../adapters/positions-table.ts';
import { sealUp } from '../seal/sealer.ts';
import { CLASS_NAMES, dataClasses } from './classes.ts';
import { purgeAll } from './purge.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1, 12);
const settings = {
  positionRetentionDays: 100,
  phonePositionRetentionDays: 100,
  presenceRetentionDays: 100,
  messageRetentionDays: 14,
  quarantineRetentionDays: 90,
  logRetentionHours: 168,
};
let dash: TestDashboard;
const run = (text: string, values: unknown[] = []) => dash.database.query({ text, values });
const subjectsIn = async (table: string) =>
  (await run(`SELECT DISTINCT subject FROM ${table} ORDER BY 1`)).rows.map(({ subject }) => subject);
let trimmedBefore: number | undefined;
const log = {
  trim: async (beforeMs: number) => {
    trimmedBefore = beforeMs;
  },
  bounds: async () => [{ partition: 0, first: trimmedBefore === undefined ? 0 : 7, next: 9 }],
};
const purge = async (nowMs = NOW) =>
  purgeAll({ database: dash.database, log, days: await openPositionDays(dash.database), settings }, nowMs);
const track = async (subject: string) => {
  const from = new Date(NOW - 120 * DAY).toISOString();
  const to = new Date(NOW - 95 * DAY).toISOString();
  const path = `/api/v1/subjects/${subject}/track?from=${from}&to=${to}`;
  return (await dash.call('GET', path, { headers: await dash.token('auditor', '') })).body.items.length;
};

const numbers = async () =>
  (
    await run(
      "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'presence_days' AND data_type = 'integer'",
    )
  ).rows.map(({ name }) => String(name));

beforeAll(async () => {
  dash = await startDashboard({ now: () => NOW });
  const days = await openPositionDays(dash.database);
  for (const id of ['S1', 'S2']) {
    await dash.subject(id, id === 'S1' ? '445281/office-01' : '445281/office-02');
    await run(
      `INSERT INTO devices (id, subject, kind, address, interval_s, valid_from) VALUES ($1, $2, 'phone', $1, 60, now())`,
      [`D-${id}`, id],
    );
    for (const ageDays of [101, 99]) {
      const at = new Date(NOW - ageDays * DAY);
      await days.ensure([at.getTime()]);
      await run(
        `INSERT INTO positions (at, device, subject, sequence, received_at, lat, lon) VALUES ($1, $2, $3, 0, $1, 23, 116)`,
        [at, `D-${id}`, id],
      );
      const zeros = await numbers();
      await run(
        `INSERT INTO presence_days (subject, day, office, grade, located, known_at, born_at, ${zeros.join(', ')})
         VALUES ($1, $2::timestamptz::date, '445281/office-01', 'standard', '', $2, $2, ${zeros.map(() => 0).join(', ')})`,
        [id, at],
      );
      await run(`INSERT INTO device_statuses VALUES ($1, $2, 'power-off', $3, $2)`, [`D-${id}`, at, id]);
      await run(
        `INSERT INTO device_messages (received_at, device, subject, protocol, record) VALUES ($1, $2, $3, 'jt808', '{}')`,
        [at, `D-${id}`, id],
      );
      await run(
        `INSERT INTO device_commands (device, subject, command, is_spot_check, asked_by, queued_at, expires_at)
         VALUES ($1, $2, '{}', false, 'x', $3, $3), ($1, $2, '{}', true, 'x', $3, $3)`,
        [`D-${id}`, id, at],
      );
      await run(
        `INSERT INTO quarantine (received_at, source, device, code, field, message, raw) VALUES ($1, 'native', $2, 'x', '', '', '')`,
        [at, `D-${id}`],
      );
    }
    await run(
      `INSERT INTO notices (id, what, about, ref, subject, office, at) VALUES ($1, 'task-sent', 'task', 'x', $2, 'x', $3)`,
      [id === 'S1' ? 1 : 2, id, new Date(NOW - 1100 * DAY)],
    );
  }
});
afterAll(() => dash.close());

const hold = (headers: Record<string, string>, body: unknown) =>
  dash.call('POST', '/api/v1/legal-holds', { headers, body });
let held: { id: string };

test('N5 a hold is set by right and by reach, with a reason, and stands in the audit', async () => {
  const manager = await dash.token('manager', '445281/office-01');
  const body = { subject: 'S1', reason: '检察机关调阅' };
  expect(problem(await hold(await dash.token('office-officer', '445281/office-01'), body))).toBe(403);
  expect(problem(await hold(manager, { ...body, subject: 'S2' }))).toBe(404);
  expect(problem(await hold(manager, { ...body, reason: '' }))).toBe(400);
  expect(problem(await hold(manager, { ...body, until: '2026-01-01T00:00:00Z' }))).toBe(400);
  const set = await hold(manager, body);
  expect([set.status, set.body.office, set.body.until]).toEqual([200, '445281/office-01', null]);
  held = set.body;
  const { rows } = await run("SELECT subject, target, reason FROM audit WHERE action = 'hold.set'");
  expect(rows).toEqual([{ subject: 'S1', target: held.id, reason: '检察机关调阅' }]);
  const elsewhere = await dash.token('auditor', '445281/office-02');
  expect((await dash.call('GET', '/api/v1/legal-holds', { headers: elsewhere })).body.items).toEqual([]);
});

test('N2 N3 what is past its time goes, nothing of a held subject does, and its track still shows it', async () => {
  expect([await track('S1'), await track('S2')]).toEqual([2, 2]);
  await purge();
  expect([await track('S1'), await track('S2')]).toEqual([2, 1]);
  expect(await subjectsIn('positions_held')).toEqual(['S1']);
  const count = async (table: string, key = 'subject') =>
    (await run(`SELECT ${key} AS key, count(*)::int AS n FROM ${table} GROUP BY 1 ORDER BY 1`)).rows.map(
      ({ key, n }) => [key, n],
    );
  expect(await count('positions')).toEqual([
    ['S1', 1],
    ['S2', 1],
  ]);
  expect(await count('device_statuses')).toEqual([
    ['S1', 2],
    ['S2', 1],
  ]);
  expect(await count('presence_days')).toEqual([
    ['S1', 2],
    ['S2', 1],
  ]);
  expect(await count('device_messages')).toEqual([['S1', 2]]);
  expect(await count('device_commands')).toEqual([
    ['S1', 4],
    ['S2', 2],
  ]);
  expect(await count('quarantine', 'device')).toEqual([['D-S1', 2]]);
  expect(trimmedBefore).toBe(NOW - 7 * DAY);
});

test('N4 each purge is reported, sealed, and can’t be changed; one that found nothing makes no row', async () => {
  const list = async () =>
    (await dash.call('GET', '/api/v1/purges', { headers: await dash.token('auditor', '') })).body.items;
  const items: { class: string; rows: number; held: number; before: string; unit: string }[] = await list();
  const found = Object.fromEntries(items.map((item) => [item.class, [item.rows, item.held]]));
  expect(found).toEqual({
    positions: [1, 1],
    presence: [1, 1],
    'device-statuses': [1, 1],
    'device-messages': [2, 2],
    'device-commands': [2, 2],
    quarantine: [2, 2],
    notices: [1, 1],
    'observations-log': [7, 0],
  });
  expect(items.find((item) => item.class === 'positions')?.before).toBe('2026-02-21T00:00:00.000Z');
  await purge();
  expect(await list()).toHaveLength(items.length);
  await expect(run('UPDATE purges SET rows = 0')).rejects.toThrow('append-only');
  const [seal] = await sealUp(dash.database, () => NOW);
  expect(seal?.parts.find(({ table }) => table === 'purges')?.rows).toBe(items.length);
});

test('N3 a lifted hold, or one that has ended, keeps nothing any more', async () => {
  const manager = await dash.token('manager', '445281');
  expect(
    (await hold(manager, { subject: 'S1', reason: 'x', until: new Date(NOW + DAY).toISOString() })).status,
  ).toBe(200);
  const lift = () => dash.call('DELETE', `/api/v1/legal-holds/${held.id}`, { headers: manager });
  expect((await lift()).status).toBe(200);
  expect(problem(await lift())).toBe(409);
  await purge();
  expect(await subjectsIn('positions_held')).toEqual(['S1']);
  await purge(NOW + DAY);
  expect(await subjectsIn('positions_held')).toEqual([]);
  expect(await subjectsIn('device_messages')).toEqual([]);
  expect([await track('S1'), await track('S2')]).toEqual([1, 1]);
});

test('N6 positions of phones go after their own time, a wristband’s stay, and a hold keeps both', async () => {
  await run(
    `INSERT INTO devices (id, subject, kind, address, interval_s, valid_from) VALUES ('W-S2', 'S2', 'wristband', 'W-S2', 60, now())`,
  );
  const days = await openPositionDays(dash.database);
  for (const [subject, device] of [
    ['S1', 'D-S1'],
    ['S2', 'D-S2'],
    ['S2', 'W-S2'],
  ])
    for (const ageDays of [20, 40]) {
      const at = new Date(NOW - ageDays * DAY);
      await days.ensure([at.getTime()]);
      await run(
        `INSERT INTO positions (at, device, subject, sequence, received_at, lat, lon) VALUES ($1, $2, $3, 0, $1, 23, 116)`,
        [at, device, subject],
      );
    }
  const manager = await dash.token('manager', '');
  expect((await hold(manager, { subject: 'S1', reason: '调阅' })).status).toBe(200);
  await purgeAll(
    { database: dash.database, log, days, settings: { ...settings, phonePositionRetentionDays: 30 } },
    NOW,
  );
  const { rows } = await run(
    'SELECT device, count(*)::int AS n FROM positions WHERE at > $1 GROUP BY 1 ORDER BY 1',
    [new Date(NOW - 50 * DAY)],
  );
  expect(rows).toEqual([
    { device: 'D-S1', n: 2 },
    { device: 'D-S2', n: 1 },
    { device: 'W-S2', n: 2 },
  ]);
  const { rows: reports } = await run("SELECT rows, held FROM purges WHERE class = 'phone-positions'");
  expect(reports.map(({ rows: gone }) => Number(gone))).toEqual([2]);
});

test('N1 every class has its article, and none is purged below its floor', async () => {
  const classes = dataClasses(settings);
  expect(Object.keys(classes)).toEqual([...CLASS_NAMES]);
  for (const { keepDays, floorDays, article } of Object.values(classes)) {
    expect(article).not.toBe('');
    if (keepDays !== null && floorDays !== null) expect(keepDays).toBeGreaterThanOrEqual(floorDays);
  }
  const shown = await dash.call('GET', '/api/v1/retention', { headers: await dash.token('auditor', '') });
  expect(shown.body.items.map(({ name }: { name: string }) => name)).toEqual([...CLASS_NAMES]);
});
