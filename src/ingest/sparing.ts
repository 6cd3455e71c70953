/** Lets each key through once in a while. Of more keys than `maxKeys` it begins anew. */
import type { Instant } from '../kernel/instant.ts';

export interface Sparing {
  isDue(key: string, nowMs: Instant): boolean;
}

export function createSparing(everyMs: number, maxKeys: number): Sparing {
  const last = new Map<string, Instant>();
  return {
    isDue: (key, nowMs) => {
      const lastMs = last.get(key);
      if (lastMs !== undefined && nowMs - lastMs < everyMs) return false;
      if (lastMs === undefined && last.size >= maxKeys) last.clear();
      last.set(key, nowMs);
      return true;
    },
  };
}
