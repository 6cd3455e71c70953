import { randomUUID } from 'node:crypto';
import { test } from 'vitest';
import { kafkaBrokers } from '../harness/kafka.ts';
import { killInTheMiddle } from './kill.ts';

const kafka = await kafkaBrokers();

test.skipIf('missing' in kafka)(
  'S1 on Kafka: killed in the middle of 100,000 observations, nothing is lost and no alert doubled',
  { timeout: 300_000 },
  async () => {
    if ('missing' in kafka) return;
    await killInTheMiddle(3, {
      KAFKA_BROKERS: kafka.value,
      KAFKA_TOPIC: `kill-${randomUUID()}`,
      DEMO: 'off',
    });
  },
);
