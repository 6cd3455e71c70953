/**
 * Keeps for the clock since when the operator's server has answered of no phone: refused, cut, too slow, or with results that speak of
 * itself. While that lasts, silence is nobody's but the operator's. Beside the way of the ping: it neither waits nor fails.
 */
import type { Logger } from 'pino';
import type { Instant } from '../kernel/instant.ts';
import { OPERATOR_FEED } from '../kernel/roster.ts';
import type { Db } from '../ports/database.ts';
import { endOperatorTrouble, noteOperatorTrouble } from '../store/feed-troubles.ts';

/** What the network says of a phone, and so knows how to look for it. */
const OF_THE_PHONE: ReadonlySet<string> = new Set([
  'located',
  'absent',
  'unknown_subscriber',
  'position_failed',
  'qop_not_attainable',
  'not_allowed',
]);

export interface MlpTrouble {
  /** The results of one request, for each phone in it; none: it was not answered. */
  heard(results: readonly string[], sentMs: Instant): void;
  /** Says again that it lasts. */
  remind(): void;
  settled(): Promise<void>;
}

export function createMlpTrouble(deps: { db: Db; logger: Logger; now(): Instant }): MlpTrouble {
  /** Undefined: not known yet, one may stand in the store. */
  let sinceMs: Instant | null | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  function write(work: () => Promise<unknown>): void {
    writing = writing.then(work).catch((error: unknown) => {
      deps.logger.warn(
        { event: 'mlp.trouble-not-kept', error: String(error) },
        'that the operator can not be asked, or can again, is not kept',
      );
    });
  }

  function note(): void {
    const since = sinceMs;
    if (typeof since !== 'number') return;
    write(() => noteOperatorTrouble(deps.db, new Date(since), new Date(deps.now()), OPERATOR_FEED));
  }

  return {
    heard: (results, sentMs) => {
      if (results.some((result) => OF_THE_PHONE.has(result))) {
        if (sinceMs !== null) write(() => endOperatorTrouble(deps.db));
        sinceMs = null;
      } else {
        sinceMs ??= sentMs;
        note();
      }
    },
    remind: note,
    settled: async () => {
      await writing;
    },
  };
}
