/** Requests to devices through the running program: asked by REST, sent over the device's socket, the answer or the silence kept. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../src/kernel/field.ts';
import { subjectWith } from '../harness/ingest.ts';
import { type LineClient, lineClient } from '../harness/line-client.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';

let program: Program;
let tokens: Record<string, string>;
const clients: LineClient[] = [];

beforeAll(async () => {
  const place = mkdtempSync(join(tmpdir(), 'wardline-spot-'));
  const env = { DATA_DIR: join(place, 'data') };
  program = await startProgram(env);
  const subjects = [
    subjectWith('S1', { id: 'D1', kind: 'wristband', protocol: 'watch', address: '1000000001', ...ORDERED }),
    subjectWith('S2', { id: 'D2', protocol: 'jt808', address: '013900000002', from: '2026-01-01T00:00:00Z' }),
    subjectWith('S5', {
      id: 'D5',
      protocol: 'owntracks',
      address: 'owntracks/ce/shi',
      from: '2026-01-01T00:00:00Z',
    }),
    subjectWith('S3', { id: 'D3', protocol: 'osmand', from: '2026-01-01T00:00:00Z' }),
    {
      ...subjectWith('S4', { id: 'D4', protocol: 'watch', address: '1000000004' }),
      office: '445202/office-09',
    },
  ];
  const [roster, zones] = [join(place, 'roster.json'), join(place, 'zones.geojson')];
  writeFileSync(roster, JSON.stringify({ subjects }));
  writeFileSync(zones, JSON.stringify({ type: 'FeatureCollection', features: [] }));
  expect(await runCommand(env, ['roster', 'load', '--roster', roster, '--zones', zones])).toMatchObject({
    code: 0,
  });
  const token = async (role: string, organisation: string) => {
    const args = [
      'token',
      'create',
      '--role',
      role,
      ...(organisation === '' ? [] : ['--organisation', organisation]),
    ];
    return `Bearer ${(await runCommand(env, args)).stdout.trim()}`;
  };
  tokens = {
    officer: await token('duty-officer', '445281'),
    admin: await token('administrator', ''),
    auditor: await token('auditor', ''),
  };
}, 120_000);
afterAll(async () => {
  for (const client of clients) client.end();
  await program?.end('SIGINT');
});

const ORDERED = {
  from: '2026-01-01T00:00:00Z',
  order: { ground: '测试', from: '2026-01-01T00:00:00Z', until: '2027-01-01T00:00:00Z' },
};

async function call(
  who: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Json }> {
  const answer = await fetch(program.url + path, {
    method,
    headers: {
      authorization: tokens[who] ?? '',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Json };
}
async function connect(protocol: string): Promise<LineClient> {
  const client = await lineClient(Number(new URL(program.addressOf(protocol)).port));
  clients.push(client);
  return client;
}
function placeOfNow(): string {
  const [date = '', time = ''] = new Date().toISOString().split('T');
  const [year = '', month, day] = date.split('-');
  return `[3G*1000000001*0064*UD,${day}${month}${year.slice(2)},${time.slice(0, 8).replaceAll(':', '')},A,23.500000,N,116.3000000,E,0.00,0,5,8,90,77,0,0,00000000,0,0]`;
}

test('C1 a spot check asks the device over its connection and answers where it is', async () => {
  const watch = await connect('watch');
  await watch.send('[3G*1000000001*0002*LK]');
  await watch.until('*LK]');
  const asking = call('officer', 'POST', '/api/v1/subjects/S1/locate', { waitS: 60 });
  await watch.until('*CR]');
  await watch.send('[3G*1000000001*0002*CR]');
  await watch.send(placeOfNow());
  const { status, body } = await asking;
  expect(status).toBe(200);
  expect(body).toMatchObject({
    device: 'D1',
    subject: 'S1',
    type: 'locate',
    state: 'answered',
    answer: { kind: 'position', lat: 23.5, lon: 116.3, battery_percent: 77 },
  });
  expect(body.askedBy).not.toBe('');
  const checks = await call('auditor', 'GET', '/api/v1/spot-checks?subject=S1');
  expect(checks.body.items).toEqual([body]);
});

test('C2 a device that is not there is kept as not reached, one that does not answer as silent, one without a fix as that', async () => {
  const { body } = await call('officer', 'POST', '/api/v1/subjects/S2/locate', { waitS: 1, validS: 1 });
  const listed = async () =>
    (await call('officer', 'GET', '/api/v1/devices/D2/commands')).body.items as Json[];
  const until = async (state: string) => {
    while ((await listed())[0]?.state !== state) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await until('not-reached');
  expect((await listed())[0]).toMatchObject({ id: body.id, sentAt: null, answeredAt: null, answer: null });
  const terminal = await connect('jt808');
  await terminal.send(Buffer.from('7e00020000013900000002000139 7e'.replaceAll(' ', ''), 'hex'));
  await terminal.until('~');
  const asked = await call('officer', 'POST', '/api/v1/subjects/S2/locate', { waitS: 2, validS: 2 });
  await until('silent');
  const [silent] = await listed();
  expect(silent).toMatchObject({ id: asked.body.id, answeredAt: null, reachedAt: null });
  expect(silent?.sentAt).not.toBeNull();
  const watch = await connect('watch');
  await watch.send('[3G*1000000001*0002*LK]');
  await watch.until('*LK]');
  const asking = call('officer', 'POST', '/api/v1/subjects/S1/locate', { waitS: 3, validS: 3 });
  await watch.until('*CR]');
  await watch.send('[3G*1000000001*0002*CR]');
  await watch.send(placeOfNow().replace(',A,23.500000,N,116.3000000,E', ',V,23.500000,N,116.3000000,E'));
  const indoors = (await asking).body;
  expect(indoors).toMatchObject({ answeredAt: null, answer: { kind: 'position', valid: false } });
  expect(indoors.reachedAt).not.toBeNull();
  const ofWatch = async () =>
    ((await call('officer', 'GET', '/api/v1/devices/D1/commands')).body.items as Json[])[0];
  while ((await ofWatch())?.state === 'sent') await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await ofWatch()).toMatchObject({ id: indoors.id, state: 'no-fix', answer: { valid: false } });
});

test('C3 a request of another kind is answered by its serial, or refused', async () => {
  const watch = await connect('watch');
  await watch.send('[3G*1000000001*0002*LK]');
  await watch.until('*LK]');
  const path = '/api/v1/devices/D1/commands';
  const asked = await call('officer', 'POST', path, { type: 'set-interval', intervalS: 600 });
  expect(asked).toMatchObject({ status: 200, body: { type: 'set-interval', intervalS: 600 } });
  await watch.until('*UPLOAD,600]');
  await watch.send('[3G*1000000001*0006*UPLOAD]');
  const state = async () => ((await call('officer', 'GET', path)).body.items as Json[])[0]?.state;
  while ((await state()) !== 'answered') await new Promise((resolve) => setTimeout(resolve, 50));
});

test('C6 a phone fetches the request with the answer to its next message', async () => {
  const post = async () => {
    const body = JSON.stringify({
      _type: 'location',
      lat: 23.6,
      lon: 116.4,
      tst: Math.floor(Date.now() / 1000),
      acc: 12,
    });
    const answer = await fetch(`${program.url}/owntracks`, {
      method: 'POST',
      body,
      headers: { 'x-limit-u': 'ce', 'x-limit-d': 'shi' },
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Json[];
  };
  expect(await post()).toEqual([]);
  const asking = call('officer', 'POST', '/api/v1/subjects/S5/locate', { waitS: 40 });
  let commands = await post();
  while (commands.length === 0) commands = await post();
  expect(commands).toEqual([{ _type: 'cmd', action: 'reportLocation' }]);
  expect(await post()).toEqual([]);
  expect((await asking).body).toMatchObject({
    device: 'D5',
    state: 'answered',
    answer: { lat: 23.6, lon: 116.4, accuracy_m: 12 },
  });
});

test('C7 a terminal with a secret is believed when it authenticates with it', async () => {
  const secret = (device: string) =>
    call('admin', 'PUT', `/api/v1/devices/${device}/secret`, { secret: 'code-12' });
  expect((await secret('D1')).status).toBe(409);
  expect((await secret('D2')).status).toBe(200);
  const terminal = await connect('jt808');
  let n = 0;
  /** Answers the result byte of the general reply. */
  const authenticate = async (code: string) => {
    const body = Buffer.from(code);
    const content = Buffer.concat([
      Buffer.from(`0102${body.length.toString(16).padStart(4, '0')}0139000000020001`, 'hex'),
      body,
    ]);
    const check = content.reduce((sum, byte) => sum ^ byte, 0);
    const before = terminal.received.split('~').length;
    await terminal.send(Buffer.concat([Buffer.of(0x7e), content, Buffer.of(check, 0x7e)]));
    while (terminal.received.split('~').length < before + 2)
      await new Promise((resolve) => setTimeout(resolve, 5));
    n += 2;
    return terminal.received.split('~')[n - 1]?.charCodeAt(16);
  };
  // The ingest hears of it by NOTIFY.
  while ((await authenticate('wrong')) !== 1) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await authenticate('code-12')).toBe(0);
  const held = (await call('admin', 'GET', '/api/v1/quarantine')).body.items as Json[];
  expect(held.some(({ code, device }) => code === 'not-authenticated' && device === '13900000002')).toBe(
    true,
  );
});

