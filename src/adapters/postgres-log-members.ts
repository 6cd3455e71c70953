/**
 * Sharing partitions of the Postgres log among the members of a group. Membership and ownership are session-level advisory
 * locks on one connection for each member: when a process dies, its connection and with it its locks are gone at once,
 * and the others take over at their next look. Positions are committed through that same connection, so a member that has
 * lost it can't commit over its successor.
 */
import type { Logger } from 'pino';
import type { Database, DatabaseSession } from '../ports/database.ts';
import type { LogBatch, LogConsumer, Subscription } from '../ports/observation-log.ts';

export interface GroupOptions {
  readonly database: Database;
  readonly partitions: number;
  readonly logger: Logger;
  readonly consumer: LogConsumer;
  read(partition: number, offset: number): Promise<LogBatch | undefined>;
  /** Calls `wake` when something was appended; answers what ends it. */
  onWake(wake: () => void): () => void;
}

/** How often members look whether the partitions are shared fairly; also the longest sleep if a wake-up got lost. */
const LOOK_EVERY_MS = 500;
/** Advisory locks: (group's hash, partition) owns it; (group's hash, this) shared says "I am a member". */
const MEMBER = 2_147_483_647;

interface Worker {
  readonly partition: number;
  isStopped: boolean;
  wake(): void;
  readonly done: Promise<void>;
}

export async function joinGroup(options: GroupOptions): Promise<Subscription> {
  const { consumer, logger } = options;
  let rejectFailed: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    rejectFailed = reject;
  });
  failed.catch(() => {});
  let isClosed = false;
  let member: Member | undefined;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  const fail = (error: unknown) => {
    rejectFailed(error);
    isClosed = true;
    clearTimeout(timer);
    void member?.leave(false);
  };
  const look = async () => {
    try {
      if (member?.isLost === true) {
        await member.leave(false);
        member = undefined;
      }
      member ??= await becomeMember(options, fail);
      await member.share();
    } catch (error) {
      // The database is away for now: everything is kept there, so wait for it.
      logger.warn(
        { event: 'log.group-waits', group: consumer.group, error: String(error) },
        'the log is out of reach',
      );
    }
    if (!isClosed) {
      timer = setTimeout(() => {
        looking = look();
      }, LOOK_EVERY_MS);
    }
  };
  const stopWaking = options.onWake(() => member?.wake());
  looking = look();
  await looking;
  return {
    failed,
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      stopWaking();
      await looking;
      await member?.leave(true);
    },
  };
}

interface Member {
  readonly isLost: boolean;
  share(): Promise<void>;
  wake(): void;
  leave(isOrderly: boolean): Promise<void>;
}

async function becomeMember(options: GroupOptions, onFailure: (error: unknown) => void): Promise<Member> {
  const { consumer, database, partitions } = options;
  const session = await database.session();
  const workers = new Map<number, Worker>();
  let isLost = false;
  let leaving: Promise<void> | undefined;
  session.onLost(() => {
    isLost = true;
    for (const worker of workers.values()) halt(worker);
  });
  try {
    await session.query({
      text: `SELECT pg_advisory_lock_shared(hashtext($1), ${MEMBER})`,
      values: [consumer.group],
    });
  } catch (error) {
    // Tried again twice a second: each try would leave a connection behind.
    await session.release();
    throw error;
  }

  async function release(worker: Worker, isOrderly: boolean): Promise<void> {
    halt(worker);
    await worker.done;
    workers.delete(worker.partition);
    if (!isOrderly || isLost) return;
    await consumer.onRevoked?.(worker.partition, (next) =>
      commit(session, consumer.group, worker.partition, next),
    );
    await session.query({
      text: 'SELECT pg_advisory_unlock(hashtext($1), $2)',
      values: [consumer.group, worker.partition],
    });
  }

  return {
    get isLost() {
      return isLost;
    },
    wake: () => {
      for (const worker of workers.values()) worker.wake();
    },
    share: async () => {
      const fair = Math.ceil(partitions / Math.max(1, await countMembers(session, consumer.group)));
      for (const worker of [...workers.values()].slice(fair)) await release(worker, true);
      for (let partition = 0; partition < partitions && workers.size < fair && !isLost; partition++) {
        if (workers.has(partition) || !(await tryOwn(session, consumer.group, partition))) continue;
        workers.set(
          partition,
          startWorker(options, session, partition, () => isLost, onFailure),
        );
      }
    },
    leave: (isOrderly) => {
      leaving ??= (async () => {
        for (const worker of [...workers.values()]) await release(worker, isOrderly);
        await session.release();
      })();
      return leaving;
    },
  };
}

