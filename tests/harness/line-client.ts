/** A raw TCP client for tests of device ports: sends text or bytes, waits for what comes back. */
import { connect, type Socket } from 'node:net';

export interface LineClient {
  readonly socket: Socket;
  /** All that came so far, as latin1. */
  readonly received: string;
  /** Resolves when bytes are handed to the system. */
  send(data: string | Uint8Array): Promise<void>;
  /** Waits until what came holds `text`. Rejects when the connection ends before. */
  until(text: string): Promise<string>;
  /** Waits until the other side has closed. */
  closed(): Promise<void>;
  end(): void;
}

export async function lineClient(port: number): Promise<LineClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let received = '';
  let isClosed = false;
  let waiting: (() => void)[] = [];
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const each of woken) each();
  };
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    wake();
  });
  // A reset is a close too.
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  const change = () => new Promise<void>((resolve) => waiting.push(resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return {
    socket,
    get received() {
      return received;
    },
    send: (data) =>
      new Promise((resolve) => {
        socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data, () => resolve());
      }),
    until: async (text) => {
      while (!received.includes(text)) {
        if (isClosed) throw new Error(`closed before ${JSON.stringify(text)}: ${JSON.stringify(received)}`);
        await change();
      }
      return received;
    },
    closed: async () => {
      while (!isClosed) await change();
    },
    end: () => socket.destroy(),
  };
}
