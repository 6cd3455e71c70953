/** Starts the embedded PostgreSQL of the folder in argv[2], says its URL, and stays until it is killed. */
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres.ts';
import { createLogger } from '../../src/adapters/logger.ts';

const server = await startEmbeddedPostgres({
  dataDir: process.argv[2] ?? '',
  logger: createLogger('silent'),
});
console.log(server.ok ? server.value.url : `failed: ${server.error}`);
setInterval(() => {}, 1000);
