/** Global set-up: one embedded PostgreSQL for the run, with a migrated template that `createTestDatabase` clones. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { migrate } from '../../src/adapters/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the server's maintenance database; the template is `wardline_test_template`. */
    postgresUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'wardline-test-'));
  const logger = createLogger('warn');
  // Other users must be able to pass through: as root the server runs as another user.
  chmodSync(dataDir, 0o755);
  // fsync off: these data need not survive the machine. Tests of durability start servers of their own.
  const server = await startEmbeddedPostgres({
    dataDir,
    logger,
    settings: { fsync: 'off', max_connections: '200' },
  });
  if (!server.ok) throw new Error(server.error);
  const { url } = server.value;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE DATABASE wardline_test_template');
  await client.end();
  const migrated = await migrate({ url: url.replace(/\/\w+$/, '/wardline_test_template'), logger });
  if (!migrated.ok) throw new Error(migrated.error);
  project.provide('postgresUrl', url);
  return async () => {
    await server.value.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
