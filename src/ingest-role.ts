/** The ingest role put together: the roster's memory, the one way in, every protocol's port, and the way of requests to devices. */

import type { Logger } from 'pino';
import type { Guest } from '../dashboard/server/http-server.ts';
import type { Cleanups } from './backbone.ts';
import type { Config } from './config.ts';
import { createDevicePort, createDeviceRoom, type DevicePort, devicePorts } from './device-ports.ts';
import { mayCollect } from './ingest/collection.ts';
import { type CommandChannel, type CommandDesk, openCommandDesk } from './ingest/command-desk.ts';
import { createDeviceMessages } from './ingest/device-messages.ts';
import { createDeviceNotices } from './ingest/device-notices.ts';
import { createFeedTokens } from './ingest/feed-tokens.ts';
import { createIclockServer } from './ingest/iclock-http.ts';
import { createIntake } from './ingest/intake.ts';
import { lead } from './ingest/leader.ts';
import { nativeIngest } from './ingest/native-http.ts';
import { createOsmandServer } from './ingest/osmand-http.ts';
import { owntracksIngest } from './ingest/owntracks-http.ts';
import { connectOwntracks, type OwntracksMqtt } from './ingest/owntracks-mqtt.ts';
import { owntracksCommand } from './ingest/protocols/owntracks-command.ts';
import { createQuarantine, type Refused } from './ingest/quarantine.ts';
import { createRetry } from './ingest/retry.ts';
import { openRosterCache } from './ingest/roster-cache.ts';
import { createTakeDecoded, type Messages } from './ingest/take-decoded.ts';
import type { TcpServer } from './ingest/tcp-server.ts';
import { openTerminalStates } from './ingest/terminal-states.ts';
import { createTerminalTake } from './ingest/terminal-take.ts';
import { createUncollectedCounter } from './ingest/uncollected.ts';
import type { Metrics } from './metrics.ts';
import { openMlp } from './mlp-role.ts';
import type { Database } from './ports/database.ts';
import type { ObservationLog } from './ports/observation-log.ts';

export interface IngestParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly cleanups: Cleanups;
  readonly database: Database;
  readonly log: ObservationLog;
  readonly metrics: Metrics;
  readonly clockSkewS: number;
}

export type Ingest = Awaited<ReturnType<typeof openIngest>>;

/** The broker keeps one session for all processes: one of them is connected. */
const OWNTRACKS_LOCK = 7_261_010;
/** Phones that were heard by the broker: where a request to them goes. */
const MAX_BY_BROKER = 100_000;

