import { connectDatabase } from '../../src/adapters/database.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { createPostgresLog } from '../../src/adapters/postgres-log.ts';
import { createTestDatabase } from '../harness/postgres.ts';
import { observationLogContract } from './observation-log.contract.ts';

const logger = createLogger('error');

observationLogContract('Postgres', {
  fresh: async (partitions) => {
    const own = await createTestDatabase();
    return {
      open: async () => {
        const database = await connectDatabase({ url: own.url, logger });
        const log = await createPostgresLog({ database, partitions, logger });
        if (!log.ok) throw new Error(log.error);
        return { ...log.value, close: () => log.value.close().then(() => database.close()) };
      },
      retire: (log, _partition, _offset, beforeMs) => log.trim(beforeMs),
      childArgs: ['postgres', own.url, String(partitions)],
      [Symbol.asyncDispose]: () => own.drop(),
    };
  },
});
