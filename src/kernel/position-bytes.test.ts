import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLogLine } from './log-line.ts';
import { readPositionBytes } from './position-bytes.ts';

const read = (line: string) => {
  const bytes = new TextEncoder().encode(`\n${line}\n`);
  return readPositionBytes(bytes, 1, bytes.length - 1);
};
const HEAD = '{"type":"position","subject":"S1","device":"D1","at":"2026-03-01T00:00:00.000Z"';
const PLACE = ',"lat":23.5,"lon":116.25';

/** Also numbers, times and words that are wrong, and keys that are twice there. */
const pieces = fc.oneof(
  fc.constantFrom(
    '"lat":23.5',
    '"lon":-116.2500001',
    '"received":"2026-02-30T00:00:00.000Z"',
    '"at":"1999-12-31T23:59:59.999Z"',
    '"at":"2026-03-01T24:00:00.000Z"',
    '"at":"2026-03-01T00:00:00Z"',
    '"at":"2026-03-01 00:00:00.000Z"',
    '"method":"gnss"',
    '"method":"radio"',
    '"mock":true',
    '"mock":false',
    '"mock":null',
    '"subject":"甲"',
    '"subject":""',
    '"device":"a\\"b"',
    '"sequence":1.5',
    '"sequence":-7',
    '"accuracyM":1e2',
    '"accuracyM":01',
    '"accuracyM":.5',
    '"accuracyM":5.',
    '"accuracyM":-0',
    '"accuracyM":0.1234567890123456',
    '"speedMps":100001',
    '"note":{}',
    '',
  ),
  fc
    .tuple(
      fc.constantFrom(
        'lat',
        'lon',
        'accuracyM',
        'speedMps',
        'headingDeg',
        'altitudeM',
        'batteryPct',
        'sequence',
      ),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
      fc.integer({ min: 0, max: 12 }),
    )
    .map(([key, value, places]) => `"${key}":${value.toFixed(places)}`),
);

test('what is read from bytes is what the general way reads, or nothing', () => {
  let read1 = 0;
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 6 }),
      fc.constantFrom('}', '} ', ',}', '', '}}'),
      (list, close) => {
        const line = [HEAD + PLACE, ...list].join(',') + close;
        const found = read(line);
        if (found === undefined) return;
        read1++;
        expect({ ok: true, value: found }).toStrictEqual(decodeLogLine(line));
      },
    ),
    { numRuns: 3000 },
  );
  expect(read1).toBeGreaterThan(50);
});

test('the form that the log writes is read from bytes', () => {
  const line = `${HEAD},"received":"2026-03-01T00:00:02.125Z"${PLACE},"accuracyM":15,"speedMps":1.2,"headingDeg":90,"altitudeM":-12.5,"batteryPct":81,"mock":false,"method":"wifi","sequence":7}`;
  expect({ ok: true, value: read(line) }).toStrictEqual(decodeLogLine(line));
  for (let length = 0; length < line.length; length++) expect(read(line.slice(0, length))).toBeUndefined();
});

test('times of the calendar only', () => {
  const at = (time: string) =>
    read(`{"type":"position","subject":"S1","device":"D1","at":"${time}"${PLACE}}`)?.atMs;
  expect(at('2024-02-29T23:59:59.999Z')).toBe(Date.parse('2024-02-29T23:59:59.999Z'));
  for (const wrong of ['2026-02-29', '2026-00-01', '2026-13-01', '2026-01-00', '0099-01-01', '2026-1a-01'])
    expect(at(`${wrong}T00:00:00.000Z`)).toBeUndefined();
});
