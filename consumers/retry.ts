/**
 * Waiting for a database that is away (a restart, a failover). Consumers keep their batch and try again: their position is
 * not committed, so nothing is lost by waiting, and a role that ended at each restart of its store would need a hand.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isOutage } from '../src/store/outage.ts';

export interface Retry {
  /** Runs the work, again and again while the database is away. Any other failure is thrown, and so is each after `end`. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Wakes and ends what waits. */
  end(): void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

export function createRetry(logger: Logger, consumer: string): Retry {
  const ending = new AbortController();
  const { signal } = ending;
  return {
    run: async (work) => {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        try {
          return await work();
        } catch (error) {
          if (signal.aborted || !isOutage(error)) throw error;
          // Past the longest pause nothing comes back by itself any more: somebody must look.
          const level = pauseMs < LONGEST_PAUSE_MS ? 'warn' : 'error';
          logger[level](
            { event: 'store.away', consumer, error: error instanceof Error ? error.message : String(error) },
            'the database is away: trying again',
          );
          await sleep(pauseMs, undefined, { signal }).catch(() => {
            throw error;
          });
        }
      }
    },
    end: () => ending.abort(),
  };
}
