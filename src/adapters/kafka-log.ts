/**
 * The observations log on Kafka: `acks=all`, one write in flight for each process, so order within a key is kept across
 * retries (a repeated write can double a record, never overtake one; keys make the double harmless).
 * kafkajs is known to this file, `kafka-log-members.ts` and `kafkajs-mended.ts` only.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { partitionOf } from '../kernel/partition.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import type { LogBatch, ObservationLog } from '../ports/observation-log.ts';
import { createAppendQueue, type PackedRecord } from './append-queue.ts';
import { groupIdOf, joinKafkaGroup } from './kafka-log-members.ts';
import { Kafka as KafkaClient, logLevel } from './kafkajs-mended.ts';
import { batchOf } from './log-batch.ts';

export interface KafkaLogOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly logger: Logger;
}

/** A record is at most 256 KiB of packed lines, or one line that is longer. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
/** In which a cluster comes to know its new topic; most take less than a second. */
const KNOWN_WITHIN_MS = 15_000;

/** Answers one line that says what to do when no broker answers or the topic has another number of partitions. */
export async function createKafkaLog({
  brokers,
  topic,
  partitions,
  logger,
}: KafkaLogOptions): Promise<Result<ObservationLog, string>> {
  const kafka = new KafkaClient({
    clientId: 'wardline',
    brokers: [...brokers],
    connectionTimeout: 3000,
    retry: { initialRetryTime: 100, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => logger.debug({ event: 'kafka', text: entry.log.message }, entry.namespace),
  });
  const admin = kafka.admin();
  let clusterId: string;
  try {
    await admin.connect();
    ({ clusterId } = await admin.describeCluster());
    const found = await ensureTopic(admin, topic, partitions);
    if (found !== partitions) {
      await admin.disconnect();
      return fail(
        `topic ${topic} has ${found} partitions and the setting says ${partitions}: set PARTITIONS=${found}, or another KAFKA_TOPIC`,
      );
    }
  } catch (error) {
    await admin.disconnect().catch(() => {});
    return fail(
      `Kafka can't be used (${error instanceof Error ? error.message : String(error)}): check KAFKA_BROKERS=${brokers.join(',')} and that it runs`,
    );
  }
  const producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 });
  await producer.connect();
  const queue = createAppendQueue(async (records) => {
    await producer.send({ topic, acks: -1, timeout: 10_000, messages: records.map(toMessage) });
  });
  const everyPartition = Array.from({ length: partitions }, (_, partition) => partition);

  return ok({
    partitions,
    identity: `topic ${topic} of the Kafka cluster ${clusterId}`,
    append: (entries) =>
      queue.push(entries.map((entry) => ({ ...entry, partition: partitionOf(entry.key, partitions) }))),
    appendToAll: (line) => queue.push(everyPartition.map((partition) => ({ key: '', line, partition }))),
    subscribe: (consumer) => joinKafkaGroup({ kafka, topic, partitions, consumer, logger }),
    read: (partition, offset) => readPartition({ kafka, admin, topic, partition, offset }),
    bounds: () => bounds(admin, topic),
    positions: async (group) => {
      const [found] = await admin.fetchOffsets({ groupId: groupIdOf(topic, group), topics: [topic] });
      return everyPartition.map((partition) => {
        const offset = Number(found?.partitions.find((item) => item.partition === partition)?.offset ?? -1);
        return offset < 0 ? null : offset;
      });
    },
    // Kafka drops by the topic's own retention.
    trim: async () => {},
    close: async () => {
      await queue.drain();
      await producer.disconnect();
      await admin.disconnect();
    },
  });
}

function toMessage({ partition, lines }: PackedRecord): { partition: number; value: Buffer } {
  return { partition, value: Buffer.from(lines) };
}

/** Answers the number of partitions that the topic has. */
async function ensureTopic(admin: Admin, topic: string, partitions: number): Promise<number> {
  const known = await admin.listTopics();
  if (!known.includes(topic)) {
    await admin.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: -1,
          configEntries: [{ name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) }],
        },
      ],
    });
  }
  return countPartitions(admin, topic);
}

/** A broker that has just made a topic says for a moment that it has none, or nobody who leads it; the library gives up at the first. */
async function countPartitions(admin: Admin, topic: string): Promise<number> {
  const untilMs = performance.now() + KNOWN_WITHIN_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.length ?? 0;
    } catch (error) {
      const { type, cause } = error as { type?: string; cause?: { type?: string } };
      const isNew = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'].includes(
        type ?? cause?.type ?? '',
      );
      if (!isNew || performance.now() > untilMs) throw error;
      await sleep(100);
    }
  }
}

async function bounds(
  admin: Admin,
  topic: string,
): Promise<{ partition: number; first: number; next: number }[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets
    .map(({ partition, low, high }) => ({ partition, first: Number(low), next: Number(high) }))
    .sort((a, b) => a.partition - b.partition);
}

interface Reading {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** kafkajs reads by groups only, so a reading is a group of its own that is removed at the end. */
async function* readPartition({ kafka, admin, topic, partition, offset }: Reading): AsyncGenerator<LogBatch> {
  const bound = (await bounds(admin, topic))[partition];
  const end = bound?.next ?? 0;
  let at = Math.max(offset, bound?.first ?? 0);
  if (at >= end) return;
  const groupId = `wardline-read-${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxBytesPerPartition: MAX_MESSAGE_BYTES,
  });
  // One batch at a time: the next is fetched when the reader has taken this one.
  let hand: (batch: LogBatch) => void = () => {};
  let taken: () => void = () => {};
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const others = (payload.memberAssignment[topic] ?? []).filter((other) => other !== partition);
      if (others.length > 0) consumer.pause([{ topic, partitions: others }]);
      consumer.seek({ topic, partition, offset: String(at) });
    });
    let next = new Promise<LogBatch>((resolve) => {
      hand = resolve;
    });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset, heartbeat, isStale }) => {
        if (batch.partition !== partition || isStale()) return;
        const messages = batch.messages.filter(
          (message) => Number(message.offset) >= at && Number(message.offset) < end,
        );
        const last = messages.at(-1);
        if (last === undefined) return;
        const done = new Promise<void>((resolve) => {
          taken = resolve;
        });
        hand(toBatch(partition, messages));
        const beat = setInterval(() => void heartbeat().catch(() => {}), 1000);
        await done;
        clearInterval(beat);
        resolveOffset(last.offset);
      },
    });
    while (at < end) {
      const batch = await next;
      at = batch.nextOffset;
      next = new Promise<LogBatch>((resolve) => {
        hand = resolve;
      });
      yield batch;
      taken();
    }
  } finally {
    taken();
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => {});
  }
}

const NO_BYTES = Buffer.alloc(0);

export function toBatch(
  partition: number,
  messages: readonly { offset: string; value: Buffer | null }[],
): LogBatch {
  return batchOf(
    partition,
    messages.map(({ offset, value }) => ({ offset: Number(offset), bytes: () => value ?? NO_BYTES })),
  );
}
