/**
 * `/api/v1/live`: the websocket shell of the live board. Who connects is checked at the upgrade like any call (cookie
 * or bearer, Origin for a cookie), again as soon as this process changes the rights, and every 30 s for what another
 * process changes; a session that ends, ends its connections at once. Whom a session is shown stands in the audit before it is shown.
 */
import fastifyWebsocket from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { WebSocket } from 'ws';
import { told } from '../../src/kernel/fault.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Db } from '../../src/ports/database.ts';
import { auditShown } from './audit.ts';
import { type Actor, can } from './auth/access.ts';
import { reachOf } from './auth/reach.ts';
import { callerOf, identify } from './auth/route-guard.ts';
import type { Caller, Sessions } from './auth/sessions.ts';
import type { App } from './http-server.ts';
import type { LiveBoard, Seat } from './live-board.ts';
import { Problem } from './problem.ts';
import { problem } from './routes/schemas.ts';
import { type BoardViewer, type ByeReason, createViewer, MAX_MESSAGE_BYTES } from './viewer.ts';

export interface BoardSocketDeps {
  readonly liveBoard: LiveBoard;
  readonly sessions: Sessions;
  /** Of the owner: before a connection is open, no call has a reach yet. */
  readonly database: Db;
  now(): Instant;
  /** How often rights are asked for again. Default 30 s. */
  readonly recheckMs?: number;
}

/** A board stands open day and night: as long as a session, the longest of which then has two entries. */
const WATCH_ENTRY_MS = 12 * 3_600_000;
const CHECK_EVERY_MS = 5000;
const MAX_CONNECTIONS = 2000;
const MAX_CONNECTIONS_A_CALLER = 50;
/** After `bye` the client closes; one that does not is cut off. */
const CLOSE_WITHIN_MS = 2000;
const CLOSE_CODES: Readonly<Record<ByeReason, number>> = {
  'signed-out': 4401,
  protocol: 4400,
  shutdown: 1001,
  'too-slow': 4408,
};

interface Connection {
  readonly request: FastifyRequest;
  readonly viewer: BoardViewer;
  caller: Caller;
  seat: Seat;
  end(reason: ByeReason): void;
}

