import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sliceElements } from './json-elements.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('N8 the elements of an array are found as they stand in its bytes', () => {
  const body = ' [ {"a": "],[\\"\\\\"} ,2.50,\n[1,[2]] , "，" ]\n';
  expect(sliceElements(Buffer.from(body)).map(text)).toEqual([
    '{"a": "],[\\"\\\\"}',
    '2.50',
    '[1,[2]]',
    '"，"',
  ]);
  expect(sliceElements(Buffer.from('[]'))).toEqual([]);
});

test('N8 whatever the array holds, each slice is its element', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.constantFrom(0, 1, '\t'), (values, indent) => {
      const slices = sliceElements(Buffer.from(JSON.stringify(values, null, indent)));
      expect(slices.map((slice) => JSON.parse(text(slice)) as unknown)).toEqual(
        JSON.parse(JSON.stringify(values)),
      );
    }),
  );
});
