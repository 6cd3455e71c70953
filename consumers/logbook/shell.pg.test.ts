import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger } from '../../src/adapters/logger.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import { createFakeLog, type FakeLog } from '../../tests/harness/fake-log.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { AT, circle, fix, minutes, policy, profile, tick } from '../detector/story.testing.ts';
import { runLogbook } from './shell.ts';

let own: TestDatabase;
let log: FakeLog;
beforeEach(async () => {
  own = await createTestDatabase();
  log = createFakeLog(1);
});
afterEach(() => own.drop());

const put = (...events: LogEvent[]) => log.put(0, events.map(encodeLogEvent));
const SETTING = [
  policy(0, { tickSeconds: 60 }),
  { type: 'zone' as const, atMs: AT, zone: circle('home') },
  profile(0),
];

/** Two hours, a fix each five minutes but for the second half hour, a minute's tick. */
function story(): LogEvent[][] {
  return Array.from({ length: 120 }, (_, minute) => [
    ...(minute % 5 === 1 && (minute < 30 || minute >= 60) ? [fix(minute, 0)] : []),
    tick(minute + 1),
  ]);
}

async function run(checkpointEveryMs = 7) {
  let nowMs = 0;
  const subscription = await runLogbook({
    log,
    database: own.database,
    logger: createLogger('silent'),
    now: () => nowMs++,
    checkpointEveryMs,
    onTick: () => {},
  });
  await log.drained(subscription).catch(() => {});
  await subscription.close().catch(() => {});
}

async function rows(table = 'presence_days') {
  const { rows } = await own.database.query({ text: `SELECT * FROM ${table} ORDER BY day`, values: [] });
  return rows.map(({ known_at, born_at, ...row }) => row);
}

test('L2 L10 a day is a row, and its office’s day and month are the sums', async () => {
  put(...SETTING);
  for (const events of story()) put(...events);
  await run();
  const [day, ...others] = await rows();
  expect(others).toEqual([]);
  expect(day).toMatchObject({
    subject: 'S1',
    office: '445281/office-01',
    contact_due: 120,
    contact_kept: 90,
    contact_device: 30,
    bounds_due: 120,
    bounds_kept: 90,
    bounds_device: 30,
    slots_due: 24,
    slots_located: 18,
    checked: 1,
  });
  expect(await rows('office_days')).toMatchObject([
    { subjects: 1, positioned_due: 1, positioned: 0, contact_kept: '90' },
  ]);
  expect(await rows('office_months')).toMatchObject([{ subjects: 1, slots_located: '18' }]);
});

test('L11 a crash before a position is kept changes no row', async () => {
  put(...SETTING);
  for (const events of story()) put(...events);
  let commits = 0;
  log.beforeCommit = async () => {
    if (++commits % 2 === 0) throw new Error('killed');
  };
  for (let i = 0; i < 12; i++) await run();
  log.beforeCommit = undefined;
  await run();
  const after = await rows();
  await own.database.query({ text: 'DELETE FROM presence_days', values: [] });
  await own.database.query({ text: 'DELETE FROM checkpoints', values: [] });
  log.forgetPositions();
  await run();
  expect(after).toEqual(await rows());
  expect(after).toHaveLength(1);
});

test('L10 a logbook made anew of a log that begins later leaves the day that it knows less of', async () => {
  put(...SETTING);
  for (const events of story()) put(...events);
  await run();
  const before = await rows();
  await own.database.query({ text: 'DELETE FROM checkpoints', values: [] });
  log = createFakeLog(1);
  put({
    type: 'profile',
    atMs: minutes(110),
    profile: (profile(0) as LogEvent & { type: 'profile' }).profile,
  });
  for (let minute = 110; minute < 130; minute++) put(tick(minute));
  await run();
  expect(await rows()).toEqual(before);
});

test('L4 L8 a late fact amends the day that is written already; minutes without ticks are the platform’s', async () => {
  put(...SETTING);
  for (const events of story()) put(...events);
  await run();
  put(fix(40, 0, { receivedMs: minutes(125) }), tick(126));
  await run();
  expect(await rows()).toMatchObject([
    { slots_located: 19, contact_kept: 95, contact_device: 25, contact_platform: 5 },
  ]);
});
