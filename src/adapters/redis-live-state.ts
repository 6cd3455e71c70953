/**
 * The live state in Redis, for boards and dashboards in different processes: one hash for the subjects, one for the
 * frontiers, and a channel that carries each change. What was published while a dashboard was away is lost, so after each
 * return of its connection it is given everything again.
 */
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { fail, ok, type Result } from '../kernel/result.ts';
import type { Frontier, LastKnown, LiveChange, LiveState } from '../ports/live-state.ts';

export interface RedisLiveStateOptions {
  readonly url: string;
  /** Prefix of all keys, so that several Wardlines can share a server. */
  readonly prefix?: string;
  readonly logger: Logger;
}

/** Answers one line when Redis can't be reached at the start; later losses are waited out. */
export async function createRedisLiveState({
  url,
  prefix = 'wardline:live',
  logger,
}: RedisLiveStateOptions): Promise<Result<LiveState, string>> {
  const keys = {
    subjects: `${prefix}:subjects`,
    frontiers: `${prefix}:frontiers`,
    channel: `${prefix}:changes`,
  };
  const open: Redis[] = [];

  async function connect(): Promise<Redis> {
    const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, connectTimeout: 5000 });
    // Before it was ever there its absence is the answer, not a line in the log; what `connect` throws hides the reason.
    let cause: Error | undefined;
    let wasThere = false;
    redis.on('error', (error: Error) => {
      cause = error;
      if (wasThere) logger.warn({ event: 'redis.error', error: error.message }, 'Redis connection');
    });
    try {
      await redis.connect();
    } catch (error) {
      redis.disconnect();
      throw cause ?? error;
    }
    wasThere = true;
    open.push(redis);
    return redis;
  }

  async function all(redis: Redis): Promise<LiveChange> {
    const [subjects, frontiers] = await Promise.all([
      redis.hvals(keys.subjects),
      redis.hvals(keys.frontiers),
    ]);
    return {
      subjects: subjects.map((text) => JSON.parse(text) as LastKnown),
      frontiers: frontiers.map((text) => JSON.parse(text) as Frontier),
    };
  }

  let writer: Redis;
  try {
    writer = await connect();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(`Redis can't be reached (${reason}): check REDIS_URL and that it runs`);
  }

  return ok({
    put: async (change) => {
      const pipeline = writer.pipeline();
      // Each in text once, for its field and for the message.
      const subjects = change.subjects.map((subject) => JSON.stringify(subject));
      const frontiers = change.frontiers.map((frontier) => JSON.stringify(frontier));
      if (subjects.length > 0)
        pipeline.hset(
          keys.subjects,
          change.subjects.flatMap(({ subject }, i) => [subject, subjects[i] as string]),
        );
      if (frontiers.length > 0)
        pipeline.hset(
          keys.frontiers,
          change.frontiers.flatMap(({ stage, partition }, i) => [
            `${stage}:${partition}`,
            frontiers[i] as string,
          ]),
        );
      pipeline.publish(keys.channel, `{"subjects":[${subjects}],"frontiers":[${frontiers}]}`);
      const results = await pipeline.exec();
      const failure = results?.find(([error]) => error !== null)?.[0];
      if (failure) throw failure;
    },
    all: () => all(writer),
    watch: async (onChange) => {
      const reader = await connect();
      let isEnded = false;
      const tell = (change: LiveChange) => {
        if (!isEnded) onChange(change);
      };
      reader.on('message', (_channel, text: string) => tell(JSON.parse(text) as LiveChange));
      await reader.subscribe(keys.channel);
      // ioredis subscribes again by itself; `ready` comes after each return of the connection.
      reader.on('ready', () => {
        all(writer).then(tell, (error: unknown) =>
          logger.warn(
            { event: 'redis.reload-failed', error: String(error) },
            'the live state could not be read again',
          ),
        );
      });
      return async () => {
        // What is on its way while the connection ends must not be heard any more.
        isEnded = true;
        reader.disconnect();
      };
    },
    close: async () => {
      for (const redis of open) redis.disconnect();
    },
  });
}
