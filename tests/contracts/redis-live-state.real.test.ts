import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { createLogger } from '../../src/adapters/logger.ts';
import { createRedisLiveState } from '../../src/adapters/redis-live-state.ts';
import type { LiveChange, LiveState } from '../../src/ports/live-state.ts';
import { redisUrl } from '../harness/redis.ts';
import { liveStateContract } from './live-state.contract.ts';

const redis = await redisUrl();
const logger = createLogger('silent');

if ('missing' in redis) describe.skip('live state: Redis', () => test(redis.missing, () => {}));
else {
  const openAt = async (prefix: string): Promise<LiveState> => {
    const opened = await createRedisLiveState({ url: redis.value, prefix, logger });
    if (!opened.ok) throw new Error(opened.error);
    return opened.value;
  };
  const shared = `test-${randomUUID()}`;
  liveStateContract('Redis', { open: () => openAt(shared) });

  test('S6 who was cut off gets everything again when the connection is back', async () => {
    const prefix = `test-${randomUUID()}`;
    const state = await openAt(prefix);
    const other = await openAt(prefix);
    const seen: LiveChange[] = [];
    await state.watch((change) => seen.push(change));
    const knife = new Redis(redis.value);
    await knife.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await other.put({ subjects: [], frontiers: [{ stage: 'board', partition: 7, tickMs: 1 }] });
    await expect
      .poll(() => seen.some(({ frontiers }) => frontiers.some(({ partition }) => partition === 7)), {
        timeout: 10_000,
      })
      .toBe(true);
    knife.disconnect();
    await state.close();
    await other.close();
  });

  test('S7 a server that can not be reached is one line that says what to check', async () => {
    const opened = await createRedisLiveState({ url: 'redis://127.0.0.1:1', logger });
    expect(opened).toMatchObject({ ok: false, error: expect.stringContaining('check REDIS_URL') });
  });
}
