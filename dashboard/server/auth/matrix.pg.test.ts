/**
 * Every route × every role × inside and outside the jurisdiction × minors, and every message of the live board. Built from what the
 * server has registered: a new route is tried by itself. What it can't call is a failure that says what to add here.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServerMessage } from '../../../dashboard/protocol.ts';
import {
  routesOf,
  startDashboard,
  type TestDashboard,
  watchBoard,
} from '../../../tests/harness/dashboard.ts';
import { type Action, actionsOf, ROLES, type Role } from './access.ts';
import type { DeclaredRoute } from './route-guard.ts';

const HOME = '445281';
const SIDES = {
  INSIDE: `${HOME}/office-INSIDE`,
  OUTSIDE: '445222/office-OUTSIDE',
  MINOR: `${HOME}/office-INSIDE`,
};
type Side = keyof typeof SIDES;
/** Values by the name of the parameter, query or body property that takes them. */
type Values = Readonly<Record<string, unknown>>;
const targets = new Map<Side, Values>();
/** What `:id` means after this step of a path. */
const ID_AFTER: Readonly<Record<string, string>> = {
  subjects: 'subject',
  alerts: 'alert',
  devices: 'device',
  feeds: 'feed',
  zones: 'zone',
  incidents: 'incident',
  shelvings: 'shelving',
  tasks: 'task',
  hazards: 'hazard',
  shifts: 'shift',
  checks: 'check',
  'check-draws': 'draw',
  terminals: 'terminal',
  'legal-holds': 'hold',
  permits: 'permit',
  musters: 'muster',
  'positioning-orders': 'order',
  'score-objections': 'objection',
  reports: 'report',
  'notice-subscriptions': 'subscription',
  'notice-deliveries': 'delivery',
};

let dash: TestDashboard;
let routes: readonly DeclaredRoute[];
const callers = new Map<string, { authorization: string }>();
const callerOf = (role: Role, scope: string, minors: boolean) => {
  const found = callers.get(`${role} ${scope} ${minors}`);
  if (found === undefined) throw new Error(`no token for ${role} ${scope}`);
  return found;
};

