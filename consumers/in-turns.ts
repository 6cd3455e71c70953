/**
 * One thread serves all partitions and roles. A batch of a catch-up or a bulk import holds tens of thousands of events: judged in one go
 * they held the thread for two seconds, and with it the alerts of everybody else, its heartbeats and its connections.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';

/** Far below what anybody notices, far above what a turn costs. */
const HOLD_MS = 20;
/** Asking the clock after each would cost as much as the cheapest of them. */
const ASK_EVERY = 32;

/** To be called after each piece of a long work, and awaited where it answers something: then it is the others' turn. */
export function createTurns(): () => Promise<void> | undefined {
  let [pieces, sinceMs] = [0, performance.now()];
  return () => {
    if (++pieces % ASK_EVERY !== 0 || performance.now() - sinceMs < HOLD_MS) return undefined;
    return othersTurn().then(() => {
      sinceMs = performance.now();
    });
  };
}

/** Calls `work` with each in order, and lets others have the thread meanwhile. */
export async function inTurns<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
  const turn = createTurns();
  for (const item of items) {
    work(item);
    const others = turn();
    if (others !== undefined) await others;
  }
}
