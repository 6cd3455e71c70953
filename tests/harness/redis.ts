/** Redis for tests: from `REDIS_URL`, else a container, else none, with one line that says how to have it. */
import { once } from './once.ts';

export const redisUrl = once('redis', 'REDIS_URL', async () => {
  const { GenericContainer } = await import('testcontainers');
  const container = await new GenericContainer('redis:7').withExposedPorts(6379).start();
  const value = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
  return { value, stop: () => container.stop().then(() => {}) };
});
