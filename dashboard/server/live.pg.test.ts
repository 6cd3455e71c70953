import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LastKnown } from '../../src/ports/live-state.ts';
import { concludeSelfTests } from '../../src/store/self-tests.ts';
import {
  type LiveClient,
  startDashboard,
  type TestDashboard,
  watchBoard,
} from '../../tests/harness/dashboard.ts';
import { LIVE_PROTOCOL } from '../protocol.ts';

let dash: TestDashboard;
let auditor: { authorization: string };
const clients: LiveClient[] = [];

beforeAll(async () => {
  dash = await startDashboard({ recheckMs: 100 });
  auditor = await dash.token('auditor', '');
  await dash.account('duty', 'duty-officer', '445281');
  for (const id of ['S1', 'S2', 'S3']) await dash.subject(id, '445281/liusha-east');
  await dash.subject('T1', '445222/hepo');
  const ready = await watch(auditor);
  await ready.until('four cards', ({ cards }) => cards.length === 4);
});
afterAll(async () => {
  for (const client of clients) client.socket.terminate();
  await dash.close();
});

async function watch(
  headers: Record<string, string>,
  ...rest: [cursor?: { epoch: string; seq: number }, start?: LiveClient]
) {
  const client = await watchBoard(dash.address, headers, ...rest);
  clients.push(client);
  return client;
}

const known = (subject: string, lat: number): LastKnown => ({
  subject,
  device: 'D1',
  atMs: Date.UTC(2026, 2, 1),
  lat,
  lon: 116.3,
  accuracyM: 12.4,
  speedMps: null,
  method: 'gnss',
  batteryPct: 80,
  heardMs: Date.UTC(2026, 2, 1),
  off: false,
});
const move = (subject: string, lat: number) =>
  dash.liveState.put({ subjects: [known(subject, lat)], frontiers: [] });

