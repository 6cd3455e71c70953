/** What a simulated device says at a time, before it is put into its protocol's words. */
import type { Fix } from './fixes.ts';

export const DEMO_ALARMS = ['sos', 'low-battery', 'strap-cut'] as const;
export type DemoAlarm = (typeof DEMO_ALARMS)[number];

export interface Report {
  readonly fix: Fix;
  readonly alarms: readonly DemoAlarm[];
}

/** What came from the server over a device's connection. */
export type Word =
  /** The device may report now. */
  | { readonly is: 'ready' }
  /** Bytes that belong to the greeting. */
  | { readonly is: 'send'; readonly bytes: Buffer }
  /** The report that is under way was taken, or will never be. */
  | { readonly is: 'taken' }
  | { readonly is: 'refused'; readonly status: number }
  /** A request: `reply` says what the device answers, with its place where that is asked for. */
  | {
      readonly is: 'command';
      readonly intervalS?: number;
      reply(report: Report): Buffer;
    };

/** One device's side of a protocol over TCP. */
export interface Dialect {
  /** What a connection begins with; empty: it may report at once. Called for each connection. */
  hello(): Buffer;
  /** `isAnswered`: a `taken` will come for it. */
  report(report: Report): { readonly bytes: Buffer; readonly isAnswered: boolean };
  heartbeat(): Buffer;
  read(chunk: Buffer): readonly Word[];
}
