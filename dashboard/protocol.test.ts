import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packWhereabouts, unpackWhereabouts, type Whereabouts } from './protocol.ts';

const NOW_S = 1_795_000_000;
const degrees = (limit: number) =>
  fc.integer({ min: -limit * 1e5, max: limit * 1e5 }).map((value) => value / 1e5);
const anyRow = fc
  .record({
    card: fc.nat(20_000),
    place: fc.option(fc.tuple(degrees(180), degrees(90))),
    accuracyM: fc.nat(5000),
    atS: fc.oneof(fc.constant(0), fc.nat(NOW_S)),
    heardS: fc.oneof(fc.constant(0), fc.nat(NOW_S)),
    batteryPct: fc.integer({ min: -1, max: 100 }),
    flags: fc.nat(3),
  })
  .map(({ card, place, accuracyM, atS, heardS, batteryPct, flags }): Whereabouts => {
    const [lon, lat] = place ?? [null, null];
    return [card, lon, lat, accuracyM, atS, heardS, batteryPct, flags];
  });

test('B15 whereabouts come out of their columns as they went in, to the last digit, in the order of the cards', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyRow, { selector: ([card]) => card }), (rows) => {
      const line = JSON.stringify(packWhereabouts(rows));
      expect(unpackWhereabouts(JSON.parse(line))).toEqual([...rows].sort((a, b) => a[0] - b[0]));
    }),
  );
});