describe('messages', () => {
  test('B1 hello is answered by a snapshot, changes follow as patches', async () => {
    const client = await watch(auditor);
    await client.until('a snapshot', ({ messages }) => messages.length > 0);
    expect(client.messages[0]).toMatchObject({
      type: 'snapshot',
      protocol: LIVE_PROTOCOL,
      demo: false,
      alerts: [],
    });
    expect(client.cards.map((card) => card.name)).toContain('测试人员S1');
    await move('S1', 23.5);
    await client.until('S1 at 23.5', ({ whereabouts }) => whereabouts.get('S1')?.[2] === 23.5);
    const at = Date.UTC(2026, 2, 1) / 1000;
    expect(client.whereabouts.get('S1')).toEqual([0, 116.3, 23.5, 12, at, at, 80, 0]);
    await dash.alert('m1', 1, { subject: 'S1' });
    await client.until('the alert', ({ alerts }) => alerts.has('m1'));
    expect(client.alerts.get('m1')).toMatchObject({ reason: { zh: '测试人员S1越界' }, acknowledgedBy: null });
    expect(client.messages.filter((message) => message.type === 'snapshot')).toHaveLength(1);
  });

  test('B1 a client that comes back gets the patch since, not a snapshot', async () => {
    const first = await watch(auditor);
    await first.until('a snapshot', ({ messages }) => messages.length > 0);
    const cursor = first.cursor();
    await first.close();
    await move('S2', 24.5);
    await dash.alert('m2', 1, { subject: 'S2' });
    const second = await watch(auditor, cursor, first);
    await second.until(
      'what happened meanwhile',
      ({ whereabouts, alerts }) => whereabouts.get('S2')?.[2] === 24.5 && alerts.has('m2'),
    );
    expect(second.messages.some((message) => message.type === 'snapshot')).toBe(false);
    const stranger = await watch(auditor, { epoch: 'another', seq: 3 });
    await stranger.until('a snapshot', ({ messages }) => messages[0]?.type === 'snapshot');
  });

  test('B3 an alert that is cleared and acknowledged leaves', async () => {
    const client = await watch(auditor);
    await dash.alert('g1', 1, { subject: 'S1' });
    await client.until('it stands', ({ alerts }) => alerts.get('g1')?.state === 'opened');
    await dash.alert('g1', 2, { subject: 'S1', state: 'cleared' });
    await client.until('it is cleared', ({ alerts }) => alerts.get('g1')?.state === 'cleared');
    const officer = await dash.token('duty-officer', '');
    await dash.call('POST', '/api/v1/alerts/g1/acknowledge', { headers: officer, body: {} });
    await client.until('it is gone', ({ alerts }) => !alerts.has('g1'));
  });

  test('B14 the board tells who has an alert, how far it is, by when, of which incident and what is put aside', async () => {
    const client = await watch(auditor);
    const officer = await dash.token('duty-officer', '');
    const other = await dash.token('duty-officer', '');
    const post = (path: string, body: unknown, headers = officer) =>
      dash.call('POST', `/api/v1/${path}`, { headers, body });
    await dash.alert('k1', 1, { subject: 'S3', kind: 'low-battery' });
    await dash.alert('k2', 1, { subject: 'S3', kind: 'phone-off' });
    await client.until('both are one incident', ({ alerts }) => {
      const [first, second] = [alerts.get('k1')?.work, alerts.get('k2')?.work];
      return first?.incident != null && first.incident === second?.incident && first.dueAtMs !== null;
    });
    await post('alerts/k2/take', {});
    await client.until('somebody has it', ({ alerts }) => {
      const work = alerts.get('k2')?.work;
      return work?.stage === 'handling' && work.owner !== null;
    });
    await dash.alert('k2', 2, { subject: 'S3', kind: 'phone-off', state: 'cleared' });
    await client.until(
      'it is over and still in hand',
      ({ alerts }) => alerts.get('k2')?.state === 'cleared' && alerts.get('k2')?.work.stage === 'handling',
    );
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const asked = await post('shelvings', { subject: 'S3', kind: 'low-battery', until, reason: '试验' });
    await post(`shelvings/${asked.body.id}/approve`, {}, other);
    await client.until(
      'one is put aside',
      ({ alerts }) => alerts.get('k1')?.work.shelvedUntilMs === Date.parse(until),
    );
    await post('alerts/k2/resolve', { disposition: 'device-fault' });
    await post('alerts/k2/review', {});
    await post('alerts/k2/close', {});
    await client.until('it is gone', ({ alerts }) => !alerts.has('k2') && alerts.has('k1'));
  });

  test('B4 a viewer sees the own subtree only', async () => {
    const duty = await watch({ ...(await dash.signIn('duty')), origin: dash.address });
    const all = await watch(auditor);
    await dash.alert('t1', 1, { subject: 'T1' });
    await move('T1', 25.5);
    await dash.alert('s1', 1, { subject: 'S1' });
    await all.until(
      'both',
      ({ alerts, whereabouts }) => alerts.has('t1') && alerts.has('s1') && whereabouts.has('T1'),
    );
    await duty.until('its own', ({ alerts }) => alerts.has('s1'));
    expect(duty.cards.map((card) => card.id)).toEqual(['S1', 'S2', 'S3']);
    expect(JSON.stringify(duty.messages)).not.toContain('T1');
  });

  test('B12 the frontier is told, and unknown before it is heard', async () => {
    const client = await watch(auditor);
    await client.until('a snapshot', ({ messages }) => messages[0]?.type === 'snapshot');
    expect(client.messages[0]).toMatchObject({ health: { frontierMs: null, tickSeconds: 10 } });
    await dash.liveState.put({ subjects: [], frontiers: [{ stage: 'board', partition: 0, tickMs: 1234 }] });
    await client.until('the frontier', ({ messages }) =>
      messages.some((message) => message.type === 'patch' && message.health?.frontierMs === 1234),
    );
  });
});

