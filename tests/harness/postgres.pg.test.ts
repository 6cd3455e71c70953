import pg from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from './postgres.ts';

test('H1 a test file has a migrated database of its own, which is gone at the end', async () => {
  const own = await createTestDatabase();
  const other = await createTestDatabase();
  expect(own.url).toMatch(/\/wardline_test_[0-9a-f]+$/);
  await own.database.query({ text: `INSERT INTO feeds (id, name) VALUES ('f', 'f')`, values: [] });
  expect(await other.database.query({ text: 'SELECT FROM feeds', values: [] })).toMatchObject({
    rowCount: 0,
  });
  await other.drop();
  await own.drop();
  const client = new pg.Client({ connectionString: own.url });
  await expect(client.connect()).rejects.toThrow('does not exist');
});

test('H2 a connection that a test leaves open fails it', async () => {
  const own = await createTestDatabase();
  const leak = new pg.Client({ connectionString: own.url });
  await leak.connect();
  await expect(own.drop()).rejects.toThrow('being accessed by other users');
  await leak.end();
  await own.dropLeftover();
});
