/**
 * The jobs of the notices: pg-boss, in a schema of its own of the same database. A job only says which delivery is due: what it is
 * and how it ended stands in the delivery. Jobs are put in by the caller's transaction. Rules: src/notices/SPEC.md, Q.
 */
import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Database, Db } from '../ports/database.ts';
import type { NoticeJob, NoticeQueue, NoticeQueueTimes } from '../ports/notice-queue.ts';

const SCHEMA = 'pgboss';
const QUEUE = 'notices';
const DEAD = 'notices-dead';

/** So many batches of so many messages are on their way at once, from one process; one slow message holds up its batch. */
const CONCURRENCY = 2;
const BATCH = 8;
/** The library deletes jobs that waited longer; none is to be lost because nobody ran the program for a while. */
const KEEP_WAITING_S = 365 * 86_400;
/** Eight tries in some five hours. */
const TIMES: NoticeQueueTimes = {
  cutOffS: 60,
  lookEveryS: 20,
  pollS: 1,
  retryS: 15,
  longestRetryS: 3600,
  retries: 8,
};

/** Rejects with 42501 when the database does not let the schema be made (`NO_SCHEMA` says what to do). */
export async function openNoticeQueue(deps: {
  readonly database: Database;
  readonly logger: Logger;
  readonly times?: Partial<NoticeQueueTimes> | undefined;
  /** Throws: to be tried again later. */
  work(job: NoticeJob): Promise<void>;
  /** Has failed to the end, the last time perhaps by a kill. */
  bury(job: NoticeJob): Promise<void>;
}): Promise<NoticeQueue> {
  const { database, logger } = deps;
  const times = { ...TIMES, ...deps.times };
  // Where it is there, nobody need be allowed to make one: IF NOT EXISTS asks for the right all the same.
  const { rows } = await database.query<{ has: boolean }>({
    text: 'SELECT to_regnamespace($1) IS NOT NULL AS has',
    values: [SCHEMA],
  });
  const boss = new PgBoss({
    db: executorOf(database),
    schema: SCHEMA,
    createSchema: rows[0]?.has !== true,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    superviseIntervalSeconds: times.lookEveryS,
    monitorIntervalSeconds: times.lookEveryS,
  });
  boss.on('error', (error) =>
    logger.warn({ event: 'notices.queue-failed', error: error.message }, 'the queue of notices failed'),
  );
  await boss.start();
  const dead = {
    retryLimit: 1000,
    retryDelay: 5,
    expireInSeconds: times.cutOffS,
    retentionSeconds: KEEP_WAITING_S,
  };
  await boss.createQueue(DEAD, dead);
  const options = {
    retentionSeconds: KEEP_WAITING_S,
    retryLimit: times.retries,
    retryDelay: times.retryS,
    retryBackoff: true,
    retryDelayMax: times.longestRetryS,
    expireInSeconds: times.cutOffS,
    deadLetter: DEAD,
  };
  await boss.createQueue(QUEUE, options);
  await boss.updateQueue(QUEUE, options);
  const poll = { pollingIntervalSeconds: times.pollS };
  const batches = {
    ...poll,
    localConcurrency: CONCURRENCY,
    batchSize: BATCH,
    burstWhenBatchFull: true,
    perJobResults: true,
  } as const;
  await boss.work<NoticeJob>(QUEUE, batches, (jobs) =>
    Promise.all(
      jobs.map(({ id, data }) =>
        deps.work(data).then(
          () => ({ id, status: 'completed' as const }),
          (error: unknown) => ({ id, status: 'failed' as const, output: String(error) }),
        ),
      ),
    ),
  );
  await boss.work<NoticeJob, void>(DEAD, poll, async ([job]) => {
    if (job !== undefined) await deps.bury(job.data);
  });
  return {
    put: async (db, jobs) => {
      if (jobs.length === 0) return;
      await boss.insert(
        QUEUE,
        jobs.map(({ id, atMs, ...data }) => ({
          id,
          data,
          startAfter: new Date(atMs),
        })),
        { db: executorOf(db) },
      );
    },
    stop: () => boss.stop({ graceful: true, timeout: 15_000 }),
  };
}

export const NO_SCHEMA = `the login of DATABASE_URL may make no schema for the notices' queue: CREATE SCHEMA ${SCHEMA} AUTHORIZATION that login, once`;

function executorOf(db: Db) {
  return {
    executeSql: (text: string, values: unknown[] = []) => db.query<Record<string, unknown>>({ text, values }),
  };
}
