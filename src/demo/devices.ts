/**
 * Device simulators over real sockets. A phone keeps its fixes and sends them in order, one request at a time, as the
 * Traccar Client does; the wristbands' platform posts what it has in batches. Whatever the server does not take (503,
 * no connection) waits and is sent later; what it refuses for good (4xx) is dropped and counted, as devices do.
 */
import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { uniform } from './random.ts';
import type { WireRequest } from './wire.ts';

export interface Counts {
  /** Requests that were answered 2xx. */
  accepted: number;
  /** What was refused for good: requests of phones, items of the platform. */
  refused: number;
  /** Requests that will be tried again. */
  retried: number;
  /** Fixes given up because a device's store was full. */
  overflowed: number;
}

export type Answer =
  | { readonly outcome: 'accepted'; readonly body: string }
  | { readonly outcome: 'refused'; readonly status: number; readonly body: string }
  | { readonly outcome: 'later'; readonly waitMs: number };

export interface HttpSender {
  /** Never rejects: every failure is an answer. */
  send(base: URL, wire: WireRequest, token?: string): Promise<Answer>;
  close(): void;
}

const TIMEOUT_MS = 15_000;
/** Where the server does not say how long to wait. */
const RETRY_MS = 5_000;
const MOST_ANSWER_BYTES = 1_000_000;

/** `connections`: how many sockets at once; more requests than that wait their turn. */
export function createHttpSender({ connections = 16 }: { connections?: number } = {}): HttpSender {
  const options = { keepAlive: true, maxSockets: connections, scheduling: 'lifo' as const };
  const agent = new Agent(options);
  const tlsAgent = new TlsAgent(options);
  let isClosed = false;
  return {
    send: (base, wire, token) =>
      new Promise((resolve) => {
        const later = () => resolve({ outcome: 'later', waitMs: RETRY_MS });
        if (isClosed) {
          later();
          return;
        }
        const isTls = base.protocol === 'https:';
        const sent = (isTls ? tlsRequest : request)(
          new URL(wire.path, base),
          {
            method: wire.method,
            agent: isTls ? tlsAgent : agent,
            timeout: TIMEOUT_MS,
            headers: {
              'content-length': Buffer.byteLength(wire.body),
              ...(wire.contentType === null ? {} : { 'content-type': wire.contentType }),
              ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            },
          },
          (response) => {
            let body = '';
            response.setEncoding('utf8');
            response.on('data', (chunk: string) => {
              if (body.length < MOST_ANSWER_BYTES) body += chunk;
            });
            response.on('error', later);
            response.on('end', () => {
              const status = response.statusCode ?? 0;
              if (status >= 200 && status < 300) resolve({ outcome: 'accepted', body });
              // 401 and 429 mend themselves (a token that is being made, a server that catches up); other 4xx do not.
              else if (status >= 400 && status < 500 && status !== 401 && status !== 408 && status !== 429)
                resolve({ outcome: 'refused', status, body });
              else resolve({ outcome: 'later', waitMs: retryAfterMs(response.headers['retry-after']) });
            });
          },
        );
        sent.on('timeout', () => sent.destroy());
        sent.on('error', later);
        sent.end(wire.body);
      }),
    close: () => {
      isClosed = true;
      agent.destroy();
      tlsAgent.destroy();
    },
  };
}

function retryAfterMs(header: string | undefined): number {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : RETRY_MS;
}

export interface Phone {
  /** Takes the request into the phone's store; `drain` sends it. */
  keep(wire: WireRequest): void;
  /** Sends what is stored, oldest first, unless it is waiting or already at it. */
  drain(nowMs: number): void;
  readonly stored: number;
}

/** As many as a phone at 60 s keeps in eight hours without network. */
const PHONE_STORE = 500;

