/** A dashboard on a free port over a database of its own, with what tests of it need: people, subjects, alerts, clients. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { openLedger } from '../../alerts/ledger.ts';
import {
  type AlertCard,
  LIVE_PROTOCOL,
  type ServerMessage,
  type SubjectCard,
  unpackWhereabouts,
  type Whereabouts,
} from '../../dashboard/protocol.ts';
import { createDashboard, type DashboardDeps } from '../../dashboard/server/app.ts';
import type { Role } from '../../dashboard/server/auth/access.ts';
import { hashPassword } from '../../dashboard/server/auth/passwords.ts';
import { currentReach } from '../../dashboard/server/auth/reach.ts';
import { connectServiceDatabase } from '../../src/adapters/database.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { createMemoryLiveState } from '../../src/adapters/memory-live-state.ts';
import { createIdentityOffice } from '../../src/identity/identity-office.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { LiveState } from '../../src/ports/live-state.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

export const PASSWORD = 'test-password';

export interface Call {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked into by tests, whatever it is
  readonly body: any;
}

export interface TestDashboard extends TestDatabase {
  readonly app: FastifyInstance;
  readonly address: string;
  readonly liveState: LiveState;
  /** Milliseconds that `now` is ahead of the real clock. */
  clock: { aheadMs: number };
  call(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: unknown },
  ): Promise<Call>;
  /** Cleared to see minors unless said otherwise. */
  account(login: string, role: Role, organisation: string, minors?: boolean): Promise<void>;
  token(role: Role, organisation: string, minors?: boolean): Promise<{ authorization: string }>;
  signIn(login: string): Promise<{ cookie: string; 'x-csrf-token': string }>;
  subject(id: string, office: string, name?: string, minor?: boolean): Promise<void>;
  alert(alert: string, version: number, given: Partial<AlertEvent> & { subject: string }): Promise<unknown>;
  close(): Promise<void>;
}

/** One hash for all accounts of a run: making one takes as long as it is meant to. */
const passwordHash = hashPassword(PASSWORD);

