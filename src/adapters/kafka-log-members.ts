/**
 * A member of a Kafka consumer group, as the port has it: batches of one partition one after the other, positions committed
 * only when asked, a throw stops the member.
 *
 * kafkajs tells of an assignment only after the fact, and a member that was thought dead may get back a partition that another
 * has moved on meanwhile. So after each join every partition begins anew: `onRevoked` for what was held, then
 * `onAssigned`, which reads the checkpoint again. Rebalances are rare, and what is read twice falls on keys.
 */
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { LogConsumer, Subscription } from '../ports/observation-log.ts';
import { toBatch } from './kafka-log.ts';

export interface KafkaGroupOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly partitions: number;
  readonly consumer: LogConsumer;
  readonly logger: Logger;
}

/** After this long without a heartbeat a member is dead and the others take over. The broker's minimum is 6 s. */
const SESSION_TIMEOUT_MS = 8000;
const HEARTBEAT_MS = 1000;

interface Hold {
  /** Settles when `onAssigned` has answered; the offset from which batches count. */
  readonly from: Promise<number>;
  /** The batch under way. */
  running: Promise<void>;
}

export async function joinKafkaGroup({
  kafka,
  topic,
  partitions,
  consumer,
  logger,
}: KafkaGroupOptions): Promise<Subscription> {
  const member = kafka.consumer({
    groupId: groupIdOf(topic, consumer.group),
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    allowAutoTopicCreation: false,
    minBytes: 1,
    maxWaitTimeInMs: 500,
    maxBytesPerPartition: 1024 * 1024,
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 1000 },
  });
  const holds = new Map<number, Hold>();
  let isEnding = false;
  let rejectFailed: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    rejectFailed = reject;
  });
  failed.catch(() => {});
  const stopWith = (error: unknown) => {
    if (isEnding) return;
    isEnding = true;
    rejectFailed(error);
  };
  const commitOf = (partition: number) => (nextOffset: number) =>
    commit(member, topic, partition, nextOffset, logger);

  function hold(partition: number, before: Hold | undefined): Hold {
    const from = (async () => {
      await before?.from.catch(() => {});
      await before?.running;
      if (before !== undefined) await consumer.onRevoked?.(partition, commitOf(partition));
      const wished = await consumer.onAssigned?.(partition);
      if (wished !== undefined) member.seek({ topic, partition, offset: String(wished) });
      return wished ?? 0;
    })();
    from.catch(stopWith);
    return { from, running: Promise.resolve() };
  }

  member.on(member.events.GROUP_JOIN, ({ payload }) => {
    const assigned = new Set(payload.memberAssignment[topic] ?? []);
    for (const [partition, lost] of holds) {
      if (assigned.has(partition)) continue;
      holds.delete(partition);
      void letGo(partition, lost);
    }
    for (const partition of assigned) holds.set(partition, hold(partition, holds.get(partition)));
  });
  const letGo = async (partition: number, held: Hold) => {
    try {
      await held.from;
      await held.running;
      await consumer.onRevoked?.(partition, commitOf(partition));
    } catch (error) {
      stopWith(error);
    }
  };
  member.on(member.events.CRASH, ({ payload }) => {
    if (!payload.restart) stopWith(payload.error);
  });

  const eachBatch = async (payload: EachBatchPayload) => {
    const { batch } = payload;
    const held = holds.get(batch.partition);
    if (held === undefined || isEnding) return;
    const from = await held.from;
    // Assigned anew meanwhile, or the wished start has not been fetched yet.
    if (isEnding || holds.get(batch.partition) !== held || payload.isStale()) return;
    const messages = batch.messages.filter((message) => Number(message.offset) >= from);
    const last = batch.messages.at(-1);
    if (last === undefined) return;
    if (messages.length > 0) {
      const beat = setInterval(() => {
        // A heartbeat that fails is met again by the next fetch, which knows what to do.
        payload.heartbeat().catch(() => {});
      }, HEARTBEAT_MS);
      held.running = consumer.onBatch(toBatch(batch.partition, messages), commitOf(batch.partition));
      try {
        await held.running;
      } catch (error) {
        held.running = Promise.resolve();
        stopWith(error);
        return;
      } finally {
        clearInterval(beat);
      }
    }
    payload.resolveOffset(last.offset);
  };

  await member.connect();
  await member.subscribe({ topic, fromBeginning: consumer.startAt === 'earliest' });
  await member.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: partitions,
    eachBatch,
  });
  return {
    failed,
    close: async () => {
      const wasFailed = isEnding;
      isEnding = true;
      await Promise.all([...holds.values()].map((held) => held.running.catch(() => {})));
      if (!wasFailed) {
        for (const [partition, held] of holds) {
          await held.from.catch(() => {});
          await consumer.onRevoked?.(partition, commitOf(partition));
        }
      }
      await member.disconnect();
    },
  };
}

/** Groups are global to a Kafka: two Wardlines on one cluster differ by their topic. */
export function groupIdOf(topic: string, group: string): string {
  return `${topic}.${group}`;
}

/** A position that could not be committed is an older position: what follows it is read again, nothing is lost. */
async function commit(
  member: Consumer,
  topic: string,
  partition: number,
  nextOffset: number,
  logger: Logger,
): Promise<void> {
  try {
    await member.commitOffsets([{ topic, partition, offset: String(nextOffset) }]);
  } catch (error) {
    logger.warn(
      { event: 'kafka.commit-failed', partition, error: String(error) },
      'position not committed: some lines will be read again',
    );
  }
}
