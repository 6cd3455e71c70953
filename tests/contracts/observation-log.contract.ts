/**
 * What every observations log keeps (rules L1… of `src/ports/SPEC.md`), run over each adapter. A harness makes logs that share
 * one storage: several of them stand for several processes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionOf } from '../../src/kernel/partition.ts';
import type { LogBatch, ObservationLog, Subscription } from '../../src/ports/observation-log.ts';

export interface LogHarness {
  /** A log on fresh storage that nothing else uses. */
  fresh(partitions: number): Promise<Storage>;
}

export interface Storage extends AsyncDisposable {
  /** One more client of the same storage. */
  open(): Promise<ObservationLog>;
  /** What retention does in time: of a partition, the records before `offset`, all older than `beforeMs`, go. */
  retire(log: ObservationLog, partition: number, offset: number, beforeMs: number): Promise<void>;
  /** Arguments with which `tests/contracts/log-child.ts` opens the same storage in a process of its own. */
  readonly childArgs: readonly string[];
}

const WAIT = { timeout: 60_000, interval: 50 };

/** Collects what a group gets; commits after each batch unless told not to. */
async function collect(
  log: ObservationLog,
  group: string,
  options: { commits?: boolean; delayMs?: number } = {},
) {
  const lines: string[] = [];
  const owned = new Set<number>();
  const batches: LogBatch[] = [];
  const subscription: Subscription = await log.subscribe({
    group,
    startAt: 'earliest',
    onAssigned: async (partition) => {
      owned.add(partition);
      return undefined;
    },
    onBatch: async (batch, commit) => {
      if (options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
      batches.push(batch);
      lines.push(...batch.lines);
      if (options.commits !== false) await commit(batch.nextOffset);
    },
    onRevoked: async (partition) => void owned.delete(partition),
  });
  return { lines, owned, batches, subscription };
}

const CHILD = fileURLToPath(new URL('./log-child.ts', import.meta.url));

function startChild(storage: Storage, ...mode: string[]): ChildProcess {
  return spawn(process.execPath, [CHILD, ...storage.childArgs, ...mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  if (child.stdout !== null) yield* createInterface({ input: child.stdout });
}

async function readAll(log: ObservationLog, partition: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of log.read(partition, 0)) lines.push(...batch.lines);
  return lines;
}

const line = (key: string, n: number) => JSON.stringify({ key, n });
const numbersOf = (lines: readonly string[], key: string) =>
  lines
    .map((text) => JSON.parse(text) as { key: string; n: number })
    .flatMap((item) => (item.key === key ? [item.n] : []));

export function observationLogContract(name: string, harness: LogHarness): void {
  describe(`observations log: ${name}`, () => {
    let storage: Storage;
    let log: ObservationLog;
    beforeAll(async () => {
      storage = await harness.fresh(4);
      log = await storage.open();
    });
    afterAll(async () => {
      await log.close();
      await storage[Symbol.asyncDispose]();
    });

    test('L1 lines of one key come in the order of the calls, and stand in the partition of the key', async () => {
      const reader = await collect(log, 'l1');
      const keys = ['a', 'b', 'c', 'd', 'e'];
      const calls = Array.from({ length: 200 }, (_, n) =>
        log.append(keys.map((key) => ({ key, line: line(key, n) }))),
      );
      await Promise.all(calls);
      await expect.poll(() => reader.lines.length, WAIT).toBe(1000);
      for (const key of keys)
        expect(numbersOf(reader.lines, key)).toEqual(Array.from({ length: 200 }, (_, n) => n));
      for (const batch of reader.batches) {
        for (const text of batch.lines)
          expect(partitionOf((JSON.parse(text) as { key: string }).key, 4)).toBe(batch.partition);
      }
      await reader.subscription.close();
    });

    test('L2 a broadcast line stands in every partition', async () => {
      const before = await log.bounds();
      await log.appendToAll('{"type":"tick"}');
      for (const { partition, next } of before) {
        const found: string[] = [];
        for await (const batch of log.read(partition, next)) found.push(...batch.lines);
        expect(found).toContain('{"type":"tick"}');
      }
    });

    test('L3 what was not committed comes again, what was committed does not', async () => {
      const first = await collect(log, 'l3', { commits: false });
      await expect.poll(() => first.lines.length, WAIT).toBeGreaterThanOrEqual(1000);
      await first.subscription.close();
      const again = await collect(log, 'l3');
      await expect.poll(() => again.lines.length, WAIT).toBe(first.lines.length);
      await again.subscription.close();
      const rest = await collect(log, 'l3');
      await log.append([{ key: 'a', line: line('after', 1) }]);
      await expect.poll(() => rest.lines.length, WAIT).toBe(1);
      await rest.subscription.close();
    });

    test('L4 two members share the partitions; when one leaves the other has all', async () => {
      const second = await storage.open();
      const one = await collect(log, 'l4');
      await expect.poll(() => one.owned.size, WAIT).toBe(4);
      const two = await collect(second, 'l4');
      await expect.poll(() => [one.owned.size, two.owned.size], WAIT).toEqual([2, 2]);
      await two.subscription.close();
      await expect.poll(() => one.owned.size, WAIT).toBe(4);
      await one.subscription.close();
      await second.close();
    });

    test('L5 a slow consumer holds nobody up', async () => {
      const slow = await collect(log, 'l5-slow', { delayMs: 2000 });
      const quick = await collect(log, 'l5-quick');
      await log.append([{ key: 'quick', line: line('quick', 1) }]);
      await expect.poll(() => numbersOf(quick.lines, 'quick'), WAIT).toEqual([1]);
      await quick.subscription.close();
      await slow.subscription.close();
    });

    test('L6 a large append and a large line come whole', async () => {
      const reader = await collect(log, 'l6');
      await expect.poll(() => reader.lines.length, WAIT).toBeGreaterThanOrEqual(1000);
      const long = JSON.stringify({ key: 'long', n: 1, text: '界'.repeat(100_000) });
      const many = Array.from({ length: 100_000 }, (_, n) => ({
        key: `k${n % 97}`,
        line: line(`k${n % 97}`, n),
      }));
      await log.append(many);
      await log.append([{ key: 'long', line: long }]);
      await expect.poll(() => reader.lines.at(-1) === long || reader.lines.includes(long), WAIT).toBe(true);
      await expect
        .poll(() => reader.lines.filter((text) => text.startsWith('{"key":"k')).length, WAIT)
        .toBe(100_000);
      const of5 = numbersOf(reader.lines, 'k5');
      expect(of5).toEqual([...of5].sort((a, b) => a - b));
      await reader.subscription.close();
    });

    test('L7 a handler that throws stops its consumer and says so; nothing is skipped', async () => {
      const subscription = await log.subscribe({
        group: 'l7',
        startAt: 'earliest',
        onBatch: async () => {
          throw new Error('a bug');
        },
      });
      await expect(subscription.failed).rejects.toThrow('a bug');
      await subscription.close();
      const after = await collect(log, 'l7');
      await expect.poll(() => after.lines.length, WAIT).toBeGreaterThan(100_000);
      await after.subscription.close();
    });

    test('L8 a consumer that names its own start begins there', async () => {
      const bounds = await log.bounds();
      await log.append([{ key: 'a', line: line('l8', 8) }]);
      const found: string[] = [];
      const subscription = await log.subscribe({
        group: 'l8',
        startAt: 'earliest',
        onAssigned: async (partition) => bounds[partition]?.next,
        onBatch: async (batch) => void found.push(...batch.lines),
      });
      await expect.poll(() => found, WAIT).toEqual([line('l8', 8)]);
      await subscription.close();
    });

    test('L9 positions and bounds tell how far a group is behind', async () => {
      expect(await log.positions('never')).toEqual([null, null, null, null]);
      const positions = await log.positions('l6');
      const bounds = await log.bounds();
      for (const { partition, first, next } of bounds) {
        expect(first).toBeLessThanOrEqual(positions[partition] ?? -1);
        expect(positions[partition]).toBeLessThanOrEqual(next);
      }
    });

    test('L11 what was acknowledged is there after a kill -9 of the process that appended it, in order', async () => {
      const child = startChild(storage, 'append');
      const exited = once(child, 'exit');
      let acknowledged = -1;
      for await (const text of linesOf(child)) {
        acknowledged = Number(text);
        if (acknowledged === 50) child.kill('SIGKILL');
      }
      await exited;
      const found = numbersOf(await readAll(log, partitionOf('killed', 4)), 'killed');
      expect(found.slice(0, acknowledged + 1)).toEqual(Array.from({ length: acknowledged + 1 }, (_, n) => n));
      // One more can have been under way.
      expect(found.length).toBeLessThanOrEqual(acknowledged + 2);
    });

    test('L12 the partitions of a member that was killed go to the others, from what was committed', async () => {
      const child = startChild(storage, 'consume', 'l12');
      const exited = once(child, 'exit');
      for await (const text of linesOf(child)) if (text === 'ready') break;
      child.kill('SIGKILL');
      await exited;
      const heir = await collect(log, 'l12');
      await expect.poll(() => heir.owned.size, WAIT).toBe(4);
      await expect.poll(() => numbersOf(heir.lines, 'a').length, WAIT).toBeGreaterThanOrEqual(200);
      await heir.subscription.close();
    });

    test('L13 what retention took is gone, what is newer stays, and who was away goes on behind it', async () => {
      const partition = partitionOf('a', 4);
      await log.append([{ key: 'a', line: line('old', 1) }]);
      const offset = (await log.bounds())[partition]?.next ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 50));
      const beforeMs = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await log.append([{ key: 'a', line: line('new', 1) }]);
      await storage.retire(log, partition, offset, beforeMs);
      const lines = await readAll(log, partition);
      expect(lines).toContain(line('new', 1));
      expect(lines).not.toContain(line('old', 1));
      expect((await log.bounds())[partition]?.first).toBe(offset);
      const away = await collect(log, 'l13');
      await expect.poll(() => numbersOf(away.lines, 'new'), WAIT).toEqual([1]);
      await away.subscription.close();
    });

    test('L10 with too much waiting an append is refused at once and nothing of it is taken', async () => {
      const big = 'x'.repeat(1_000_000);
      const calls = Array.from({ length: 120 }, (_, n) =>
        log.append([{ key: 'full', line: JSON.stringify({ key: 'full', n, big }) }]).then(
          () => 'taken',
          (error: unknown) => (error instanceof Error ? error.name : ''),
        ),
      );
      const results = await Promise.all(calls);
      expect(results).toContain('LogUnavailable');
      expect(results).toContain('taken');
      const partition = partitionOf('full', 4);
      let taken = 0;
      for await (const batch of log.read(partition, 0))
        taken += batch.lines.filter((text) => text.startsWith('{"key":"full"')).length;
      expect(taken).toBe(results.filter((result) => result === 'taken').length);
    });
  });
}
