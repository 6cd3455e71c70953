import { expect, test } from 'vitest';
import { inTurns } from './in-turns.ts';

function busy(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

test('F22 a long batch keeps its order, and a short one of another partition does not wait for its end', async () => {
  const done: string[] = [];
  const seen: number[] = [];
  const numbers = Array.from({ length: 1000 }, (_, i) => i);
  await Promise.all([
    inTurns(numbers, (n) => {
      busy(0.5);
      seen.push(n);
    }).then(() => done.push('long')),
    inTurns([1, 2, 3], () => {}).then(() => done.push('short')),
    new Promise<void>((resolve) => setTimeout(resolve, 1)).then(() => done.push('timer')),
  ]);
  expect(seen).toEqual(numbers);
  expect(done).toEqual(['short', 'timer', 'long']);
});
