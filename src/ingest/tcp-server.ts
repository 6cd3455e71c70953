/**
 * The port of a protocol over TCP. It owns the sockets, their number, their time and their bounds; what bytes mean is the protocol's
 * (`protocols/wire.ts`), what comes of them the intake's. A device is answered when what it said is durable.
 */
import { createServer, type Server } from 'node:net';
import type { Logger } from 'pino';
import type { Instant } from '../kernel/instant.ts';
import type { Refusal } from '../kernel/result.ts';
import { createDeviceRegistry } from './device-registry.ts';
import type { DeviceCommand, WireFrame, WireProtocol } from './protocols/wire.ts';
import type { Quarantine, Source } from './quarantine.ts';
import type { Devices } from './roster-cache.ts';
import { createSparing } from './sparing.ts';
import type { TakeDecodedDeps } from './take-decoded.ts';
import { type CloseReason, createDeviceConnection, type DeviceConnection } from './tcp-connection.ts';
import { createTokenBucket } from './token-bucket.ts';

/** What a device on the roster, believed, has said; told when it is durable. */
export interface Heard {
  /** Roster's id. */
  readonly device: string;
  readonly frame: WireFrame;
  readonly receivedMs: Instant;
}

export interface TcpServerDeps {
  readonly wire: WireProtocol;
  /** As in `TakeDecodedDeps`: the intake with a quarantine that keeps nothing. */
  readonly intake: TakeDecodedDeps['intake'];
  readonly quarantine: Pick<Quarantine, 'add'>;
  readonly messages?: NonNullable<TakeDecodedDeps['messages']>;
  readonly devices: Pick<Devices, 'resolve' | 'clockOf'>;
  /** The secret that is set for an id on the wire; undefined: the device is believed without. */
  secretOf(address: string): string | undefined;
  /** What a registering device is told to authenticate with. */
  authCode(address: string): string;
  readonly logger: Logger;
  readonly now: () => Instant;
  onHeard?(heard: Heard): void;
  /** `isKept` is false where the quarantine was spared a flood. */
  onRefused?(refusal: Refusal, isKept: boolean): void;
  onFrame?(refusal: Refusal | null): void;
  onConnections?(count: number): void;
  onClosed?(reason: CloseReason): void;
  /** A device (its id on the wire) speaks by another connection, while an older one of its was open. */
  onReplaced?(address: string, receivedMs: Instant): void;
  readonly limits?: Partial<TcpLimits>;
  /** Shared by ports that together may have so many connections; else `limits.connections` is the port's own. */
  readonly room?: ConnectionRoom;
}

export interface ConnectionRoom {
  take(): boolean;
  giveBack(): void;
}

export function createConnectionRoom(max: number): ConnectionRoom {
  let taken = 0;
  return {
    take: () => {
      if (taken >= max) return false;
      taken++;
      return true;
    },
    giveBack: () => {
      taken--;
    },
  };
}

export interface TcpLimits {
  readonly connections: number;
  /** A connection that has said nothing of a device on the roster. */
  readonly silentMs: number;
  /** Devices beat every few minutes; the kernel's keep-alive finds dead ones earlier. */
  readonly idleMs: number;
  readonly sweepEveryMs: number;
  /** Bytes read and not yet durable, of all connections. */
  readonly heldBytes: number;
  /** Refused frames of all connections that go into quarantine. */
  readonly quarantine: { readonly burst: number; readonly perS: number };
}

const LIMITS: TcpLimits = {
  connections: 20_000,
  silentMs: 2 * 60_000,
  idleMs: 30 * 60_000,
  sweepEveryMs: 10_000,
  heldBytes: 64 * 1024 * 1024,
  quarantine: { burst: 5000, perS: 100 },
};

export interface TcpServer {
  /** Answers the port that it has. Rejects with the system's error. */
  listen(host: string, port: number): Promise<number>;
  readonly connections: number;
  isConnected(device: string): boolean;
  /** To a device (roster's id) that is connected; undefined where it is not, or its protocol has no word for it. */
  send(device: string, command: DeviceCommand): { readonly serial: number | null } | undefined;
  stop(): Promise<void>;
}

/** What connections share. */
export type TcpHub = Pick<
  TcpServerDeps,
  'wire' | 'intake' | 'quarantine' | 'messages' | 'devices' | 'secretOf' | 'authCode' | 'logger' | 'now'
