/**
 * Whether the operator's server is asked now, and for how many at once. After a failure nobody is asked for a while, twice as long each
 * time; then one request goes, and only when it is answered do others. A request that took too long is halved. Pure.
 */
import type { Instant } from '../kernel/instant.ts';

export interface MlpGate {
  /** How many requests may be under way. */
  room(nowMs: Instant): number;
  /** How many phones a request may name. */
  readonly batch: number;
  readonly isFailing: boolean;
  succeeded(): void;
  /** `waitMs`: what the server asked for. */
  failed(why: string, nowMs: Instant, waitMs?: number): void;
}

const FIRST_MS = 2000;
const LONGEST_MS = 300_000;

export function createMlpGate(limits: { readonly connections: number; readonly batch: number }): MlpGate {
  let failures = 0;
  let closedUntilMs = Number.NEGATIVE_INFINITY;
  let { batch } = limits;
  return {
    room: (nowMs) => (nowMs < closedUntilMs ? 0 : failures > 0 ? 1 : limits.connections),
    get batch() {
      return batch;
    },
    get isFailing() {
      return failures > 0;
    },
    succeeded: () => {
      failures = 0;
      batch = Math.min(limits.batch, batch * 2);
    },
    failed: (why, nowMs, waitMs) => {
      // Several that were under way together are one failure.
      if (nowMs >= closedUntilMs) failures++;
      const ownMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
      closedUntilMs = Math.max(closedUntilMs, nowMs + Math.min(LONGEST_MS, Math.max(ownMs, waitMs ?? 0)));
      if (why === 'timeout') batch = Math.max(1, Math.floor(batch / 2));
    },
  };
}
