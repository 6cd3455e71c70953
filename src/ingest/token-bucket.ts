/** So many at once, and so many a second afterwards. The clock is the caller's. */
import type { Instant } from '../kernel/instant.ts';

export interface TokenBucket {
  /** Takes up to `wanted`; answers how many there were. */
  take(wanted: number, nowMs: Instant): number;
}

export function createTokenBucket({ burst, perS }: { burst: number; perS: number }): TokenBucket {
  let tokens = burst;
  let lastMs: Instant | undefined;
  return {
    take: (wanted, nowMs) => {
      // A clock that was set back gives nothing, and takes nothing away.
      tokens = Math.min(burst, tokens + Math.max(0, ((nowMs - (lastMs ?? nowMs)) / 1000) * perS));
      lastMs = nowMs;
      const given = Math.min(wanted, Math.floor(tokens));
      tokens -= given;
      return given;
    },
  };
}
