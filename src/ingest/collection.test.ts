import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mayCollect } from './collection.ts';

const instant = fc.integer({ min: 0, max: 1000 });
const term = fc.record({ fromMs: instant, untilMs: instant });

test('W1 a position of a wristband is collected within a term of its order, the end not in it, and nowhere else', () => {
  fc.assert(
    fc.property(fc.array(term, { maxLength: 5 }), instant, (terms, at) => {
      const isInside = terms.some(({ fromMs, untilMs }) => at >= fromMs && at < untilMs);
      expect(mayCollect({ terms, endsMs: null }, 'position', at).ok).toBe(isInside);
      expect(mayCollect({ terms, endsMs: null }, 'status', at).ok).toBe(true);
    }),
  );
  const order = { terms: [{ fromMs: 10, untilMs: 20 }], endsMs: null };
  expect([9, 10, 19, 20].map((at) => mayCollect(order, 'position', at).ok)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test('W2 a phone needs no order', () => {
  expect(mayCollect({ terms: null, endsMs: null }, 'position', 5).ok).toBe(true);
  expect(mayCollect({ terms: [], endsMs: null }, 'position', 5).ok).toBe(false);
});

test('W3 from the end of correction on nothing is collected, whatever the device and its order', () => {
  fc.assert(
    fc.property(fc.option(fc.array(term)), instant, instant, (terms, endsMs, at) => {
      fc.pre(at >= endsMs);
      for (const type of ['position', 'status'] as const) {
        const found = mayCollect({ terms, endsMs }, type, at);
        expect(found.ok ? undefined : found.error.code).toBe('correction-ended');
      }
    }),
  );
});
