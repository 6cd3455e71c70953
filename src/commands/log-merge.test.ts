import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogEvent } from '../kernel/log-event.ts';
import { mergePartitions, type ReadLine } from './log-merge.ts';

const tick = (n: number): ReadLine => ({ event: { type: 'tick', atMs: n * 1000 }, line: `tick ${n}` });
const own = (partition: number, n: number): ReadLine => {
  const event: LogEvent = {
    type: 'status',
    subject: `S${partition}`,
    device: 'D',
    atMs: n,
    receivedMs: n,
    status: 'sos',
  };
  return { event, line: `P${partition} ${n}` };
};

async function* inBatches(lines: readonly ReadLine[], size: number): AsyncGenerator<readonly ReadLine[]> {
  for (let i = 0; i < lines.length; i += size) yield lines.slice(i, i + size);
}

async function merged(partitions: readonly (readonly ReadLine[])[], size = 3): Promise<string[]> {
  const out: string[] = [];
  for await (const { line } of mergePartitions(partitions.map((lines) => inBatches(lines, size))))
    out.push(line);
  return out;
}

test('E1 between two barriers the partitions follow one another, each barrier stands once', async () => {
  const lines = await merged([
    [own(0, 1), tick(1), own(0, 2), tick(2)],
    [tick(1), own(1, 1), tick(2), own(1, 2)],
  ]);
  expect(lines).toEqual(['P0 1', 'tick 1', 'P0 2', 'P1 1', 'tick 2', 'P1 2']);
});

test('E2 a partition that begins later, or lacks a barrier, holds nothing up', async () => {
  expect(
    await merged([[tick(1), own(0, 1), tick(2), own(0, 2), tick(3)], [own(1, 1), tick(2), own(1, 2)], []]),
  ).toEqual(['P1 1', 'tick 1', 'P0 1', 'tick 2', 'P0 2', 'P1 2', 'tick 3']);
});

/** Between barriers some lines of the partition's own; after a barrier perhaps the last few barriers once more. */
const partitions = fc
  .record({ barriers: fc.integer({ min: 0, max: 12 }), count: fc.integer({ min: 1, max: 4 }) })
  .chain(({ barriers, count }) =>
    fc.array(
      fc.array(fc.record({ lines: fc.nat(3), repeats: fc.nat(3) }), {
        minLength: barriers + 1,
        maxLength: barriers + 1,
      }),
      { minLength: count, maxLength: count },
    ),
  )
  .map((plans) =>
    plans.map((plan, partition) => {
      let n = 0;
      return plan.flatMap(({ lines, repeats }, i) => [
        ...(i === 0 ? [] : [tick(i)]),
        ...Array.from({ length: Math.min(repeats, i) }, (_, k) => tick(i - Math.min(repeats, i) + k + 1)),
        ...Array.from({ length: lines }, () => own(partition, n++)),
      ]);
    }),
  );

test('E3 whatever was repeated: every line once, each partition’s order kept, every line between its barriers', async () => {
  await fc.assert(
    fc.asyncProperty(partitions, fc.integer({ min: 1, max: 5 }), async (given, size) => {
      const lines = await merged(given, size);
      expect(new Set(lines).size).toBe(lines.length);
      for (const [partition, original] of given.entries()) {
        const expected = [...new Set(original.map(({ line }) => line))];
        const seen = lines.filter((line) => line.startsWith('tick') || line.startsWith(`P${partition} `));
        expect(seen).toEqual(expected);
      }
    }),
    { numRuns: 500 },
  );
});