export async function startDashboard(overrides: Partial<DashboardDeps> = {}): Promise<TestDashboard> {
  const postgres = await createTestDatabase();
  const { database } = postgres;
  const logger = createLogger('error');
  const requests = await connectServiceDatabase({ url: postgres.url, reach: currentReach, logger, max: 4 });
  const liveState = createMemoryLiveState();
  const clock = { aheadMs: 0 };
  const app = await createDashboard({
    database,
    requests,
    liveState,
    logger: createLogger('silent'),
    registry: new Registry(),
    probes: [],
    plugins: [],
    quarantine: {
      list: async () => ({ items: [], nextCursor: null }),
      replay: async () => ({ replayed: 0, stillRefused: 0 }),
    },
    past: {
      explain: async () => undefined,
      reproduce: async () => undefined,
      backtest: async () => ({ counts: [], load: {}, differences: [] }),
      lintZone: async () => undefined,
      lintDraft: async (_reach, { zone }) => ({
        zone: zone.id,
        looked: [],
        check: { refusal: null, repairs: [], repaired: null },
        week: null,
      }),
    },
    evidence: { make: async () => undefined },
    retention: {
      positionRetentionDays: 365,
      phonePositionRetentionDays: 180,
      presenceRetentionDays: 1096,
      messageRetentionDays: 14,
      quarantineRetentionDays: 90,
      logRetentionHours: 168,
    },
    identities: createIdentityOffice(undefined),
    pageDir: '/nowhere',
    version: 'test',
    demo: false,
    tickSeconds: 10,
    callsAMinute: 1_000_000,
    partitions: 1,
    stages: ['board'],
    now: () => Date.now() + clock.aheadMs,
    ...overrides,
  });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const run = (text: string, values: unknown[]) => database.query({ text, values });

  const call: TestDashboard['call'] = async (method, path, { headers = {}, body } = {}) => {
    const response = await fetch(address + path, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };

  return {
    ...postgres,
    app,
    address,
    liveState,
    clock,
    call,
    async account(login, role, organisation, minors = true) {
      await run(
        'INSERT INTO accounts (login, password_hash, role, organisation, minors) VALUES ($1, $2, $3, $4, $5)',
        [login, await passwordHash, role, organisation, minors],
      );
    },
    async token(role, organisation, minors = true) {
      const token = randomBytes(16).toString('hex');
      const hash = createHash('sha256').update(token).digest();
      await run('INSERT INTO tokens (token_hash, role, organisation, minors) VALUES ($1, $2, $3, $4)', [
        hash,
        role,
        organisation,
        minors,
      ]);
      return { authorization: `Bearer ${token}` };
    },
    async signIn(login) {
      const answer = await call('POST', '/api/v1/session', { body: { login, password: PASSWORD } });
      if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}`);
      const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      return { cookie, 'x-csrf-token': answer.body.csrf };
    },
    async subject(id, office, name = `测试人员${id}`, minor = false) {
      await run(
        `INSERT INTO subjects (id, name, office, grade, profile) VALUES ($1, $2, $3, 'standard', $4)
         ON CONFLICT (id) DO UPDATE SET name = $2, office = $3, profile = $4`,
        [
          id,
          name,
          office,
          JSON.stringify({
            id,
            name,
            office,
            grade: 'standard',
            zones: [{ zone: `home-${id}`, rule: 'stay-in' }],
            ...(minor ? { minor } : {}),
          }),
        ],
      );
      await run("SELECT pg_notify('roster', '')", []);
    },
    alert: (alert, version, given) => writeAlert(database, alert, version, given),
    async close() {
      await app.close();
      await requests.close();
      await liveState.close();
      await postgres.drop();
    },
  };
}

function writeAlert(
  database: TestDatabase['database'],
  alert: string,
  version: number,
  given: Partial<AlertEvent> & { readonly subject: string },
): Promise<unknown> {
  const startedAtMs = given.startedAtMs ?? Date.UTC(2026, 2, 1);
  return openLedger(database).append([
    {
      alert,
      version,
      kind: 'out-of-bounds',
      state: version === 1 ? 'opened' : 'updated',
      severity: 'high',
      startedAtMs,
      detectedAtMs: startedAtMs,
      clearedAtMs: given.state === 'cleared' ? startedAtMs + 3_600_000 : null,
      zone: null,
      device: 'D1',
      confidence: 0.99,
      late: false,
      reason: `${given.subject}越界`,
      reasonEn: `${given.subject} is out of bounds`,
      evidence: [{ atMs: startedAtMs, lat: 23.5, lon: 116.3, accuracyM: 10, distanceM: 250 }],
      ...given,
    },
  ]);
}

/** A client of the live board that keeps its view as the page does, and everything that it was told. */
export interface LiveClient {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[];
  readonly cards: SubjectCard[];
  readonly whereabouts: Map<string, Whereabouts>;
  readonly alerts: Map<string, AlertCard>;
  cursor(): { epoch: string; seq: number } | undefined;
  /** Resolves when the view is as asked for; rejects when it is not within a minute: a bound for what hangs. */
  until(what: string, holds: (client: LiveClient) => boolean): Promise<void>;
  closed(): Promise<{ code: number; reason: string }>;
  close(): Promise<void>;
}

export async function watchBoard(
  address: string,
  headers: Record<string, string>,
  cursor?: { epoch: string; seq: number },
  start?: Pick<LiveClient, 'cards' | 'whereabouts' | 'alerts'>,
): Promise<LiveClient> {
  const socket = new WebSocket(`${address.replace('http', 'ws')}/api/v1/live`, { headers });
  const messages: ServerMessage[] = [];
  const cards = [...(start?.cards ?? [])];
  const whereabouts = new Map(start?.whereabouts);
  const alerts = new Map(start?.alerts);
  let at = cursor;
  let fault: Error | undefined;
  const waiting = new Set<() => void>();
  const ended = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );

  socket.on('message', (data) => {
    const message: ServerMessage = JSON.parse(data.toString());
    messages.push(message);
    if (message.type === 'ping') socket.send('{"type":"pong"}');
    if (message.type === 'snapshot') {
      cards.splice(0, cards.length, ...message.cards);
      whereabouts.clear();
      alerts.clear();
      at = { epoch: message.epoch, seq: message.seq };
    }
    if (message.type === 'patch') {
      if (message.from !== at?.seq) fault = new Error(`a patch from ${message.from} on ${at?.seq}`);
      if (at !== undefined) at = { epoch: at.epoch, seq: message.to };
    }
    if (message.type === 'snapshot' || message.type === 'patch') {
      if (message.whereabouts !== undefined)
        for (const tuple of unpackWhereabouts(message.whereabouts))
          whereabouts.set(cards[tuple[0]]?.id ?? '', tuple);
      for (const card of message.alerts ?? []) alerts.set(card.alert, card);
      if (message.type === 'patch') for (const id of message.gone ?? []) alerts.delete(id);
    }
    for (const wake of waiting) wake();
  });

  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'hello', protocol: LIVE_PROTOCOL, ...cursor }));

  const client: LiveClient = {
    socket,
    messages,
    cards,
    whereabouts,
    alerts,
    cursor: () => at,
    until: (what, holds) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (fault === undefined && !holds(client)) return;
          waiting.delete(check);
          clearTimeout(timer);
          if (fault === undefined) resolve();
          else reject(fault);
        };
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(new Error(`not within a minute: ${what}`));
        }, 60_000);
        waiting.add(check);
        check();
      }),
    closed: () => ended,
    async close() {
      socket.terminate();
      await ended;
    },
  };
  return client;
}

/** Checks that an answer is RFC 9457 problem details; answers its status. */
export function problem(answer: Call): number {
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^urn:wardline:problem:/),
    title: expect.any(String),
    status: answer.status,
  });
  return answer.status;
}

/** Out of the router's own table: a route that is forgotten in a list of a test's would not be tried. */
export function routesOf(app: FastifyInstance): { method: string; url: string }[] {
  const routes: { method: string; url: string }[] = [];
  const path: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line);
    if (match === null) continue;
    const [, indent = '', part = '', methods] = match;
    path.length = indent.length / 4;
    path.push(part);
    for (const method of methods?.split(', ') ?? []) {
      if (method !== 'HEAD' && method !== 'OPTIONS') routes.push({ method, url: path.join('') });
    }
  }
  return routes;
}
