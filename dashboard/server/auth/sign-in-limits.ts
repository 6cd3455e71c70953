/**
 * Back-off against guessed passwords. Failures count for the pair of login and address, for the address, and for the
 * login; past a threshold each further failure doubles the wait. A building behind one address signs in as often as it likes. Pure but for its own bounded memory: the clock is an
 * argument. It is kept by process, so several dashboards multiply the attempts by their number.
 */
import type { Instant } from '../../../src/kernel/instant.ts';

const FREE_FAILURES = { pair: 5, address: 20, login: 100 } as const;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15 * 60_000;
const FORGET_AFTER_MS = 60 * 60_000;
const MAX_KEYS = 10_000;

interface Failures {
  count: number;
  lastMs: Instant;
}

export interface SignInLimits {
  /** Milliseconds to wait before the next attempt counts; 0: go on. */
  waitMs(login: string, address: string, nowMs: Instant): number;
  /** Counts as a failure from now on, so that attempts in parallel don't share one allowance, until it is told that it was right. */
  attempt(login: string, address: string, nowMs: Instant): SignInAttempt;
}

export interface SignInAttempt {
  /**
   * Clears the pair. Of address and login it takes back what this attempt added and no more: one good account must not buy guesses
   * for others.
   */
  succeeded(): void;
}

export function createSignInLimits(): SignInLimits {
  const seen = new Map<string, Failures>();
  const keysOf = (login: string, address: string) =>
    [
      [`pair ${address} ${login}`, FREE_FAILURES.pair],
      [`address ${address}`, FREE_FAILURES.address],
      [`login ${login}`, FREE_FAILURES.login],
    ] as const;
  return {
    waitMs(login, address, nowMs) {
      let wait = 0;
      for (const [key, free] of keysOf(login, address)) {
        const failures = seen.get(key);
        if (failures === undefined || failures.count < free || nowMs - failures.lastMs > FORGET_AFTER_MS)
          continue;
        const backOff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures.count - free));
        wait = Math.max(wait, failures.lastMs + backOff - nowMs);
      }
      return wait;
    },
    attempt(login, address, nowMs) {
      const added = keysOf(login, address).map(([key]) => {
        const known = seen.get(key);
        const isStale = known === undefined || nowMs - known.lastMs > FORGET_AFTER_MS;
        const failures = isStale ? { count: 0, lastMs: nowMs } : known;
        const beforeMs = failures.lastMs;
        failures.count++;
        failures.lastMs = nowMs;
        seen.delete(key);
        seen.set(key, failures);
        return { key, failures, beforeMs };
      });
      for (const oldest of seen.keys()) {
        if (seen.size <= MAX_KEYS) break;
        seen.delete(oldest);
      }
      return {
        succeeded() {
          for (const { key, failures, beforeMs } of added) {
            if (seen.get(key) !== failures) continue;
            failures.count--;
            // Else who comes and goes all day would keep the failures of the morning from being forgotten.
            if (failures.lastMs === nowMs) failures.lastMs = beforeMs;
            if (failures.count === 0) seen.delete(key);
          }
          seen.delete(`pair ${address} ${login}`);
        },
      };
    },
  };
}