describe('faults', () => {
  test('B7 what is no message of the protocol ends the connection', async () => {
    for (const message of ['{', '{"type":"hello","protocol":99}', Buffer.from([1, 2, 3])]) {
      const client = await watch(auditor);
      client.socket.send(message);
      expect(await client.closed()).toEqual({ code: 4400, reason: 'protocol' });
    }
    const large = await watch(auditor);
    large.socket.send('x'.repeat(5000));
    expect((await large.closed()).code).toBe(1009);
  });

  test('B7 whatever is sent, the server stays and others see on', async () => {
    const witness = await watch(auditor);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), { minLength: 1, maxLength: 5 }),
        async (messages) => {
          const client = await watchBoard(dash.address, auditor);
          for (const message of messages) client.socket.send(message);
          client.socket.close();
          await client.closed();
        },
      ),
      { numRuns: 40 },
    );
    await move('S3', 21.5);
    await witness.until('S3', ({ whereabouts }) => whereabouts.get('S3')?.[2] === 21.5);
  });

  test('B10 a change of which no notification came is found', async () => {
    const client = await watch(auditor);
    await client.until('a snapshot', ({ messages }) => messages.length > 0);
    await dash.database.query({
      text: 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = \'LISTEN "alerts"\' AND datname = current_database()',
      values: [],
    });
    await dash.alert('n1', 1, { subject: 'S1' });
    await client.until('the alert', ({ alerts }) => alerts.has('n1'));
  });

  test('B11 a changed roster gives a new epoch with the new name, in sentences too', async () => {
    const client = await watch(auditor);
    await dash.alert('r1', 1, { subject: 'S3' });
    await client.until('the alert', ({ alerts }) => alerts.has('r1'));
    const before = client.cursor();
    await dash.subject('S3', '445281/liusha-east', '测试人员新名');
    await client.until(
      'the new name',
      ({ cards, alerts }) =>
        cards.some((card) => card.name === '测试人员新名') &&
        alerts.get('r1')?.reason.zh === '测试人员新名越界',
    );
    expect(client.cursor()?.epoch).not.toBe(before?.epoch);
  });

  test('B11 a roster that changed elsewhere sends nothing', async () => {
    const duty = await watch({ ...(await dash.signIn('duty')), origin: dash.address });
    const all = await watch(auditor);
    for (const client of [duty, all]) await client.until('a snapshot', ({ messages }) => messages.length > 0);
    await dash.subject('T2', '445222/hepo');
    await all.until('the new one', ({ cards }) => cards.some(({ id }) => id === 'T2'));
    await dash.alert('e1', 1, { subject: 'S1' });
    await duty.until('an alert after it', ({ alerts }) => alerts.has('e1'));
    expect(duty.messages.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
  });

  test('B4 B11 an alert whose subject moves to another organisation leaves', async () => {
    const duty = await watch({ ...(await dash.signIn('duty')), origin: dash.address });
    await dash.alert('x1', 1, { subject: 'S2' });
    await duty.until('the alert', ({ alerts }) => alerts.has('x1'));
    await dash.subject('S2', '445222/hepo');
    await duty.until('it is gone', ({ alerts, cards }) => !alerts.has('x1') && cards.length === 2);
    await dash.subject('S2', '445281/liusha-east');
    await duty.until('it is back', ({ alerts, cards }) => alerts.has('x1') && cards.length === 3);
  });

  test('B6 a client that does not read keeps no queue and ends at the same view', async () => {
    const slow = await watch(auditor);
    await slow.until('a snapshot', ({ messages }) => messages.length > 0);
    slow.socket.pause();
    // Many subjects with long names of alerts: far more than the sockets of both sides hold.
    const reason = 'x'.repeat(60_000);
    for (let round = 0; round < 6; round++) {
      // No more at once than there are connections: who has waited five seconds for one is refused.
      for (let first = 0; first < 100; first += 10)
        await Promise.all(
          Array.from({ length: 10 }, (_, i) =>
            dash.alert(`big${first + i}`, round + 1, { subject: 'S1', reason: `${reason}${round}` }),
          ),
        );
      await sleep(60);
    }
    slow.socket.resume();
    await slow.until('all are of the last round', ({ alerts }) =>
      Array.from({ length: 100 }, (_, i) => alerts.get(`big${i}`)?.version).every((version) => version === 6),
    );
    const sent = slow.messages.flatMap((message) => (message.type === 'patch' ? (message.alerts ?? []) : []));
    expect(sent.filter(({ alert }) => alert.startsWith('big')).length).toBeLessThan(600);
    for (let i = 0; i < 100; i++) await dash.alert(`big${i}`, 7, { subject: 'S1', state: 'retracted' });
    await slow.until('all are gone', ({ alerts }) => !alerts.has('big0') && !alerts.has('big99'));
  });
});

