/**
 * The composition root: settings in, running roles out. Everything that is started is stopped in reverse order. Nobody
 * imports this file but the entry point and tests.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createDeadlineWatch } from '../alerts/deadline-watch.ts';
import { openLedger } from '../alerts/ledger.ts';
import { createSelfTestWatch } from '../alerts/self-test-watch.ts';
import { runClock } from '../consumers/clock/clock.ts';
import { runNight } from '../consumers/night/night.ts';
import { createNightWatch } from '../consumers/night/night-watch.ts';
import { createDashboard } from '../dashboard/server/app.ts';
import { ensureAdministrator } from '../dashboard/server/auth/administrator.ts';
import { currentReach } from '../dashboard/server/auth/reach.ts';
import { createSessions } from '../dashboard/server/auth/sessions.ts';
import { createHttpServer, type Probe } from '../dashboard/server/http-server.ts';
import { NO_SCHEMA, openNoticeQueue } from './adapters/notice-queue.ts';
import { openPositionDays } from './adapters/positions-table.ts';
import {
  type Cleanups,
  createCleanups,
  openDatabase,
  openLiveState,
  openLog,
  openServiceDatabase,
  openStore,
} from './backbone.ts';
import type { Config, Role } from './config.ts';
import { startConsumersThread } from './consumers-thread.ts';
import { createPacker } from './evidence/make-pack.ts';
import { keyFileOf, openSigningKey } from './evidence/signing-key.ts';
import { createIdentityOffice } from './identity/identity-office.ts';
import { createQuarantine, type Retry } from './ingest/quarantine.ts';
import { readRoster, renewRoster } from './ingest/roster-load.ts';
import { type Ingest, openIngest } from './ingest-role.ts';
import { createInsight } from './insight/insight.ts';
import { DEFAULT_POLICY } from './kernel/policy.ts';
import { fail, ok, type Result } from './kernel/result.ts';
import { selfTestLimitMs } from './kernel/self-test.ts';
import { tileOrigins } from './kernel/tile-address.ts';
import { settleDue } from './legal/settle-due.ts';
import { asResult, listen, shownHost } from './listen.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { type ChannelSettings, readChannels } from './notices/channel-settings.ts';
import { runNotices } from './notices/run-notices.ts';
import type { Database } from './ports/database.ts';
import type { Frontier, LiveState } from './ports/live-state.ts';
import type { ObservationLog, Subscription } from './ports/observation-log.ts';
import { purgeAll } from './retention/purge.ts';
import { runSealer, sealPoster } from './seal/run-sealer.ts';
import { trimMlpPhones } from './store/mlp-phones.ts';
import { supervise } from './supervise.ts';

export interface App {
  /** Page, REST, websocket, native ingest. */
  readonly url: string;
  /** Null when the process has no ingest role. */
  readonly osmandUrl: string | null;
  /** Fingerprint terminals; null when the process has no ingest role. */
  readonly iclockUrl: string | null;
  /** Device ports over TCP by protocol, as `tcp://host:port`; none when the process has no ingest role. */
  readonly deviceUrls: Readonly<Record<string, string>>;
  readonly database: Database;
  /** Whether this process's ingest has heard of a device by now; false without that role. */
  knows(address: string): boolean;
  /** Password of the administrator, if this start made it. */
  readonly madePassword: string | undefined;
  stop(): Promise<void>;
}

