/** Waiting until the running program goes by what a command has changed. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../ports/database.ts';
import { countRosterListeners } from '../store/roster.ts';

const TAKEN_WITHIN_MS = 10_000;
export const NOT_SAID = `the running program has not said within ${TAKEN_WITHIN_MS / 1000} s that it goes by it: see its log`;

/**
 * What a device says right after `roster load` must find the new roster: the command ends when the running intake goes by it. Where
 * none runs there is nothing to wait for.
 */
export async function awaitTaken(database: Database) {
  const token = randomUUID();
  let isTaken = false;
  let tell = () => {};
  const stop = await database.listen(
    'roster-taken',
    (payload) => {
      if (payload !== token) return;
      isTaken = true;
      tell();
    },
    () => {},
  );
  return {
    token,
    give: stop,
    async wait(): Promise<boolean> {
      const listeners = (await countRosterListeners(database))[0]?.listeners ?? 0;
      if (listeners > 0 && !isTaken)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, TAKEN_WITHIN_MS);
          tell = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      await stop();
      return listeners === 0 || isTaken;
    },
  };
}
