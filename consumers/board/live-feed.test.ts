import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLogger } from '../../src/adapters/logger.ts';
import { createMemoryLiveState } from '../../src/adapters/memory-live-state.ts';
import type { LastKnown, LiveChange, LiveState } from '../../src/ports/live-state.ts';
import { createLiveFeed } from './live-feed.ts';

const known = (subject: string, lat: number): LastKnown => ({
  subject,
  device: 'D1',
  atMs: lat,
  lat,
  lon: 0,
  accuracyM: null,
  speedMps: null,
  method: null,
  batteryPct: null,
  heardMs: lat,
  off: false,
});

/** The memory live state with a switch: while it is away every write is refused. */
function start() {
  const memory = createMemoryLiveState();
  const puts: LiveChange[] = [];
  const state = { isAway: false };
  const liveState: LiveState = {
    ...memory,
    put: async (change) => {
      if (state.isAway) throw new Error('away');
      puts.push(change);
      await memory.put(change);
    },
  };
  return { memory, puts, state, feed: createLiveFeed({ liveState, logger: createLogger('silent') }) };
}

test('K7 many changes of a subject become one, the last', async () => {
  const { feed, puts, memory } = start();
  for (let lat = 0; lat < 100; lat++) feed.add([known('S1', lat), known('S2', lat)], []);
  feed.add([], [{ stage: 'board', partition: 3, tickMs: 7 }]);
  await feed.flush();
  expect(puts).toHaveLength(1);
  const { subjects, frontiers } = await memory.all();
  expect(subjects.map((subject) => [subject.subject, subject.lat])).toEqual([
    ['S1', 99],
    ['S2', 99],
  ]);
  expect(frontiers).toEqual([{ stage: 'board', partition: 3, tickMs: 7 }]);
  await feed.close();
});

test('K7 changes go by themselves, without a flush', async () => {
  const { feed, memory } = start();
  const seen = new Promise<LiveChange>((resolve) => void memory.watch(resolve));
  feed.add([known('S1', 1)], []);
  expect((await seen).subjects[0]?.lat).toBe(1);
  await feed.close();
});

test('K7 a live state that is away loses nothing, and the newer wins', async () => {
  const { feed, memory, state } = start();
  state.isAway = true;
  feed.add([known('S1', 1), known('S2', 1)], [{ stage: 'board', partition: 0, tickMs: 1 }]);
  await feed.flush();
  feed.add([known('S1', 2)], []);
  state.isAway = false;
  await feed.flush();
  const { subjects, frontiers } = await memory.all();
  expect(Object.fromEntries(subjects.map((subject) => [subject.subject, subject.lat]))).toEqual({
    S1: 2,
    S2: 1,
  });
  expect(frontiers).toHaveLength(1);
  await feed.close();
});

test('K7 nothing is written after the end', async () => {
  const { feed, puts } = start();
  feed.add([known('S1', 1)], []);
  await feed.close();
  feed.add([known('S1', 2)], []);
  await sleep(300);
  expect(puts).toHaveLength(1);
});
