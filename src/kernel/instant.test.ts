import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatInstant, parseInstant } from './instant.ts';

const anyInstant = fc.integer({
  min: Date.parse('0001-01-01T00:00:00Z'),
  max: Date.parse('9999-12-31T23:59:59.999Z'),
});

test('K10 the quick ways write and read what the language itself does, in any order of days', () => {
  fc.assert(
    fc.property(fc.array(anyInstant, { maxLength: 20 }), (instants) => {
      for (const at of instants) {
        expect(formatInstant(at)).toBe(new Date(at).toISOString());
        expect(parseInstant(new Date(at).toISOString())).toBe(at);
      }
    }),
  );
});

test.each([
  '2026-02-30T00:00:00.000Z',
  '2026-13-01T00:00:00.000Z',
  '2026-03-01T24:00:01.000Z',
  '2026-03-01T00:60:00.000Z',
  '2026-03-01T00:00:0a.000Z',
  '2026-03-01 00:00:00.000Z',
  '2026-03-01T00:00:00.000',
  '+02026-03-01T00:00:00.00Z',
])('K10 %s is no instant', (text) => {
  parseInstant('2026-03-01T00:00:00.000Z');
  expect(parseInstant(text)).toBeUndefined();
});