interface Parts {
  readonly config: Config;
  readonly logger: Logger;
  readonly cleanups: Cleanups;
  readonly databaseUrl: string;
  readonly database: Database;
  readonly log: ObservationLog;
  readonly liveState: LiveState;
  readonly metrics: Metrics;
  readonly tickSeconds: number;
  readonly clockSkewS: number;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

const PAGE_DIR = fileURLToPath(new URL('../dashboard/web/dist/', import.meta.url));
const VERSION = '0.1.0';
const MAINTAIN_EVERY_MS = 3_600_000;
/** Well within the log's retention. */
const RENEW_EVERY_MS = 86_400_000;

/** Answers the running program, or one line that says what to do. */
export async function startApp(config: Config, logger: Logger): Promise<Result<App, string>> {
  const cleanups = createCleanups(logger);
  const give = async (error: string): Promise<Result<never, string>> => {
    await cleanups.run();
    return fail(error);
  };
  const url = await openStore(config, { logger, cleanups, shared: false });
  if (!url.ok) return give(url.error);
  const database = await openDatabase(url.value, {
    logger,
    cleanups,
    serviceUrl: config.serviceDatabaseUrl,
  });
  if (!database.ok) return give(database.error);
  const log = await openLog(config, { database: database.value, logger, cleanups });
  if (!log.ok) return give(log.error);
  const liveState = await openLiveState(config, { logger, cleanups });
  if (!liveState.ok) return give(liveState.error);
  const { policy } = await readRoster(database.value);
  const tls = readTls(config);
  if (!tls.ok) return give(tls.error);
  const channels = readChannels(config.noticeChannels);
  if (!channels.ok) return give(channels.error);
  const parts: Parts = {
    config,
    logger,
    cleanups,
    databaseUrl: url.value,
    database: database.value,
    log: log.value,
    liveState: liveState.value,
    metrics: createMetrics(),
    tickSeconds: policy.default.tickSeconds ?? DEFAULT_POLICY.tickSeconds,
    clockSkewS: policy.default.clockSkewS ?? DEFAULT_POLICY.clockSkewS,
    tls: tls.value,
  };
  // Only where somebody signs in: a process that shows no login would make the password and tell nobody.
  const administrator = has(config, 'dashboard')
    ? await ensureAdministrator(parts.database, Date.now(), config.adminPassword, config.demo)
    : undefined;
  const ingest = has(config, 'ingest') ? await openIngest(parts) : undefined;
  await startConsumers(parts);
  if (has(config, 'notices')) {
    const notices = await startNotices(parts, channels.value);
    if (!notices.ok) return give(notices.error);
  }
  const server = await createServer(parts, ingest);
  const page = await listen(server, config.host, config.port, 'PORT');
  if (!page.ok) return give(page.error);
  cleanups.add('web server', () => server.close());
  let osmandUrl: string | null = null;
  if (ingest !== undefined) {
    const osmand = await listen(ingest.osmand, config.host, config.osmandPort, 'OSMAND_PORT');
    if (!osmand.ok) return give(osmand.error);
    cleanups.add('OsmAnd server', () => ingest.osmand.close());
    osmandUrl = osmand.value;
  }
  let iclockUrl: string | null = null;
  if (ingest !== undefined) {
    const iclock = await listen(ingest.iclock, config.host, config.iclockPort, 'ICLOCK_PORT');
    if (!iclock.ok) return give(iclock.error);
    cleanups.add('iclock server', () => ingest.iclock.close());
    iclockUrl = iclock.value;
  }
  const deviceUrls: Record<string, string> = {};
  for (const { server, ...each } of ingest?.devicePorts ?? []) {
    const opened = await asResult(server.listen(config.host, each.port), config.host, each);
    if (!opened.ok) return give(opened.error);
    cleanups.add(`${each.name} port`, () => server.stop());
    deviceUrls[each.name] = `tcp://${shownHost(config.host)}:${opened.value}`;
  }
  return ok({
    url: page.value,
    osmandUrl,
    iclockUrl,
    deviceUrls,
    database: parts.database,
    knows: (address) => ingest?.knows(address) ?? false,
    madePassword: administrator?.password,
    stop: () => cleanups.run(),
  });
}

function has(config: Config, role: Role): boolean {
  return config.roles.includes(role);
}

async function startConsumers(parts: Parts): Promise<void> {
  const { config, database, log, logger, liveState, metrics, cleanups } = parts;
  const run = (name: string, start: () => Promise<Subscription>) => {
    const supervised = supervise({
      name,
      start,
      logger,
      onRestart: () => metrics.restarts.inc({ role: name }),
    });
    cleanups.add(name, () => supervised.stop());
  };
  const frontier = (stage: Frontier['stage']) => (partition: number, tickMs: number) => {
    metrics.frontier.set({ stage, partition: String(partition) }, tickMs / 1000);
    liveState.put({ subjects: [], frontiers: [{ stage, partition, tickMs }] }).catch((error: unknown) => {
      logger.warn({ event: 'live-state.away', error: String(error) }, 'the live state can not be written');
    });
  };
  const shared = { log, database, logger, now: Date.now };
  const days = await openPositionDays(database);
  if (has(config, 'recorder')) {
    const maintain = async () => {
      await purgeAll({ database, log, days, settings: config }, Date.now());
      await trimMlpPhones(database, new Date(Date.now() - config.messageRetentionDays * 86_400_000));
    };
    await maintain();
    const timer = setInterval(() => {
      maintain().catch((error: unknown) =>
        logger.error({ event: 'maintain.failed', error: String(error) }, 'partitions or retention not kept'),
      );
    }, MAINTAIN_EVERY_MS);
    cleanups.add('maintenance', () => clearInterval(timer));
  }
  const threadRoles = (['recorder', 'detector', 'board', 'logbook'] as const).filter((role) =>
    has(config, role),
  );
  if (threadRoles.length > 0)
    run(threadRoles.join(', '), () =>
      startConsumersThread(
        { databaseUrl: parts.databaseUrl, config, roles: threadRoles },
        {
          onTick: (stage, partition, tickMs) => {
            // The board waits for nothing that the logbook writes: how far it is, is a figure beside the others.
            if (stage === 'logbook')
              metrics.frontier.set({ stage, partition: String(partition) }, tickMs / 1000);
            else frontier(stage)(partition, tickMs);
          },
          onRecorded: (n) => metrics.recorded.inc(n),
          onJudged: (n) => metrics.judged.inc(n),
          onAlerts: (alerts) => {
            for (const { kind, state } of alerts) metrics.alerts.inc({ kind, state });
          },
          onLive: (change) => liveState.put(change),
        },
      ),
    );
  if (has(config, 'clock')) {
    const renew = () =>
      renewRoster(database, Date.now(), RENEW_EVERY_MS).catch((error: unknown) =>
        logger.error({ event: 'renewal.failed', error: String(error) }, 'the roster is not in the log anew'),
      );
    await renew();
    const timer = setInterval(renew, MAINTAIN_EVERY_MS);
    cleanups.add('renewal', () => clearInterval(timer));
    const ledger = openLedger(parts.database);
    const night = createNightWatch({
      ...shared,
      work: (horizonMs) => runNight({ ...shared, ledger }, horizonMs),
    });
    const { selfTestS, sealUrl } = config;
    const { tickSeconds } = parts;
    const selfTests =
      selfTestS === 0
        ? undefined
        : createSelfTestWatch(log.partitions, selfTestLimitMs(selfTestS, tickSeconds * 1000));
    const deadlines = createDeadlineWatch({
      ...shared,
      also: async (db, nowMs) => {
        await selfTests?.look(db, nowMs);
        return settleDue(db, nowMs);
      },
    });
    const clock = await runClock({ ...shared, tickSeconds, selfTestS, night, deadlines });
    cleanups.add('clock', () => clock.stop());
    const sealer = runSealer({
      ...shared,
      ...(sealUrl === undefined ? {} : { deliver: sealPoster(sealUrl) }),
    });
    cleanups.add('sealer', () => sealer.stop());
  }
}

async function startNotices(
  parts: Parts,
  channels: readonly ChannelSettings[],
): Promise<Result<void, string>> {
  const { database, logger, metrics, cleanups } = parts;
  try {
    const notices = await runNotices({
      database,
      channels,
      logger,
      now: Date.now,
      onTried: (channel, outcome) => metrics.notices.inc({ channel, outcome }),
      openQueue: (handlers) => openNoticeQueue({ database, logger, ...handlers }),
    });
    cleanups.add('notices', () => notices.stop());
    return ok(undefined);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42501') return fail(NO_SCHEMA);
    throw error;
  }
}

function readTls({ tlsCert, tlsKey }: Config): Result<Parts['tls'], string> {
  if (tlsCert === undefined || tlsKey === undefined) return ok(undefined);
  try {
    const tls = { cert: readFileSync(tlsCert, 'utf8'), key: readFileSync(tlsKey, 'utf8') };
    createSecureContext(tls);
    return ok(tls);
  } catch (error) {
    return fail(
      `TLS_CERT and TLS_KEY: ${error instanceof Error ? error.message : String(error)}: give PEM files that belong together`,
    );
  }
}

const noIngest: Retry = async () =>
  fail({ code: 'unknown-value', where: '', message: 'this process has no ingest role' });

async function createServer(parts: Parts, ingest: Ingest | undefined): Promise<FastifyInstance> {
  const { config, database, log, logger, liveState, metrics, tickSeconds } = parts;
  const plugins = ingest === undefined ? [] : ingest.guests;
  const common = {
    logger,
    registry: metrics.registry,
    probes: probesOf(parts),
    plugins,
    tls: parts.tls,
    trustProxy: config.trustProxy?.split(','),
    callsAMinute: config.callsAMinute,
  };
  if (!has(config, 'dashboard')) {
    const server = await createHttpServer({
      ...common,
      sessions: createSessions({ db: database, now: Date.now }),
    });
    return server as unknown as FastifyInstance;
  }
  const requests = await openServiceDatabase(parts.databaseUrl, {
    logger,
    cleanups: parts.cleanups,
    serviceUrl: config.serviceDatabaseUrl,
    reach: currentReach,
  });
  // A dashboard without ingest reads the quarantine; sending again is for those who have the intake.
  const reading = createQuarantine(requests, noIngest);
  return createDashboard({
    ...common,
    database,
    requests,
    liveState,
    quarantine: { list: reading.list, replay: (ingest?.quarantine ?? reading).replay },
    past: createInsight({ log, database }),
    evidence: createPacker({
      log,
      database,
      openKey: () => openSigningKey(keyFileOf(config)),
      now: Date.now,
    }),
    retention: config,
    identities: createIdentityOffice(config.identityKeys),
    pageDir: PAGE_DIR,
    version: VERSION,
    demo: config.demo,
    tileOrigins: tileOrigins(config.tileUrls ?? []),
    tiles:
      config.tileUrls === undefined
        ? null
        : {
            urls: [...config.tileUrls],
            attribution: config.tileAttribution ?? null,
            maxZoom: config.tileMaxZoom,
          },
    tickSeconds,
    selfTestS: config.selfTestS,
    partitions: log.partitions,
    stages: ['board', 'detector', 'recorder'],
    now: Date.now,
  });
}

/** Ready means: the store answers, the log answers, and what this process consumes is no more than three ticks behind. */
function probesOf({ config, database, log, liveState, tickSeconds }: Parts): Probe[] {
  const stages = (['board', 'detector', 'recorder'] as const).filter((stage) => has(config, stage));
  return [
    {
      name: 'store',
      check: () => database.query({ text: 'SELECT 1', values: [] }).then(() => ok(undefined)),
    },
    { name: 'log', check: () => log.bounds().then(() => ok(undefined)) },
    {
      name: 'consumers',
      check: async () => {
        const { frontiers } = await liveState.all();
        for (const stage of stages) {
          const ticks = frontiers
            .filter((frontier) => frontier.stage === stage)
            .map((frontier) => frontier.tickMs);
          if (ticks.length < log.partitions)
            return fail(`${stage} has not handled a tick in every partition yet`);
          const behindS = Math.round((Date.now() - Math.min(...ticks)) / 1000);
          if (behindS > 3 * tickSeconds) return fail(`${stage} is ${behindS} s behind`);
        }
        return ok(undefined);
      },
    },
  ];
}
