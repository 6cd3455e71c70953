/**
 * The jobs of the notices: pg-boss, in a schema of its own of the same database. A job only says which delivery is due: what it is
 * and how it ended stands in the delivery. Jobs are put in by the caller's transaction. Rules: src/notices/SPEC.md, Q.
 */
import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Database, Db } from '../ports/database.ts';
import type { NoticeJob, NoticeQueue, NoticeQueueTimes } from '../ports/notice-queue.ts';

const QUEUE = 'notices';
const DEAD = 'notices-dead';

/** Messages that are on their way at once, from one process. */
const CONCURRENCY = 4;
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

/** Rejects when the database does not let the schema be made. */
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
  const boss = new PgBoss({
    db: executorOf(database),
    schema: 'pgboss',
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
  await boss.work<NoticeJob, void>(QUEUE, { ...poll, localConcurrency: CONCURRENCY }, async ([job]) => {
    if (job !== undefined) await deps.work(job.data);
  });
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

function executorOf(db: Db) {
  return {
    executeSql: (text: string, values: unknown[] = []) => db.query<Record<string, unknown>>({ text, values }),
  };
}