function halt(worker: Worker): void {
  worker.isStopped = true;
  worker.wake();
}

async function countMembers(session: DatabaseSession, group: string): Promise<number> {
  const { rows } = await session.query<{ n: number }>({
    name: 'log.members',
    text: `SELECT count(*)::int AS n FROM pg_locks
            WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND classid = hashtext($1)::bit(32)::bigint::oid AND objid = ${MEMBER} AND mode = 'ShareLock' AND granted`,
    values: [group],
  });
  return rows[0]?.n ?? 1;
}

async function tryOwn(session: DatabaseSession, group: string, partition: number): Promise<boolean> {
  const { rows } = await session.query<{ own: boolean }>({
    name: 'log.own',
    text: 'SELECT pg_try_advisory_lock(hashtext($1), $2) AS own',
    values: [group, partition],
  });
  return rows[0]?.own === true;
}

async function commit(
  session: DatabaseSession,
  group: string,
  partition: number,
  nextOffset: number,
): Promise<void> {
  await session.query({
    name: 'log.commit',
    text: `INSERT INTO log_positions (consumer_group, partition, next_offset) VALUES ($1, $2, $3)
           ON CONFLICT (consumer_group, partition) DO UPDATE SET next_offset = excluded.next_offset`,
    values: [group, partition, nextOffset],
  });
}

/** Where the consumer begins: its own wish, the group's position, or the start it asked for. Not before what is kept. */
async function startOffset(
  { consumer }: GroupOptions,
  session: DatabaseSession,
  partition: number,
): Promise<number> {
  const wished = await consumer.onAssigned?.(partition);
  const { rows } = await session.query<{ position: string | null; first: string | null; next: string }>({
    name: 'log.start',
    text: `SELECT (SELECT next_offset FROM log_positions WHERE consumer_group = $1 AND partition = $2) AS position,
                  (SELECT min(log_offset) FROM log_records WHERE partition = $2) AS first,
                  (SELECT next_offset FROM log_heads WHERE partition = $2) AS next`,
    values: [consumer.group, partition],
  });
  const { position = null, first = null, next = '0' } = rows[0] ?? {};
  const fallback = consumer.startAt === 'latest' ? next : (first ?? next);
  return Math.max(wished ?? Number(position ?? fallback), Number(first ?? next));
}

function startWorker(
  options: GroupOptions,
  session: DatabaseSession,
  partition: number,
  isLost: () => boolean,
  onFailure: (error: unknown) => void,
): Worker {
  let isAwake = true;
  let wakeUp: () => void = () => {};
  const sleep = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const work = async () => {
    let offset = await startOffset(options, session, partition);
    while (!worker.isStopped) {
      isAwake = false;
      const batch = await readOrWait(options, partition, offset);
      if (batch === undefined) {
        if (!isAwake && !worker.isStopped) await sleep();
        continue;
      }
      await options.consumer.onBatch(batch, (next) =>
        commit(session, options.consumer.group, partition, next),
      );
      offset = batch.nextOffset;
    }
  };
  const worker: Worker = {
    partition,
    isStopped: false,
    wake: () => {
      isAwake = true;
      wakeUp();
    },
    done: Promise.resolve()
      .then(() => work())
      .catch((error: unknown) => {
        // With the session gone the batch is another's to repeat; any other throw is not to be skipped.
        if (!isLost()) onFailure(error);
      }),
  };
  return worker;
}

async function readOrWait(
  options: GroupOptions,
  partition: number,
  offset: number,
): Promise<LogBatch | undefined> {
  try {
    return await options.read(partition, offset);
  } catch (error) {
    options.logger.warn(
      { event: 'log.read-failed', partition, error: String(error) },
      'reading the log failed: again soon',
    );
    return undefined;
  }
}
