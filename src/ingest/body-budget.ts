/** Bytes of request bodies that a port holds at once: beyond it 503, so that a flood can't fill the memory. */
export interface BodyBudget {
  /** False: not taken, answer 503. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

export function createBodyBudget(maxBytes: number): BodyBudget {
  let held = 0;
  return {
    take: (bytes) => {
      if (held + bytes > maxBytes) return false;
      held += bytes;
      return true;
    },
    giveBack: (bytes) => {
      held -= bytes;
    },
  };
}