beforeAll(async () => {
  dash = await startDashboard({
    past: {
      explain: async () => ({}),
      reproduce: async (alert) => ({ alert, identical: true, versions: [] }),
      backtest: async () => ({ counts: [], load: {}, differences: [] }),
      lintZone: async () => undefined,
      lintDraft: async (_reach, { zone }) => ({
        zone: zone.id,
        looked: [],
        check: { refusal: null, repairs: [], repaired: null },
        week: null,
      }),
    },
  });
  const run = (text: string, values: unknown[]) => dash.database.query<{ id: string }>({ text, values });
  await run("INSERT INTO feeds (id, name) VALUES ('F1', 'F1')", []);
  await run(
    "INSERT INTO notice_channels (name, kind, organisation, host) VALUES ('mail', 'email', '', 'h')",
    [],
  );
  for (const side of Object.keys(SIDES) as Side[]) {
    const office = SIDES[side];
    await dash.subject(`s-${side}`, office, `name-${side}`, side === 'MINOR');
    await dash.alert(`a-${side}`, 1, { subject: `s-${side}`, zone: `home-s-${side}` });
    await dash.account(`l-${side}`, 'office-officer', office, side === 'MINOR');
    await run('INSERT INTO zones (id, feature) VALUES ($1, $2)', [
      `home-s-${side}`,
      {
        type: 'Feature',
        id: `home-s-${side}`,
        properties: {},
        geometry: { type: 'Point', coordinates: [116, 23] },
      },
    ]);
    await run(
      `INSERT INTO zone_versions (zone, version, feature, made_by, reason) SELECT id, version, feature, 'x', '' FROM zones WHERE id = $1`,
      [`home-s-${side}`],
    );
    await run(
      `INSERT INTO devices (id, subject, kind, protocol, address, interval_s, valid_from) VALUES ($1, $2, 'phone', 'jt808', $1, 60, now() - interval '1 day')`,
      [`d-${side}`, `s-${side}`],
    );
    await run(
      `INSERT INTO device_messages (received_at, device, subject, protocol, record) VALUES (now(), $1, $2, 'jt808', $3)`,
      [`d-${side}`, `s-${side}`, JSON.stringify({ kind: 'text', text: side })],
    );
    await run(
      `INSERT INTO device_commands (device, subject, command, is_spot_check, asked_by, queued_at, expires_at) VALUES ($1, $2, '{"type":"locate"}', true, 'x', now(), now())`,
      [`d-${side}`, `s-${side}`],
    );
    // Nobody has the version that the calls name: what is inside is not changed under the tests that follow.
    await run('UPDATE subjects SET version = 7 WHERE id = $1', [`s-${side}`]);
    const work = await makeWork(side, office);
    if (side !== 'MINOR')
      await run(`INSERT INTO organisations (path, kind, name) VALUES ($1, 'justice-office', $2)`, [
        office,
        `name-${side}`,
      ]);
    const { rows } = await run(
      `INSERT INTO tokens (token_hash, name, role, organisation, minors) VALUES ($1, $2, 'office-officer', $3, $4) RETURNING id`,
      [Buffer.from(side), `token-${side}`, office, side === 'MINOR'],
    );
    targets.set(side, {
      subject: `s-${side}`,
      alert: `a-${side}`,
      device: `d-${side}`,
      login: `l-${side}`,
      organisation: office,
      office,
      path: office,
      token: rows[0]?.id,
      feed: 'F1',
      zone: `home-s-${side}`,
      kind: 'silent',
      alerts: [`a-${side}`],
      ...work,
    });
  }
  for (const role of ROLES)
    for (const scope of [HOME, ''])
      for (const minors of [true, false])
        callers.set(`${role} ${scope} ${minors}`, await dash.token(role, scope, minors));
  for (const side of Object.keys(SIDES) as Side[]) {
    const body = { kind: 'daily', day: '2026-03-01', organisation: SIDES[side] };
    const made = await dash.call('POST', '/api/v1/reports', {
      headers: callerOf('administrator', '', true),
      body,
    });
    expect(made.status).toBe(200);
    targets.set(side, { ...targets.get(side), report: made.body.report ?? made.body.id ?? made.body.seq });
  }
  routes = dash.app.declaredRoutes.filter(
    ({ method, action }) =>
      action !== 'public' && action !== 'own-check' && method !== 'HEAD' && method !== 'OPTIONS',
  );
});
afterAll(() => dash.close());