> & {
  readonly source: Source;
  readonly isStopped: boolean;
  hold(bytes: number): boolean;
  letGo(bytes: number): void;
  /** How many of so many may go into quarantine now. */
  roomFor(wanted: number, nowMs: Instant): number;
  /** `address`: its id on the wire. */
  claim(device: string, connection: DeviceConnection, address: string): void;
  /** Whether of an unsupported kind of message of a device (both its ids) one is to be kept. */
  isSample(address: string, kind: string, nowMs: Instant): boolean;
  onHeard(heard: Heard): void;
  onRefused(refusal: Refusal, isKept: boolean): void;
  onFrame(refusal: Refusal | null): void;
  onClosed(connection: DeviceConnection, reason: CloseReason): void;
};

const STOP_WITHIN_MS = 3000;
/** Of what a device says for ever and nobody reads. */
const SAMPLE_EVERY_MS = 3_600_000;
const MAX_SAMPLES = 50_000;

export function createTcpServer(deps: TcpServerDeps): TcpServer {
  const { wire, logger } = deps;
  const limits = { ...LIMITS, ...deps.limits };
  const registry = createDeviceRegistry<DeviceConnection>();
  /** In the order in which they came. */
  const connections = new Set<DeviceConnection>();
  const room = deps.room ?? createConnectionRoom(limits.connections);
  const bucket = createTokenBucket(limits.quarantine);
  const samples = createSparing(SAMPLE_EVERY_MS, MAX_SAMPLES);
  let held = 0;
  let isStopped = false;
  let sweeping: NodeJS.Timeout | undefined;

  const hub: TcpHub = {
    ...deps,
    source: wire.protocol as Source,
    get isStopped() {
      return isStopped;
    },
    hold: (bytes) => {
      if (held + bytes > limits.heldBytes) return false;
      held += bytes;
      return true;
    },
    letGo: (bytes) => {
      held -= bytes;
    },
    roomFor: (wanted, nowMs) => bucket.take(wanted, nowMs),
    claim: (device, connection, address) => {
      const older = registry.connectionOf(device);
      if (older !== undefined && older !== connection) deps.onReplaced?.(address, deps.now());
      registry.claim(device, connection)?.close('replaced');
    },
    isSample: (address, kind, nowMs) => samples.isDue(`${address} ${kind}`, nowMs),
    onHeard: (heard) => deps.onHeard?.(heard),
    onRefused: (refusal, isKept) => deps.onRefused?.(refusal, isKept),
    onFrame: (refusal) => deps.onFrame?.(refusal),
    onClosed: (connection, reason) => {
      registry.forget(connection);
      deps.onClosed?.(reason);
      logger.debug({ event: 'device.closed', source: wire.protocol, reason }, 'a connection was closed');
    },
  };

  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (isStopped) return socket.destroy();
    if (!room.take() && !makeRoom()) {
      deps.onClosed?.('too-many');
      return socket.destroy();
    }
    const connection = createDeviceConnection(socket, hub, deps.now());
    connections.add(connection);
    deps.onConnections?.(connections.size);
    socket.once('close', () => {
      // Who was taken off already has left its place to another.
      if (connections.delete(connection)) room.giveBack();
      deps.onConnections?.(connections.size);
    });
  });
  /** The oldest that nobody knows leaves its place. */
  function makeRoom(): boolean {
    for (const connection of connections) {
      if (connection.isKnown) continue;
      connections.delete(connection);
      connection.close('too-many');
      return true;
    }
    return false;
  }

  function sweep(): void {
    const nowMs = deps.now();
    for (const connection of connections) {
      if (!connection.isKnown && nowMs - connection.connectedMs > limits.silentMs) connection.close('silent');
      else if (nowMs - connection.heardMs > limits.idleMs) connection.close('idle');
    }
  }

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, backlog: 4096 }, () => {
          server.off('error', reject);
          // Accepting fails (no more file handles, …): who is connected stays so.
          server.on('error', (error) => {
            const event = 'device.accept-failed';
            logger.error({ event, source: wire.protocol, error: String(error) }, 'not accepting');
          });
          sweeping = setInterval(sweep, limits.sweepEveryMs);
          const address = server.address();
          resolve(typeof address === 'object' && address !== null ? address.port : port);
        });
      }),
    get connections() {
      return connections.size;
    },
    isConnected: (device) => registry.connectionOf(device) !== undefined,
    send: (device, command) => registry.connectionOf(device)?.send(device, command),
    stop: async () => {
      clearInterval(sweeping);
      const closed = server.listening
        ? new Promise<void>((resolve) => server.close(() => resolve()))
        : Promise.resolve();
      const open = [...connections];
      // What was read is taken and answered first, if the log can take it.
      const late = setTimeout(() => {
        isStopped = true;
      }, STOP_WITHIN_MS);
      for (const connection of open) connection.close('stop');
      await Promise.all(open.map((connection) => connection.settled()));
      clearTimeout(late);
      isStopped = true;
      await closed;
    },
  };
}
