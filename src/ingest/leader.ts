/** One process of many does a thing: who holds a session-level advisory lock. The others ask once a second. */
import type { Logger } from 'pino';
import type { Database, DatabaseSession } from '../ports/database.ts';
import { tryClockLock } from '../store/clock.ts';

export interface LeaderDeps {
  readonly database: Pick<Database, 'session'>;
  readonly logger: Logger;
  /** Key of the lock: one for each thing that is to be done once. */
  readonly key: number;
  /** Begins the work; what it answers ends it. Called again after the lock was lost and won again. */
  begin(): Promise<() => Promise<void>>;
}

export interface Leader {
  readonly isLeader: boolean;
  stop(): Promise<void>;
}

const ASK_EVERY_MS = 1000;

export function lead(deps: LeaderDeps): Leader {
  let end: (() => Promise<void>) | undefined;
  let session: DatabaseSession | undefined;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let turning: Promise<void> = Promise.resolve();

  const schedule = () => {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(() => {
      turning = turn().finally(schedule);
    }, ASK_EVERY_MS);
  };

  async function turn(): Promise<void> {
    try {
      if (end !== undefined && session === undefined) await finish();
      if (end !== undefined || isStopped) return;
      session ??= await open();
      const [row] = await tryClockLock(session, deps.key);
      if (row?.leads === true && !isStopped) end = await deps.begin();
    } catch (error) {
      deps.logger.warn(
        { event: 'leader.waits', key: deps.key, error: String(error) },
        'not able to lead now',
      );
    }
  }

  async function open(): Promise<DatabaseSession> {
    const made = await deps.database.session();
    made.onLost(() => {
      if (session === made) session = undefined;
    });
    return made;
  }

  async function finish(): Promise<void> {
    const ending = end;
    end = undefined;
    await ending?.();
  }

  turning = turn().finally(schedule);
  return {
    get isLeader() {
      return end !== undefined && session !== undefined;
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await turning;
      clearTimeout(timer);
      await finish();
      const held = session;
      session = undefined;
      await held?.release();
    },
  };
}
