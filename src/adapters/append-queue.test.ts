import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LogUnavailable } from '../ports/observation-log.ts';
import { createAppendQueue, type PackedRecord } from './append-queue.ts';

const entry = (line: string) => ({ key: 'k', line, partition: 0 });
const LATE = new LogUnavailable('the log has not answered for 4 s');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A log whose writes end when they are told to. */
function slowLog() {
  const written: string[] = [];
  let end: (() => void) | undefined;
  const queue = createAppendQueue(
    (records: readonly PackedRecord[]) =>
      new Promise<void>((done) => {
        end = () => {
          written.push(...records.flatMap(({ lines }) => lines.split('\n')));
          end = undefined;
          done();
        };
      }),
  );
  return { queue, written, answer: () => end?.() };
}

test('L14 a log that does not answer: all who wait are told in four seconds, each by its own', async () => {
  const { queue } = slowLog();
  const told: string[] = [];
  const push = (name: string) =>
    queue.push([entry(name)]).catch((error: Error) => {
      expect(error).toEqual(LATE);
      told.push(name);
    });
  void push('a');
  await vi.advanceTimersByTimeAsync(1000);
  void push('b');
  await vi.advanceTimersByTimeAsync(2999);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual(['a', 'b']);
  void push('c');
  await vi.advanceTimersByTimeAsync(4000);
  expect(told).toEqual(['a', 'b', 'c']);
});

test('L14 what was under way may stand there all the same, what only waited does not, what is sent again stands behind it', async () => {
  const { queue, written, answer } = slowLog();
  const first = queue.push([entry('under way')]);
  const second = queue.push([entry('waits')]);
  const refused = Promise.allSettled([first, second]);
  await vi.advanceTimersByTimeAsync(4000);
  expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const again = queue.push([entry('under way')]);
  answer();
  await vi.advanceTimersByTimeAsync(0);
  answer();
  await again;
  expect(written).toEqual(['under way', 'under way']);
  await queue.drain();
});

test('L14 behind a slow log that goes on nobody is told anything', async () => {
  const { queue, written, answer } = slowLog();
  const large = 'x'.repeat(3 * 1024 * 1024);
  const all = Array.from({ length: 5 }, () => queue.push([entry(large)]));
  for (const _ of all) {
    await vi.advanceTimersByTimeAsync(3000);
    answer();
  }
  await Promise.all(all);
  expect(written).toHaveLength(5);
});

test('L14 who gets an answer in time hears of no other', async () => {
  const { queue, written, answer } = slowLog();
  const taken = queue.push([entry('a')]);
  await vi.advanceTimersByTimeAsync(3999);
  answer();
  await taken;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(written).toEqual(['a']);
  expect(vi.getTimerCount()).toBe(0);
});
