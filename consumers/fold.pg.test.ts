import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLogger } from '../src/adapters/logger.ts';
import { encodeLogEvent } from '../src/kernel/log-line.ts';
import type { Db } from '../src/ports/database.ts';
import { saveCheckpoint } from '../src/store/checkpoints.ts';
import { createFakeLog, type FakeLog } from '../tests/harness/fake-log.ts';
import { createTestDatabase, type TestDatabase } from '../tests/harness/postgres.ts';
import { type Fold, type FoldDeps, runFold } from './fold.ts';

const logger = createLogger('silent');
let own: TestDatabase;
let log: FakeLog;
beforeAll(async () => {
  own = await createTestDatabase();
});
beforeEach(async () => {
  log = createFakeLog(2);
  await own.database.query({ text: 'TRUNCATE checkpoints', values: [] });
});
afterAll(() => own.drop());

const tick = (n: number) => encodeLogEvent({ type: 'tick', atMs: n });
const checkpoints = async () =>
  (
    await own.database.query<{ partition: number; next_offset: string }>({
      text: 'SELECT partition, next_offset FROM checkpoints ORDER BY partition',
      values: [],
    })
  ).rows.map((row) => [row.partition, Number(row.next_offset)]);

/** A state that is the sequence of what it has seen: one event twice or none at all shows. */
interface Seen {
  readonly numbers: number[];
}
function seenFold(states: Map<number, Seen>, more: Partial<Fold<Seen>> = {}): Fold<Seen> {
  return {
    name: 'seen',
    create: (saved, partition) => {
      const state = { numbers: [...((saved as Seen | undefined)?.numbers ?? [])] };
      states.set(partition, state);
      return state;
    },
    snapshot: (state) => state,
    handle: async (state, events) => {
      for (const event of events) if (event.type === 'tick') state.numbers.push(event.atMs);
    },
    ...more,
  };
}

interface Given extends Partial<FoldDeps> {
  readonly fold?: Partial<Fold<Seen>>;
}
async function start(given: Given = {}) {
  const states = new Map<number, Seen>();
  const { fold, ...deps } = given;
  const subscription = await runFold(
    { log, database: own.database, logger, now: () => 0, ...deps },
    seenFold(states, fold),
  );
  return { states, subscription };
}
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

test('F1 F5 what is folded goes on after a close as if there had been none', async () => {
  log.put(0, [tick(0), tick(1)]);
  log.put(1, [tick(7)]);
  const first = await start();
  await log.drained(first.subscription);
  expect(await checkpoints()).toEqual([]);
  await first.subscription.close();
  expect(await checkpoints()).toEqual([
    [0, 1],
    [1, 1],
  ]);
  log.put(0, [tick(2)]);
  const second = await start();
  await log.drained(second.subscription);
  expect(second.states.get(0)?.numbers).toEqual([0, 1, 2]);
  expect(second.states.get(1)?.numbers).toEqual([7]);
  await second.subscription.close();
});

