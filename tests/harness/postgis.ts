/** PostGIS for tests, the oracle of distances: from `POSTGIS_URL`, else a container, else none, with one line that says how to have it. */
import { once } from './once.ts';

export const postgisUrl = once('postgis', 'POSTGIS_URL', async () => {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('postgis/postgis:15-3.3')
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: 'trust' })
    .withExposedPorts(5432)
    // It starts twice: once for itself to set up.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .start();
  const value = `postgres://postgres@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
  return { value, stop: () => container.stop().then(() => {}) };
});
