/**
 * Back-off against guessed passwords. Failures count for the pair of login and address, for the address, and for the
 * login; past a threshold each further failure doubles the wait. Pure but for its own bounded memory: the clock is an
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
  failed(login: string, address: string, nowMs: Instant): void;
  /** A right password clears the pair, not the address: one good account must not buy guesses for others. */
  succeeded(login: string, address: string): void;
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
    failed(login, address, nowMs) {
      for (const [key] of keysOf(login, address)) {
        const before = seen.get(key);
        const stale = before === undefined || nowMs - before.lastMs > FORGET_AFTER_MS;
        seen.delete(key);
        seen.set(key, { count: stale ? 1 : before.count + 1, lastMs: nowMs });
      }
      for (const oldest of seen.keys()) {
        if (seen.size <= MAX_KEYS) break;
        seen.delete(oldest);
      }
    },
    succeeded(login, address) {
      seen.delete(`pair ${address} ${login}`);
    },
  };
}