test('F1 F2 F4 wherever it is killed, in the end each event counts once', async () => {
  const kill = fc.record({
    batch: fc.nat(9),
    at: fc.constantFrom('in the batch', 'before the checkpoint', 'after it', 'before the commit'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(kill, { maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      async (kills, every) => {
        await own.database.query({ text: 'TRUNCATE checkpoints', values: [] });
        log = createFakeLog(1);
        for (const n of numbers(10)) log.put(0, [tick(2 * n), tick(2 * n + 1)]);
        for (const { batch, at } of kills) {
          let nowMs = 0;
          let handled = -1;
          const die = (where: string) => {
            if (where === at && handled >= batch) throw new Error('killed');
          };
          const database: Db = {
            query: async (config) => {
              if (config.name === 'checkpoints.save') die('before the checkpoint');
              const result = await own.database.query<never>(config);
              if (config.name === 'checkpoints.save') die('after it');
              return result;
            },
          };
          log.beforeCommit = async () => die('before the commit');
          const { subscription } = await start({
            database,
            now: () => nowMs++,
            checkpointEveryMs: every,
            fold: {
              handle: async (state, events) => {
                handled = Math.floor((events[0]?.type === 'tick' ? events[0].atMs : 0) / 2);
                for (const [i, event] of events.entries()) {
                  if (i === 1) die('in the batch');
                  if (event.type === 'tick') state.numbers.push(event.atMs);
                }
              },
            },
          });
          await log.drained(subscription).catch(() => {});
          await subscription.close().catch(() => {});
          log.beforeCommit = undefined;
          expect((await checkpoints())[0]?.[1] ?? 0).toBeGreaterThanOrEqual(log.committed(0));
        }
        const { states, subscription } = await start();
        await log.drained(subscription);
        await subscription.close();
        expect(states.get(0)?.numbers).toEqual(numbers(20));
      },
    ),
    { numRuns: 30 },
  );
});

test('F3 an older checkpoint never replaces a newer one', async () => {
  const save = (offset: number, state: string) =>
    saveCheckpoint(own.database, 'seen', 0, offset, Buffer.from(state));
  expect(await save(5, 'new')).toHaveLength(1);
  expect(await save(4, 'old')).toHaveLength(0);
  expect(await save(5, 'same')).toHaveLength(0);
  const { rows } = await own.database.query({ text: 'SELECT state FROM checkpoints', values: [] });
  expect(rows).toEqual([{ state: Buffer.from('new') }]);
});

test('F4 a partition given up after a failed batch leaves the last good checkpoint', async () => {
  log.put(0, [tick(0)]);
  log.put(0, [tick(1), tick(2)]);
  const first = await start({
    fold: {
      handle: async (state, events) => {
        for (const event of events) {
          if (event.type === 'tick' && event.atMs === 2) throw new Error('a bug');
          if (event.type === 'tick') state.numbers.push(event.atMs);
        }
      },
    },
  });
  await expect(log.drained(first.subscription)).rejects.toThrow('a bug');
  await log.reassign(0);
  await first.subscription.close();
  const second = await start();
  await log.drained(second.subscription);
  expect(second.states.get(0)?.numbers).toEqual([0, 1, 2]);
  await second.subscription.close();
});

test('F5 a checkpoint is saved when its time has come, and when a partition is given up', async () => {
  let nowMs = 0;
  const { subscription, states } = await start({ now: () => nowMs, checkpointEveryMs: 1000 });
  log.put(0, [tick(0)]);
  await log.drained(subscription);
  expect(await checkpoints()).toEqual([]);
  nowMs = 1000;
  log.put(0, [tick(1)]);
  await log.drained(subscription);
  expect(await checkpoints()).toEqual([[0, 2]]);
  expect(log.committed(0)).toBe(2);
  log.put(0, [tick(2)]);
  await log.drained(subscription);
  await log.reassign(0);
  expect(await checkpoints()).toEqual([[0, 3]]);
  log.put(0, [tick(3)]);
  await log.drained(subscription);
  expect(states.get(0)?.numbers).toEqual([0, 1, 2, 3]);
  await subscription.close();
});

test('F6 a line that can not be read is told and passed over', async () => {
  const bad: string[] = [];
  log.put(0, [tick(0), 'nonsense', '{"type":"unheard-of"}', tick(1)]);
  const { subscription, states } = await start({
    onBadLine: (line, refusal, partition) => bad.push(`${partition} ${refusal.code} ${line}`),
  });
  await log.drained(subscription);
  await subscription.close();
  expect(bad).toEqual(['0 not-json nonsense', '0 unknown-value {"type":"unheard-of"}']);
  expect(states.get(0)?.numbers).toEqual([0, 1]);
});

test('F7 with the checkpoints gone the whole log makes the state again', async () => {
  log.put(0, [tick(0)]);
  const first = await start();
  await log.drained(first.subscription);
  await first.subscription.close();
  expect(log.committed(0)).toBe(1);
  await own.database.query({ text: 'TRUNCATE checkpoints', values: [] });
  log.put(0, [tick(1)]);
  const second = await start();
  await log.drained(second.subscription);
  expect(second.states.get(0)?.numbers).toEqual([0, 1]);
  await second.subscription.close();
});

test('F12 a state of another version is made anew from the log', async () => {
  log.put(0, [tick(0), tick(1)]);
  const first = await start();
  await log.drained(first.subscription);
  await first.subscription.close();
  const second = await start({ fold: { isReadable: () => false } });
  log.put(0, [tick(2)]);
  await log.drained(second.subscription);
  expect(second.states.get(0)?.numbers).toEqual([0, 1, 2]);
  await second.subscription.close();
  const third = await start();
  expect(third.states.get(0)?.numbers).toEqual([0, 1, 2]);
  await third.subscription.close();
});

test('F8 the checkpoint of another log is refused', async () => {
  log.put(0, [tick(0)]);
  log.put(0, [tick(1)]);
  const first = await start();
  await log.drained(first.subscription);
  await first.subscription.close();
  log = createFakeLog(2);
  log.put(0, [tick(9)]);
  await expect(start()).rejects.toThrow('this database has worked with another log');
});

test('F10 a store that is away is waited for, and a close does not wait for it', async () => {
  let isAway = true;
  const database: Db = {
    query: (config) => {
      if (isAway && config.name === 'checkpoints.save')
        throw Object.assign(new Error('the database system is shutting down'), { code: '57P03' });
      return own.database.query(config);
    },
  };
  let nowMs = 0;
  log.put(0, [tick(0)]);
  const first = await start({ database, now: () => nowMs++, checkpointEveryMs: 1 });
  setTimeout(() => {
    isAway = false;
  }, 150);
  await log.drained(first.subscription);
  expect(await checkpoints()).toEqual([[0, 1]]);
  isAway = true;
  log.put(0, [tick(1)]);
  await first.subscription.close().catch(() => {});
  expect(await checkpoints()).toEqual([[0, 1]]);
});
