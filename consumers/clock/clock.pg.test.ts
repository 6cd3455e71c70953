import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLogger } from '../../src/adapters/logger.ts';
import { createPostgresLog } from '../../src/adapters/postgres-log.ts';
import { LogUnavailable, type ObservationLog } from '../../src/ports/observation-log.ts';
import { addToOutbox } from '../../src/store/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { type Clock, runClock } from './clock.ts';

const logger = createLogger('silent');
const PARTITIONS = 3;
const START_MS = Date.UTC(2026, 2, 1, 8);

let own: TestDatabase;
let log: ObservationLog;
let nowMs: number;
let isLogAway: boolean;
let clocks: Clock[];
/** Offsets of the partitions when the test began. */
let begun: readonly { readonly next: number }[];

beforeAll(async () => {
  own = await createTestDatabase();
  const opened = await createPostgresLog({ database: own.database, partitions: PARTITIONS, logger });
  if (!opened.ok) throw new Error(opened.error);
  log = opened.value;
});
afterAll(async () => {
  await log.close();
  await own.drop();
});
beforeEach(async () => {
  nowMs = START_MS;
  isLogAway = false;
  clocks = [];
  begun = await log.bounds();
  await own.database.query({ text: 'DELETE FROM clock', values: [] });
});
afterEach(async () => {
  await Promise.all(clocks.map((clock) => clock.stop()));
});

async function start(tickSeconds = 10): Promise<Clock> {
  const gate: ObservationLog = {
    ...log,
    append: (entries) => (isLogAway ? Promise.reject(new LogUnavailable('away')) : log.append(entries)),
    appendToAll: (line) => (isLogAway ? Promise.reject(new LogUnavailable('away')) : log.appendToAll(line)),
  };
  const clock = await runClock({ log: gate, database: own.database, logger, now: () => nowMs, tickSeconds });
  clocks.push(clock);
  return clock;
}

/** Lines written since the test began, by partition: ticks as `HH:MM:SS`, others as they are. */
async function written(): Promise<string[][]> {
  return Promise.all(
    begun.map(async ({ next }, partition) => {
      const lines: string[] = [];
      for await (const batch of log.read(partition, next)) lines.push(...batch.lines);
      return lines.map((line) => /"tick","at":"2026-03-01T([\d:]+)/.exec(line)?.[1] ?? line);
    }),
  );
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const seen = async (tick: string) => (await written()).every((lines) => lines.includes(tick));

test('C1 a leader writes the tick of the grid into every partition', async () => {
  nowMs += 3456;
  await start();
  expect(await written()).toEqual([['08:00:00'], ['08:00:00'], ['08:00:00']]);
});

test('C2 ticks only go forward: a wall clock that is set back writes none', async () => {
  await start(1);
  nowMs += 2000;
  await until(() => seen('08:00:02'));
  nowMs -= 60_000;
  const other = await start(1);
  expect(other.isLeader).toBe(false);
  nowMs += 63_000;
  await until(() => seen('08:00:05'));
  expect(await written()).toEqual(Array(PARTITIONS).fill(['08:00:00', '08:00:02', '08:00:05']));
});

test('C3 a second clock waits, takes over when the first is gone, and repeats the last tick', async () => {
  const first = await start();
  const second = await start();
  expect([first.isLeader, second.isLeader]).toEqual([true, false]);
  await first.stop();
  await until(() => second.isLeader);
  await until(async () => (await written()).every((lines) => lines.length === 2));
  expect(await written()).toEqual(Array(PARTITIONS).fill(['08:00:00', '08:00:00']));
});

test('C3 a leader whose connection is killed leads no more, and comes back', async () => {
  const clock = await start();
  await own.database.query({
    text: `SELECT pg_terminate_backend(pid) FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    values: [],
  });
  await until(() => !clock.isLeader);
  await until(() => clock.isLeader);
});

test('C4 a tick that the log did not take is written before any later one; those in between are missing', async () => {
  await start(1);
  await until(() => seen('08:00:00'));
  isLogAway = true;
  nowMs += 1000;
  await until(async () => {
    const { rows } = await own.database.query<{ n: number }>({
      text: 'SELECT count(*)::int AS n FROM clock WHERE last_tick = $1',
      values: [new Date(START_MS + 1000)],
    });
    return rows[0]?.n === 1;
  });
  nowMs += 5000;
  isLogAway = false;
  await until(() => seen('08:00:06'));
  expect(await written()).toEqual(Array(PARTITIONS).fill(['08:00:00', '08:00:01', '08:00:06']));
});

test('C5 the outbox goes to the log in order: keyed lines to their partition, others to all, and is empty then', async () => {
  const keys = Array.from({ length: 600 }, (_, i) => (i % 3 === 0 ? null : 'S1'));
  await addToOutbox(
    own.database,
    keys,
    keys.map((_, i) => `{"n":${i}}`),
  );
  await start();
  const isEmpty = async () =>
    (await own.database.query({ text: 'SELECT FROM log_outbox', values: [] })).rowCount === 0;
  await until(isEmpty);
  const partitions = (await written()).map((lines) => lines.filter((line) => line.startsWith('{"n"')));
  const numbers = partitions.map((lines) => lines.map((line) => (JSON.parse(line) as { n: number }).n));
  for (const found of numbers) expect(found).toEqual([...found].sort((a, b) => a - b));
  expect(numbers.map((found) => found.length).sort((a, b) => a - b)).toEqual([200, 200, 600]);
});

test('C5 a line that comes later is relayed at its NOTIFY; when the log was away it goes at the next turn', async () => {
  await start(1);
  await addToOutbox(own.database, [null], ['{"late":1}']);
  await until(() => seen('{"late":1}'));
  isLogAway = true;
  await addToOutbox(own.database, [null, null], ['{"late":2}', '{"late":3}']);
  isLogAway = false;
  nowMs += 1000;
  await until(() => seen('{"late":3}'));
  for (const lines of await written())
    expect(lines.filter((line) => line.startsWith('{"late"'))).toEqual([
      '{"late":1}',
      '{"late":2}',
      '{"late":3}',
    ]);
});

test('C6 the policy of the database sets the pace', async () => {
  await own.database.query({
    text: `INSERT INTO roster_documents (name, document) VALUES ('policy', '{"default":{"tickSeconds":60}}')`,
    values: [],
  });
  nowMs += 45_000;
  await start(10);
  expect(await written()).toEqual(Array(PARTITIONS).fill(['08:00:00']));
});