export async function openIngest({
  config,
  database,
  log,
  logger,
  cleanups,
  metrics,
  clockSkewS,
}: IngestParts) {
  const devices = await openRosterCache({ database, logger });
  cleanups.add('roster cache', () => devices.stop());
  const taken = (source: string, accepted: number, refused: readonly { code: string }[]) => {
    metrics.accepted.inc({ source }, accepted);
    for (const { code } of refused) metrics.refused.inc({ source, code });
  };
  const nowhere = { add: async () => {} };
  const uncollected = createUncollectedCounter(database);
  const shared = { log, devices, clockSkewS, uncollected, onTaken: taken };
  const bare = createIntake({ ...shared, quarantine: nowhere });
  const secretOf = (address: string) => devices.secretOf(address, 'owntracks');
  const kept = createDeviceMessages({ db: database, devices, logger });
  cleanups.add('device messages', () => kept.stop());
  let desk: CommandDesk | undefined;
  const messages: Messages = {
    add: (origin, address, records) => {
      kept.add(origin, address, records);
      const { protocol } = origin;
      if (protocol !== 'owntracks' && protocol !== 'mlp') return;
      const found = devices.resolve(address, origin.receivedMs, protocol);
      if (!found.ok) return;
      const { receivedMs } = origin;
      const mayTellPlace = mayCollect(found.value, 'position', receivedMs).ok;
      desk?.onHeard({ device: found.value.device, records: mayTellPlace ? records : [], receivedMs });
    },
  };
  // What is tried again stands in quarantine already: refused once more, it stays where it is.
  const again = createTakeDecoded({ intake: bare, quarantine: nowhere, messages: kept });
  const terminals = createTerminalTake({ intake: bare, messages: kept, terminals: devices.terminals });
  const quarantine = createQuarantine(
    database,
    createRetry({ intake: bare, take: again.take, secretOf, devices, retryTerminal: terminals.retry }),
  );
  const notices = createDeviceNotices({ db: database, logger });
  cleanups.add('device notices', () => notices.stop());
  const telling = {
    add: async (refused: readonly Refused[]) => {
      await quarantine.add(refused);
      for (const { source, device, refusal, receivedMs } of refused)
        if (device !== null)
          notices.raise({ protocol: source, address: device, code: refusal.code, receivedMs });
    },
  };
  const intake = createIntake({ ...shared, quarantine: telling });
  const { take } = createTakeDecoded({ intake: bare, quarantine: telling, messages });
  const native: Guest = {
    action: 'own-check',
    plugin: nativeIngest({
      intake,
      findFeed: createFeedTokens({ database, now: Date.now }),
      now: Date.now,
    }),
  };
  const phones = { take, secretOf, logger, now: Date.now };
  const rosterIdOf = (address: string) => {
    const found = devices.resolve(address, Date.now(), 'owntracks');
    return found.ok ? found.value.device : undefined;
  };
  const owntracks: Guest = {
    action: 'own-check',
    plugin: owntracksIngest({
      ...phones,
      replies: async (address) => {
        const device = rosterIdOf(address);
        const commands = device === undefined ? [] : ((await desk?.fetch(device)) ?? []);
        return commands.map(owntracksCommand).filter((message) => message !== undefined);
      },
    }),
  };

  const states = await openTerminalStates({ db: database, logger });
  cleanups.add('terminals', () => states.stop());
  const iclock = createIclockServer({
    take: terminals.take,
    quarantine: telling,
    states,
    terminals: devices.terminals,
    desk: () => desk,
    onStranger: (address, receivedMs) =>
      notices.raise({ protocol: 'zkteco', address, code: 'unknown-terminal', receivedMs }),
    onNotKept: (code) => metrics.notKept.inc({ protocol: 'zkteco', code }),
    logger,
    now: Date.now,
  });

  const room = createDeviceRoom();
  const ports = {
    room,
    intake: bare,
    quarantine: telling,
    messages,
    devices,
    metrics,
    logger,
    now: Date.now,
    onReplaced: (protocol: string, address: string, receivedMs: number) =>
      notices.raise({ protocol, address, code: 'replaced-connection', receivedMs }),
  };
  const tcp: readonly (DevicePort & { readonly server: TcpServer })[] = devicePorts(config).map((port) => ({
    ...port,
    server: createDevicePort(port, {
      ...ports,
      onHeard: ({ device, frame: { records, answers }, receivedMs }) =>
        desk?.onHeard({ device, records, receivedMs, ...(answers === undefined ? {} : { answers }) }),
    }),
  }));

  let broker: OwntracksMqtt | undefined;
  const byBroker = new Set<string>();
  const { mqttUrl, mqttClientId } = config;
  if (mqttUrl !== undefined) {
    const leader = lead({
      database,
      logger,
      key: OWNTRACKS_LOCK,
      begin: async () => {
        const connected = connectOwntracks({
          ...phones,
          url: mqttUrl,
          clientId: mqttClientId,
          onHeard: (address) => {
            if (byBroker.size >= MAX_BY_BROKER) byBroker.clear();
            byBroker.add(address);
            const device = rosterIdOf(address);
            if (device !== undefined) desk?.onHeard({ device, records: [], receivedMs: Date.now() });
          },
        });
        broker = connected;
        return () => connected.stop();
      },
    });
    cleanups.add('MQTT', () => leader.stop());
  }
  const channels: CommandChannel[] = tcp.map(({ name, server }) => ({
    protocol: name,
    isConnected: (device) => server.isConnected(device),
    send: (device, command) => server.send(device, command),
  }));
  channels.push({
    protocol: 'owntracks',
    isConnected: (_device, address) => broker?.isConnected === true && byBroker.has(address),
    send: async (_device, command, address) => {
      const message = owntracksCommand(command);
      const isSent = message !== undefined && (await broker?.send(address, message)) === true;
      return isSent ? { serial: null } : undefined;
    },
  });
  const mlp = openMlp({ config, database, logger, cleanups, metrics, take, devices, notices });
  channels.push({
    protocol: 'mlp',
    isConnected: (device) => mlp()?.isKnown(device) === true,
    send: (device) => (mlp()?.locate(device) === true ? { serial: null } : undefined),
  });
  const opened = await openCommandDesk({
    database,
    channels,
    logger,
    now: Date.now,
    clockSkewS: () => devices.clockSkewS?.() ?? clockSkewS,
  });
  desk = opened;
  cleanups.add('requests to devices', () => opened.stop());
  return {
    quarantine,
    guests: [native, owntracks],
    osmand: createOsmandServer(phones),
    iclock,
    devicePorts: tcp,
    knows: (address: string) => devices.resolve(address, Date.now()).ok,
  };
}
