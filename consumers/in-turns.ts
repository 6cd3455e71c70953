/**
 * One thread serves all partitions and roles. A batch of a catch-up or a bulk import holds tens of thousands of events: judged in one go
 * they held the thread for two seconds, and with it the alerts of everybody else, its heartbeats and its connections.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';

/** Far below what anybody notices, far above what a turn costs. */
const HOLD_MS = 20;
/** Asking the clock after each would cost as much as the cheapest of them. */
const ASK_EVERY = 32;

/** Calls `work` with each in order, and lets others have the thread meanwhile. */
export async function inTurns<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
  let sinceMs = performance.now();
  for (const [i, item] of items.entries()) {
    work(item);
    if (i % ASK_EVERY !== ASK_EVERY - 1 || performance.now() - sinceMs < HOLD_MS) continue;
    await othersTurn();
    sinceMs = performance.now();
  }
}
