/** The operator's location server asked by one process of the ingest role, where the settings name one. */
import type { Logger } from 'pino';
import type { Cleanups } from './backbone.ts';
import type { Config } from './config.ts';
import type { DeviceNotices, NoticeCode } from './ingest/device-notices.ts';
import { lead } from './ingest/leader.ts';
import { type MlpPoller, startMlpPoller } from './ingest/mlp-poller.ts';
import type { RosterCache } from './ingest/roster-cache.ts';
import type { TakeDecoded } from './ingest/take-decoded.ts';
import type { Metrics } from './metrics.ts';
import type { Database } from './ports/database.ts';

/** The contract's rate holds for all processes together. */
const MLP_LOCK = 7_261_022;

/** What the operator says of a number that somebody must mend, or know of. */
const NOTICES: Readonly<Record<string, NoticeCode>> = {
  unknown_subscriber: 'unknown-subscriber',
  not_allowed: 'positioning-not-allowed',
};

export interface MlpParts {
  readonly config: Config;
  readonly database: Database;
  readonly logger: Logger;
  readonly cleanups: Cleanups;
  readonly metrics: Metrics;
  take: TakeDecoded['take'];
  readonly devices: RosterCache;
  readonly notices: DeviceNotices;
}

/** Answers what tells the poller, while this process is the one that asks. */
export function openMlp(parts: MlpParts): () => MlpPoller | undefined {
  const { config, database, logger, cleanups, metrics, take, devices, notices } = parts;
  const { mlpUrl: url } = config;
  if (url === undefined) return () => undefined;
  let poller: MlpPoller | undefined;
  const leader = lead({
    database,
    logger,
    key: MLP_LOCK,
    begin: async () => {
      const started = await startMlpPoller({
        settings: {
          url,
          client: config.mlpClient,
          password: config.mlpPassword ?? '',
          serviceId: config.mlpService,
          version: config.mlpVersion ?? '3.2.0',
          perSecond: config.mlpPerSecond,
          batch: config.mlpBatch,
          connections: config.mlpConnections,
          timeoutS: config.mlpTimeoutS,
        },
        database,
        take,
        logger,
        now: Date.now,
        isOnRoster: (address) => devices.resolve(address, Date.now(), 'mlp').ok,
        onAsked: (why, phones) => metrics.mlpAsked.inc({ why }, phones),
        onRequest: (outcome) => metrics.mlpRequests.inc({ outcome }),
        onWaiting: (phones) => metrics.mlpWaiting.set(phones),
        onResult: (address, result, receivedMs) => {
          metrics.mlpResults.inc({ result });
          const code = NOTICES[result];
          if (code !== undefined) notices.raise({ protocol: 'mlp', address, code, receivedMs });
        },
      });
      poller = started;
      return async () => {
        poller = undefined;
        metrics.mlpWaiting.set(0);
        await started.stop();
      };
    },
  });
  cleanups.add('questions to the operator', () => leader.stop());
  return () => poller;
}
