/** The self-test through the real clock, log, detector and ledger, with everybody else who reads the log beside them. */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLedger } from '../../alerts/ledger.ts';
import { createSelfTestWatch } from '../../alerts/self-test-watch.ts';
import { runBoard } from '../../consumers/board/shell.ts';
import { runClock } from '../../consumers/clock/clock.ts';
import { runDetector } from '../../consumers/detector/shell.ts';
import { runLogbook } from '../../consumers/logbook/shell.ts';
import { runNight } from '../../consumers/night/night.ts';
import { runRecorder } from '../../consumers/recorder/recorder.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { createMemoryLiveState } from '../../src/adapters/memory-live-state.ts';
import { openPositionDays } from '../../src/adapters/positions-table.ts';
import { createPostgresLog } from '../../src/adapters/postgres-log.ts';
import { runExport } from '../../src/commands/export.ts';
import { readPast } from '../../src/insight/past.ts';
import { selfTestLimitMs } from '../../src/kernel/self-test.ts';
import type { ObservationLog, Subscription } from '../../src/ports/observation-log.ts';
import { createTestDatabase, type TestDatabase } from '../harness/postgres.ts';

const logger = createLogger('silent');
const PARTITIONS = 3;
const START_MS = Date.UTC(2026, 2, 1, 8);
const SELF_TEST_S = 60;
const STEP_MS = 12_000;
const LIMIT_MS = selfTestLimitMs(SELF_TEST_S, 1000);

let own: TestDatabase;
let log: ObservationLog;
let nowMs: number;
let ends: (() => Promise<void>)[];

beforeEach(async () => {
  own = await createTestDatabase();
  const opened = await createPostgresLog({ database: own.database, partitions: PARTITIONS, logger });
  if (!opened.ok) throw new Error(opened.error);
  log = opened.value;
  nowMs = START_MS;
  ends = [];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  await log.close();
  await own.drop();
});

const ask = async <Row extends Record<string, unknown> = Record<string, unknown>>(sql: string) =>
  (await own.database.query<Row>({ text: sql, values: [] })).rows;
const shared = () => ({ log, database: own.database, logger, now: Date.now });
const closing = (subscription: Subscription) => {
  const close = () => subscription.close();
  ends.push(close);
  return async () => {
    ends.splice(ends.indexOf(close), 1);
    await close();
  };
};

async function startClock(): Promise<void> {
  const clock = await runClock({ ...shared(), now: () => nowMs, tickSeconds: 1, selfTestS: SELF_TEST_S });
  ends.push(() => clock.stop());
}

interface Counted {
  judged: number;
  alerts: number;
}

/** Answers what ends it. */
async function startDetector(counted: Counted = { judged: 0, alerts: 0 }): Promise<() => Promise<void>> {
  return closing(
    await runDetector({
      ...shared(),
      ledger: openLedger(own.database),
      onTick: () => {},
      onJudged: (n) => {
        counted.judged += n;
      },
      onAlerts: (alerts) => {
        counted.alerts += alerts.length;
      },
    }),
  );
}

/** One step of the tests after the other; each is on the log before the next. */
async function pass(steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    nowMs += STEP_MS;
    await vi.waitFor(async () => {
      const [clock] = await ask('SELECT last_tick FROM clock');
      expect(clock?.last_tick).toEqual(new Date(nowMs));
      expect(await ask('SELECT FROM log_outbox')).toEqual([]);
    }, 20_000);
  }
}

const arrived = async () =>
  (
    await ask<{ partition: number; written_at: Date | null }>(
      'SELECT partition, written_at FROM self_tests ORDER BY partition',
    )
  ).map(({ partition, written_at }) => [partition, written_at === null ? null : written_at.getTime()]);
const all = (atMs: number | null) => [0, 1, 2].map((partition) => [partition, atMs]);

