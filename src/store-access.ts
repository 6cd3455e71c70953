/** What a command needs that works on the running store: opened before it, closed after it, faults in one line. */
import { createLogger } from './adapters/logger.ts';
import { createCleanups, openDatabase, openLog, openStore } from './backbone.ts';
import type { Config } from './config.ts';
import type { Database } from './ports/database.ts';
import type { ObservationLog } from './ports/observation-log.ts';

export interface StoreAccess {
  readonly config: Config;
  readonly database: Database;
  /** Opened when first asked for. Throws a one-line `Error` when it can't be. */
  openLog(): Promise<ObservationLog>;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

export async function withStoreAccess(
  config: Config,
  command: (access: StoreAccess) => Promise<number>,
): Promise<number> {
  const logger = createLogger(config.logLevel);
  const cleanups = createCleanups(logger);
  const complain = (line: string) => {
    process.stderr.write(`wardline: ${line}\n`);
    return 1;
  };
  try {
    const url = await openStore(config, { logger, cleanups, shared: true });
    if (!url.ok) return complain(url.error);
    const database = await openDatabase(url.value, {
      logger,
      cleanups,
      serviceUrl: config.serviceDatabaseUrl,
    });
    if (!database.ok) return complain(database.error);
    let log: ObservationLog | undefined;
    return await command({
      config,
      database: database.value,
      openLog: async () => {
        if (log !== undefined) return log;
        const opened = await openLog(config, { database: database.value, logger, cleanups });
        if (!opened.ok) throw new Error(opened.error);
        log = opened.value;
        return log;
      },
      stdout: process.stdout,
      stderr: process.stderr,
    });
  } finally {
    await cleanups.run();
  }
}
