import { randomUUID } from 'node:crypto';
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
        [Symbol.asyncDispose]: async () => {
          const { Kafka, logLevel } = await import('kafkajs');
          const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
          await admin.connect();
          await admin.deleteTopics({ topics: [topic] });
          await admin.disconnect();
        },
      };
    },
  });
}
