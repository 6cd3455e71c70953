import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/adapters/database.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { openPositionDays } from '../../src/adapters/positions-table.ts';
import type { LogEvent, Position } from '../../src/kernel/log-event.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import { createFakeLog, type FakeLog } from '../../tests/harness/fake-log.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { runRecorder } from './recorder.ts';

const AT = Date.parse('2026-03-01T08:00:00Z');
const logger = createLogger('silent');

let own: TestDatabase;
let log: FakeLog;
beforeEach(async () => {
  own = await createTestDatabase();
  log = createFakeLog(2);
});
afterEach(() => own.drop());

const ask = async (text: string, values: unknown[] = []) => (await own.database.query({ text, values })).rows;

const fix = (n: number, more: Partial<Position> = {}): Position => ({
  type: 'position',
  subject: `S${n}`,
  device: `D${n}`,
  atMs: AT,
  receivedMs: AT + 1000,
  lat: 23.5,
  lon: 116.3,
  ...more,
});
const lines = (...events: LogEvent[]) => events.map(encodeLogEvent);

/** Runs a recorder until it has handled all that the log has, or has failed. */
async function record(
  given: { database?: Database; ticks?: number[]; bad?: string[]; days?: { ensure(): Promise<void> } } = {},
) {
  const days = await openPositionDays(own.database);
  const subscription = await runRecorder({
    log,
    database: given.database ?? own.database,
    logger,
    now: Date.now,
    ensureDays: days.ensure,
    onTick: (_, tickMs) => given.ticks?.push(tickMs),
    setAside: async (bad) => void given.bad?.push(...bad.map(({ line }) => line)),
  });
  try {
    await log.drained(subscription);
  } finally {
    await subscription.close();
  }
}

test('W2 what the log carries is in the store, each field as it came', async () => {
  const full = fix(1, {
    accuracyM: 12.5,
    speedMps: 1.25,
    headingDeg: 90,
    altitudeM: -3.5,
    batteryPct: 81,
    mock: true,
    method: 'wifi',
    sequence: 4_294_967_295,
  });
  const ticks: number[] = [];
  log.put(
    0,
    lines(full, { type: 'status', subject: 'S1', device: 'D1', atMs: AT, receivedMs: AT, status: 'sos' }),
  );
  log.put(
    1,
    lines({ type: 'checkin', subject: 'S1', terminal: 'T1', atMs: AT, receivedMs: AT, method: 'face' }),
  );
  log.put(1, lines({ type: 'tick', atMs: AT + 5 }));
  await record({ ticks });
  expect(await ask('SELECT * FROM positions')).toEqual([
    {
      at: new Date(AT),
      device: 'D1',
      subject: 'S1',
      sequence: '4294967295',
      received_at: new Date(AT + 1000),
      lat: 23.5,
      lon: 116.3,
      accuracy_m: 12.5,
      speed_mps: 1.25,
      heading_deg: 90,
      altitude_m: -3.5,
      battery_pct: 81,
      method: 'wifi',
      mock: true,
    },
  ]);
  expect(await ask('SELECT device, status FROM device_statuses')).toEqual([{ device: 'D1', status: 'sos' }]);
  expect(await ask('SELECT terminal, method FROM checkins')).toEqual([{ terminal: 'T1', method: 'face' }]);
  expect(ticks).toEqual([AT + 5]);
});

test('W3 a tail that comes again changes nothing, and what is new beside it is taken', async () => {
  log.put(0, lines(fix(1), fix(2)));
  await record();
  log.forgetPositions();
  log.put(0, lines(fix(2), fix(3), fix(3)));
  log.put(1, lines(fix(4)));
  await record();
  expect(await ask('SELECT subject FROM positions ORDER BY subject')).toEqual(
    ['S1', 'S2', 'S3', 'S4'].map((subject) => ({ subject })),
  );
});

test('W4 two different fixes of one device at one instant are both kept, the same one once', async () => {
  log.put(0, lines(fix(1), fix(1, { lat: 23.6 }), fix(1), fix(1, { sequence: 1 }), fix(1, { sequence: 2 })));
  await record();
  expect(await ask('SELECT lat FROM positions ORDER BY lat, sequence')).toHaveLength(4);
});

test('W5 the position is committed only after the rows: what a killed recorder had begun comes again', async () => {
  log.put(0, lines(fix(1), fix(2)));
  log.beforeCommit = async () => {
    expect(await ask('SELECT subject FROM positions')).toHaveLength(2);
    throw new Error('killed here');
  };
  await expect(record()).rejects.toThrow('killed here');
  expect(log.committed(0)).toBe(0);
  log.beforeCommit = undefined;
  await record();
  expect(await ask('SELECT subject FROM positions')).toHaveLength(2);
  expect(log.committed(0)).toBe(1);
});

