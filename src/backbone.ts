/**
 * What every role and command stands on: database, observations log, live state, opened from the settings and closed in
 * reverse order. Each thing that is missing is told in one line that says what to do.
 */
import type { Logger } from 'pino';
import { lockDataDir, ownerOf } from './adapters/data-dir.ts';
import { connectDatabase, connectServiceDatabase } from './adapters/database.ts';
import { readConnection, startEmbeddedPostgres } from './adapters/embedded-postgres.ts';
import { createMemoryLiveState } from './adapters/memory-live-state.ts';
import { migrate } from './adapters/migrate.ts';
import { createPostgresLog } from './adapters/postgres-log.ts';
import type { Config } from './config.ts';
import { fail, ok, type Result } from './kernel/result.ts';
import type { Database, Reach } from './ports/database.ts';
import type { LiveState } from './ports/live-state.ts';
import type { ObservationLog } from './ports/observation-log.ts';
import { addDocument, findDocument } from './store/roster.ts';

/** Named steps that undo what was done, run last first. A step that fails is told and does not hold up the others. */
export interface Cleanups {
  add(name: string, undo: () => Promise<void> | void): void;
  run(): Promise<void>;
}

export function createCleanups(logger: Logger): Cleanups {
  const steps: { name: string; undo: () => Promise<void> | void }[] = [];
  return {
    add: (name, undo) => void steps.push({ name, undo }),
    run: async () => {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step.undo();
        } catch (error) {
          logger.error(
            { event: 'stop.failed', step: step.name, error: String(error) },
            'a step of the stop failed',
          );
        }
      }
    },
  };
}

/**
 * URL of the database: the configured one, else the embedded one of the data folder. `shared`: a command beside a running
 * program uses that program's server instead of starting one.
 */
export async function openStore(
  config: Config,
  { logger, cleanups, shared }: { logger: Logger; cleanups: Cleanups; shared: boolean },
): Promise<Result<string, string>> {
  if (config.databaseUrl !== undefined) return ok(config.databaseUrl);
  if (shared && ownerOf(config.dataDir) !== undefined) {
    const running = readConnection(config.dataDir);
    if (running !== undefined) return ok(running);
  }
  const folder = lockDataDir(config.dataDir);
  if (!folder.ok) return folder;
  cleanups.add('data folder', () => folder.value.release());
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, logger });
  if (!server.ok) return server;
  cleanups.add('embedded database', () => server.value.stop());
  return ok(server.value.url);
}

export async function openDatabase(
  url: string,
  { logger, cleanups, serviceUrl }: { logger: Logger; cleanups: Cleanups; serviceUrl?: string | undefined },
): Promise<Result<Database, string>> {
  const migrated = await migrate({ url, serviceUrl, logger });
  if (!migrated.ok) return migrated;
  const database = await connectDatabase({ url, logger, max: 12 });
  cleanups.add('database connections', () => database.close());
  return ok(database);
}

/** What callers are served by: sees no more than theirs. After `openDatabase`, which makes its login. */
export async function openServiceDatabase(
  url: string,
  {
    logger,
    cleanups,
    serviceUrl,
    reach,
  }: {
    logger: Logger;
    cleanups: Cleanups;
    serviceUrl: string | undefined;
    reach: () => Reach | undefined;
  },
): Promise<Database> {
  const database = await connectServiceDatabase({ url, serviceUrl, reach, logger, max: 10 });
  cleanups.add('service database connections', () => database.close());
  return database;
}

export async function openLog(
  config: Config,
  { database, logger, cleanups }: { database: Database; logger: Logger; cleanups: Cleanups },
): Promise<Result<ObservationLog, string>> {
  const { partitions } = config;
  const log =
    config.kafkaBrokers === undefined
      ? await createPostgresLog({ database, partitions, logger })
      : await (await import('./adapters/kafka-log.ts')).createKafkaLog({
          brokers: config.kafkaBrokers.split(','),
          topic: config.kafkaTopic,
          partitions,
          logger,
        });
  if (!log.ok) return log;
  cleanups.add('observations log', () => log.value.close());
  return checkIsOfThisDatabase(log.value, database);
}

const LOG_NAME = 'log';

/** A database whose consumers have offsets of one log must not go on with another: they would pass over its first records. */
async function checkIsOfThisDatabase(
  log: ObservationLog,
  database: Database,
): Promise<Result<ObservationLog, string>> {
  const known = async () =>
    (await findDocument(database, LOG_NAME))[0]?.document as { identity: string } | undefined;
  if ((await known()) === undefined)
    await addDocument(database, LOG_NAME, JSON.stringify({ identity: log.identity }));
  const before = (await known())?.identity;
  if (before === log.identity) return ok(log);
  return fail(
    `this database has worked with another log (${before}) and is now given ${log.identity}: set KAFKA_BROKERS and KAFKA_TOPIC to what they were (or leave them out), or take another database`,
  );
}

export async function openLiveState(
  config: Config,
  { logger, cleanups }: { logger: Logger; cleanups: Cleanups },
): Promise<Result<LiveState, string>> {
  if (config.redisUrl === undefined) return ok(createMemoryLiveState());
  const { createRedisLiveState } = await import('./adapters/redis-live-state.ts');
  const state = await createRedisLiveState({ url: config.redisUrl, logger });
  if (!state.ok) return fail(state.error);
  cleanups.add('live state', () => state.value.close());
  return state;
}
