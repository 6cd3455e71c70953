/** The absence of a self-test is an alarm: told once to whoever watches the whole tree, until it is back. Rules: consumers/SPEC.md, ST. */
import type { Instant } from '../src/kernel/instant.ts';
import type { Database } from '../src/ports/database.ts';
import { markLateSelfTests } from '../src/store/self-tests.ts';
import { noticed } from './noticed.ts';

export interface SelfTestWatch {
  /** After a tick of the clock's leader; answers how many partitions were told. */
  look(database: Pick<Database, 'transaction'>, nowMs: Instant): Promise<number>;
}

/** `limitMs`: a test older than this is late. */
export function createSelfTestWatch(partitions: number, limitMs: number): SelfTestWatch {
  let sinceMs: Instant | undefined;
  return {
    look: async (database, nowMs) => {
      sinceMs ??= nowMs;
      // Whoever has begun to lead gives the tests their time: while nobody led, none was written.
      if (nowMs - sinceMs <= limitMs) return 0;
      return database.transaction(async (db) => {
        const late = await markLateSelfTests(db, partitions, new Date(nowMs - limitMs), new Date(nowMs));
        if (late.length === 0) return 0;
        await noticed(db, [
          {
            what: 'self-test-late',
            about: 'self-test',
            ref: late
              .map(({ partition }) => partition)
              .sort((a, b) => a - b)
              .join(' '),
            subject: null,
            office: null,
            account: null,
            severity: 'high',
            atMs: nowMs,
          },
        ]);
        return late.length;
      });
    },
  };
}
