import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../src/adapters/logger.ts';
import { createMemoryLiveState } from '../../src/adapters/memory-live-state.ts';
import { createPostgresLog } from '../../src/adapters/postgres-log.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import type { LiveState } from '../../src/ports/live-state.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { runBoard } from './shell.ts';

const T0 = Date.UTC(2026, 2, 1);
const logger = createLogger('silent');
let postgres: TestDatabase;
let log: ObservationLog;

beforeEach(async () => {
  postgres = await createTestDatabase();
  const opened = await createPostgresLog({ database: postgres.database, partitions: 2, logger });
  if (!opened.ok) throw new Error(opened.error);
  log = opened.value;
});
afterEach(async () => {
  await log.close();
  await postgres.drop();
});

const start = (liveState: LiveState) =>
  runBoard({ log, database: postgres.database, logger, now: Date.now, liveState });
const fix = (subject: string, minute: number): LogEvent => ({
  type: 'position',
  subject,
  device: `D-${subject}`,
  atMs: T0 + minute * 60_000,
  receivedMs: T0 + minute * 60_000,
  lat: 23 + minute / 100,
  lon: 116.3,
});
const append = (...events: LogEvent[]) =>
  log.append(
    events.map((event) => ({ key: 'subject' in event ? event.subject : '', line: encodeLogEvent(event) })),
  );

test('K1 K7 what comes over the log is in the live state, with the tick of each partition', async () => {
  const live = createMemoryLiveState();
  const board = await start(live);
  await append(fix('S1', 1), fix('S2', 5), fix('S3', 1), fix('S2', 2));
  await log.appendToAll(encodeLogEvent({ type: 'tick', atMs: T0 + 600_000 }));
  await vi.waitFor(async () => {
    const { subjects, frontiers } = await live.all();
    expect(frontiers.map((frontier) => frontier.tickMs)).toEqual([T0 + 600_000, T0 + 600_000]);
    expect(Object.fromEntries(subjects.map((known) => [known.subject, known.atMs]))).toEqual({
      S1: T0 + 60_000,
      S2: T0 + 300_000,
      S3: T0 + 60_000,
    });
  }, 20_000);
  await board.close();
});

test('K8 after a restart an empty live state is filled from the checkpoint', async () => {
  const first = createMemoryLiveState();
  const board = await start(first);
  await append(...Array.from({ length: 20 }, (_, i) => fix(`S${i}`, i)));
  await vi.waitFor(async () => expect((await first.all()).subjects).toHaveLength(20), 20_000);
  await board.close();

  const second = createMemoryLiveState();
  const again = await start(second);
  await append(fix('S0', 30));
  await vi.waitFor(async () => {
    const { subjects } = await second.all();
    expect(subjects).toHaveLength(20);
    expect(subjects.find((known) => known.subject === 'S0')?.atMs).toBe(T0 + 30 * 60_000);
    expect(subjects.find((known) => known.subject === 'S7')?.atMs).toBe(T0 + 7 * 60_000);
  }, 20_000);
  await again.close();
});
