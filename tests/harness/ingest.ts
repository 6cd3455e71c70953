/** The ingest role over a real database, log and sockets, as src/app.ts puts it together, with a log that can be told to fail. */
import fastify from 'fastify';
import { createLogger } from '../../src/adapters/logger.ts';
import { createPostgresLog } from '../../src/adapters/postgres-log.ts';
import { createToken } from '../../src/commands/token.ts';
import { openCommandDesk } from '../../src/ingest/command-desk.ts';
import { createDeviceMessages, type DeviceMessages } from '../../src/ingest/device-messages.ts';
import { createFeedTokens } from '../../src/ingest/feed-tokens.ts';
import { createIclockServer } from '../../src/ingest/iclock-http.ts';
import { createIntake, type Intake } from '../../src/ingest/intake.ts';
import { nativeIngest } from '../../src/ingest/native-http.ts';
import { createOsmandServer } from '../../src/ingest/osmand-http.ts';
import { owntracksIngest } from '../../src/ingest/owntracks-http.ts';
import { createQuarantine, type Quarantine } from '../../src/ingest/quarantine.ts';
import { createRetry } from '../../src/ingest/retry.ts';
import { openRosterCache, type RosterCache } from '../../src/ingest/roster-cache.ts';
import { loadRoster } from '../../src/ingest/roster-load.ts';
import { createTakeDecoded, type TakeDecoded } from '../../src/ingest/take-decoded.ts';
import { openTerminalStates } from '../../src/ingest/terminal-states.ts';
import { createTerminalTake } from '../../src/ingest/terminal-take.ts';
import { createUncollectedCounter } from '../../src/ingest/uncollected.ts';
import type { Json } from '../../src/kernel/field.ts';
import { ok } from '../../src/kernel/result.ts';
import { decodeRoster } from '../../src/kernel/roster-file.ts';
import { LogUnavailable, type ObservationLog } from '../../src/ports/observation-log.ts';
import type { TestDatabase } from './postgres.ts';

export const NOW_MS = Date.UTC(2026, 2, 1, 8);
export const PARTITIONS = 3;

export interface TestIngest {
  readonly log: ObservationLog;
  readonly devices: RosterCache;
  readonly intake: Intake;
  /** The intake whose quarantine keeps nothing, for those that keep what is refused themselves. */
  readonly bare: Intake;
  readonly messages: DeviceMessages;
  readonly quarantine: Quarantine;
  readonly take: TakeDecoded['take'];
  /** Id on the wire → its secret. */
  readonly secrets: Map<string, string>;
  readonly nativeUrl: string;
  readonly owntracksUrl: string;
  readonly osmandUrl: string;
  readonly iclockUrl: string;
  /** What the terminals' port takes for now. */
  clock: { nowMs: number };
  /** Bearer token of the feed F1. */
  readonly token: string;
  /** While true, the log answers that it can't take anything. */
  isLogAway: boolean;
  /** Everything on the log but ticks, parsed, partition by partition. */
  lines(): Promise<Json[]>;
  /** Loads a roster and waits until the ingest has heard of it. */
  enrol(subjects: readonly Json[], terminals?: readonly Json[]): Promise<void>;
  close(): Promise<void>;
}

