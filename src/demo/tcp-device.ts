/**
 * A simulated device that keeps a connection: greets, reports one thing at a time, keeps what is not taken, answers requests, and comes
 * back when the connection ends. What the server does not take within a while it sends again, as devices do.
 */
import { connect, type Socket } from 'node:net';
import type { Counts } from './devices.ts';
import { uniform } from './random.ts';
import type { Dialect, Report, Word } from './report.ts';

export interface TcpDevice {
  keep(report: Report): void;
  /** Connects, sends, sends again, says that it lives: whatever is due. */
  drain(nowMs: number): void;
  /** Switched off, or out of cover: the connection is gone. */
  rest(): void;
  readonly stored: number;
}

export interface TcpDeviceDeps {
  /** `tcp://host:port`. */
  readonly url: URL;
  readonly dialect: Dialect;
  readonly counts: Counts;
  /** Real milliseconds. */
  readonly clock: () => number;
  readonly key: number;
  /** Where the device is now, for who asks. */
  look(): Report;
  onInterval(intervalS: number): void;
  onRefused(status: number, body: string): void;
}

const STORE = 500;
const ANSWER_WITHIN_MS = 15_000;
const RETRY_MS = 5_000;
const HEARTBEAT_MS = 180_000;

export function createTcpDevice(deps: TcpDeviceDeps): TcpDevice {
  const { url, dialect, counts, clock, key } = deps;
  const store: Report[] = [];
  let socket: Socket | undefined;
  let isReady = false;
  /** Since when something waits for its answer. */
  let waitingMs: number | undefined;
  let underWay: Report | undefined;
  let sentMs = 0;
  let retryMs = 0;

  function open(): void {
    const made = connect({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port),
      noDelay: true,
    });
    socket = made;
    waitingMs = clock();
    made.on('connect', () => write(dialect.hello()));
    made.on('data', (chunk: Buffer) => {
      if (socket === made) for (const word of dialect.read(chunk)) hear(word);
    });
    made.on('error', () => {
      // 'close' follows and says all that matters.
    });
    made.on('close', () => {
      if (socket === made) lose();
    });
  }

  function lose(): void {
    const had = socket;
    socket = undefined;
    isReady = false;
    waitingMs = undefined;
    underWay = undefined;
    counts.retried++;
    retryMs = clock() + RETRY_MS * (1 + uniform(key, counts.retried));
    had?.destroy();
  }

  function write(bytes: Buffer): void {
    sentMs = clock();
    socket?.write(bytes);
  }

  function next(): void {
    const [report] = store;
    if (report === undefined || !isReady || underWay !== undefined) return;
    underWay = report;
    const { bytes, isAnswered } = dialect.report(report);
    write(bytes);
    if (isAnswered) waitingMs = clock();
    else hear({ is: 'taken' });
  }

  function hear(word: Word): void {
    if (word.is === 'send') write(word.bytes);
    else if (word.is === 'command') {
      if (word.intervalS !== undefined) deps.onInterval(word.intervalS);
      write(word.reply(deps.look()));
    } else if (word.is === 'ready') {
      isReady = true;
      waitingMs = undefined;
    } else {
      if (word.is === 'refused') {
        counts.refused++;
        deps.onRefused(word.status, 'the server refused a frame');
      } else if (underWay !== undefined) counts.accepted++;
      // The store may have overflowed meanwhile; then the head is another one.
      if (underWay !== undefined && store[0] === underWay) store.shift();
      underWay = undefined;
      waitingMs = undefined;
      if (word.is === 'refused' && !isReady) lose();
    }
    // Not at once: a store of hundreds must not be written in one go.
    if (isReady && store.length > 0) setImmediate(next);
  }

  return {
    keep: (report) => {
      store.push(report);
      if (store.length > STORE) {
        store.shift();
        counts.overflowed++;
      }
    },
    drain: (nowMs) => {
      if (socket === undefined) {
        if (store.length > 0 && nowMs >= retryMs) open();
        return;
      }
      if (waitingMs !== undefined && nowMs - waitingMs > ANSWER_WITHIN_MS) lose();
      else if (isReady && waitingMs === undefined) {
        if (store.length > 0) next();
        else if (nowMs - sentMs > HEARTBEAT_MS) write(dialect.heartbeat());
      }
    },
    rest: () => {
      const had = socket;
      socket = undefined;
      isReady = false;
      waitingMs = undefined;
      underWay = undefined;
      had?.destroy();
    },
    get stored() {
      return store.length;
    },
  };
}