/** What officers work on about the side's subject; the shift, the draw and the terminal carry the side in words of theirs. */
async function makeWork(side: Side, office: string): Promise<Values> {
  const made = async (text: string, ...values: unknown[]) => {
    const { rows } = await dash.database.query<{ id: string }>({ text, values });
    return rows[0]?.id;
  };
  const [subject, incident] = [`s-${side}`, `I-${side}`];
  // These are about a place, not about a subject.
  const place = side === 'MINOR' ? 'inner' : side;
  await made(
    "INSERT INTO incidents (id, subject, cause, made_by, made_at) VALUES ($1, $2, 'by-hand', 'x', now())",
    incident,
    subject,
  );
  // Two, so that one can be taken out.
  await dash.alert(`b-${side}`, 1, { subject, kind: 'silent' });
  await made('UPDATE alerts SET incident = $1 WHERE subject = $2', incident, subject);
  const exemption = await made(
    `INSERT INTO positioning_exemptions (subject, from_day, until_day, ground, note, account)
     VALUES ($1, '2026-03-01', '2026-03-02', 'hospital', $2, 'x') RETURNING seq AS id`,
    subject,
    side,
  );
  const task = await made(
    `INSERT INTO tasks (alert, subject, office, kind, severity, what, steps, stage, sent_by, sent_at, due_at)
     VALUES ($1, $2, $3, 'silent', 'high', $4, '[]', 'sent', 'x', now(), now() + interval '1 hour') RETURNING id`,
    `a-${side}`,
    subject,
    office,
    side,
  );
  await made(
    `INSERT INTO notices (id, what, about, ref, subject, office, severity, at)
     VALUES ((SELECT count(*) + 1 FROM notices), 'task-sent', 'task', $1, $2, $3, 'critical', now())`,
    task,
    subject,
    office,
  );
  const recipient = `${place}@example.org`;
  const subscription = await made(
    `INSERT INTO notice_subscriptions (organisation, reach, from_severity, channel, recipient, language, tells, made_by, made_at)
     VALUES ($1, 'own', 'low', 'mail', $2, 'zh', 'person', 'x', now()) RETURNING id`,
    office,
    recipient,
  );
  return {
    name: 'mail',
    channel: 'mail',
    recipient,
    subscription,
    delivery: await made(
      `INSERT INTO notice_deliveries (id, organisation, subscription, channel, recipient, language, urgent, state, made_at, due_at)
       VALUES (gen_random_uuid(), $1, $2, 'mail', $3, 'zh', false, 'dead', now(), now()) RETURNING id`,
      office,
      subscription,
      recipient,
    ),
    incident,
    exemption,
    task,
    file: await made(
      `INSERT INTO task_files (task, name, media_type, size_bytes, sha256, content, account, at)
       VALUES ($1, $2, 'image/png', 1, 'x', $3, 'x', now()) RETURNING id`,
      task,
      side,
      Buffer.from(side),
    ),
    shelving: await made(
      `INSERT INTO shelvings (subject, kind, office, reason, asked_by, asked_at, until_at)
       VALUES ($1, 'silent', $2, $3, 'x', now(), now() + interval '1 hour') RETURNING id`,
      subject,
      office,
      side,
    ),
    hazard: await made(
      `INSERT INTO hazards (subject, office, category, situation, measures, department, person, due_at, state, made_by, made_at)
       VALUES ($1, $2, 'x', $3, 'x', 'x', 'x', now(), 'not-rectified', 'x', now()) RETURNING id`,
      subject,
      office,
      side,
    ),
    shift: await made(
      `INSERT INTO shifts (organisation, name, duty_group, from_at, until_at, officer, is_substitute, signed_on_at, state)
       VALUES ($1, $2, 'x', now(), now(), $2, false, now(), 'on') RETURNING id`,
      side === 'MINOR' ? `${office}/inner` : office,
      place,
    ),
    draw: await made(
      `INSERT INTO check_draws (organisation, seed, rule, methods, wanted, candidates, picked, account, at)
       VALUES ($1, $2, 1, '["phone"]', 0, '[]', '[]', 'x', now()) RETURNING id`,
      office,
      place,
    ),
    check: await made(
      `INSERT INTO spot_checks (subject, office, method, asked_by, asked_at, due_at)
       VALUES ($1, $2, 'phone', 'x', now(), now()) RETURNING id`,
      subject,
      office,
    ),
    terminal: await made(
      'INSERT INTO terminals (id, name, office, address) VALUES ($1, $1, $2, $1) RETURNING id',
      `t-${place}`,
      office,
    ),
    objection: await made(
      `INSERT INTO score_objections (organisation, unit, from_day, point, reason, account)
       VALUES ($1, 'month', '2026-03-01', 'x', $2, 'x') RETURNING seq AS id`,
      office,
      place,
    ),
    muster: await makeMuster(office, subject, place),
    permit: await made(
      `INSERT INTO permits (subject, ground, explanation, destination, from_at, until_at, state, measures, level, days, cumulated_days, asked_by, asked_at)
       VALUES ($1, 'medical', $2, 'x', now(), now() + interval '1 day', 'asked', '2020-07-01', 'office', 2, 2, 'x', now()) RETURNING id`,
      subject,
      side,
    ),
    order: await made(
      `INSERT INTO positioning_orders (subject, device, ground, from_at, until_at, state, measures, proposed_by, proposed_at)
       VALUES ($1, $2, $3, now(), now() + interval '1 day', 'proposed', '2020-07-01', 'x', now()) RETURNING id`,
      subject,
      `d-${side}`,
      side,
    ),
    hold: await made(
      "INSERT INTO legal_holds (subject, office, reason, set_by, set_at) VALUES ($1, $2, $3, 'x', now()) RETURNING id",
      subject,
      office,
      side,
    ),
  };
}

