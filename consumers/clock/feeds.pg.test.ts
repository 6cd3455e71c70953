import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EMPTY_POLICY_DOCUMENT } from '../../src/kernel/policy.ts';
import { saveFeedCounts } from '../../src/store/feed-counts.ts';
import { nextOutbox } from '../../src/store/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { watchFeeds } from './feeds.ts';

const TICK_MS = Date.UTC(2026, 2, 1, 8);
let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());
beforeEach(async () => {
  for (const text of [
    'DELETE FROM feed_counts',
    'DELETE FROM feeds',
    'DELETE FROM feed_troubles',
    'DELETE FROM log_outbox',
  ])
    await own.database.query({ text, values: [] });
});

const count = (partition: number, live: number, overdue: number, tickMs = TICK_MS, feed = 'F1') =>
  saveFeedCounts(
    own.database,
    partition,
    new Date(tickMs),
    [feed],
    [live],
    [overdue],
    [new Date(tickMs - 400_000 + partition)],
  );
const look = (tickMs = TICK_MS) => watchFeeds(own.database, EMPTY_POLICY_DOCUMENT, tickMs, 10_000);
const lines = async () =>
  (await nextOutbox(own.database, 10)).map(({ key, line }) => ({ key, ...JSON.parse(line) }));

test('C7 the partitions together make it down, once, and up, once, each in every partition', async () => {
  await count(0, 12, 6);
  await count(1, 8, 5);
  expect(await look()).toBe(1);
  expect(await look(TICK_MS + 30_000)).toBe(0);
  expect(await lines()).toEqual([
    {
      key: null,
      type: 'feed',
      feed: 'F1',
      at: '2026-03-01T08:00:00.000Z',
      status: 'down',
      since: '2026-03-01T07:53:20.001Z',
      overdue: 11,
      live: 20,
    },
  ]);
  await count(0, 12, 1, TICK_MS + 60_000);
  await count(1, 8, 0, TICK_MS + 60_000);
  expect(await look(TICK_MS + 60_000)).toBe(1);
  expect((await lines()).map(({ status }) => status)).toEqual(['down', 'up']);
});

test('C7 a partition that is behind decides nothing; one that has no device of it any more is not waited for', async () => {
  await count(0, 20, 20);
  await count(1, 8, 0, TICK_MS - 60_000);
  expect(await look()).toBe(0);
  await count(1, 3, 0, TICK_MS, 'F2');
  expect(await look()).toBe(1);
});

test('C8 a feed that can not be asked for as long as the policy says is down, however few its devices, and up with the end of it', async () => {
  const trouble = (sinceMs: number, seenMs: number) =>
    own.database.query({
      text: 'INSERT INTO feed_troubles (feed, since, seen_at) VALUES ($1, $2, $3) ON CONFLICT (feed) DO UPDATE SET seen_at = $3',
      values: ['mlp', new Date(sinceMs), new Date(seenMs)],
    });
  await count(0, 3, 1, TICK_MS, 'mlp');
  await trouble(TICK_MS - 299_000, TICK_MS);
  expect(await look()).toBe(0);
  await count(0, 3, 2, TICK_MS + 30_000, 'mlp');
  expect(await look(TICK_MS + 30_000)).toBe(1);
  expect((await lines())[0]).toEqual({
    key: null,
    type: 'feed',
    feed: 'mlp',
    at: '2026-03-01T08:00:30.000Z',
    status: 'down',
    since: '2026-03-01T07:55:01.000Z',
    overdue: 2,
    live: 3,
    cause: 'operator',
  });
  await own.database.query({ text: 'DELETE FROM feed_troubles', values: [] });
  await count(0, 3, 2, TICK_MS + 60_000, 'mlp');
  expect(await look(TICK_MS + 60_000)).toBe(1);
  expect((await lines()).map(({ status }) => status)).toEqual(['down', 'up']);
  // Who asked is gone: what it said last does not hold for ever.
  await trouble(TICK_MS - 3_600_000, TICK_MS - 241_000);
  await count(0, 3, 2, TICK_MS + 90_000, 'mlp');
  expect(await look(TICK_MS + 90_000)).toBe(0);
});

test('C7 an older count does not replace a newer one', async () => {
  await count(0, 20, 20);
  await count(0, 20, 0, TICK_MS - 10_000);
  expect(await look()).toBe(1);
});