export async function registerBoardSocket(app: App, deps: BoardSocketDeps): Promise<void> {
  const connections = new Set<Connection>();
  /** By credential, not by connection: a desk that connects again is shown the same people. */
  const watching = new Map<string, { readonly people: ReadonlySet<string>; readonly sinceMs: Instant }>();
  const noteWatched = async ({ actor, key }: Caller, address: string) => {
    const people = deps.liveBoard.people(reachOf(actor));
    const found = watching.get(key);
    const isKnown = found !== undefined && deps.now() - found.sinceMs < WATCH_ENTRY_MS;
    if (isKnown && found.people === people) return;
    const added = isKnown ? [...people].filter((id) => !found.people.has(id)) : people;
    await auditShown(deps.database, { actor, address }, 'board.watch', added);
    watching.set(key, { people, sinceMs: isKnown ? found.sinceMs : deps.now() });
  };
  const endAll = (reason: ByeReason, which: (connection: Connection) => boolean = () => true) => {
    for (const connection of connections) if (which(connection)) connection.end(reason);
  };
  await app.register(fastifyWebsocket, {
    options: { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false },
    preClose: async () => endAll('shutdown'),
    errorHandler: (error, socket, request) => {
      request.log.error({ event: 'live.failed', err: error }, 'a live connection failed');
      socket.terminate();
    },
  });
  deps.sessions.onEnded((key) => endAll('signed-out', ({ caller }) => caller.key === key));

  // A refused upgrade has left the HTTP server's care: unless its socket is ended here, it stays open for as long as the
  // other side likes, and the server can't close.
  app.addHook('onResponse', async (request) => {
    if (request.headers.upgrade !== undefined) request.raw.socket.destroySoon();
  });

  app.route({
    method: 'GET',
    url: '/api/v1/live',
    config: { action: 'board.watch' },
    schema: {
      tags: ['board'],
      summary: 'The live board by websocket',
      description: 'Messages: dashboard/protocol.ts. A snapshot, then patches; resumes by epoch and seq.',
      response: {
        101: Type.Null({ description: 'The connection is a websocket from here on' }),
        '4xx': problem('The request was refused'),
        '5xx': problem('It could not be done now'),
      },
    },
    preValidation: async (request) => {
      if (connections.size >= MAX_CONNECTIONS)
        throw new Problem('unavailable', told('too-many-connections'), 30);
      const caller = callerOf(request);
      const own = [...connections].filter((each) => each.caller.key === caller.key);
      if (own.length >= MAX_CONNECTIONS_A_CALLER)
        throw new Problem('too-many-attempts', told('own-connections', { n: own.length }), 30);
      if (request.ws) await noteWatched(caller, request.ip);
    },
    handler: async () => {
      throw new Problem('bad-request', told('websocket-only'));
    },
    wsHandler: (socket, request) => open(socket, request),
  });

  function open(socket: WebSocket, request: FastifyRequest): void {
    const caller = callerOf(request);
    const end = (reason: ByeReason) => {
      if (!connections.delete(connection)) return;
      connection.seat.leave();
      if (socket.readyState !== socket.OPEN) return socket.terminate();
      socket.send(JSON.stringify({ type: 'bye', reason }));
      socket.close(CLOSE_CODES[reason], reason);
      setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS).unref();
    };
    const viewer = createViewer(
      {
        send: (text) => {
          if (socket.readyState === socket.OPEN) socket.send(text, { binary: false });
        },
        bufferedBytes: () => socket.bufferedAmount,
        end,
      },
      performance.now(),
    );
    const seat = deps.liveBoard.join(reachOf(caller.actor), viewer);
    const connection: Connection = { request, viewer, caller, seat, end };
    connections.add(connection);
    viewer.sit(seat);
    socket.on('message', (data, isBinary) => {
      if (!connections.has(connection)) return;
      if (isBinary) end('protocol');
      else viewer.receive(String(data));
    });
    socket.on('close', () => {
      if (connections.delete(connection)) connection.seat.leave();
    });
    // A broken frame or a message that is too large: ws closes the connection itself with the right code.
    socket.on('error', (error) =>
      request.log.info({ event: 'live.broken', reason: error.message }, 'live connection broken'),
    );
  }

  const recheck = async (connection: Connection) => {
    const caller = await identify(connection.request, deps.sessions);
    if (!connections.has(connection)) return;
    if (
      caller === undefined ||
      caller.mustChange ||
      !can(caller.actor, 'board.watch', caller.actor.organisation)
    )
      return connection.end('signed-out');
    await noteWatched(caller, connection.request.ip);
    if (!connections.has(connection)) return;
    const before = connection.caller.actor;
    const isMoved =
      caller.actor.organisation !== before.organisation || caller.actor.minors !== before.minors;
    connection.caller = caller;
    if (!isMoved) return;
    connection.seat.leave();
    connection.seat = deps.liveBoard.join(reachOf(caller.actor), connection.viewer);
    connection.viewer.sit(connection.seat);
  };

  const checks = setInterval(() => {
    for (const { viewer } of connections) viewer.check(performance.now());
  }, CHECK_EVERY_MS);
  let rechecking = Promise.resolve();
  const recheckAll = (whose: (actor: Actor) => boolean) => {
    rechecking = rechecking.then(async () => {
      for (const connection of [...connections].filter(({ caller }) => whose(caller.actor))) {
        try {
          await recheck(connection);
        } catch (error) {
          // The store is away: whoever was let in stays until it can be asked again.
          app.log.warn({ event: 'live.recheck-failed', err: error }, 'can not check live sessions');
          return;
        }
      }
    });
  };
  deps.sessions.onRightsChanged(recheckAll);
  const rechecks = setInterval(() => {
    for (const [key, { sinceMs }] of watching)
      if (deps.now() - sinceMs >= WATCH_ENTRY_MS) watching.delete(key);
    recheckAll(() => true);
  }, deps.recheckMs ?? 30_000);
  app.addHook('onClose', async () => {
    clearInterval(checks);
    clearInterval(rechecks);
    await rechecking;
  });
}
