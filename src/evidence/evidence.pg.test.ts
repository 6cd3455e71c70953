import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acknowledge } from '../../alerts/acknowledge.ts';
import { openLedger } from '../../alerts/ledger.ts';
import { createDetector } from '../../consumers/detector/detector.ts';
import { circle, fix, minutes, person, phone, range, ticks } from '../../consumers/detector/story.testing.ts';
import { problem, startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { createLogger } from '../adapters/logger.ts';
import { openPositionDays } from '../adapters/positions-table.ts';
import { createPostgresLog } from '../adapters/postgres-log.ts';
import { runReplay } from '../commands/replay.ts';
import { runVerifyPack } from '../commands/verify-pack.ts';
import { type AlertEvent, encodeAlertEvent } from '../kernel/alert-event.ts';
import { type LogEvent, partitionKeyOf, receiptOf } from '../kernel/log-event.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { sha256Hex } from '../seal/canonical.ts';
import { checkPack } from './check-pack.ts';
import { createPacker, type Packer } from './make-pack.ts';
import { openSigningKey } from './signing-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-evidence-'));
const keyFile = join(folder, 'key.pem');
let dash: TestDashboard;
let log: ObservationLog;
let packer: Packer;
let alerts: AlertEvent[];
let files: Record<string, Uint8Array>;
let zip: Uint8Array;

async function live(events: readonly LogEvent[]): Promise<void> {
  const detector = createDetector();
  alerts = [];
  for (const event of [...events].sort((a, b) => receiptOf(a) - receiptOf(b))) {
    const key = partitionKeyOf(event);
    if (key === null) await log.appendToAll(encodeLogEvent(event));
    else await log.append([{ key, line: encodeLogEvent(event) }]);
    detector.apply(event, (alert) => alerts.push(alert));
  }
  await openLedger(dash.database).append(alerts);
}

