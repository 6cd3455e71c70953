/**
 * A process of its own on a log's storage, to be killed. `append`: appends numbered lines of one key without end and prints each
 * number that was acknowledged. `consume <group>`: joins a group, prints `ready` when it owns partitions, handles and never commits.
 * Arguments: kafka <brokers> <topic> <partitions> | postgres <url> <partitions>, then the mode.
 */
import { connectDatabase } from '../../src/adapters/database.ts';
import { createKafkaLog } from '../../src/adapters/kafka-log.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { createPostgresLog } from '../../src/adapters/postgres-log.ts';
import type { Result } from '../../src/kernel/result.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';

const logger = createLogger('error');
const [kind, ...args] = process.argv.slice(2);

async function openLog(): Promise<Result<ObservationLog, string>> {
  if (kind === 'kafka') {
    const [brokers = '', topic = '', partitions = ''] = args.splice(0, 3);
    return createKafkaLog({ brokers: brokers.split(','), topic, partitions: Number(partitions), logger });
  }
  const [url = '', partitions = ''] = args.splice(0, 2);
  const database = await connectDatabase({ url, logger });
  return createPostgresLog({ database, partitions: Number(partitions), logger });
}

const opened = await openLog();
if (!opened.ok) throw new Error(opened.error);
const log = opened.value;
const [mode, group = ''] = args;

if (mode === 'append') {
  for (let n = 0; ; n++) {
    await log.append([{ key: 'killed', line: JSON.stringify({ key: 'killed', n }) }]);
    process.stdout.write(`${n}\n`);
  }
} else {
  await log.subscribe({
    group,
    startAt: 'earliest',
    onAssigned: async () => {
      process.stdout.write('ready\n');
      return undefined;
    },
    onBatch: async () => {},
  });
}
