import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { openPositionDays } from './positions-table.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

const day = (text: string) => Date.parse(`${text}T12:00:00Z`);
const run = (text: string, values: unknown[] = []) => own.database.query({ text, values });

async function partitions(): Promise<unknown[]> {
  const { rows } = await run(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'positions'::regclass ORDER BY 1`,
  );
  return rows.map((row) => row.name);
}

const insert = (atMs: number) =>
  run(
    `INSERT INTO positions (at, device, subject, sequence, received_at, lat, lon) VALUES ($1, 'D1', 'S1', 0, $1, 23, 116)`,
    [new Date(atMs)],
  );

test('P1 a day gets its partition when it is asked for, however old, and only once', async () => {
  const days = await openPositionDays(own.database);
  await expect(insert(day('2019-05-01'))).rejects.toThrow('no partition');
  await days.ensure([
    day('2019-05-01'),
    Date.parse('2019-05-02T00:00:00Z'),
    Date.parse('2019-05-01T23:59:59.999Z'),
  ]);
  await days.ensure([day('2019-05-01')]);
  await insert(day('2019-05-01'));
  expect(await partitions()).toEqual(['positions_20190501', 'positions_20190502']);
});

test('P2 several recorders may make one day at once', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => openPositionDays(own.database)));
  await Promise.all(all.map((days) => days.ensure([day('2020-01-01'), day('2020-01-02')])));
  expect(await partitions()).toEqual(expect.arrayContaining(['positions_20200101', 'positions_20200102']));
});

test('P3 maintenance makes the coming days and drops those past the retention, the rest stays', async () => {
  const days = await openPositionDays(own.database);
  await days.ensure([day('2026-02-27'), day('2026-02-28')]);
  await insert(day('2026-02-28'));
  const { days: dropped } = await days.maintain(day('2026-03-10'), 10);
  expect(dropped).toContain('positions_20260227');
  expect(dropped).toContain('positions_20190501');
  expect(await partitions()).toEqual([
    'positions_20260228',
    'positions_20260310',
    'positions_20260311',
    'positions_20260312',
  ]);
  expect((await run('SELECT FROM positions')).rowCount).toBe(1);
});

test('P4 a day that another process dropped meanwhile is made again', async () => {
  const recorder = await openPositionDays(own.database);
  await recorder.ensure([day('2025-01-01')]);
  await (await openPositionDays(own.database)).maintain(day('2026-03-10'), 10);
  await recorder.ensure([day('2025-01-01')], true);
  await insert(day('2025-01-01'));
});

test("P5 a subject's track of a day is found by the index of that day alone", async () => {
  const { rows } = await run(
    `EXPLAIN SELECT lat, lon FROM positions WHERE subject = 'S1' AND at >= '2026-03-10' AND at < '2026-03-11'`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('positions_20260310');
  expect(plan).toContain('positions_20260310_pkey');
  expect(plan).not.toContain('positions_20260311');
});