export function createPhone(deps: {
  readonly sender: Pick<HttpSender, 'send'>;
  readonly base: URL;
  readonly counts: Counts;
  /** Real milliseconds, for waiting. */
  readonly clock: () => number;
  readonly key: number;
  readonly onRefused: (status: number, body: string) => void;
  /** With the server's answer: it may hold a request. */
  readonly onAccepted?: (body: string) => void;
}): Phone {
  const { sender, base, counts, clock, key, onRefused, onAccepted } = deps;
  const store: WireRequest[] = [];
  let isSending = false;
  let waitUntilMs = 0;

  const sendAll = async () => {
    isSending = true;
    for (let wire = store[0]; wire !== undefined; wire = store[0]) {
      const answer = await sender.send(base, wire);
      if (answer.outcome === 'later') {
        counts.retried++;
        // Phones do not come back in step: up to twice the wait.
        waitUntilMs = clock() + answer.waitMs * (1 + uniform(key, counts.retried));
        break;
      }
      if (answer.outcome === 'accepted') {
        counts.accepted++;
        onAccepted?.(answer.body);
      } else {
        counts.refused++;
        onRefused(answer.status, answer.body);
      }
      // The store may have overflowed meanwhile; then the head is another one.
      if (store[0] === wire) store.shift();
    }
    isSending = false;
  };

  return {
    keep(wire) {
      store.push(wire);
      if (store.length > PHONE_STORE) {
        store.shift();
        counts.overflowed++;
      }
    },
    drain(nowMs) {
      if (!isSending && store.length > 0 && nowMs >= waitUntilMs) void sendAll();
    },
    get stored() {
      return store.length;
    },
  };
}

export interface Platform {
  keep(line: string): void;
  /** Posts what there is as one batch, unless it is waiting or already at it. */
  drain(nowMs: number): void;
  readonly stored: number;
}

const PLATFORM_STORE = 100_000;
const PLATFORM_BATCH = 2_000;

/** The vendor's platform behind the wristbands: NDJSON batches with the feed's bearer token. */
export function createPlatform(deps: {
  readonly sender: HttpSender;
  readonly base: URL;
  readonly token: string;
  readonly counts: Counts;
  readonly clock: () => number;
  readonly onRefused: (status: number, body: string) => void;
}): Platform {
  const { sender, base, token, counts, clock, onRefused } = deps;
  let store: string[] = [];
  let isSending = false;
  let waitUntilMs = 0;

  const sendAll = async () => {
    isSending = true;
    while (store.length > 0) {
      const batch = store.slice(0, PLATFORM_BATCH);
      const wire: WireRequest = {
        method: 'POST',
        path: '/ingest/v1/observations',
        contentType: 'application/x-ndjson',
        body: `${batch.join('\n')}\n`,
      };
      const overflowedBefore = counts.overflowed;
      const answer = await sender.send(base, wire, token);
      if (answer.outcome === 'later') {
        counts.retried++;
        waitUntilMs = clock() + answer.waitMs;
        break;
      }
      if (answer.outcome === 'accepted') {
        counts.accepted++;
        const refused = refusedItems(answer.body);
        counts.refused += refused;
        if (refused > 0) onRefused(200, answer.body);
      } else {
        counts.refused += batch.length;
        onRefused(answer.status, answer.body);
      }
      // Lines that overflowed from the front while the batch was under way are gone already.
      store = store.slice(Math.max(0, batch.length - (counts.overflowed - overflowedBefore)));
    }
    isSending = false;
  };

  return {
    keep(line) {
      store.push(line);
      if (store.length > PLATFORM_STORE) {
        store.shift();
        counts.overflowed++;
      }
    },
    drain(nowMs) {
      if (!isSending && store.length > 0 && nowMs >= waitUntilMs) void sendAll();
    },
    get stored() {
      return store.length;
    },
  };
}

/** The native ingest answers `{accepted, refused: [{index, …}]}`; a count serves as well. */
function refusedItems(body: string): number {
  try {
    const { refused } = JSON.parse(body) as { refused?: unknown };
    if (Array.isArray(refused)) return refused.length;
    return typeof refused === 'number' ? refused : 0;
  } catch {
    // A server that answers 2xx without JSON took the batch: that is all a platform needs to know.
    return 0;
  }
}
