/** A database of its own for a test file: a clone of the migrated template, dropped at the end. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { connectDatabase, type Database } from '../../src/adapters/database.ts';
import { createLogger } from '../../src/adapters/logger.ts';

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** Closes and drops; fails when a connection was left open. */
  drop(): Promise<void>;
  /** Drops it whoever is connected: for a test of `drop` itself. */
  dropLeftover(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl');
  const name = `wardline_test_${randomBytes(6).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name} TEMPLATE wardline_test_template`);
  const url = server.replace(/\/\w+$/, `/${name}`);
  const database = await connectDatabase({ url, logger: createLogger('error') });
  return {
    url,
    database,
    drop: async () => {
      await database.close();
      // The server itself waits five seconds for connections that are on their way out; one that stays is a leak.
      await administer(server, `DROP DATABASE ${name}`);
    },
    dropLeftover: () => administer(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function administer(server: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