test('C4 who may not, and what can not be asked', async () => {
  const locate = (who: string, subject: string) =>
    call(who, 'POST', `/api/v1/subjects/${subject}/locate`, { waitS: 0 });
  expect((await locate('auditor', 'S1')).status).toBe(403);
  expect((await locate('officer', 'S4')).status).toBe(404);
  expect((await locate('officer', 'S9')).status).toBe(404);
  expect((await locate('officer', 'S3')).status).toBe(409);
  expect((await call('officer', 'POST', '/api/v1/subjects/S3/locate')).status).toBe(409);
  const ask = (device: string, body: Json) =>
    call('officer', 'POST', `/api/v1/devices/${device}/commands`, body);
  expect((await ask('D2', { type: 'find' })).status).toBe(409);
  expect((await ask('D3', { type: 'locate' })).status).toBe(409);
  expect((await ask('D4', { type: 'locate' })).status).toBe(404);
  expect((await ask('D1', { type: 'set-interval' })).status).toBe(400);
  expect((await ask('D1', { type: 'explode' })).status).toBe(400);
  expect((await call('officer', 'GET', '/api/v1/devices/D4/commands')).body.items).toEqual([]);
  expect((await call('officer', 'GET', '/api/v1/spot-checks?subject=S4')).body.items).toEqual([]);
});

test('C5 a device that nobody knows is a notice', async () => {
  const stranger = await connect('watch');
  await stranger.send('[3G*9999999999*0002*LK]');
  await stranger.until('*LK]');
  const notices = async () => (await call('admin', 'GET', '/api/v1/device-notices')).body.items as Json[];
  expect((await fetch(`${program.addressOf('osmand')}/?id=stranger&lat=23.5&lon=116.3`)).status).toBe(200);
  // Devices of the tests before have come back by a newer connection, which is a notice too.
  const strangers = async () => (await notices()).filter(({ code }) => code === 'unknown-device');
  while ((await strangers()).length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await notices()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ protocol: 'watch', address: '9999999999', code: 'unknown-device', count: 1 }),
      expect.objectContaining({ protocol: 'osmand', address: 'stranger', code: 'unknown-device', count: 1 }),
    ]),
  );
  expect((await call('officer', 'GET', '/api/v1/device-notices')).status).toBe(403);
});
