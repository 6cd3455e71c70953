import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLedger } from '../../alerts/ledger.ts';
import { createDetector } from '../../consumers/detector/detector.ts';
import { circle, fix, minutes, person, phone, range, ticks } from '../../consumers/detector/story.testing.ts';
import { startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import { createPostgresLog } from '../adapters/postgres-log.ts';
import type { AlertEvent } from '../kernel/alert-event.ts';
import { type LogEvent, noContactOf, partitionKeyOf, receiptOf, type Sighting } from '../kernel/log-event.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import { partitionOf } from '../kernel/partition.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { createInsight, type Insight } from './insight.ts';

const PARTITIONS = 3;
let own: TestDatabase;
let log: ObservationLog;
let insight: Insight;
let alerts: AlertEvent[];

/** Through a log of three partitions and a detector for each into the ledger, as the service does it. */
async function live(events: readonly LogEvent[]): Promise<AlertEvent[]> {
  const detectors = range(0, PARTITIONS).map(() => createDetector());
  const told: AlertEvent[] = [];
  const take = async (event: LogEvent): Promise<void> => {
    const key = partitionKeyOf(event);
    const line = encodeLogEvent(event);
    if (key === null) await log.appendToAll(line);
    else await log.append([{ key, line }]);
    const sightings: Sighting[] = [];
    for (const [n, detector] of detectors.entries()) {
      if (key !== null && partitionOf(key, PARTITIONS) !== n) continue;
      detector.apply(
        event,
        (alert) => told.push(alert),
        (sighting) => sightings.push(sighting),
      );
    }
    for (const sighting of sightings) await take(sighting);
  };
  for (const event of [...events].sort((a, b) => receiptOf(a) - receiptOf(b))) await take(event);
  await openLedger(own.database).append(told);
  return told;
}

beforeAll(async () => {
  own = await createTestDatabase();
  const opened = await createPostgresLog({
    database: own.database,
    partitions: PARTITIONS,
    logger: createLogger('silent'),
  });
  if (!opened.ok) throw new Error(opened.error);
  log = opened.value;
  const one = person({ id: 'S1', noContact: ['S2'] });
  const people = [
    one,
    person({ id: 'S2', devices: [phone('D2')] }),
    person({ id: 'S3', devices: [phone('D3')] }),
  ];
  const walk = (subject: string, device: string, metres: (n: number) => number, until = 60) =>
    range(0, until).map((n) => fix(n, metres(n), { subject, device }));
  alerts = await live([
    { type: 'zone', atMs: minutes(0), zone: circle('home') },
    ...people.map((profile): LogEvent => ({ type: 'profile', atMs: minutes(0), profile })),
    noContactOf(one, minutes(0)),
    ...walk('S1', 'D1', (n) => (n < 50 ? n % 3 : 3000)),
    ...walk('S2', 'D2', (n) => 20 + (n % 3), 45),
    ...walk('S3', 'D3', (n) => (n > 20 && n < 30 ? 1030 : 0)),
    ...ticks(0, 75),
  ]);
  insight = createInsight({ log, database: own.database });
});
afterAll(async () => {
  await log.close();
  await own.drop();
});

test('I1 every alert of the ledger comes out again, byte for byte, whichever stage concluded it', async () => {
  const kinds = new Set(alerts.map(({ kind }) => kind));
  expect(kinds).toEqual(
    new Set(['gathering', 'out-of-bounds', 'silent', 'abscond'].filter((kind) => kinds.has(kind as never))),
  );
  expect(kinds.has('gathering') && kinds.has('out-of-bounds') && kinds.has('silent')).toBe(true);
  for (const alert of new Set(alerts.map((event) => event.alert))) {
    const found = await insight.reproduce(alert);
    expect([found?.identical, found?.versions.map(({ result }) => result)]).toEqual([
      true,
      alerts.filter((event) => event.alert === alert).map(() => 'identical'),
    ]);
  }
  expect(await insight.reproduce('0'.repeat(32))).toBeUndefined();
});

test('I1 an alert that does not come out so is told to be different, or absent', async () => {
  const out = alerts.find(({ kind }) => kind === 'out-of-bounds');
  if (out === undefined) throw new Error('no alert');
  await openLedger(own.database).append([
    { ...out, version: 90, reason: 'made up' },
    { ...out, alert: 'f'.repeat(32), version: 1 },
  ]);
  expect((await insight.reproduce(out.alert))?.identical).toBe(false);
  expect((await insight.reproduce('f'.repeat(32)))?.versions[0]?.result).toBe('absent');
});

test('I2 why and why not, as it was at that time', async () => {
  const before = await insight.explain('S1', minutes(40));
  const after = await insight.explain('S1', minutes(58));
  const saysOf = (explanation: typeof before) =>
    explanation?.conclusions.find(({ kind }) => kind === 'out-of-bounds')?.says;
  expect([saysOf(before), saysOf(after)]).toEqual(['nothing', 'holds']);
  expect(after?.conclusions.find(({ kind }) => kind === 'out-of-bounds')?.alert).toBe(
    alerts.find(({ kind, subject }) => kind === 'out-of-bounds' && subject === 'S1')?.alert,
  );
  expect(await insight.explain('S1', minutes(-5))).toBeUndefined();
  expect(await insight.explain('nobody', minutes(40))).toBeUndefined();
});

test('I3 another policy on the past: counts and differences, of those whom one may see', async () => {
  const other = { default: { outsideProbability: 0.999_999 }, grades: {}, organisations: {}, keyPeriods: [] };
  const all = await insight.backtest(other, minutes(0), minutes(75), () => true);
  expect(all.counts).toContainEqual({ kind: 'out-of-bounds', before: 2, after: 1 });
  expect(all.differences.map(({ side, subject }) => [side, subject])).toContainEqual(['only-before', 'S3']);
  const none = await insight.backtest(other, minutes(0), minutes(75), (subject) => subject === 'S2');
  expect(none.differences).toEqual([]);
});

test('I4 over REST: by right and by reach, times as text', async () => {
  const desk: TestDashboard = await startDashboard({ past: insight });
  try {
    for (const id of ['S1', 'S3']) await desk.subject(id, '445281/office-01');
    const officer = await desk.token('duty-officer', '445281');
    const elsewhere = await desk.token('duty-officer', '445202');
    const manager = await desk.token('manager', '');
    const at = new Date(minutes(58)).toISOString();
    const seen = await desk.call('GET', `/api/v1/subjects/S1/explanation?at=${at}`, { headers: officer });
    expect(seen.status).toBe(200);
    expect(seen.body).toMatchObject({
      subject: 'S1',
      zones: [{ zone: 'home', rule: 'stay-in', inForce: true }],
    });
    expect((seen.body as { text: { zh: string } }).text.zh).toContain('限制区域 home');
    expect(String((seen.body as { position: { at: string } }).position.at)).toMatch(/^2026-03-02T00:5/);
    expect(
      (await desk.call('GET', `/api/v1/subjects/S1/explanation?at=${at}`, { headers: elsewhere })).status,
    ).toBe(404);
    expect(
      (await desk.call('GET', `/api/v1/subjects/S1/explanation?at=${at}`, { headers: manager })).status,
    ).toBe(403);
    expect(
      (await desk.call('GET', '/api/v1/subjects/S1/explanation?at=noon', { headers: officer })).status,
    ).toBe(400);
    const body = {
      policy: { default: { outsideProbability: 0.999_999 } },
      from: new Date(minutes(0)).toISOString(),
      to: new Date(minutes(75)).toISOString(),
    };
    const tried = await desk.call('POST', '/api/v1/policies/backtest', { headers: manager, body });
    expect(tried.status).toBe(200);
    expect((tried.body as { counts: unknown[] }).counts).toContainEqual({
      kind: 'out-of-bounds',
      before: 2,
      after: 1,
    });
    expect((await desk.call('POST', '/api/v1/policies/backtest', { headers: officer, body })).status).toBe(
      403,
    );
    const bad = { ...body, policy: { default: { outsideProbability: 7 } } };
    expect(
      (await desk.call('POST', '/api/v1/policies/backtest', { headers: manager, body: bad })).status,
    ).toBe(400);
  } finally {
    await desk.close();
  }
});
