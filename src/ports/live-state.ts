/**
 * The live state: what was last known of each subject, shared by the board's consumer (the writer) and the
 * dashboards (readers). Two adapters, memory and Redis, one contract (`tests/contracts/live-state.contract.ts`).
 */
import type { Instant } from '../kernel/instant.ts';
import type { PositionMethod } from '../kernel/log-event.ts';

/** Facts only; whether they are good or bad news is for the alerts to say. */
export interface LastKnown {
  readonly subject: string;
  /** Device of the last fix. */
  readonly device: string | null;
  /** The newest fix by the time the device took it. */
  readonly atMs: Instant | null;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly accuracyM: number | null;
  readonly speedMps: number | null;
  readonly method: PositionMethod | null;
  readonly batteryPct: number | null;
  /** Receipt of anything at all from any of the subject's devices. */
  readonly heardMs: Instant | null;
  /** The device or the operator reported it off and nothing has come since. */
  readonly off: boolean;
}

/** How far a stage has come: the newest tick it has handled in a partition. */
export interface Frontier {
  readonly stage: 'board' | 'detector' | 'recorder';
  readonly partition: number;
  readonly tickMs: Instant;
}

export interface LiveChange {
  readonly subjects: readonly LastKnown[];
  readonly frontiers: readonly Frontier[];
}

export interface LiveState {
  put(change: LiveChange): Promise<void>;
  all(): Promise<LiveChange>;
  /** Every later change, in order; changes of one subject may be merged, never lost. Answers a function that ends it. */
  watch(onChange: (change: LiveChange) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
