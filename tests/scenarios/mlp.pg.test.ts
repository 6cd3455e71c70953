/** Phones by operator through the running program: what it asks of a location server, and what the answers become. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MlpServer, type MlpWord, startMlpServer } from '../../src/demo/mlp-server.ts';
import type { Json } from '../../src/kernel/field.ts';
import { subjectWith } from '../harness/ingest.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';

interface Vector {
  readonly id: string;
  readonly input: { readonly xml: string };
  readonly expected: { readonly records: readonly Json[] };
}
const file = new URL('../../../shared/vectors/mlp.json', import.meta.url);
const isThere = existsSync(file);
const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
const vectors = isThere ? (JSON.parse(readFileSync(file, 'utf8')) as Vector[]) : [];

test.skipIf(isThere || !isForbidden)('MP1 vectors: skipped, ../shared/vectors is not there', () => {
  expect.fail('../shared/vectors is missing, and WARDLINE_FORBID_SKIPS forbids to go without');
});

const place = mkdtempSync(join(tmpdir(), 'wardline-mlp-'));
const env: Record<string, string> = {
  DATA_DIR: join(place, 'data'),
  MLP_CLIENT: 'wardline-test',
  MLP_PASSWORD: 'p<&>"',
  MLP_TIMEOUT_S: '5',
  MLP_PER_SECOND: '50',
};
/** Vectors' own phone, one that is on, off, unknown, not allowed, elsewhere by number, and nobody's any more. */
const VECTORS = '8613800138000';
const phone = (id: string, address: string, more: Json = {}) =>
  subjectWith(`S-${id}`, {
    id,
    protocol: 'mlp',
    address,
    intervalS: 3600,
    from: '2026-01-01T00:00:00Z',
    ...more,
  });
const subjects = [
  phone('on', '+8613800000001'),
  phone('off', '8613800000002'),
  phone('unknown', '8613800000003'),
  phone('private', '8613800000004'),
  phone('often', '8613800000005', { intervalS: 1 }),
  phone('past', '8613800000006', { intervalS: 1, until: '2026-02-01T00:00:00Z' }),
  phone('future', '8613800000007', { intervalS: 1, from: '2030-02-01T00:00:00Z' }),
  subjectWith('S-watch', {
    id: 'watch',
    protocol: 'watch',
    address: '1000000001',
    from: '2026-01-01T00:00:00Z',
  }),
];

let server: MlpServer;
let program: Program;
let headers: Record<string, string>;
let script: (() => string | undefined) | undefined;
const words = new Map<string, MlpWord>();
const located = (over: Partial<MlpWord> = {}): MlpWord =>
  ({
    kind: 'located',
    atMs: Date.now(),
    lat: 23.5,
    lon: 116.35,
    shape: 'circle',
    reachM: 800,
    confidencePct: 67,
    ...over,
  }) as MlpWord;
const failed = (resid: number): MlpWord => ({ kind: 'error', resid, atMs: Date.now() });

