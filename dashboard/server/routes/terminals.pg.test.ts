import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRoster } from '../../../src/ingest/roster-load.ts';
import { decodeRoster, encodeRoster } from '../../../src/kernel/roster-file.ts';
import { problem, startDashboard, type TestDashboard } from '../../../tests/harness/dashboard.ts';
import { openIngest, type TestIngest } from '../../../tests/harness/ingest.ts';

let dash: TestDashboard;
let ingest: TestIngest;
let all: Record<string, string>;
let office: Record<string, string>;
let other: Record<string, string>;

beforeAll(async () => {
  dash = await startDashboard();
  ingest = await openIngest(dash);
  all = await dash.token('administrator', '');
  office = await dash.token('office-officer', '445281/office-01');
  other = await dash.token('office-officer', '445202');
  const pins = (pin: string) => [{ terminal: 'T1', pin }];
  await ingest.enrol(
    [
      { id: 'S1', office: '445281/office-01', pins: pins('1') },
      { id: 'S2', office: '445202/office-02', pins: pins('2') },
    ],
    [{ id: 'T1', office: '445281/office-01', address: 'SN1', timeZone: '+08:00' }],
  );
  const send = (table: string, body: string) =>
    fetch(`${ingest.iclockUrl}/iclock/cdata?SN=SN1&table=${table}&Stamp=5`, { method: 'POST', body });
  await send('ATTLOG', '1\t2026-02-20 09:00:00\t0\t1\n2\t2026-02-20 09:01:00\t0\t1');
  await send('OPERLOG', 'USER PIN=1\tName=测试人员一\tPri=0\tCard=');
});
afterAll(async () => {
  await ingest.close();
  await dash.close();
});

const get = (path: string, headers: Record<string, string>) =>
  dash.call('GET', `/api/v1/${path}`, { headers });

test('TM20 a terminal is seen by those over its office, with its clock and stamps; its PINs only of one’s own subtree', async () => {
  const { body } = await get('terminals', office);
  expect(body.items).toMatchObject([
    {
      id: 'T1',
      office: '445281/office-01',
      address: 'SN1',
      timeZone: '+08:00',
      pins: 1,
      driftS: 0,
      heardAt: expect.any(String),
    },
  ]);
  expect((await get('terminals/T1', office)).body.stamps).toEqual({ attlog: '5', operlog: '5' });
  expect((await get('terminals/T1/pins', office)).body.items).toMatchObject([{ pin: '1', subject: 'S1' }]);
  expect((await get('terminals/T1/pins', all)).body.items).toHaveLength(2);
  expect((await get('terminals', other)).body.items).toEqual([]);
  for (const path of ['terminals/T1', 'terminals/T1/pins', 'terminals/none'])
    expect(problem(await get(path, other))).toBe(404);
});

test('TM21 its messages are its office’s; a punch is the subject’s office’s', async () => {
  const kinds = async (headers: Record<string, string>) =>
    ((await get('devices/T1/messages', headers)).body.items as { kind: string; pin: string }[]).map(
      ({ kind, pin }) => `${kind} ${pin}`,
    );
  while ((await kinds(all)).length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await kinds(all)).toEqual(['user 1', 'attendance 2', 'attendance 1']);
  expect(await kinds(office)).toEqual(['user 1', 'attendance 1']);
  expect(await kinds(other)).toEqual(['attendance 2']);
});

