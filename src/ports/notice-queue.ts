/** Jobs that say which delivery is due. One adapter: `src/adapters/notice-queue.ts`. */
import type { Instant } from '../kernel/instant.ts';
import type { Db } from './database.ts';

export interface NoticeJob {
  readonly delivery: string;
  /** A job of a round that is over does nothing. */
  readonly round: number;
}

export interface NoticeQueue {
  /** In the caller's transaction. An id that is there already puts nothing. */
  put(
    db: Db,
    /** `id`: a uuid. */
    jobs: readonly (NoticeJob & { readonly id: string; readonly atMs: Instant })[],
  ): Promise<void>;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

export interface NoticeQueueTimes {
  /** A try that has no end after this was cut off. */
  readonly cutOffS: number;
  readonly lookEveryS: number;
  readonly pollS: number;
  /** Before the second try; doubled with each, up to `longestRetryS`. */
  readonly retryS: number;
  readonly longestRetryS: number;
  readonly retries: number;
}