test('W6 a fix of long ago gets its day, and so does one whose day was dropped meanwhile', async () => {
  const days = await openPositionDays(own.database);
  log.put(0, lines(fix(1, { atMs: Date.parse('2019-05-01T00:00:00Z') })));
  const subscription = await runRecorder({
    log,
    database: own.database,
    logger,
    now: Date.now,
    ensureDays: days.ensure,
    onTick: () => {},
  });
  await log.drained(subscription);
  await (await openPositionDays(own.database)).maintain(AT, 30);
  log.put(0, lines(fix(2, { atMs: Date.parse('2019-05-01T00:00:01Z') })));
  await log.drained(subscription);
  await subscription.close();
  expect(await ask('SELECT subject FROM positions')).toEqual([{ subject: 'S2' }]);
});

test('W7 a line that can not be read is set aside and holds nothing up', async () => {
  const bad: string[] = [];
  log.put(0, [
    '{"type":"position"',
    ...lines(fix(1)),
    '{"type":"position","subject":"S\\u0000","device":"D","at":"2026-03-01T00:00:00Z","lat":1,"lon":1}',
  ]);
  await record({ bad });
  expect(bad).toHaveLength(2);
  expect(await ask('SELECT subject FROM positions')).toEqual([{ subject: 'S1' }]);
});

test('W8 connections that the server cuts in the middle of the work cost a second try, not a fix', async () => {
  const all = Array.from({ length: 40 }, (_, n) => n);
  for (const n of all) log.put(n % 2, lines(...Array.from({ length: 500 }, (_, i) => fix(n * 500 + i))));
  const cutting = (async () => {
    for (let i = 0; i < 5; i++) {
      await ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE ANY (ARRAY['COPY%', 'COMMIT%', 'BEGIN%'])`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  })();
  await Promise.all([record(), cutting]);
  expect(await ask('SELECT count(*)::int AS n FROM positions')).toEqual([{ n: 20_000 }]);
});

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((id) => !id.includes('\0'));
const real = (min: number, max: number) => fc.option(fc.float({ min, max, noNaN: true }), { nil: undefined });
const asReal = (value: unknown) => (typeof value === 'number' ? Math.fround(value) : value);
const anyPosition = fc.record({
  subject: text,
  device: text,
  atMs: fc.integer({ min: Date.parse('2026-03-01T00:00:00Z'), max: Date.parse('2026-03-02T23:59:59.999Z') }),
  receivedMs: fc.integer({
    min: Date.parse('0001-01-01T00:00:00Z'),
    max: Date.parse('9999-12-31T23:59:59.999Z'),
  }),
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
  accuracyM: real(0, 1e7),
  altitudeM: real(-12_000, 1_000_000),
  mock: fc.option(fc.boolean(), { nil: undefined }),
  sequence: fc.integer({ min: -2_147_483_648, max: 4_294_967_295 }),
});

test('W9 whatever a position holds comes back from the store bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyPosition, { minLength: 1, maxLength: 50 }), async (given) => {
      const positions = given.map((record, i) => {
        const present = Object.entries(record).filter(([, value]) => value !== undefined);
        return { ...fix(i), ...Object.fromEntries(present), device: `${i}-${record.device}` } as Position;
      });
      await own.database.query({ text: 'TRUNCATE positions', values: [] });
      log.put(0, lines(...positions));
      await record();
      const rows = await ask('SELECT * FROM positions');
      expect(rows).toHaveLength(positions.length);
      const byDevice = new Map(rows.map((row) => [row.device, row]));
      for (const position of positions) {
        const row = byDevice.get(position.device);
        expect(row).toMatchObject({
          subject: position.subject,
          at: new Date(position.atMs),
          received_at: new Date(position.receivedMs),
          lat: position.lat + 0,
          lon: position.lon + 0,
          mock: position.mock ?? null,
          sequence: String(position.sequence),
        });
        // The shortest digits that name a float4: the same number once it is one again.
        expect(asReal(row?.accuracy_m)).toBe(
          position.accuracyM === undefined ? null : position.accuracyM + 0,
        );
        expect(asReal(row?.altitude_m)).toBe(
          position.altitudeM === undefined ? null : position.altitudeM + 0,
        );
      }
    }),
    { numRuns: 25 },
  );
});
