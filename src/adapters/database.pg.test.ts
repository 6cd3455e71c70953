import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import type { Db } from '../ports/database.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

const run = (db: Db, text: string, values: unknown[] = []) => db.query({ text, values });
const ask = async (db: Db, text: string) => (await run(db, text)).rows[0];
const cut = (pid: unknown) => run(own.database, 'SELECT pg_terminate_backend($1)', [pid]);
const PID = 'SELECT pg_backend_pid() AS pid';

test('D1 a transaction is kept whole when it resolves and leaves nothing when it throws', async () => {
  const add = (db: Db, id: string) => run(db, 'INSERT INTO feeds (id, name) VALUES ($1, $1)', [id]);
  await own.database.transaction((db) => add(db, 'kept'));
  const failed = own.database.transaction(async (db) => {
    await add(db, 'gone');
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  expect((await run(own.database, 'SELECT id FROM feeds')).rows).toEqual([{ id: 'kept' }]);
});

test('D2 a server that ends a connection in the middle of a transaction fails that transaction only', async () => {
  const work = own.database.transaction(async (db) => {
    const row = await ask(db, PID);
    await cut(row?.pid);
    // The loss arrives while no query runs: then there is nobody but the connection itself to hear of it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await run(db, 'SELECT 1');
  });
  await expect(work).rejects.toThrow();
  expect(await ask(own.database, 'SELECT 1 AS one')).toEqual({ one: 1 });
});

test('D3 a session takes COPY, keeps its temporary table, and tells of its loss once, but not of its release', async () => {
  const losses: string[] = [];
  const session = await own.database.session();
  session.onLost((error) => losses.push(error.message));
  await run(session, 'CREATE TEMPORARY TABLE staged (a int, b text)');
  const stream = session.copyFrom('COPY staged FROM STDIN');
  stream.end('1\tone\n2\t\\N\n');
  await once(stream, 'finish');
  expect((await run(session, 'SELECT a, b FROM staged ORDER BY a')).rows).toEqual([
    { a: 1, b: 'one' },
    { a: 2, b: null },
  ]);
  await session.release();
  const second = await own.database.session();
  second.onLost((error) => losses.push(error.message));
  await cut((await ask(second, PID))?.pid);
  await expect.poll(() => losses).toEqual(['the database connection was lost']);
  await expect(run(second, 'SELECT 1')).rejects.toThrow();
  await second.release();
});

test('D4 a COPY that the server refuses fails its stream and leaves the session usable', async () => {
  const session = await own.database.session();
  await run(session, 'CREATE TEMPORARY TABLE numbers (a int)');
  const stream = session.copyFrom('COPY numbers FROM STDIN');
  stream.end('one\n');
  const [error] = await once(stream, 'error').catch((thrown) => [thrown]);
  expect(String(error)).toContain('integer');
  expect(await ask(session, 'SELECT count(*)::int AS n FROM numbers')).toEqual({ n: 0 });
  await session.release();
});

test('D5 queries that share a session run one after the other', async () => {
  const session = await own.database.session();
  await run(session, 'CREATE TEMPORARY TABLE seen (n int)');
  await Promise.all([1, 2, 3].map((n) => run(session, 'INSERT INTO seen VALUES ($1)', [n])));
  await expect(Promise.all([run(session, 'SELECT nonsense'), run(session, 'SELECT 1')])).rejects.toThrow();
  expect((await run(session, 'SELECT n FROM seen')).rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  await session.release();
});

test('D6 a listener that is cut comes back once, says so, and hears again; after its end it hears nothing', async () => {
  const heard: string[] = [];
  let returns = 0;
  const end = await own.database.listen(
    'test-channel',
    (payload) => heard.push(payload),
    () => returns++,
  );
  const listening = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`;
  for (const round of [1, 2]) {
    await cut((await ask(own.database, listening))?.pid);
    await expect.poll(() => returns, { timeout: 10_000 }).toBe(round);
    await run(own.database, `SELECT pg_notify('test-channel', '${round}')`);
    await expect.poll(() => heard.length).toBe(round);
  }
  expect(heard).toEqual(['1', '2']);
  await end();
  await run(own.database, `SELECT pg_notify('test-channel', 'late')`);
  expect((await run(own.database, listening)).rows).toEqual([]);
  expect(heard).toEqual(['1', '2']);
});