export async function openIngest({ database }: TestDatabase): Promise<TestIngest> {
  const logger = createLogger('silent');
  const opened = await createPostgresLog({ database, partitions: PARTITIONS, logger });
  if (!opened.ok) throw new Error(opened.error);
  const log = opened.value;
  const devices = await openRosterCache({ database, logger });
  const gate: Pick<ObservationLog, 'append'> = {
    append: (entries) =>
      self.isLogAway ? Promise.reject(new LogUnavailable('told to fail')) : log.append(entries),
  };
  const uncollected = createUncollectedCounter(database);
  const shared = { log: gate, devices, clockSkewS: 600, uncollected };
  const nowhere = { add: async () => {} };
  const bare = createIntake({ ...shared, quarantine: nowhere });
  const secretOf = (address: string) => self.secrets.get(address);
  const messages = createDeviceMessages({ db: database, devices, logger });
  const terminals = createTerminalTake({ intake: bare, messages, terminals: devices.terminals });
  const quarantine = createQuarantine(
    database,
    createRetry({
      intake: bare,
      take: createTakeDecoded({ intake: bare, quarantine: nowhere, messages }).take,
      secretOf,
      devices,
      retryTerminal: terminals.retry,
    }),
  );
  const intake = createIntake({ ...shared, quarantine });
  const { take } = createTakeDecoded({ intake: bare, quarantine, messages });
  const now = () => NOW_MS;
  const native = fastify({ forceCloseConnections: true });
  await native.register(
    nativeIngest({
      intake,
      now,
      findFeed: createFeedTokens({ database, now }),
    }),
  );
  await native.register(owntracksIngest({ take, secretOf, logger, now }));
  const osmand = createOsmandServer({ take, logger, now });
  const clock = { nowMs: NOW_MS };
  const states = await openTerminalStates({ db: database, logger });
  const desk = await openCommandDesk({
    database,
    channels: [],
    logger,
    now: Date.now,
    clockSkewS: () => 600,
  });
  const iclock = createIclockServer({
    take: terminals.take,
    quarantine,
    states,
    terminals: devices.terminals,
    desk: () => desk,
    onStranger: () => {},
    logger,
    now: () => clock.nowMs,
  });
  const nativeUrl = await native.listen({ host: '127.0.0.1', port: 0 });
  const self: TestIngest = {
    log,
    devices,
    intake,
    bare,
    messages,
    quarantine,
    take,
    secrets: new Map(),
    nativeUrl: `${nativeUrl}/ingest/v1/observations`,
    owntracksUrl: `${nativeUrl}/owntracks`,
    clock,
    iclockUrl: await iclock.listen({ host: '127.0.0.1', port: 0 }),
    osmandUrl: await osmand.listen({ host: '127.0.0.1', port: 0 }),
    token: await createToken(database, { feed: 'F1', role: null, organisation: '', expiresMs: null }),
    isLogAway: false,
    lines: async () => {
      const lines: Json[] = [];
      for (let partition = 0; partition < PARTITIONS; partition++)
        for await (const batch of log.read(partition, 0))
          lines.push(...batch.lines.map((line) => JSON.parse(line) as Json));
      return lines.filter((line) => line.type !== 'tick');
    },
    enrol: async (subjects, terminals = []) => {
      const roster = decodeRoster({ subjects, terminals });
      if (!roster.ok) throw new Error(JSON.stringify(roster.error));
      const loaded = await loadRoster(
        database,
        { roster: roster.value, zones: null, policy: null },
        NOW_MS,
        () => ok(undefined),
      );
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
      const isHeard = () =>
        (roster.value.terminals ?? []).every(({ id, address }) =>
          devices.terminals().isKnown(address ?? id),
        ) &&
        roster.value.subjects.every(({ pins = [] }) =>
          pins.every(({ terminal, pin, fromMs }) => {
            const address = terminals.find(({ id }) => id === terminal)?.address ?? terminal;
            return devices.terminals().whose(String(address), pin, fromMs).ok;
          }),
        ) &&
        roster.value.subjects.every(({ id, devices: own }) =>
          own.length === 0
            ? devices.hasSubject(id)
            : own.every(
                (device) => devices.resolve(device.id, device.fromMs, device.protocol ?? undefined).ok,
              ),
        );
      while (!isHeard()) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    close: async () => {
      await Promise.all([native.close(), osmand.close(), iclock.close()]);
      await desk.stop();
      await states.stop();
      await messages.stop();
      await devices.stop();
      await log.close();
    },
  };
  return self;
}

/** A subject as roster.json has it, with one phone. */
export function subjectWith(id: string, device: Json): Json {
  return {
    id,
    name: `测试人员${id}`,
    office: '445281/office-01',
    devices: [{ kind: 'phone', feed: null, ...device }],
  };
}
