import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../tests/harness/postgres.ts';
import { createLogger } from './adapters/logger.ts';
import { createPostgresLog } from './adapters/postgres-log.ts';
import { readConfig } from './config.ts';
import { startConsumersThread, type ThreadEvents } from './consumers-thread.ts';

const logger = createLogger('silent');
let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

const events: ThreadEvents = {
  onTick: () => {},
  onRecorded: () => {},
  onJudged: () => {},
  onAlerts: () => {},
  onLive: async () => {},
};

function settings() {
  const read = readConfig([], { DATABASE_URL: own.url, LOG_LEVEL: 'silent' });
  if (!read.ok) throw new Error(read.error.join('; '));
  const { config } = read.value;
  return { databaseUrl: own.url, config, roles: ['recorder', 'detector', 'board', 'logbook'] as const };
}

/** How often the roles' members and partitions are held: session locks, which are gone with their connection. */
const HELD = {
  text: `SELECT count(*)::int AS n FROM pg_locks
          WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND granted AND pid <> pg_backend_pid()`,
  values: [],
};

test('F21 a thread one of whose roles fails before all have begun is gone, and holds no partition', async () => {
  const config = settings();
  const log = await createPostgresLog({
    database: own.database,
    partitions: config.config.partitions,
    logger,
  });
  if (!log.ok) throw new Error(log.error);
  await log.value.appendToAll('this line can not be read');
  // The recorder keeps such lines in the quarantine, and can't: a fault that no waiting mends.
  await own.database.query({ text: 'ALTER TABLE quarantine RENAME TO quarantine_away', values: [] });
  // The board can't become a member, so that the thread is not ready yet.
  const holder = await own.database.session();
  await holder.query({ text: `SELECT pg_advisory_lock(hashtext('board'), 2147483647)`, values: [] });
  try {
    await expect(startConsumersThread(config, events)).rejects.toThrow('recorder: ');
    await vi.waitFor(async () => expect((await holder.query<{ n: number }>(HELD)).rows).toEqual([{ n: 0 }]), {
      timeout: 20_000,
    });
  } finally {
    await holder.release();
    await log.value.close();
    await own.database.query({ text: 'ALTER TABLE quarantine_away RENAME TO quarantine', values: [] });
  }
});

test('F21 a thread that is told to close is gone', async () => {
  const thread = await startConsumersThread(settings(), events);
  await thread.close();
  expect((await own.database.query<{ n: number }>(HELD)).rows).toEqual([{ n: 0 }]);
});
