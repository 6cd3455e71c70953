/** Keeps the sums of offices' days and months up to date with the days of their subjects. */
import type { Database } from '../src/ports/database.ts';
import { clearSums, lockSums, sumDays, sumMonths, takeDirty } from '../src/store/presence.ts';

const AT_ONCE = 2000;
const SUMS_LOCK = 7_261_040;

/** Adds up what is marked; answers how many offices' days. One transaction a batch: who marks meanwhile waits, and is not lost. */
export async function addUpOffices(database: Database): Promise<number> {
  for (let done = 0; ; ) {
    const taken = await database.transaction(async (db) => {
      await lockSums(db, SUMS_LOCK);
      const keys = await takeDirty(db, AT_ONCE);
      if (keys.length === 0) return 0;
      const offices = keys.map(({ office }) => office);
      const days = keys.map(({ day }) => day);
      await clearSums(db, offices, days);
      await sumDays(db, offices, days);
      await sumMonths(db, offices, days);
      return keys.length;
    });
    done += taken;
    if (taken < AT_ONCE) return done;
  }
}
