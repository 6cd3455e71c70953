import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

test('H1 a test file has a migrated database of its own', async () => {
  const { rows } = await own.database.query<{ name: string }>({
    text: 'SELECT current_database() AS name',
    values: [],
  });
  expect(rows[0]?.name).toMatch(/^wardline_test_/);
  await expect(own.database.query({ text: 'SELECT FROM positions', values: [] })).resolves.toMatchObject({
    rowCount: 0,
  });
});

test('H2 a listener comes back after its connection was cut and says so', async () => {
  const heard: string[] = [];
  let returned = () => {};
  const cameBack = new Promise<void>((resolve) => {
    returned = resolve;
  });
  const end = await own.database.listen(
    'test',
    (payload) => heard.push(payload),
    () => returned(),
  );
  await own.database.query({
    text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    values: [],
  });
  await cameBack;
  await own.database.query({ text: `SELECT pg_notify('test', 'again')`, values: [] });
  await expect.poll(() => heard).toEqual(['again']);
  await end();
});

test('H3 a transaction that throws leaves nothing', async () => {
  const work = own.database.transaction(async (db) => {
    await db.query({ text: `INSERT INTO feeds (id, name) VALUES ('f', 'f')`, values: [] });
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  const { rowCount } = await own.database.query({ text: 'SELECT FROM feeds', values: [] });
  expect(rowCount).toBe(0);
});

test('H4 history is append-only, even for the owner of the tables', async () => {
  await expect(own.database.query({ text: 'TRUNCATE alert_events', values: [] })).rejects.toThrow(
    'append-only',
  );
});