test('TM22 it is registered by an administrator over its office, old and new; a serial number is one terminal’s', async () => {
  const put = (id: string, headers: Record<string, string>, body: object) =>
    dash.call('PUT', `/api/v1/terminals/${id}`, { headers, body });
  const made = await put('T2', all, { office: '445202/office-02', address: 'SN2' });
  expect(made.body).toMatchObject({
    id: 'T2',
    name: 'T2',
    address: 'SN2',
    timeZone: null,
    pins: 0,
    heardAt: null,
  });
  while (!ingest.devices.terminals().isKnown('SN2')) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(problem(await put('T3', all, { office: 'x', address: 'SN2' }))).toBe(409);
  expect(problem(await put('T3', all, { office: 'x', timeZone: 'Mars/North' }))).toBe(400);
  const county = await dash.token('administrator', '445281');
  expect(problem(await put('T2', county, { office: '445281/office-01' }))).toBe(403);
  expect(problem(await put('T4', county, { office: '445202/office-02' }))).toBe(403);
  expect((await put('T4', county, { office: '445281/office-01' })).status).toBe(200);
  expect(problem(await put('T5', office, { office: '445281/office-01' }))).toBe(403);
  const told = await dash.database.query({
    text: `SELECT target, office FROM audit WHERE action = 'terminal.change' ORDER BY at`,
    values: [],
  });
  expect(told.rows).toEqual([
    { target: 'T2', office: '445202/office-02' },
    { target: 'T4', office: '445281/office-01' },
  ]);
});

test('TM23 its stamps are forgotten, so that it sends everything again', async () => {
  const forget = (headers: Record<string, string>) =>
    dash.call('DELETE', '/api/v1/terminals/T1/stamps', { headers });
  expect(problem(await forget(office))).toBe(403);
  expect((await forget(all)).body.stamps).toEqual({});
  const handshake = await fetch(`${ingest.iclockUrl}/iclock/cdata?SN=SN1&options=all`);
  expect(await handshake.text()).toContain('ATTLOGStamp=None');
});

test('TM24 a terminal is asked by those over its office, by its own id', async () => {
  const ask = (headers: Record<string, string>, body: object) =>
    dash.call('POST', '/api/v1/devices/T1/commands', { headers, body });
  const resend = { type: 'resend', from: '2026-02-20T00:00:00Z', until: '2026-02-21T00:00:00Z' };
  const queued = await ask(office, { ...resend, validS: 3600 });
  expect(queued.body).toMatchObject({ device: 'T1', subject: '', state: 'queued', ...resend });
  expect(problem(await ask(other, resend))).toBe(404);
  expect(problem(await ask(office, { type: 'locate' }))).toBe(409);
  expect(problem(await ask(office, { type: 'resend' }))).toBe(400);
  let text = 'OK';
  while (text === 'OK') text = await (await fetch(`${ingest.iclockUrl}/iclock/getrequest?SN=SN1`)).text();
  expect(text).toContain('DATA QUERY ATTLOG StartTime=2026-02-20 08:00:00');
  expect((await get('devices/T1/commands', office)).body.items).toMatchObject([{ state: 'sent' }]);
  expect((await get('devices/T1/commands', other)).body.items).toEqual([]);
});

test('TM25 a roster of terminals and PINs is loaded as a whole, kept, and written out as it was', async () => {
  await expect(
    ingest.enrol([{ id: 'S9', office: '', pins: [{ terminal: 'none', pin: '1' }] }]),
  ).rejects.toThrow(/there is no terminal/);
  await expect(
    ingest.enrol([{ id: 'S9', office: '', pins: [{ terminal: 'T1', pin: '1' }] }]),
  ).rejects.toThrow(/S1's at the same time/);
  await expect(ingest.enrol([], [{ id: 'T9', address: 'SN1' }])).rejects.toThrow(
    /serial number of terminal T1/,
  );
  await expect(ingest.enrol([], [{ id: 'T9', timeZone: 'x' }])).rejects.toThrow(/time zone/);
  expect((await get('terminals/T9', all)).status).toBe(404);
  const { roster } = await readRoster(dash.database);
  expect(decodeRoster(encodeRoster(roster))).toEqual({ ok: true, value: roster });
  expect(roster.terminals?.[0]).toMatchObject({ id: 'T1', address: 'SN1', office: '445281/office-01' });
  expect(roster.subjects[0]?.pins).toEqual([{ terminal: 'T1', pin: '1', fromMs: 0, untilMs: null }]);
});
