/** The connection's needs as a browser has them. */
import type { ConnectionDeps } from './connection.ts';

export function browserLine(isSignedIn: () => Promise<boolean>): ConnectionDeps {
  return {
    open(events) {
      const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
      const socket = new WebSocket(`${scheme}://${location.host}/api/v1/live`);
      let isClosed = false;
      const closed = () => {
        if (isClosed) return;
        isClosed = true;
        events.closed();
      };
      socket.onopen = () => events.opened();
      socket.onmessage = ({ data }) => {
        if (!isClosed) events.message(String(data));
      };
      socket.onclose = closed;
      return {
        send: (text) => {
          if (socket.readyState === WebSocket.OPEN) socket.send(text);
        },
        close: () => {
          socket.close();
          // On a network that is gone the closing handshake takes a minute; the next attempt need not wait for it.
          closed();
        },
      };
    },
    later(run, ms) {
      const timer = window.setTimeout(run, ms);
      return () => window.clearTimeout(timer);
    },
    random: Math.random,
    isSignedIn,
  };
}