/** The roll call is its office's; who is expected is the subject. */
async function makeMuster(office: string, subject: string, place: string): Promise<string> {
  const id = `m-${place}`;
  const run = (text: string, ...values: unknown[]) => dash.database.query({ text, values });
  await run(
    `INSERT INTO musters (id, office, name, zone, from_at, until_at, version, made_by, made_at)
     VALUES ($1, $2, $1, 'z', now() + interval '1 hour', now() + interval '2 hours', 7, 'x', now())`,
    id,
    office,
  );
  await run('INSERT INTO muster_subjects VALUES ($1, $2, false)', id, subject);
  return id;
}

const isMutating = ({ method }: DeclaredRoute) => method !== 'GET';
/** About the caller's own duty room, whatever is asked for. */
const isOwnPlace = ({ url }: DeclaredRoute) =>
  ['/api/v1/shifts', '/api/v1/rota', '/api/v1/response-cards/:kind', '/api/v1/check-draws'].includes(url);
/** Their caller's own account: there is no inside and outside. */
const isOwn = ({ action }: DeclaredRoute) => action === 'account.own';

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
}

const EVERYWHERE: Values = {
  from: '2026-03-01T00:00:00Z',
  to: '2026-03-02T00:00:00Z',
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  waitS: 0,
  version: 1,
  policy: {},
};

/** The smallest value that fits, with the target wherever something by that name is asked for. */
function sample(schema: Schema, name: string, values: Values): unknown {
  if (schema.type === 'object' || schema.properties !== undefined) {
    const wanted = Object.entries(schema.properties ?? {}).filter(
      // A name that need not be given would be a change of it, which not all may make who may call.
      ([key]) => schema.required?.includes(key) === true || (key in values && key !== 'name'),
    );
    return Object.fromEntries(wanted.map(([key, part]) => [key, sample(part, key, values)]));
  }
  if (name in values) return values[name];
  if (schema.anyOf !== undefined) return sample(schema.anyOf[0] ?? {}, name, values);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1;
  if (schema.type === 'boolean') return false;
  if (schema.type === 'array')
    return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items ?? {}, name, values));
  return 'x'.repeat(Math.max(1, schema.minLength ?? 1));
}

function fill({ method, url, schema }: DeclaredRoute, side: Side): { path: string; body: unknown } {
  const values: Values = { ...EVERYWHERE, ...targets.get(side) };
  const steps = url.split('/').map((step, i, all) => {
    if (!step.startsWith(':')) return step;
    const name = step === ':id' ? (ID_AFTER[all[i - 1] ?? ''] ?? '') : step.slice(1);
    const value = values[name];
    if (value === undefined)
      throw new Error(`${method} ${url}: this test has no ${step} of somebody: add it to the targets`);
    return encodeURIComponent(String(value));
  });
  const query = schema?.querystring as Schema | undefined;
  const asked = query === undefined ? {} : (sample(query, '', values) as Record<string, unknown>);
  const text = new URLSearchParams(Object.entries(asked).map(([key, value]) => [key, String(value)]));
  const of = schema?.body as Schema | undefined;
  return {
    path: `${steps.join('/')}${text.size > 0 ? `?${text}` : ''}`,
    body: of === undefined ? undefined : (sample(of, '', values) ?? {}),
  };
}

async function call(route: DeclaredRoute, headers: Record<string, string>, side: Side) {
  const { path, body } = fill(route, side);
  const answer = await dash.call(route.method, path, { headers, body });
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  // An error may say again what was asked for.
  const asked = answer.status < 400 ? [] : Object.values(targets.get(side) ?? {}).map(String);
  return { status: answer.status, text: asked.reduce((left, value) => left.replaceAll(value, ''), text) };
}

