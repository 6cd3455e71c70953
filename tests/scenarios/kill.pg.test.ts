import { test } from 'vitest';
import { killInTheMiddle } from './kill.ts';

test('S1 on the Postgres log: killed in the middle of 100,000 observations, nothing is lost and no alert doubled', {
  timeout: 240_000,
}, async () => {
  await killInTheMiddle(3, {});
});
