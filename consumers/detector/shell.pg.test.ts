import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLedger } from '../../alerts/ledger.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { type AlertEvent, encodeAlertEvent } from '../../src/kernel/alert-event.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import type { SubjectProfile } from '../../src/kernel/roster.ts';
import { createFakeLog, type FakeLog } from '../../tests/harness/fake-log.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createDetector } from './detector.ts';
import { type DetectorDeps, runDetector } from './shell.ts';

const AT = Date.parse('2026-03-01T08:00:00Z');
let own: TestDatabase;
let log: FakeLog;
beforeEach(async () => {
  own = await createTestDatabase();
  log = createFakeLog(1);
});
afterEach(() => own.drop());

const profile = (id: string): SubjectProfile => ({
  id,
  name: `测试人员${id}`,
  office: '445281/office-01',
  grade: 'standard',
  devices: [
    {
      id: `D-${id}`,
      kind: 'phone',
      feed: 'F1',
      intervalS: 60,
      fromMs: AT - 86_400_000,
      untilMs: null,
      protocol: null,
      address: null,
      order: null,
    },
  ],
  zones: [{ zone: 'z1', rule: 'stay-in', bufferM: 0, schedule: null }],
  curfews: [],
  checkins: [],
  permits: [],
  noContact: [],
});
const SUBJECTS = ['S1', 'S2', 'S3'];

/** Three people who leave a zone of 1 km one after the other, come back, and leave again: each time an alert and its end. */
function story(): LogEvent[][] {
  const zone = {
    id: 'z1',
    name: null,
    radiusM: 1000,
    widthM: null,
    geometry: { type: 'Point', coordinates: [116.3, 23.5] },
  } as const;
  const batches: LogEvent[][] = [
    [
      { type: 'zone', atMs: AT, zone },
      ...SUBJECTS.map((id) => ({ type: 'profile', atMs: AT, profile: profile(id) }) as const),
    ],
  ];
  for (let minute = 1; minute <= 60; minute++) {
    const atMs = AT + minute * 60_000;
    const fixes = SUBJECTS.map((subject, i) => {
      const isOut = (minute + 7 * i) % 20 >= 10;
      return {
        type: 'position',
        subject,
        device: `D-${subject}`,
        atMs,
        receivedMs: atMs + 500,
        lat: isOut ? 23.6 : 23.5,
        lon: 116.3,
        accuracyM: 10,
      } as const;
    });
    batches.push([...fixes, { type: 'tick', atMs: atMs + 1000 }]);
  }
  return batches;
}

/** What an undisturbed detector concludes: the oracle. */
function expected(batches: readonly LogEvent[][]): string[] {
  const alerts: AlertEvent[] = [];
  const detector = createDetector();
  for (const event of batches.flat()) detector.apply(event, (alert) => alerts.push(alert));
  return alerts.map(encodeAlertEvent).map(identity).sort();
}

/** What the ledger's row has in common with a line of replay. */
function identity(line: string): string {
  const { alert, version, state, subject, detectedAt, reason } = JSON.parse(line);
  return JSON.stringify([alert, version, state, subject, detectedAt, reason]);
}

async function ledgerRows(): Promise<string[]> {
  const { rows } = await own.database.query({ text: 'SELECT * FROM alert_events', values: [] });
  return rows
    .map((row) => JSON.stringify({ ...row, detectedAt: row.detected_at }))
    .map(identity)
    .sort();
}

async function run(more: Partial<DetectorDeps> = {}) {
  let nowMs = 0;
  const subscription = await runDetector({
    log,
    database: own.database,
    logger: createLogger('silent'),
    now: () => nowMs++,
    checkpointEveryMs: 7,
    ledger: openLedger(own.database),
    onTick: () => {},
    ...more,
  });
  const end = await log.drained(subscription).then(
    () => 'drained',
    (error: Error) => error.message,
  );
  await subscription.close().catch(() => {});
  return end;
}

test('F9 killed at every place in turn, the ledger is that of an undisturbed run', async () => {
  const batches = story();
  for (const batch of batches) log.put(0, batch.map(encodeLogEvent));
  const oracle = expected(batches);
  expect(oracle.length).toBeGreaterThan(10);
  let deaths = 0;
  for (const patience of [3, 5, 8, 2, 13]) {
    // Between ledger and checkpoint: the rows are written, and nobody has heard of it.
    let writes = 0;
    const ledger = openLedger(own.database);
    const end = await run({
      ledger: {
        append: async (events) => {
          const added = await ledger.append(events);
          if (events.length > 0 && ++writes === patience) throw new Error('killed after the ledger');
          return added;
        },
      },
    });
    if (end === 'killed after the ledger') deaths++;
  }
  expect(deaths).toBeGreaterThan(2);
  expect(await run()).toBe('drained');
  expect(await ledgerRows()).toEqual(oracle);
});

test('F9 rows that could not be written are written again, before anybody is told of the tick', async () => {
  const batches = story();
  for (const batch of batches) log.put(0, batch.map(encodeLogEvent));
  const ledger = openLedger(own.database);
  let calls = 0;
  const told: number[] = [];
  const end = await run({
    ledger: {
      append: async (events) => {
        if (events.length > 0 && ++calls % 3 === 1)
          throw Object.assign(new Error('terminating connection'), { code: '57P01' });
        return ledger.append(events);
      },
    },
    onTick: (_, tickMs) => told.push(tickMs),
  });
  expect(end).toBe('drained');
  expect(await ledgerRows()).toEqual(expected(batches));
  expect(told).toEqual(Array.from({ length: 60 }, (_, i) => AT + (i + 1) * 60_000 + 1000));
});