beforeAll(async () => {
  dash = await startDashboard({ evidence: { make: (request) => packer.make(request) } });
  const opened = await createPostgresLog({
    database: dash.database,
    partitions: 1,
    logger: createLogger('silent'),
  });
  if (!opened.ok) throw new Error(opened.error);
  log = opened.value;
  packer = createPacker({
    database: dash.database,
    log,
    openKey: () => openSigningKey(keyFile),
    now: Date.now,
  });
  await dash.subject('S1', '445281/office-01', '测试<b>甲');
  await dash.subject('S2', '445281/office-02');
  const walk = (subject: string, device: string, away: number) =>
    range(0, 60).map((n) => fix(n, n < 40 ? n % 3 : away, { subject, device, accuracyM: 15 }));
  const fixes = [...walk('S1', 'D1', 3000), ...walk('S2', 'D2', 0)];
  const home = { zone: 'home-of-2', rule: 'stay-in', bufferM: 0, schedule: null } as const;
  await live([
    { type: 'zone', atMs: minutes(0), zone: circle('home') },
    { type: 'zone', atMs: minutes(0), zone: circle('home-of-2') },
    { type: 'zone', atMs: minutes(30), zone: circle('home', 900) },
    { type: 'profile', atMs: minutes(0), profile: person() },
    {
      type: 'profile',
      atMs: minutes(0),
      profile: person({ id: 'S2', devices: [phone('D2')], zones: [home] }),
    },
    { type: 'no-contact', atMs: minutes(0), whose: 'S2', others: ['S3'] },
    ...fixes,
    ...ticks(0, 75),
  ]);
  await (await openPositionDays(dash.database)).ensure([minutes(0)]);
  for (const { subject, device, atMs, receivedMs, lat, lon, accuracyM } of fixes)
    await dash.database.query({
      text: `INSERT INTO positions (at, device, subject, sequence, received_at, lat, lon, accuracy_m) VALUES ($1, $2, $3, 0, $4, $5, $6, $7)`,
      values: [new Date(atMs), device, subject, new Date(receivedMs), lat, lon, accuracyM],
    });
  await acknowledge(dash.database, {
    alert: outOfBounds(),
    account: 'duty',
    note: '=电话核查<script>',
    atMs: Date.now(),
  });
  await dash.account('duty', 'duty-officer', '');
  const headers: Record<string, string> = await dash.signIn('duty');
  const send = (path: string, body: unknown, by = headers) =>
    dash.call('POST', `/api/v1/${path}`, { headers: by, body });
  const sent = await send('tasks', { alert: outOfBounds(), note: '请核实' });
  expect(sent.body).toMatchObject({ stage: 'sent' });
  const { task } = sent.body;
  const officer = await dash.token('office-officer', '445281/office-01');
  const visited = await send(
    `tasks/${task}/step`,
    { whom: 'visit', reached: true, note: '上门见到本人' },
    officer,
  );
  expect(visited.body).toMatchObject({ task });
  const from = new Date(minutes(0)).toISOString();
  await dash.call('GET', `/api/v1/subjects/S1/track?from=${from}&to=${from}&reason=x`, { headers: officer });
  const answer = await fetch(`${dash.address}/api/v1/evidence-packs`, {
    method: 'POST',
    headers: { ...officer, 'content-type': 'application/json' },
    body: JSON.stringify({ alert: outOfBounds(), reason: '提请撤销缓刑' }),
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
  zip = new Uint8Array(await answer.arrayBuffer());
  files = unzipSync(zip);
});
afterAll(async () => {
  await log.close();
  await dash.close();
  rmSync(folder, { recursive: true });
});

const outOfBounds = () =>
  alerts.find(({ kind, subject }) => kind === 'out-of-bounds' && subject === 'S1')?.alert ?? '';
const fileText = (name: string) => strFromU8(files[name] ?? new Uint8Array());
// biome-ignore lint/suspicious/noExplicitAny: a file of the pack is looked into, whatever it is
const fileJson = (name: string) => JSON.parse(fileText(name)) as any;
/** The pack with one file changed, added, or (undefined) removed. */
function altered(name: string, change: (text: string) => string | undefined, pack = files): Uint8Array {
  const made = change(strFromU8(pack[name] ?? new Uint8Array()));
  const { [name]: _, ...rest } = pack;
  return zipSync(made === undefined ? rest : { ...rest, [name]: strToU8(made) });
}

test('E1 events, fixes, zones of the time, the map, deeds and looks', async () => {
  const events = fileJson('events.json');
  expect(events.map(({ state }: { state: string }) => state)).toContain('opened');
  expect(events[0]).toMatchObject({
    alert: outOfBounds(),
    subject: 'S1',
    recordedAt: expect.stringMatching(/Z$/),
  });
  const fixes = fileJson('fixes.json');
  expect(fixes.length).toBeGreaterThan(50);
  expect(fixes[0]).toMatchObject({
    device: 'D1',
    accuracyM: 15,
    at: expect.any(String),
    received: expect.any(String),
  });
  expect(fileText('fixes.csv').split('\r\n')).toHaveLength(fixes.length + 2);
  const zones = fileJson('rules/zones.geojson').features;
  expect(zones).toHaveLength(1);
  expect(zones[0]).toMatchObject({
    properties: { radiusM: 900, rule: 'stay-in', since: new Date(minutes(30)).toISOString() },
  });
  const rows = fileJson('seals/rows.json') as { table: string; row: Record<string, string> }[];
  expect(rows.filter(({ table }) => table === 'task_actions').map(({ row }) => row.note)).toEqual([
    '上门见到本人',
  ]);
  expect(fileText('index.html')).toContain('whom: visit, reached: true；上门见到本人');
  const deeds = rows.filter(({ table }) => table !== 'alert_events').map(({ row }) => row.action);
  expect(deeds).toEqual(['merge', 'acknowledge', 'task', 'step', 'track.read', 'evidence.make']);
  const page = fileText('index.html');
  for (const part of ['提请撤销缓刑', '越界', '<svg', '全部一致', 'track.read']) expect(page).toContain(part);
  expect(fileText('map.svg')).toContain('class="error proof"');
});

test('E3 the lines are the subject’s own, and give the same alerts, by replay too', async () => {
  const lines = fileText('reproduction/observations.ndjson');
  for (const other of ['S2', 'S3', 'home-of-2', 'D2']) expect(lines).not.toContain(`"${other}"`);
  const found = checkPack(zip);
  expect(found.faults).toEqual([]);
  expect(found.judged.length).toBeGreaterThan(0);
  expect(new Set(found.judged.map(({ result }) => result))).toEqual(new Set(['identical']));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const at = (name: string) => join(folder, 'reproduction', name);
  const stdout = new PassThrough();
  const output = text(stdout);
  const argv = [
    '--roster',
    at('roster.json'),
    '--zones',
    at('zones.geojson'),
    '--observations',
    at('observations.ndjson'),
  ];
  expect(await runReplay(argv, { stdout, stderr: new PassThrough() })).toBe(0);
  stdout.end();
  const again = (await output).trim().split('\n');
  const own = alerts.filter(({ alert }) => alert === outOfBounds()).map(encodeAlertEvent);
  expect(again).toEqual(expect.arrayContaining(own));
});

test('E3 other rules than then are told: not identical', () => {
  const other = altered('reproduction/observations.ndjson', (lines) =>
    lines.replaceAll('"radiusM":900', '"radiusM":9000'),
  );
  expect(checkPack(other).judged.some(({ result }) => result !== 'identical')).toBe(true);
});

test('E4 E5 whatever is changed, added or removed is found', () => {
  expect(checkPack(zip).key).toBe(openSigningKey(keyFile).fingerprint);
  for (const name of Object.keys(files)) {
    expect([name, checkPack(altered(name, (was) => `${was} `)).faults.length > 0]).toEqual([name, true]);
    expect([name, checkPack(altered(name, () => undefined)).faults.length > 0]).toEqual([name, true]);
  }
  expect(checkPack(altered('more.txt', () => 'x')).faults).toEqual(['more.txt: does not belong to the pack']);
  expect(checkPack(strToU8('no zip')).faults.length).toBeGreaterThan(0);
});

test('E2 E5 a pack that somebody made anew and signed with another key does not pass as the record', async () => {
  const forger = openSigningKey(join(folder, 'forger.pem'));
  const resign = (changed: Record<string, Uint8Array>) => {
    const manifest = JSON.parse(strFromU8(changed['manifest.json'] as Uint8Array));
    const own: Record<string, Uint8Array> = { ...changed, 'public-key.pem': strToU8(forger.publicPem) };
    for (const file of manifest.files) {
      const bytes = own[file.name] as Uint8Array;
      file.sha256 = sha256Hex(bytes);
    }
    const text = JSON.stringify(manifest);
    return zipSync({ ...own, 'manifest.json': strToU8(text), 'manifest.sig': strToU8(forger.sign(text)) });
  };
  const event = resign(
    unzipSync(altered('events.json', (was) => was.replace('"state": "opened"', '"state": "retracted"'))),
  );
  expect(checkPack(event).faults).toEqual([expect.stringContaining('is not as it was sealed')]);
  const rows = fileJson('seals/rows.json') as { row: Record<string, string> }[];
  const acknowledged = rows.find(({ row }) => row.action === 'acknowledge')?.row.seq;
  const row = resign(unzipSync(altered('seals/rows.json', (was) => was.replace('电话核查', '当面核查'))));
  expect(checkPack(row).faults).toEqual([
    expect.stringContaining(`alert_actions ${acknowledged}: is not the row under seal`),
  ]);
  const seal = resign(unzipSync(altered('seals/seals.json', (was) => was.replace('"seal": 1', '"seal": 7'))));
  expect(checkPack(seal).faults[0]).toContain('seal 7: was changed');
  const path = join(folder, 'forged.zip');
  writeFileSync(path, resign(files));
  const verify = async (...more: string[]) => {
    const stdout = new PassThrough();
    const said = text(stdout);
    const code = await runVerifyPack(['--pack', path, ...more], { stdout, stderr: new PassThrough() });
    stdout.end();
    return [code, await said] as const;
  };
  expect((await verify())[0]).toBe(0);
  const [code, said] = await verify('--key', openSigningKey(keyFile).fingerprint);
  expect([code, said.includes('is not signed by the key')]).toEqual([1, true]);
});

test('E4 the key is made once, and only its owner reads it', () => {
  expect(openSigningKey(keyFile).fingerprint).toBe(openSigningKey(keyFile).fingerprint);
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
});

test('E6 by right, by reach, with a reason; a period too', async () => {
  const make = (headers: Record<string, string>, body: unknown) =>
    dash.call('POST', '/api/v1/evidence-packs', { headers, body });
  expect(problem(await make(await dash.token('manager', ''), { alert: outOfBounds() }))).toBe(403);
  expect(
    problem(await make(await dash.token('office-officer', '445281/office-02'), { alert: outOfBounds() })),
  ).toBe(404);
  await dash.account('officer', 'office-officer', '445281/office-01');
  const officer = await dash.signIn('officer');
  const period = {
    subject: 'S1',
    from: new Date(minutes(0)).toISOString(),
    to: new Date(minutes(60)).toISOString(),
  };
  expect(problem(await make(officer, period))).toBe(400);
  expect(problem(await make(officer, { ...period, alert: 'x', reason: 'y' }))).toBe(400);
  expect((await make(officer, { ...period, reason: '核查' })).status).toBe(200);
  const made = await packer.make({
    by: 'test',
    reason: '核查',
    about: { subject: 'S1', fromMs: minutes(0), toMs: minutes(60) },
  });
  expect(checkPack(made?.zip ?? new Uint8Array()).faults).toEqual([]);
  expect(await packer.make({ by: 'test', reason: '', about: { alert: 'none' } })).toBeUndefined();
});

test('E7 what comes from outside is only text', () => {
  const page = fileText('index.html');
  expect(page).not.toContain('<script');
  expect(page).not.toContain('<b>甲');
  expect(page).toContain('测试&lt;b&gt;甲');
  expect(page).not.toMatch(/(src|href)\s*=/);
});

test('E8 a row that is not as it was sealed makes no evidence', async () => {
  await dash.database.transaction(async (db) => {
    const run = (sql: string) => db.query({ text: sql, values: [] });
    await run('ALTER TABLE alert_actions DISABLE TRIGGER USER');
    await run("UPDATE alert_actions SET note = 'another'");
    await run('ALTER TABLE alert_actions ENABLE TRIGGER USER');
  });
  const made = packer.make({ by: 'test', reason: '', about: { alert: outOfBounds() } });
  await expect(made).rejects.toThrow('alert_actions 1 is not as it was sealed');
});
