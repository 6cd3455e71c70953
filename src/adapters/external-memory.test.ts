import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Half a gigabyte of buffers that are free at once, beside a heap that stays; prints how many full collections that took. */
const CHILD = `
  import { constants, PerformanceObserver } from 'node:perf_hooks';
  import { countBuffersWithTheHeap } from '${new URL('./external-memory.ts', import.meta.url)}';
  if (process.argv[1] === 'counted') countBuffersWithTheHeap();
  let full = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full++;
  }).observe({ entryTypes: ['gc'] });
  const kept = Array.from({ length: 300_000 }, (_, i) => ({ i, text: 'x' + i }));
  for (let i = 0; i < 1000; i++) {
    Buffer.allocUnsafe(512 * 1024);
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log(kept.length > 0 ? full : undefined);
`;

function fullCollections(how: string): number {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', CHILD, how];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return Number(stdout);
}

test('V1 buffers that are free again at once bring no full collections', () => {
  expect(fullCollections('not counted')).toBeGreaterThanOrEqual(4);
  expect(fullCollections('counted')).toBeLessThanOrEqual(2);
});