test('B2 over real sockets: random cuts and resumes end in client map = server view', async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({
        do: fc.constant('move' as const),
        subject: fc.constantFrom('S1', 'S2', 'S3', 'T1'),
        lat: fc.integer({ min: 1, max: 80 }),
      }),
      fc.record({
        do: fc.constant('alert' as const),
        id: fc.constantFrom('p1', 'p2', 'p3'),
        state: fc.constantFrom('updated', 'cleared', 'retracted'),
      }),
      fc.record({ do: fc.constantFrom('cut' as const, 'wait' as const) }),
    ),
    { minLength: 5, maxLength: 25 },
  );
  const versions = new Map<string, number>();
  let marker = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      let client = await watchBoard(dash.address, auditor);
      for (const step of list) {
        if (step.do === 'move') await move(step.subject, step.lat);
        else if (step.do === 'alert') {
          const version = (versions.get(step.id) ?? 0) + 1;
          versions.set(step.id, version);
          await dash.alert(step.id, version, { subject: 'S1', state: version === 1 ? 'opened' : step.state });
        } else if (step.do === 'wait') await sleep(20);
        else {
          await client.close();
          client = await watchBoard(dash.address, auditor, client.cursor(), client);
        }
      }
      // A last alert marks the end: what stands before it in the ledger has been seen when it has.
      const last = `end${++marker}`;
      await dash.alert(last, 1, { subject: 'S1' });
      const fresh = await watchBoard(dash.address, auditor);
      const isWhole = ({ alerts }: LiveClient) => alerts.has(last);
      await Promise.all([client.until('the marker', isWhole), fresh.until('the marker', isWhole)]);
      const sorted = (map: ReadonlyMap<string, unknown>) => [...map].sort(([a], [b]) => a.localeCompare(b));
      await client.until(
        'the same whereabouts',
        () => JSON.stringify(sorted(client.whereabouts)) === JSON.stringify(sorted(fresh.whereabouts)),
      );
      expect(sorted(client.alerts)).toEqual(sorted(fresh.alerts));
      await dash.alert(last, 2, { subject: 'S1', state: 'retracted' });
      await client.close();
      await fresh.close();
    }),
    { numRuns: 15 },
  );
});

test('ST5 the age of the oldest partition’s self-test is told, unknown before each has had one; /metrics has each', async () => {
  const own = await startDashboard({ partitions: 2, selfTestS: 60 });
  const headers = await own.token('auditor', '');
  const client = await watchBoard(own.address, headers);
  await client.until('unknown', ({ messages }) => messages[0]?.type === 'snapshot');
  expect(client.messages[0]).toMatchObject({ health: { selfTest: { atMs: null, limitMs: 150_000 } } });
  const nowMs = Date.now();
  const conclude = (partition: number, ageMs: number) =>
    concludeSelfTests(own.database, [partition], [new Date(nowMs - ageMs)]);
  await conclude(0, 30_000);
  await conclude(1, 90_000);
  // An older one told late does not make it older.
  await conclude(1, 200_000);
  const isTold = () =>
    client.messages.some(
      (message) => message.type === 'patch' && message.health?.selfTest?.atMs === nowMs - 90_000,
    );
  await vi.waitFor(() => expect(isTold()).toBe(true), 30_000);
  const text = await (await fetch(`${own.address}/metrics`, { headers })).text();
  const ages = [...text.matchAll(/^wardline_self_test_age_seconds\{partition="(\d)"\} (\S+)$/gm)];
  expect(ages.map(([, partition]) => partition)).toEqual(['0', '1']);
  expect(Number(ages[1]?.[2]) - Number(ages[0]?.[2])).toBeCloseTo(60, 1);
  await client.close();
  await own.close();
});

test('ST5 where none are made nothing is told of them', async () => {
  const client = await watch(auditor);
  await client.until('a snapshot', ({ messages }) => messages[0]?.type === 'snapshot');
  expect(JSON.stringify(client.messages[0])).not.toContain('selfTest');
  await client.close();
});

test('B12 a queue that can not be read makes the board late', async () => {
  const own = await startDashboard();
  const tickMs = Date.now() + 3_600_000;
  await own.liveState.put({ subjects: [], frontiers: [{ stage: 'board', partition: 0, tickMs }] });
  await own.database.query({ text: 'ALTER TABLE alerts RENAME TO away', values: [] });
  own.clock.aheadMs = 20_000;
  const client = await watchBoard(own.address, await own.token('auditor', ''));
  await client.until('an old frontier', ({ messages }) =>
    messages.some(
      (message) =>
        'health' in message && message.health?.frontierMs != null && message.health.frontierMs < tickMs,
    ),
  );
  await client.close();
  await own.close();
});
