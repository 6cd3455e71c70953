/** Counts what the law let nobody collect, by device and day: durable when it resolves, so that no refusal goes without a trace. */
import type { Instant } from '../kernel/instant.ts';
import type { RefusalCode } from '../kernel/result.ts';
import type { Db } from '../ports/database.ts';
import { LogUnavailable } from '../ports/observation-log.ts';
import { countUncollected } from '../store/uncollected.ts';

export interface Uncollected {
  readonly device: string;
  readonly subject: string;
  readonly code: RefusalCode;
  readonly receivedMs: Instant;
}

export interface UncollectedCounter {
  /** Rejects with `LogUnavailable` when it can't be counted now: the sender keeps it and comes again. */
  add(rows: readonly Uncollected[]): Promise<void>;
}

export function createUncollectedCounter(db: Db): UncollectedCounter {
  return {
    add: async (rows) => {
      if (rows.length === 0) return;
      try {
        await countUncollected(
          db,
          rows.map(({ device }) => device),
          rows.map(({ subject }) => subject),
          rows.map(({ code }) => code),
          rows.map(({ receivedMs }) => new Date(receivedMs)),
        );
      } catch (cause) {
        throw new LogUnavailable('what may not be collected can not be counted', { cause });
      }
    },
  };
}