/** All that the store holds with this mark in it, in any table. */
async function holdings(mark: string): Promise<string> {
  const { rows: tables } = await dash.database.query<{ name: string }>({
    text: `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`,
    values: [],
  });
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await dash.database.query<{ all: string | null }>({
      text: `SELECT string_agg(t::text, E'\n' ORDER BY t::text) AS all FROM ${name} t WHERE t::text LIKE $1`,
      values: [`%${mark}%`],
    });
    if (rows[0]?.all) found.push(`${name}: ${rows[0].all}`);
  }
  return found.join('\n');
}

test('M1 the routes of the matrix are all that the router has', () => {
  const declared = new Set(dash.app.declaredRoutes.map(({ method, url }) => `${method} ${url}`));
  for (const { method, url } of routesOf(dash.app)) {
    if (url.endsWith('*') || url === '/' || url.startsWith('/api/docs')) continue;
    expect(declared, `${method} ${url}`).toContain(`${method} ${url}`);
  }
  expect(routes.length).toBeGreaterThan(30);
});

test('M2 what a role may not do is refused, wherever it is', async () => {
  for (const route of routes)
    for (const role of ROLES) {
      if (actionsOf(role).includes(route.action as Action)) continue;
      for (const side of Object.keys(SIDES) as Side[]) {
        const { status, text } = await call(route, callerOf(role, '', true), side);
        expect(`${role} ${route.method} ${route.url} ${status}`).toBe(
          `${role} ${route.method} ${route.url} 403`,
        );
        expect(text).not.toMatch(/INSIDE|OUTSIDE|MINOR/);
      }
    }
});

test('M3 outside the jurisdiction nothing is seen and nothing changes', async () => {
  const before = await holdings('OUTSIDE');
  expect(before).toContain('subjects: ');
  for (const route of routes.filter((each) => !isOwn(each)))
    for (const role of ROLES) {
      if (!actionsOf(role).includes(route.action as Action)) continue;
      const { status, text } = await call(route, callerOf(role, HOME, true), 'OUTSIDE');
      const which = `${role} ${route.method} ${route.url} ${status}`;
      expect(text, which).not.toContain('OUTSIDE');
      if (isMutating(route) && !isOwnPlace(route)) expect(status, which).toBeGreaterThanOrEqual(400);
      expect(status, which).toBeLessThan(500);
    }
  expect(await holdings('OUTSIDE')).toBe(before);
});

test('M4 of minors nothing is seen and nothing changes by who is not cleared', async () => {
  const before = await holdings('MINOR');
  for (const route of routes.filter((each) => !isOwn(each)))
    for (const role of ROLES) {
      if (!actionsOf(role).includes(route.action as Action)) continue;
      for (const scope of [HOME, '']) {
        const { status, text } = await call(route, callerOf(role, scope, false), 'MINOR');
        const which = `${role} '${scope}' ${route.method} ${route.url} ${status}`;
        // Logins and tokens are no subjects: what is told of them is their own clearance.
        expect(text.replaceAll(/[lk]-MINOR|token-MINOR/g, ''), which).not.toContain('MINOR');
        expect(status, which).toBeLessThan(500);
      }
    }
  expect(await holdings('s-MINOR')).toBe(
    before
      .split('\n')
      .filter((line) => line.includes('s-MINOR'))
      .join('\n'),
  );
});

