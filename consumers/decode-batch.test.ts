import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogEvent } from '../src/kernel/log-event.ts';
import { decodeLogLine } from '../src/kernel/log-line.ts';
import { decodeBatch } from './decode-batch.ts';

const good = fc.record({
  type: fc.constant('position'),
  subject: fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
  device: fc.string({ minLength: 1, maxLength: 5 }),
  at: fc.constantFrom('2026-03-01T00:00:00Z', '2026-03-01T00:00:00.000Z'),
  lat: fc.double({ min: -91, max: 91 }),
  lon: fc.double({ min: -181, max: 181 }),
});
const line = fc.oneof(
  { weight: 5, arbitrary: good.map((value) => JSON.stringify(value)) },
  fc.json(),
  fc.string(),
  fc.constantFrom('', '{"type":"tick"', '1,2', '"', '[', '{"type":"tick","at":"2026-03-01T00:00:00Z"}'),
);

test('F11 lines read from the bytes of a record or one by one are the same events and the same refusals', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const events: LogEvent[] = [];
      const bad: string[] = [];
      for (const text of lines) {
        const result = decodeLogLine(text);
        if (result.ok) events.push(result.value);
        else bad.push(text);
      }
      const told: string[] = [];
      const batch = { partition: 0, offset: 0, nextOffset: 1, lines };
      expect(decodeBatch(batch, (text) => told.push(text))).toEqual(events);
      expect(told).toEqual(bad);
      if (lines.join('') === '') return;
      const records = [{ offset: 0, bytes: () => Buffer.from(lines.join('\n')) }];
      told.length = 0;
      expect(decodeBatch({ ...batch, records }, (text) => told.push(text))).toEqual(events);
      expect(told).toEqual(bad);
    }),
  );
});
