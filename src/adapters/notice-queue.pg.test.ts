/** The queue on the server that is there, as an owner who may make no schema. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../../tests/harness/postgres.ts';
import { connectDatabase } from './database.ts';
import { createLogger } from './logger.ts';
import { openNoticeQueue } from './notice-queue.ts';

test('Q1 who may make no schema is told so; one that an operator made will do', async () => {
  const own = await createTestDatabase();
  const role = `queue_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: own.url });
  await admin.connect();
  await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'p'`);
  const at = new URL(own.url);
  at.username = role;
  at.password = 'p';
  const database = await connectDatabase({ url: at.href, logger: createLogger('silent'), max: 2 });
  const open = () =>
    openNoticeQueue({
      database,
      logger: createLogger('silent'),
      work: async () => {},
      bury: async () => {},
    });
  await expect(open()).rejects.toMatchObject({ code: '42501' });
  await admin.query(`CREATE SCHEMA pgboss AUTHORIZATION ${role}`);
  const queue = await open();
  const job = { id: '00000000-0000-8000-8000-000000000001', delivery: 'd', round: 1, atMs: Date.now() };
  await database.transaction((db) => queue.put(db, [job]));
  await database.transaction((db) => queue.put(db, [job]));
  const { rows } = await admin.query('SELECT count(*)::int AS n FROM pgboss.job WHERE id = $1', [job.id]);
  expect(rows).toEqual([{ n: 1 }]);
  await queue.stop();
  await database.close();
  await admin.query(`DROP OWNED BY ${role}`);
  await admin.query(`DROP ROLE ${role}`);
  await admin.end();
  await own.drop();
});
