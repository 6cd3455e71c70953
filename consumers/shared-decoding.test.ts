import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogBatch } from '../src/ports/observation-log.ts';
import { decodeBatch } from './decode-batch.ts';
import { createSharedDecoding } from './shared-decoding.ts';

const tick = (n: number) => JSON.stringify({ type: 'tick', at: new Date(n * 1000).toISOString() });
const anyLine = fc.oneof(
  fc.integer({ min: 0, max: 1e6 }).map(tick),
  fc.constantFrom('nonsense', '{"type":"?"}'),
);
const anyRecords = fc.array(fc.array(anyLine, { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 6,
});

function batch(records: readonly string[][], first: number, asked: () => void): LogBatch {
  return {
    partition: 1,
    offset: first,
    nextOffset: first + records.length,
    lines: records.flat(),
    records: records.map((lines, i) => ({
      offset: first + i,
      bytes: () => {
        asked();
        return Buffer.from(lines.join('\n'));
      },
    })),
  };
}

test('F20 whoever reads a record later gets the same events and the same bad lines, and nothing is decoded twice', () => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      let asked = 0;
      const [first = decodeBatch, second = decodeBatch] = createSharedDecoding(2);
      const whole = batch(records, 10, () => asked++);
      const { records: _, ...asLines } = whole;
      const said: string[][] = [[], [], []];
      const alone = decodeBatch(asLines, (line) => said[0]?.push(line));
      expect(first(whole, (line) => said[1]?.push(line))).toEqual(alone);
      // The second consumer is handed the same records in other batches.
      const apart = records.flatMap((lines, i) => [
        ...second(
          batch([lines], 10 + i, () => asked++),
          (line) => said[2]?.push(line),
        ),
      ]);
      expect(apart).toEqual(alone);
      expect(said[1]).toEqual(said[0]);
      expect(said[2]).toEqual(said[0]);
      expect(asked).toBe(records.length);
      // Now that both have read it, nothing is kept; who begins anew decodes for itself.
      expect(first(whole, () => {})).toEqual(alone);
      expect(asked).toBe(2 * records.length);
    }),
  );
});

test('F20 who falls behind decodes for itself, costs the others nothing, and shares again when it has caught up', () => {
  let asked = 0;
  const [front = decodeBatch, near = decodeBatch, late = decodeBatch] = createSharedDecoding(3, 4);
  const one = (offset: number) => batch([[tick(offset)]], offset, () => asked++);
  const offsets = Array.from({ length: 20 }, (_, offset) => offset);
  const read = (decode: typeof front, offset: number) => decode(one(offset), () => {});
  for (const offset of offsets) {
    const events = read(front, offset);
    expect(read(near, offset)).toBe(events);
    // Far behind, it reads in between, and what it reads pushes nothing out.
    if (offset >= 10) expect(read(late, offset - 10)).toEqual(decodeBatch(one(offset - 10), () => {}));
  }
  // Each of the twenty once for the two in front and ten times for the late one, beside what the test itself decoded.
  expect(asked).toBe(20 + 10 + 10);
  for (const offset of offsets.slice(10)) read(late, offset);
  asked = 0;
  const newest = read(late, 20);
  expect(read(front, 20)).toBe(newest);
  expect(read(near, 20)).toBe(newest);
  expect(read(front, 21)).toBe(read(late, 21));
  expect(asked).toBe(2);
});

test('F20 two that have fallen behind share with each other what those in front no longer keep', () => {
  let asked = 0;
  const [front = decodeBatch, late = decodeBatch, later = decodeBatch] = createSharedDecoding(3, 4);
  const read = (decode: typeof front, offset: number) =>
    decode(
      batch([[tick(offset)]], offset, () => asked++),
      () => {},
    );
  for (let offset = 0; offset < 20; offset++) read(front, offset);
  asked = 0;
  for (let offset = 0; offset < 10; offset++) expect(read(later, offset)).toBe(read(late, offset));
  expect(asked).toBe(10);
});
