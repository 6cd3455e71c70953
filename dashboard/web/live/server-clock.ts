/**
 * The server's time by the desk's clock, which may be wrong by hours. Pure: the desk's time comes as an argument.
 * A message is late by its way, never early: the largest of the last differences is the nearest to the truth.
 */
export interface ServerClock {
  hear(serverMs: number, deskMs: number): void;
  /** Before anything was heard: the desk's own time. */
  at(deskMs: number): number;
}

const REMEMBERED = 8;

export function createServerClock(): ServerClock {
  const differences: number[] = [];
  return {
    hear(serverMs, deskMs) {
      differences.push(serverMs - deskMs);
      if (differences.length > REMEMBERED) differences.shift();
    },
    at: (deskMs) => deskMs + (differences.length === 0 ? 0 : Math.max(...differences)),
  };
}
