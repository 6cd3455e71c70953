/** The recorder in a thread of its own: what `recorder-thread.ts` starts. Has its own connections and decodes by itself. */
import { parentPort, workerData } from 'node:worker_threads';
import { runRecorder } from '../consumers/recorder/recorder.ts';
import { connectDatabase } from './adapters/database.ts';
import { createLogger } from './adapters/logger.ts';
import { openPositionDays } from './adapters/positions-table.ts';
import { createCleanups, openLog } from './backbone.ts';
import { createQuarantine } from './ingest/quarantine.ts';
import { fail } from './kernel/result.ts';
import type { FromRecorder, RecorderSettings } from './recorder-thread.ts';

const { databaseUrl, config } = workerData as RecorderSettings;
const port = parentPort;
if (port === null) throw new Error('this file is run by recorder-thread.ts');
const tell = (message: FromRecorder) => port.postMessage(message);

const logger = createLogger(config.logLevel);
const cleanups = createCleanups(logger);
const database = await connectDatabase({ url: databaseUrl, logger, max: 6 });
cleanups.add('database connections', () => database.close());
const log = await openLog(config, { database, logger, cleanups });
if (!log.ok) throw new Error(log.error);
const days = await openPositionDays(database);
const unreadable = createQuarantine(database, async () =>
  fail({ code: 'unknown-value', where: '', message: 'a line of the log is not sent again' }),
);
const subscription = await runRecorder({
  log: log.value,
  database,
  logger,
  now: Date.now,
  ensureDays: days.ensure,
  onTick: (partition, tickMs) => tell({ type: 'tick', partition, tickMs }),
  onRecorded: (positions) => tell({ type: 'recorded', positions }),
  setAside: (bad) =>
    unreadable.add(
      bad.map(({ line, refusal }) => ({
        source: 'log',
        feed: null,
        device: null,
        receivedMs: Date.now(),
        refusal,
        raw: Buffer.from(line),
      })),
    ),
});
subscription.failed.catch((error: unknown) => tell({ type: 'failed', reason: String(error) }));
port.once('message', async () => {
  await subscription.close();
  await cleanups.run();
  port.close();
});
tell({ type: 'ready' });
