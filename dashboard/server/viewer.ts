/**
 * One connection to the live board, without its socket: what it was sent last, and what to send next. A slow one has
 * no queue: while its buffer is full it is passed over, and then gets the one difference since what it has.
 */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type ClientMessage, LIVE_PROTOCOL, type ServerMessage } from '../protocol.ts';
import type { Board } from './board.ts';
import type { Seat, Viewer } from './live-board.ts';

export type ByeReason = Extract<ServerMessage, { type: 'bye' }>['reason'];

/** What a viewer needs of its connection. */
export interface Line {
  send(text: Buffer): void;
  /** Bytes that the network has not taken yet. */
  bufferedBytes(): number;
  /** Says why, and ends the connection. */
  end(reason: ByeReason): void;
}

export interface BoardViewer extends Viewer {
  /** A message from the client, as it came. */
  receive(text: string): void;
  /** Asked now and then: pings, and ends a connection that is dead, silent or hopelessly slow. */
  check(nowMs: number): void;
  /** Moves to another seat: rights have changed. */
  sit(seat: Seat): void;
}

/** A patch is a few kilobytes: more than this unsent means that the network does not keep up. */
const BUFFER_LIMIT_BYTES = 256 * 1024;
const TOO_SLOW_AFTER_MS = 30_000;
const PING_EVERY_MS = 15_000;
const DEAD_AFTER_MS = 45_000;
const HELLO_WITHIN_MS = 10_000;
/** A client says hello once, again after a gap, and pong four times a minute. */
const MAX_MESSAGES_A_MINUTE = 120;
export const MAX_MESSAGE_BYTES = 4096;

const Message = Compile(
  Type.Union([
    Type.Object({
      type: Type.Literal('hello'),
      protocol: Type.Integer(),
      epoch: Type.Optional(Type.String({ maxLength: 64 })),
      seq: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
    Type.Object({ type: Type.Literal('pong') }),
  ]),
);

const PING = Buffer.from(JSON.stringify({ type: 'ping' } satisfies ServerMessage));

export function createViewer(line: Line, nowMs: number): BoardViewer {
  let seat: Seat | undefined;
  /** What the client has; undefined before its hello, and after it when only a snapshot will do. */
  let at: { epoch: string; seq: number } | undefined;
  let hasSaidHello = false;
  let slowSinceMs: number | undefined;
  let heardMs = nowMs;
  let pingedMs = nowMs;
  let clockMs = nowMs;
  let messages = 0;
  let countedFromMs = nowMs;

  const isFull = () => line.bufferedBytes() > BUFFER_LIMIT_BYTES;

  const catchUp = (board: Board) => {
    if (seat === undefined || isFull()) return;
    const patch = at?.epoch === board.epoch ? seat.room.since(at.seq) : undefined;
    // Nothing new for one that is up to date, but a hello is always answered.
    line.send(patch ?? seat.room.snapshot());
    at = { epoch: board.epoch, seq: board.seq() };
  };

  return {
    sit(next) {
      seat = next;
      if (hasSaidHello) catchUp(next.room.board());
    },

    update(board, patch) {
      if (!hasSaidHello || isFull()) return;
      if (at?.epoch === board.epoch && at.seq === board.seq()) return;
      if (patch === undefined || at?.epoch !== board.epoch || at.seq !== patch.from) return catchUp(board);
      line.send(patch.text);
      at.seq = board.seq();
    },

    receive(text) {
      heardMs = clockMs;
      messages++;
      const message = messages > MAX_MESSAGES_A_MINUTE ? undefined : parse(text);
      if (message === undefined) return line.end('protocol');
      if (message.type === 'pong') return;
      if (message.protocol !== LIVE_PROTOCOL) return line.end('protocol');
      hasSaidHello = true;
      const { epoch, seq } = message;
      at = epoch === undefined || seq === undefined ? undefined : { epoch, seq };
      if (seat !== undefined) catchUp(seat.room.board());
    },

    check(now) {
      clockMs = now;
      if (now - countedFromMs >= 60_000) {
        countedFromMs = now;
        messages = 0;
      }
      if (!hasSaidHello && now - countedFromMs > HELLO_WITHIN_MS) return line.end('protocol');
      if (now - heardMs > DEAD_AFTER_MS) return line.end('too-slow');
      slowSinceMs = isFull() ? (slowSinceMs ?? now) : undefined;
      if (slowSinceMs !== undefined && now - slowSinceMs > TOO_SLOW_AFTER_MS) return line.end('too-slow');
      if (slowSinceMs === undefined && now - pingedMs >= PING_EVERY_MS) {
        pingedMs = now;
        line.send(PING);
      }
    },
  };
}

function parse(text: string): ClientMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Message.Check(json)) return undefined;
  return json.type === 'pong'
    ? { type: 'pong' }
    : {
        type: 'hello',
        protocol: json.protocol,
        ...(json.epoch === undefined ? {} : { epoch: json.epoch }),
        ...(json.seq === undefined ? {} : { seq: json.seq }),
      };
}
