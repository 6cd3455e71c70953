import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startDashboard, type TestDashboard, watchBoard } from '../../tests/harness/dashboard.ts';

let dash: TestDashboard;
let auditor: { authorization: string };
beforeAll(async () => {
  dash = await startDashboard({ recheckMs: 100 });
  auditor = await dash.token('auditor', '');
  await dash.account('duty', 'duty-officer', '445281');
  for (const id of ['S1', 'S2', 'S3']) await dash.subject(id, '445281/liusha-east');
  await dash.subject('T1', '445222/hepo');
});
afterAll(() => dash.close());

const watch = (headers: Record<string, string>) => watchBoard(dash.address, headers);

const refused = async (headers: Record<string, string>) => {
  const socket = new WebSocket(`${dash.address.replace('http', 'ws')}/api/v1/live`, { headers });
  const [, response] = await once(socket, 'unexpected-response');
  return response.statusCode;
};

test('B8 a foreign origin, none at all, or nobody is refused at the upgrade', async () => {
  const { cookie } = await dash.signIn('duty');
  expect(await refused({ cookie, origin: 'https://evil.example' })).toBe(403);
  expect(await refused({ cookie })).toBe(403);
  expect(await refused({})).toBe(401);
  expect(await refused({ authorization: 'Bearer nonsense' })).toBe(401);
  expect((await dash.call('GET', '/api/v1/live', { headers: auditor })).status).toBe(400);
});

test('B9 B13 signing out ends the connection at once, with a word', async () => {
  const duty = await dash.signIn('duty');
  const client = await watch({ ...duty, origin: dash.address });
  await dash.call('DELETE', '/api/v1/session', { headers: duty });
  expect(await client.closed()).toEqual({ code: 4401, reason: 'signed-out' });
  expect(client.messages.at(-1)).toEqual({ type: 'bye', reason: 'signed-out' });
});

test('B9 what an administrator changes reaches open connections at once, without being asked for again', async () => {
  const unasked = await startDashboard({ recheckMs: 3_600_000 });
  try {
    await unasked.account('boss', 'administrator', '');
    await unasked.account('moves', 'duty-officer', '445281');
    await unasked.account('stays', 'duty-officer', '445281');
    await unasked.subject('S1', '445281/liusha-east');
    await unasked.subject('T1', '445222/hepo');
    const boss = await unasked.signIn('boss');
    const open = async (login: string) =>
      watchBoard(unasked.address, { ...(await unasked.signIn(login)), origin: unasked.address });
    const [moves, stays] = [await open('moves'), await open('stays')];
    for (const client of [moves, stays])
      await client.until('its own people', ({ cards }) => cards.some(({ id }) => id === 'S1'));
    const change = (version: number, body: object) =>
      unasked.call('PATCH', '/api/v1/accounts/moves', { headers: boss, body: { version, ...body } });
    const { body } = await change(1, { organisation: '445222' });
    await moves.until('the other office', ({ cards }) => cards.map(({ id }) => id).join() === 'T1');
    expect((await change(body.version, { disabled: true })).status).toBe(200);
    expect(await moves.closed()).toEqual({ code: 4401, reason: 'signed-out' });
    await unasked.call('POST', '/api/v1/accounts/stays/reset', { headers: boss });
    expect(stays.messages.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
    expect((await stays.closed()).code).toBe(4401);

    const token = {
      name: 'wall',
      role: 'duty-officer',
      organisation: '445281',
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    };
    const made = await unasked.call('POST', '/api/v1/tokens', { headers: boss, body: token });
    const wall = await watchBoard(unasked.address, { authorization: `Bearer ${made.body.token}` });
    await unasked.call('DELETE', `/api/v1/tokens/${made.body.id}`, { headers: boss });
    expect((await wall.closed()).code).toBe(4401);
  } finally {
    await unasked.close();
  }
});

test('B9 a session that expires or is deleted ends the connection', async () => {
  const client = await watch({ ...(await dash.signIn('duty')), origin: dash.address });
  await dash.database.query({
    text: "UPDATE sessions SET expires_at = now() - interval '1 s'",
    values: [],
  });
  expect((await client.closed()).code).toBe(4401);
});

test('B9 another organisation gives a new snapshot of it', async () => {
  await dash.account('mover', 'duty-officer', '445281');
  const client = await watch({ ...(await dash.signIn('mover')), origin: dash.address });
  await client.until('three cards', ({ cards }) => cards.length === 3);
  await dash.database.query({
    text: "UPDATE accounts SET organisation = '445222' WHERE login = 'mover'",
    values: [],
  });
  await client.until('the card there', ({ cards }) => cards.length === 1 && cards[0]?.id === 'T1');
  await dash.database.query({
    text: "UPDATE accounts SET role = 'nothing' WHERE login = 'mover'",
    values: [],
  });
  expect((await client.closed()).reason).toBe('signed-out');
});

test('B9 A10 a clearance that is given or taken, a role without one, a reset password: the open board follows', async () => {
  await dash.subject('M1', '445299/office-01', undefined, true);
  await dash.subject('M2', '445299/office-01');
  await dash.account('carer', 'duty-officer', '445299', false);
  const change = (what: string) =>
    dash.database.query({ text: `UPDATE accounts SET ${what} WHERE login = 'carer'`, values: [] });
  const client = await watch({ ...(await dash.signIn('carer')), origin: dash.address });
  const shows = (...ids: string[]) =>
    client.until(ids.join(), ({ cards }) => cards.map(({ id }) => id).join() === ids.join());
  await shows('M2');
  await change('minors = true');
  await shows('M1', 'M2');
  await change("role = 'manager'");
  await shows('M2');
  await change("role = 'prosecutor'");
  await shows('M1', 'M2');
  await change('must_change = true, one_time_until = now()');
  expect((await client.closed()).reason).toBe('signed-out');
});

test('B13 the end of the server is told', async () => {
  const own = await startDashboard();
  const client = await watchBoard(own.address, await own.token('auditor', ''));
  await client.until('a snapshot', ({ messages }) => messages.length > 0);
  await own.close();
  expect((await client.closed()).reason).toBe('shutdown');
  expect(client.messages.at(-1)).toEqual({ type: 'bye', reason: 'shutdown' });
});
