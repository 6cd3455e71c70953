import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { describe, test } from 'vitest';
import { createKafkaLog } from '../../src/adapters/kafka-log.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { kafkaBrokers } from '../harness/kafka.ts';
import { observationLogContract } from './observation-log.contract.ts';

const kafka = await kafkaBrokers();

if ('missing' in kafka) describe.skip('observations log: Kafka', () => test(kafka.missing, () => {}));
else {
  const brokers = kafka.value.split(',');
  const logger = createLogger('error');
  const asAdmin = async (work: (admin: Admin) => Promise<unknown>): Promise<void> => {
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await work(admin);
    await admin.disconnect();
  };
  observationLogContract('Kafka', {
    fresh: async (partitions) => {
      const topic = `test-${randomUUID()}`;
      return {
        open: async () => {
          const log = await createKafkaLog({ brokers, topic, partitions, logger });
          if (!log.ok) throw new Error(log.error);
          return log.value;
        },
        childArgs: ['kafka', kafka.value, topic, String(partitions)],
        retire: (_log, partition, offset) =>
          asAdmin(async (admin) => {
            // kafkajs deletes only from topics whose leaders it has asked for.
            await admin.fetchTopicOffsets(topic);
            await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
          }),
        [Symbol.asyncDispose]: () => asAdmin((admin) => admin.deleteTopics({ topics: [topic] })),
      };
    },
  });
}