async function load(entries: readonly Json[]): Promise<void> {
  const [roster, zones] = [join(place, 'roster.json'), join(place, 'zones.geojson')];
  writeFileSync(roster, JSON.stringify({ subjects: entries }));
  writeFileSync(zones, JSON.stringify({ type: 'FeatureCollection', features: [] }));
  const loaded = await runCommand(env, ['roster', 'load', '--roster', roster, '--zones', zones]);
  expect(loaded).toMatchObject({ code: 0 });
}
async function call(method: string, path: string, body?: unknown): Promise<Json> {
  const answer = await fetch(program.url + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Json;
}
const itemsOf = async (path: string) => (await call('GET', path)).items as Json[];
const messagesOf = (device: string) => itemsOf(`/api/v1/devices/${device}/messages`);
async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
const metric = async (line: RegExp) =>
  Number(line.exec(await (await fetch(`${program.url}/metrics`)).text())?.[1] ?? 0);

beforeAll(async () => {
  words.set('8613800000002', failed(5));
  words.set('8613800000003', failed(4));
  words.set('8613800000004', failed(202));
  server = await startMlpServer({
    client: { id: 'wardline-test', password: 'p&lt;&amp;&gt;&quot;' },
    wordOf: (msid) => words.get(msid) ?? located(),
    script: () => script?.(),
  });
  env.MLP_URL = server.url;
  program = await startProgram(env);
  const token = await runCommand(env, ['token', 'create', '--role', 'administrator']);
  headers = { authorization: `Bearer ${token.stdout.trim()}` };
  await load(subjects);
}, 120_000);
afterAll(async () => {
  await program?.end('SIGINT');
  await server?.stop();
});

test('MP2 each phone that is somebody’s now is asked for, several at once, and nobody else', async () => {
  await until(async () => ((await messagesOf('private')).length > 0 ? true : undefined));
  const asked = new Set(server.requests.flatMap(({ msids }) => msids));
  expect([...asked].sort()).toEqual(['1', '2', '3', '4', '5'].map((n) => `861380000000${n}`));
  expect(Math.max(...server.requests.map(({ msids }) => msids.length))).toBeGreaterThan(1);
});

test('MP3 an answer is a position with its accuracy, or a status, in the device’s messages and the track', async () => {
  const [on] = await until(async () => ((await messagesOf('on')).length > 0 ? messagesOf('on') : undefined));
  expect(on).toMatchObject({
    kind: 'position',
    protocol: 'mlp',
    msid: '8613800000001',
    lat: expect.closeTo(23.5, 6),
    accuracy_m: 800,
    shape: 'CircularArea',
    pos_method: 'CELL',
  });
  const track = await until(async () => {
    const items = await itemsOf(
      `/api/v1/subjects/S-on/track?from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date(Date.now() + 3_600_000).toISOString()}`,
    );
    return items.length > 0 ? items : undefined;
  });
  expect(track[0]).toMatchObject({
    lat: expect.closeTo(23.5, 6),
    lon: expect.closeTo(116.35, 6),
    accuracyM: 800,
  });
  expect((await messagesOf('off'))[0]).toMatchObject({
    kind: 'position_error',
    resid: 5,
    slogan: 'ABSENT SUBSCRIBER',
    reachability: 'absent',
  });
  const alert = await until(async () => {
    const alerts = await itemsOf('/api/v1/alerts?kind=phone-off');
    return alerts.find(({ subject }) => JSON.stringify(subject).includes('S-off'));
  });
  expect(JSON.stringify(alert)).toContain('phone-off');
});

test('MP4 a number that is not served, or not allowed, is a notice; nothing is in quarantine', async () => {
  const notices = await until(async () => {
    const found = (await itemsOf('/api/v1/device-notices')).filter(({ protocol }) => protocol === 'mlp');
    return found.length > 1 ? found : undefined;
  });
  expect(notices.map(({ address, code }) => [address, code]).sort()).toEqual([
    ['8613800000003', 'unknown-subscriber'],
    ['8613800000004', 'positioning-not-allowed'],
  ]);
  expect(await itemsOf('/api/v1/quarantine')).toEqual([]);
});

test('MP5 a phone is asked for on its interval, and not on another’s', async () => {
  const times = (msid: string) => server.requests.filter(({ msids }) => msids.includes(msid)).length;
  const before = times('8613800000005');
  await until(() => (times('8613800000005') > before + 2 ? true : undefined));
  expect(times('8613800000001')).toBe(1);
});

test('MP6 a spot check asks at once and urgently, and the answer is the place', async () => {
  words.set('8613800000001', located({ lat: 23.6, shape: 'ellipse', reachM: 300 }));
  const before = server.requests.length;
  const check = await call('POST', '/api/v1/subjects/S-on/locate', { waitS: 60 });
  expect(check).toMatchObject({
    device: 'on',
    state: 'answered',
    answer: { lat: expect.closeTo(23.6, 6), accuracy_m: 300 },
  });
  const urgent = server.requests.slice(before).filter(({ isUrgent }) => isUrgent);
  expect(urgent.map(({ msids }) => msids)).toEqual([['8613800000001']]);
});

test('MP6 that the operator has no place is an answer too, and says why', async () => {
  const check = await call('POST', '/api/v1/subjects/S-off/locate', { waitS: 60 });
  expect(check).toMatchObject({
    device: 'off',
    state: 'refused',
    answer: { kind: 'position_error', reachability: 'absent' },
  });
});

test('MP7 while the server is congested nobody is asked for long, and afterwards all goes on', async () => {
  const before = await metric(/wardline_mlp_requests_total\{outcome="busy"\} (\d+)/);
  server.behaviour = { isCongested: true };
  await until(async () =>
    (await metric(/wardline_mlp_requests_total\{outcome="busy"\} (\d+)/)) >= before + 2 ? true : undefined,
  );
  // With the phone that is due each second, the requests are those of the back-off.
  const asked = server.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(server.requests.length - asked).toBeLessThanOrEqual(1);
  server.behaviour = {};
  const had = (await messagesOf('often'))[0]?.received;
  await until(async () => ((await messagesOf('often'))[0]?.received !== had ? true : undefined));
});

test.each([
  ['cut', { isCut: true }, 'no-connection'],
  ['broken', { status: 500 }, 'http'],
  ['slow', { delayMs: 60_000 }, 'timeout'],
] as const)(
  'MP8 a server that is %s is asked again later, and the phone is answered then',
  async (_, behaviour, outcome) => {
    const line = new RegExp(`wardline_mlp_requests_total\\{outcome="${outcome}"\\} (\\d+)`);
    const before = await metric(line);
    server.behaviour = behaviour;
    await until(async () => ((await metric(line)) > before ? true : undefined));
    server.behaviour = {};
    const had = (await messagesOf('often'))[0]?.received;
    await until(async () => ((await messagesOf('often'))[0]?.received !== had ? true : undefined));
  },
);

test('MP9 an answer that can not be read waits in quarantine with its bytes', async () => {
  script = () => '<html>maintenance</html>';
  const held = await until(async () => (await itemsOf('/api/v1/quarantine'))[0]);
  expect(held).toMatchObject({ source: 'mlp', code: 'bad-shape', device: null });
  script = undefined;
});

test('MP10 a phone that was asked for together with others, and whose answer tells of none, is asked for alone', async () => {
  const refused = '<svc_result><slia><result resid="5">ABSENT SUBSCRIBER</result></slia></svc_result>';
  const two = [phone('two-a', '8613800000021'), phone('two-b', '8613800000022')];
  const isOurs = (msids: readonly string[]) => msids.some((msid) => /00002[12]$/.test(msid));
  script = () => (isOurs(server.requests.at(-1)?.msids ?? []) ? refused : undefined);
  await load([...subjects, ...two]);
  for (const device of ['two-a', 'two-b']) {
    const [message] = await until(async () => {
      const found = await messagesOf(device);
      return found.length > 0 ? found : undefined;
    });
    expect(message).toMatchObject({
      kind: 'position_error',
      resid: 5,
      reachability: 'absent',
    });
  }
  script = undefined;
});

describe.skipIf(!isThere)('MP1', () => {
  test('MP1 every vector, as an answer to what the program asks, is in the messages and the track as it says', async () => {
    const answers = [...vectors];
    script = () =>
      server.requests.at(-1)?.msids.includes(VECTORS) === true ? answers.shift()?.input.xml : undefined;
    // Alone in its requests, so that each answer is its own.
    const rest = subjects.map((subject) =>
      subject.id === 'S-often' ? phone('often', '8613800000005') : subject,
    );
    await load([...rest, phone('vectors', VECTORS, { intervalS: 1 })]);
    await until(() => (answers.length === 0 ? true : undefined));
    script = undefined;
    words.set(VECTORS, failed(6));
    // What stands in no `pos` is about the one phone that was asked for.
    const expected = vectors.flatMap(({ input, expected: { records } }) =>
      records.length > 0 || !input.xml.includes('resid="5"')
        ? records
        : [{ kind: 'position_error', resid: 5, reachability: 'absent' }],
    );
    const items = await until(async () => {
      const found = await messagesOf('vectors');
      return found.length >= expected.length ? found.toReversed() : undefined;
    });
    expect(items.slice(0, expected.length)).toMatchObject(
      expected.map((record) =>
        Object.fromEntries(
          Object.entries(record).map(([name, value]) => [
            name,
            typeof value === 'number' ? expect.closeTo(value, 6) : name === 'time' ? sameTime(value) : value,
          ]),
        ),
      ),
    );
    for (const record of expected.filter(({ kind }) => kind === 'position')) {
      const track = await until(async () => {
        const found = await itemsOf(
          '/api/v1/subjects/S-vectors/track?from=2026-08-01T00:00:00Z&to=2026-08-02T00:00:00Z',
        );
        return found.length > 0 ? found : undefined;
      });
      expect(track).toContainEqual(
        expect.objectContaining({ lat: expect.closeTo(Number(record.lat), 6), accuracyM: record.accuracy_m }),
      );
    }
  });
});

/** `…00Z` and `…00.000Z` are one time. */
function sameTime(value: unknown) {
  return expect.toSatisfy((time) => Date.parse(String(time)) === Date.parse(String(value)));
}
