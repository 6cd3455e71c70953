/** Append and consume for each log; ceilings: raw kafkajs with the same lines packed alike, raw COPY of the same lines. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { connectDatabase } from '../../src/adapters/database.ts';
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres.ts';
import { createKafkaLog } from '../../src/adapters/kafka-log.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { migrate } from '../../src/adapters/migrate.ts';
import { createPostgresLog } from '../../src/adapters/postgres-log.ts';
import { createLoad } from '../../src/demo/load.ts';
import type { Result } from '../../src/kernel/result.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';
import { type Figure, figure } from './figure.ts';

const PARTITIONS = 6;
const BATCH = 500;
const IN_FLIGHT = 8;
const logger = createLogger('error');

export async function benchLog(seconds: number): Promise<Figure[]> {
  const load = createLoad({ seed: 1, subjects: 1762, feed: 'F' });
  const lines = load.positions(100_000, Date.now());
  const entries = lines.map((line, i) => ({ key: load.subjects[i % load.subjects.length] ?? '', line }));
  const server = must(
    await startEmbeddedPostgres({ dataDir: mkdtempSync(join(tmpdir(), 'wardline-bench-')), logger }),
  );
  must(await migrate({ url: server.url, logger }));
  const database = await connectDatabase({ url: server.url, logger });
  const copyRate = await rawCopy(server.url, lines, seconds / 4);
  const postgres = must(await createPostgresLog({ database, partitions: PARTITIONS, logger }));
  const figures = await measure('Postgres', postgres, entries, seconds / 4, { append: copyRate });
  await postgres.close();
  await database.close();
  await server.stop();
  const brokers = process.env.KAFKA_BROKERS?.split(',');
  if (brokers !== undefined) {
    const raw = await rawKafka(brokers, lines, seconds / 4);
    const kafka = must(
      await createKafkaLog({ brokers, topic: `bench-${Date.now()}`, partitions: PARTITIONS, logger }),
    );
    figures.push(...(await measure('Kafka', kafka, entries, seconds / 4, raw)));
    await kafka.close();
  }
  return figures;
}

async function measure(
  name: string,
  log: ObservationLog,
  entries: readonly { key: string; line: string }[],
  seconds: number,
  ceiling: { append: number; consume?: number },
): Promise<Figure[]> {
  let appended = 0;
  const until = performance.now() + seconds * 1000;
  const startedMs = performance.now();
  const writer = async (offset: number) => {
    for (
      let at = offset * BATCH;
      performance.now() < until;
      at = (at + IN_FLIGHT * BATCH) % (entries.length - BATCH)
    ) {
      await log.append(entries.slice(at, at + BATCH));
      appended += BATCH;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, i) => writer(i)));
  const appendRate = appended / ((performance.now() - startedMs) / 1000);
  let consumed = 0;
  let done: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  let firstMs = 0;
  const subscription = await log.subscribe({
    group: `bench-${Date.now()}`,
    startAt: 'earliest',
    onBatch: async (batch, commit) => {
      firstMs ||= performance.now();
      consumed += batch.lines.length;
      await commit(batch.nextOffset);
      if (consumed >= appended) done();
    },
  });
  await all;
  const consumeRate = consumed / ((performance.now() - firstMs) / 1000);
  await subscription.close();
  const singleRate = await singles(log, entries, seconds / 2);
  const sizes = `${PARTITIONS} partitions`;
  return [
    figure(
      `${name}: append, batches of ${BATCH}, ${IN_FLIGHT} in flight`,
      appendRate,
      'lines/s',
      sizes,
      ceiling.append,
    ),
    figure(`${name}: append, single lines, 64 in flight`, singleRate, 'lines/s', sizes, ceiling.append),
    figure(`${name}: consume and commit`, consumeRate, 'lines/s', sizes, ceiling.consume),
  ];
}

async function singles(
  log: ObservationLog,
  entries: readonly { key: string; line: string }[],
  seconds: number,
): Promise<number> {
  let n = 0;
  const startedMs = performance.now();
  const until = startedMs + seconds * 1000;
  const writer = async (i: number) => {
    for (let at = i; performance.now() < until; at = (at + 64) % entries.length) {
      await log.append(entries.slice(at, at + 1));
      n++;
    }
  };
  await Promise.all(Array.from({ length: 64 }, (_, i) => writer(i)));
  return n / ((performance.now() - startedMs) / 1000);
}

/** Records of `BATCH` lines, as the log packs them, straight through kafkajs. */
async function rawKafka(
  brokers: string[],
  lines: readonly string[],
  seconds: number,
): Promise<{ append: number; consume: number }> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const topic = `bench-raw-${Date.now()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  const value = lines.slice(0, BATCH).join('\n');
  let sent = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < seconds * 1000) {
    await producer.send({
      topic,
      acks: -1,
      messages: Array.from({ length: IN_FLIGHT }, (_, i) => ({ partition: i % PARTITIONS, value })),
    });
    sent += BATCH * IN_FLIGHT;
  }
  const append = sent / ((performance.now() - startedMs) / 1000);
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: topic });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let got = 0;
  let firstMs = 0;
  await new Promise<void>((resolve) => {
    void consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        firstMs ||= performance.now();
        for (const message of batch.messages) got += message.value?.toString().split('\n').length ?? 0;
        if (got >= sent) resolve();
      },
    });
  });
  const consume = got / ((performance.now() - firstMs) / 1000);
  await consumer.disconnect();
  return { append, consume };
}

async function rawCopy(url: string, lines: readonly string[], seconds: number): Promise<number> {
  const database = await connectDatabase({ url, logger, max: 1 });
  const session = await database.session();
  await session.query({ text: 'CREATE TABLE bench_lines (line text)', values: [] });
  const text = `${lines
    .slice(0, 10_000)
    .map((line) => line.replaceAll('\\', '\\\\'))
    .join('\n')}\n`;
  let n = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < seconds * 1000) {
    await new Promise<void>((resolve, reject) => {
      const stream = session.copyFrom('COPY bench_lines FROM STDIN');
      stream.on('finish', () => resolve()).on('error', reject);
      stream.end(text);
    });
    n += 10_000;
  }
  await session.release();
  await database.close();
  return n / ((performance.now() - startedMs) / 1000);
}

function must<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
