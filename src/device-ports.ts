/** The ports of the devices that speak over TCP: each protocol with its port, its part of the registry and its figures. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { jt808 } from './ingest/protocols/jt808.ts';
import { watch } from './ingest/protocols/watch.ts';
import type { WireProtocol } from './ingest/protocols/wire.ts';
import type { RosterCache } from './ingest/roster-cache.ts';
import {
  type ConnectionRoom,
  createConnectionRoom,
  createTcpServer,
  type Heard,
  type TcpServer,
  type TcpServerDeps,
} from './ingest/tcp-server.ts';
import type { Instant } from './kernel/instant.ts';
import type { Metrics } from './metrics.ts';

export interface DevicePort {
  readonly name: 'jt808' | 'watch';
  readonly wire: WireProtocol;
  readonly port: number;
  readonly setting: string;
  /** Whether the protocol can carry a secret at all. */
  readonly hasSecret: boolean;
}

export const devicePorts = ({ jt808Port, watchPort }: Config): readonly DevicePort[] => [
  { name: 'jt808', wire: jt808, port: jt808Port, setting: 'JT808_PORT', hasSecret: true },
  { name: 'watch', wire: watch, port: watchPort, setting: 'WATCH_PORT', hasSecret: false },
];

export interface DevicePortDeps extends Pick<TcpServerDeps, 'intake' | 'quarantine' | 'messages' | 'now'> {
  readonly room: ConnectionRoom;
  readonly devices: RosterCache;
  readonly metrics: Metrics;
  readonly logger: Logger;
  onHeard(heard: Heard): void;
  onReplaced(protocol: string, address: string, receivedMs: Instant): void;
}

export function createDevicePort(
  { name, wire, hasSecret }: DevicePort,
  { devices, metrics, onReplaced, ...deps }: DevicePortDeps,
): TcpServer {
  const secretOf = (address: string) => (hasSecret ? devices.secretOf(address, wire.protocol) : undefined);
  return createTcpServer({
    ...deps,
    wire,
    devices,
    secretOf,
    authCode: (address) => secretOf(address) ?? codeFor(address),
    onFrame: (refusal) => metrics.frames.inc({ protocol: name, code: refusal?.code ?? 'ok' }),
    onConnections: (count) => metrics.connections.set({ protocol: name }, count),
    onReplaced: (address, receivedMs) => onReplaced(name, address, receivedMs),
    onClosed: (reason) => metrics.closed.inc({ protocol: name, reason }),
    onRefused: ({ code }, isKept) => {
      if (!isKept) metrics.notKept.inc({ protocol: name, code });
    },
  });
}

const MAX_CONNECTIONS = 20_000;
/** For everything else in the process: the store's and the broker's connections, the page's websockets, files. */
const OTHER_FILES = 1000;

/** Each connection is a file, and a process without free ones can't even reach its database. */
export function createDeviceRoom(): ConnectionRoom {
  const files = openFilesLimit() ?? MAX_CONNECTIONS + OTHER_FILES;
  return createConnectionRoom(Math.max(100, Math.min(MAX_CONNECTIONS, files - OTHER_FILES)));
}

/** Undefined where the system does not tell it so. */
function openFilesLimit(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    // Not Linux: its limits are as high or higher by default.
    return undefined;
  }
}

/**
 * What a device without a secret is told to authenticate with: it has to be some code, the same at every start, and proves nothing
 * until somebody sets it as the device's secret.
 */
export function codeFor(address: string): string {
  return createHash('sha256').update(`wardline ${address}`).digest('hex').slice(0, 16);
}
