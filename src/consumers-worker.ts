/** Recorder, detector, board and logbook in a thread of their own: what `consumers-thread.ts` starts. Has its own connections. */
import { parentPort, workerData } from 'node:worker_threads';
import { openLedger } from '../alerts/ledger.ts';
import { runBoard } from '../consumers/board/shell.ts';
import { type DecodeBatch, decodeBatch } from '../consumers/decode-batch.ts';
import { runDetector } from '../consumers/detector/shell.ts';
import { runLogbook } from '../consumers/logbook/shell.ts';
import { runRecorder } from '../consumers/recorder/recorder.ts';
import { createSharedDecoding } from '../consumers/shared-decoding.ts';
import { connectDatabase } from './adapters/database.ts';
import { createLogger } from './adapters/logger.ts';
import { openPositionDays } from './adapters/positions-table.ts';
import { createCleanups, openLiveState, openLog } from './backbone.ts';
import type { FromThread, ThreadRole, ThreadSettings, ToThread } from './consumers-thread.ts';
import { createQuarantine } from './ingest/quarantine.ts';
import { fail } from './kernel/result.ts';
import type { LiveChange, LiveState } from './ports/live-state.ts';
import type { Subscription } from './ports/observation-log.ts';

const { databaseUrl, config, roles } = workerData as ThreadSettings;
const port = parentPort;
if (port === null) throw new Error('this file is run by consumers-thread.ts');
const tell = (message: FromThread) => port.postMessage(message);

const logger = createLogger(config.logLevel);
const cleanups = createCleanups(logger);
const database = await connectDatabase({ url: databaseUrl, logger, max: 8 });
cleanups.add('database connections', () => database.close());
const log = await openLog(config, { database, logger, cleanups });
if (!log.ok) throw new Error(log.error);
const ticks = (stage: ThreadRole) => (partition: number, tickMs: number) =>
  tell({ type: 'tick', stage, partition, tickMs });
const shared = {
  log: log.value,
  database,
  logger,
  now: Date.now,
};
const decoding = createSharedDecoding(roles.length);
const days = await openPositionDays(database);
const unreadable = createQuarantine(database, async () =>
  fail({ code: 'unknown-value', where: '', message: 'a line of the log is not sent again' }),
);

// In memory it is the main thread's, which the dashboard watches; Redis tells that thread by itself.
const puts = new Map<number, PromiseWithResolvers<void>>();
let lastPut = 0;
const ofMainThread = {
  put(change: LiveChange): Promise<void> {
    const done = Promise.withResolvers<void>();
    puts.set(++lastPut, done);
    tell({ type: 'live', id: lastPut, change });
    return done.promise;
  },
};

async function openBoardState(): Promise<Pick<LiveState, 'put'>> {
  if (config.redisUrl === undefined || !roles.includes('board')) return ofMainThread;
  const opened = await openLiveState(config, { logger, cleanups });
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}
const liveState = await openBoardState();

const START: Readonly<Record<ThreadRole, (decode: DecodeBatch) => Promise<Subscription>>> = {
  recorder: (decode) =>
    runRecorder({
      ...shared,
      decode,
      ensureDays: days.ensure,
      onTick: ticks('recorder'),
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
    }),
  detector: (decode) =>
    runDetector({
      ...shared,
      decode,
      ledger: openLedger(database),
      onTick: ticks('detector'),
      onJudged: (observations) => tell({ type: 'judged', observations }),
      onAlerts: (alerts) =>
        tell({ type: 'alerts', alerts: alerts.map(({ kind, state }) => ({ kind, state })) }),
    }),
  board: (decode) => runBoard({ ...shared, decode, liveState }),
  logbook: (decode) => runLogbook({ ...shared, decode, onTick: ticks('logbook') }),
};

const running: Subscription[] = [];
for (const [i, role] of roles.entries()) {
  const subscription = await START[role](decoding[i] ?? decodeBatch);
  running.push(subscription);
  subscription.failed.catch((error: unknown) => tell({ type: 'failed', reason: `${role}: ${error}` }));
}
port.on('message', async (message: ToThread) => {
  if (message.type === 'put') {
    const done = puts.get(message.id);
    puts.delete(message.id);
    if (message.error === null) done?.resolve();
    else done?.reject(new Error(message.error));
    return;
  }
  // Each for itself: that one can't say goodbye to its store costs no other its checkpoint.
  const closed = await Promise.allSettled(running.map((subscription) => subscription.close()));
  for (const [i, end] of closed.entries())
    if (end.status === 'rejected')
      logger.warn(
        { event: 'role.close-failed', role: roles[i], error: String(end.reason) },
        'closing failed',
      );
  await cleanups.run();
  port.close();
});
tell({ type: 'ready' });
