/** The websocket to the live board: resumes where it was after a loss, waits longer after each failure, says what state it is in. */
import { type ClientMessage, LIVE_PROTOCOL, type ServerMessage } from '../../protocol.ts';
import { applyPatch, type BoardState, fromSnapshot } from './board-store.ts';

export interface ConnectionEvents {
  /** The state changed; the same object as before unless a snapshot came. */
  changed(state: BoardState): void;
  lost(): void;
  live(): void;
  signedOut(): void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** Nothing for so long, pings included, is a dead connection that the network did not report. */
const DEAD_AFTER_MS = 40_000;

export function connectBoard(events: ConnectionEvents): { close(): void } {
  let state: BoardState | undefined;
  let socket: WebSocket | undefined;
  let waitMs = FIRST_WAIT_MS;
  let retry: number | undefined;
  let deadline: number | undefined;
  let isClosed = false;

  const send = (message: ClientMessage) => socket?.send(JSON.stringify(message));
  const hello = (resumes: boolean) =>
    send({
      type: 'hello',
      protocol: LIVE_PROTOCOL,
      ...(resumes && state !== undefined ? { epoch: state.epoch, seq: state.seq } : {}),
    });

  const heard = () => {
    clearTimeout(deadline);
    deadline = window.setTimeout(() => socket?.close(), DEAD_AFTER_MS);
  };

  const open = () => {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const made = new WebSocket(`${scheme}://${location.host}/api/v1/live`);
    socket = made;
    heard();
    made.onopen = () => hello(true);
    made.onmessage = ({ data }) => {
      heard();
      take(JSON.parse(String(data)) as ServerMessage);
    };
    made.onclose = ({ code }) => {
      clearTimeout(deadline);
      if (isClosed) return;
      if (code === 4401) return events.signedOut();
      events.lost();
      // Spread out, so that a server that comes back is not met by all desks at once.
      retry = window.setTimeout(open, waitMs * (0.5 + Math.random()));
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    };
  };

  const take = (message: ServerMessage) => {
    switch (message.type) {
      case 'snapshot':
        state = fromSnapshot(message);
        break;
      case 'patch':
        if (state === undefined || !applyPatch(state, message)) {
          hello(false);
          return;
        }
        break;
      case 'ping':
        send({ type: 'pong' });
        return;
      case 'bye':
        if (message.reason === 'signed-out') events.signedOut();
        return;
    }
    waitMs = FIRST_WAIT_MS;
    events.live();
    events.changed(state);
  };

  open();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(retry);
      clearTimeout(deadline);
      socket?.close();
    },
  };
}
