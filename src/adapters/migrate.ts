/**
 * Brings the database to this program's schema: the positions table, whose form depends on whether TimescaleDB is there, and the
 * numbered, forward-only files of `migrations/`. Safe when several processes start at once and when one is killed.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Logger } from 'pino';
import Postgrator from 'postgrator';
import { fail, type Result } from '../kernel/result.ts';
import { WHOLE_TREE_OPTIONS } from './database.ts';
import { makePositionsTable } from './positions-table.ts';
import { prepareServiceLogin } from './service-role.ts';

const FOLDER = fileURLToPath(new URL('./migrations/', import.meta.url));
/** Key of the advisory lock under which one process migrates and the others wait. */
const LOCK = 7_261_001;

/** Answers what to do, in one line, when the database is newer than the program or can't be reached. */
export async function migrate({
  url,
  serviceUrl,
  logger,
}: {
  url: string;
  /** Database URL by the login that the operator made for serving callers; else one is made. */
  serviceUrl?: string | undefined;
  logger: Logger;
}): Promise<Result<void, string>> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    options: WHOLE_TREE_OPTIONS,
  });
  client.on('error', (error) =>
    logger.warn({ event: 'migrate.connection-lost', error: error.message }, 'connection lost'),
  );
  try {
    await client.connect();
  } catch (error) {
    return fail(
      `the database can't be reached (${error instanceof Error ? error.message : String(error)}): check DATABASE_URL and that it runs`,
    );
  }
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const newest = Math.max(...readdirSync(FOLDER).map((file) => Number.parseInt(file, 10)));
    const postgrator = new Postgrator({
      migrationPattern: `${FOLDER}*.sql`,
      driver: 'pg',
      database: client.database ?? '',
      schemaTable: 'schema_version',
      execQuery: (query: string) => client.query(query),
    });
    const present = await postgrator.getDatabaseVersion();
    if (present > newest) {
      return fail(
        `the data was made by a newer Wardline (schema ${present}, this one knows ${newest}): start that version, or choose another DATA_DIR or DATABASE_URL`,
      );
    }
    // All of it or nothing: the library writes a file's version after the file, and a kill between the two would
    // make the next start run it twice.
    await client.query('BEGIN');
    await makePositionsTable(client, logger);
    const applied = await postgrator.migrate();
    await client.query('COMMIT');
    for (const step of applied)
      logger.info({ event: 'migrate.applied', file: step.filename }, 'migration applied');
    return await prepareServiceLogin(client, url, serviceUrl);
  } catch (error) {
    // A migration that fails is told with its own words: the operator sees which object was in the way.
    return fail(
      `the database could not be migrated: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    await client.end();
  }
}