test('M5 the check can fail: inside, what a role may do is done', async () => {
  let seen = 0;
  for (const route of routes.filter((each) => !isOwn(each)))
    for (const role of ROLES) {
      if (!actionsOf(role).includes(route.action as Action)) continue;
      // Some things belong to the whole tree.
      const answers = [
        await call(route, callerOf(role, HOME, true), 'INSIDE'),
        await call(route, callerOf(role, '', true), 'INSIDE'),
      ];
      const which = `${role} ${route.method} ${route.url} ${answers.map(({ status }) => status)}`;
      // A device that has no secret has none to remove; a duty room without a rota has none to show; this
      // test's past is empty: nothing is known of a zone's week or a log's day.
      const isLet = ({ status }: { status: number }) =>
        ![401, 403].includes(status) &&
        (status !== 404 || /\/(secret|rota|current|lint|day|latest|identity|presence)$/.test(route.url));
      expect(answers.some(isLet), which).toBe(true);
      for (const { status } of answers) expect(status, which).toBeLessThan(500);
      if (answers.some(({ text }) => text.includes('INSIDE'))) seen++;
    }
  expect(seen).toBeGreaterThan(60);
  for (const { method, url } of routes.filter(
    (route) => route.method === 'GET' && route.url.includes('/:'),
  )) {
    const route = routes.find((each) => each.method === method && each.url === url) as DeclaredRoute;
    if (
      /(track|access-report|explanation|proposal|secret|identity|presence|shifts|check-draws|terminals|notice-deliveries|response-cards|reports|reproduction|lint)/.test(
        url,
      )
    )
      continue;
    expect((await call(route, callerOf('administrator', HOME, true), 'MINOR')).text, url).toContain('MINOR');
  }
});

/** Whether a message says anything of a subject: a new message must be named here. */
const CARRIES: Readonly<Record<ServerMessage['type'], boolean>> = {
  snapshot: true,
  patch: true,
  ping: false,
  bye: false,
};

test('M6 each role’s board has its own people and no others, in every message', async () => {
  const watching = ROLES.filter((role) => actionsOf(role).includes('board.watch'));
  for (const minors of [true, false])
    for (const role of watching) {
      const client = await watchBoard(dash.address, callerOf(role, HOME, minors));
      await client.until('a snapshot', ({ cards }) => cards.length > 0);
      for (const [i, side] of (Object.keys(SIDES) as Side[]).entries()) {
        const atMs = Date.now() + i;
        await dash.liveState.put({
          subjects: [
            {
              subject: `s-${side}`,
              device: `d-${side}`,
              atMs,
              lat: 23 + Math.random(),
              lon: 116,
              accuracyM: 5,
              speedMps: null,
              method: null,
              batteryPct: null,
              heardMs: atMs,
              off: false,
            },
          ],
          frontiers: [],
        });
        await dash.alert(`b-${role}-${minors}-${side}`, 1, { subject: `s-${side}` });
      }
      // The outside one and the minor's are written around it: it comes last of what this connection may see.
      await dash.alert(`c-${role}-${minors}-INSIDE`, 1, { subject: 's-INSIDE' });
      const last = `c-${role}-${minors}-INSIDE`;
      await client.until(last, ({ alerts }) => alerts.has(last));
      // A manager can't be cleared.
      const seesMinors = minors && role !== 'manager';
      const told = JSON.stringify(client.messages);
      expect(told, role).not.toContain('OUTSIDE');
      expect(told.includes('MINOR'), `${role} ${minors}`).toBe(seesMinors);
      expect([...client.alerts.keys()].filter((id) => id.startsWith(`b-${role}-${minors}-`)).sort()).toEqual([
        `b-${role}-${minors}-INSIDE`,
        ...(seesMinors ? [`b-${role}-${minors}-MINOR`] : []),
      ]);
      expect([...client.whereabouts.keys()].sort()).toEqual(['s-INSIDE', ...(seesMinors ? ['s-MINOR'] : [])]);
      for (const message of client.messages)
        if (CARRIES[message.type] !== true)
          expect(['type', 'reason']).toEqual(expect.arrayContaining(Object.keys(message)));
      expect(new Set(client.messages.map(({ type }) => type))).toContain('patch');
      await client.close();
    }
});

test('M7 who may not watch is not let onto the board', async () => {
  const route = routes.find(({ url }) => url === '/api/v1/live');
  expect(route?.action).toBe('board.watch');
  for (const role of ROLES)
    if (!actionsOf(role).includes('board.watch'))
      await expect(watchBoard(dash.address, callerOf(role, '', true))).rejects.toThrow('403');
  await expect(watchBoard(dash.address, { authorization: 'Bearer nonsense' })).rejects.toThrow('401');
});
