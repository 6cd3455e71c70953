/** A transaction whose refusal, wherever it comes, takes back what was written before it. */
import { fail, type Result } from '../src/kernel/result.ts';
import type { Database, Db } from '../src/ports/database.ts';

class Rollback<E> extends Error {
  readonly fault: E;
  constructor(fault: E) {
    super('rolled back');
    this.fault = fault;
  }
}

export async function allOrNothing<T, E>(
  database: Pick<Database, 'transaction'>,
  work: (db: Db) => Promise<Result<T, E>>,
): Promise<Result<T, E>> {
  try {
    return await database.transaction(async (db) => {
      const done = await work(db);
      if (!done.ok) throw new Rollback(done.error);
      return done;
    });
  } catch (error) {
    if (error instanceof Rollback) return fail(error.fault as E);
    throw error;
  }
}
