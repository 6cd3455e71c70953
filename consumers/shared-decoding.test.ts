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
      const decode = createSharedDecoding(2);
      const whole = batch(records, 10, () => asked++);
      const { records: _, ...asLines } = whole;
      const said: string[][] = [[], [], []];
      const alone = decodeBatch(asLines, (line) => said[0]?.push(line));
      expect(decode(whole, (line) => said[1]?.push(line))).toEqual(alone);
      // The second consumer is handed the same records in other batches.
      const apart = records.flatMap((lines, i) => [
        ...decode(
          batch([lines], 10 + i, () => asked++),
          (line) => said[2]?.push(line),
        ),
      ]);
      expect(apart).toEqual(alone);
      expect(said[1]).toEqual(said[0]);
      expect(said[2]).toEqual(said[0]);
      expect(asked).toBe(records.length);
      // Now that both have read it, nothing is kept; who begins anew decodes for itself.
      expect(decode(whole, () => {})).toEqual(alone);
      expect(asked).toBe(2 * records.length);
    }),
  );
});
