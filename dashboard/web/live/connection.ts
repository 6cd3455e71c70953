/**
 * The connection to the live board: says hello with the cursor that it has, asks for a snapshot after a gap, waits longer
 * after each failure, and tells what state it is in. Sockets, timers and chance are handed in.
 */
import { type ClientMessage, LIVE_PROTOCOL, type ServerMessage } from '../../protocol.ts';
import { type BoardState, type Changed, createBoardStore } from './board-store.ts';

export interface Line {
  send(text: string): void;
  close(): void;
}
export interface LineEvents {
  opened(): void;
  message(text: string): void;
  /** Called once, whoever closed it and also if it never opened. */
  closed(): void;
}
export interface ConnectionDeps {
  open(events: LineEvents): Line;
  /** Answers how to call it off. */
  later(run: () => void, ms: number): () => void;
  /** 0…1. */
  random(): number;
  /** Asked after a line that never opened: an upgrade that is refused does not say why. */
  isSignedIn(): Promise<boolean>;
}
export interface ConnectionEvents {
  changed(state: BoardState, changed: Changed): void;
  /** What is shown is what it was; a new attempt is on its way. */
  lost(): void;
  signedOut(): void;
  /** The server speaks another version: only a new page helps. */
  outdated(): void;
}
export interface Connection {
  /** Tries now instead of after the wait: the network is back. */
  hurry(): void;
  close(): void;
}

export const FIRST_WAIT_MS = 500;
export const LONGEST_WAIT_MS = 10_000;
/** The server pings every 15 s: silent for longer than two of them is dead, whether or not the network has noticed. */
export const DEAD_AFTER_MS = 35_000;

export function connectBoard(deps: ConnectionDeps, events: ConnectionEvents): Connection {
  const store = createBoardStore();
  let line: Line | undefined;
  let waitMs = FIRST_WAIT_MS;
  let callOffRetry: (() => void) | undefined;
  let callOffDeadline = () => {};
  let hasOpened = false;
  /** A snapshot was asked for: patches that come before it do not fit either and are no reason to ask again. */
  let isAwaitingSnapshot = false;
  let isOver = false;

  const send = (message: ClientMessage) => line?.send(JSON.stringify(message));

  function open(): void {
    callOffRetry = undefined;
    hasOpened = false;
    isAwaitingSnapshot = false;
    heard();
    line = deps.open({
      opened: () => {
        hasOpened = true;
        hello(true);
      },
      message: (text) => {
        if (isOver) return;
        heard();
        // Our own server, and the same page's protocol file: trusted.
        take(JSON.parse(text) as ServerMessage);
      },
      closed: () => {
        callOffDeadline();
        line = undefined;
        if (isOver) return;
        events.lost();
        if (hasOpened) retryLater();
        else void askWhy();
      },
    });
  }

  function hello(resumes: boolean): void {
    const state = resumes ? store.state() : undefined;
    isAwaitingSnapshot = state === undefined;
    send({
      type: 'hello',
      protocol: LIVE_PROTOCOL,
      ...(state === undefined ? {} : { epoch: state.epoch, seq: state.seq }),
    });
  }

  function heard(): void {
    callOffDeadline();
    callOffDeadline = deps.later(() => line?.close(), DEAD_AFTER_MS);
  }

  function retryLater(): void {
    // Spread out, so that a server that comes back is not met by all desks at once.
    callOffRetry = deps.later(open, waitMs * (0.5 + deps.random() / 2));
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }

  async function askWhy(): Promise<void> {
    // An unreachable server answers nothing: that is a lost connection, not a lost session.
    const isSignedIn = await deps.isSignedIn().catch(() => true);
    if (isOver || line !== undefined || callOffRetry !== undefined) return;
    if (isSignedIn) retryLater();
    else end(events.signedOut);
  }

  function take(message: ServerMessage): void {
    switch (message.type) {
      case 'ping':
        send({ type: 'pong' });
        return;
      case 'bye':
        if (message.reason === 'signed-out') end(events.signedOut);
        else if (message.reason === 'protocol') end(events.outdated);
        return;
      case 'snapshot':
        if (message.protocol !== LIVE_PROTOCOL) {
          end(events.outdated);
          return;
        }
        isAwaitingSnapshot = false;
        break;
      case 'patch':
        if (isAwaitingSnapshot) return;
        break;
      default:
        return;
    }
    const changed = store.take(message);
    const state = store.state();
    if (changed === undefined || state === undefined) {
      hello(false);
      return;
    }
    waitMs = FIRST_WAIT_MS;
    events.changed(state, changed);
  }

  function end(tell?: () => void): void {
    isOver = true;
    callOffRetry?.();
    callOffDeadline();
    line?.close();
    tell?.();
  }

  open();
  return {
    hurry() {
      if (isOver || callOffRetry === undefined) return;
      callOffRetry();
      open();
    },
    close: () => end(),
  };
}