test('ST1 ST2 ST3 a violation of each partition comes to the ledger, and is in nobody’s records', async () => {
  const counted = { judged: 0, alerts: 0 };
  const liveState = createMemoryLiveState();
  const days = await openPositionDays(own.database);
  const ticks = { recorder: 0, logbook: 0 };
  let recorded = 0;
  await startDetector(counted);
  closing(
    await runRecorder({
      ...shared(),
      ensureDays: days.ensure,
      onTick: (_, tickMs) => {
        ticks.recorder = tickMs;
      },
      onRecorded: (n) => {
        recorded += n;
      },
    }),
  );
  closing(await runBoard({ ...shared(), liveState }));
  closing(
    await runLogbook({
      ...shared(),
      onTick: (_, tickMs) => {
        ticks.logbook = tickMs;
      },
    }),
  );
  await startClock();
  // 08:00:00 is the first step of a test; its fourth and fifth are outside.
  await pass(4);
  const first = START_MS + 3 * STEP_MS;
  await vi.waitFor(async () => {
    const found = await arrived();
    expect(found.map(([partition]) => partition)).toEqual([0, 1, 2]);
    for (const [, atMs] of found) expect([first, first + STEP_MS]).toContain(atMs);
  }, 20_000);
  const before = await arrived();
  await pass(5);
  await vi.waitFor(async () => {
    expect(await arrived()).toEqual(before.map(([partition, atMs]) => [partition, Number(atMs) + 60_000]));
    expect([ticks.recorder, ticks.logbook >= START_MS + 60_000]).toEqual([nowMs, true]);
    const { frontiers } = await liveState.all();
    expect(frontiers.map(({ tickMs }) => tickMs)).toEqual([nowMs, nowMs, nowMs]);
  }, 20_000);

  expect(counted).toEqual({ judged: 0, alerts: 0 });
  expect(recorded).toBe(0);
  expect((await liveState.all()).subjects).toEqual([]);
  for (const table of [
    'alert_events',
    'alerts',
    'positions',
    'presence_days',
    'notice_outbox',
    'subjects',
    'zones',
  ])
    expect(await ask(`SELECT * FROM ${table}`), table).toEqual([]);

  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const exported = text(stdout);
  stderr.resume();
  await runExport(['observations'], { database: own.database, openLog: async () => log, stdout, stderr });
  stdout.end();
  const lines = (await exported).trim().split('\n');
  expect(new Set(lines.map((line) => JSON.parse(line).type))).toEqual(new Set(['tick']));
  for (let partition = 0; partition < PARTITIONS; partition++)
    for await (const { type } of readPast(log, partition, null, nowMs)) expect(type).toBe('tick');
  const night = await runNight({ ...shared(), ledger: openLedger(own.database) }, nowMs);
  expect(night).toEqual({ opened: 0, updated: 0, retracted: 0 });
});

test('ST2 ST4 without a detector it becomes late, is told once, and is told again only after it was back', async () => {
  const watch = createSelfTestWatch(PARTITIONS, LIMIT_MS);
  const look = () => watch.look(own.database, nowMs);
  const told = () => ask('SELECT what, about, ref, office, severity FROM notice_outbox');
  const notice = { what: 'self-test-late', about: 'self-test', ref: '0 1 2', office: null, severity: 'high' };
  await startClock();
  const stopDetector = await startDetector();
  await look();
  await pass(4);
  await vi.waitFor(async () => expect(await arrived()).toHaveLength(PARTITIONS), 20_000);
  await stopDetector();
  const [[, last] = []] = await arrived();

  await pass(12);
  expect([nowMs - Number(last) <= LIMIT_MS, await look()]).toEqual([true, 0]);
  await pass(3);
  expect([nowMs - Number(last) > LIMIT_MS, await look(), await look()]).toEqual([true, 3, 0]);
  expect(await told()).toEqual([notice]);

  await startDetector();
  await vi.waitFor(async () => {
    const found = await arrived();
    expect(found).toHaveLength(PARTITIONS);
    for (const [, atMs] of found) expect(Number(atMs)).toBeGreaterThan(nowMs - LIMIT_MS);
  }, 20_000);
  expect(await look()).toBe(0);
  nowMs += 2 * LIMIT_MS;
  expect(await look()).toBe(3);
  expect(await told()).toEqual([notice, notice]);
});

test('ST4 one that never came is told too, but not before its time', async () => {
  const watch = createSelfTestWatch(PARTITIONS, LIMIT_MS);
  expect(await watch.look(own.database, START_MS)).toBe(0);
  expect(await watch.look(own.database, START_MS + LIMIT_MS)).toBe(0);
  expect(await watch.look(own.database, START_MS + LIMIT_MS + 1)).toBe(3);
  expect(await arrived()).toEqual(all(null));
});
