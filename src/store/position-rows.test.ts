import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sequenceOf } from './position-rows.ts';

const degrees = fc.double({ noNaN: true, min: -180, max: 180 });

test('W1 the number of a fix is its own, else one that its place alone decides', () => {
  expect(sequenceOf({ sequence: 7, lat: 1, lon: 2 })).toBe(7);
  expect(sequenceOf({ lat: 23.5, lon: 116.3 })).toBe(sequenceOf({ lat: 23.5, lon: 116.3 }));
  expect(sequenceOf({ lat: 23.5, lon: 116.3 })).not.toBe(sequenceOf({ lat: 116.3, lon: 23.5 }));
  expect(sequenceOf({ lat: -0, lon: 0 })).toBe(sequenceOf({ lat: 0, lon: -0 }));
});

test('W1 every such number is a whole one of 32 bits', () => {
  fc.assert(
    fc.property(degrees, degrees, (lat, lon) => {
      const sequence = sequenceOf({ lat, lon });
      return Number.isInteger(sequence) && sequence >= 0 && sequence < 2 ** 32;
    }),
  );
});
