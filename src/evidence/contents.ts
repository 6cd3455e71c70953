/** What a pack holds, before it is written as files. */
import type { AlertEvent } from '../kernel/alert-event.ts';
import type { Instant } from '../kernel/instant.ts';
import type { LogEvent } from '../kernel/log-event.ts';
import type { ZoneFeature } from '../kernel/roster.ts';
import type { RowText } from '../seal/canonical.ts';
import type { Seal } from '../seal/chain.ts';
import type { Step } from '../seal/merkle.ts';
import type { Judged } from './rejudge.ts';

export interface PackedEvent {
  readonly event: AlertEvent;
  readonly recordedMs: Instant;
  readonly byNight: boolean;
}

export interface PackedFix {
  /** When the device took it, and when it reached us. */
  readonly atMs: Instant;
  readonly receivedMs: Instant;
  readonly device: string;
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM: number | null;
  readonly speedMps: number | null;
  readonly batteryPct: number | null;
  readonly method: string | null;
  readonly mock: boolean | null;
}

/** A zone as it was: since when the log said so, and a hash that names this version. */
export interface PackedZone {
  readonly zone: ZoneFeature;
  readonly rule: string;
  readonly sinceMs: Instant | null;
  readonly sha256: string;
}

export interface PackedRule {
  readonly what: 'policy' | 'profile' | 'calendar';
  readonly sinceMs: Instant;
  readonly sha256: string;
  readonly document: unknown;
}

/** A sealed row with what proves it: its text's leaf, climbed by the path, is the root in the seal. */
export interface ProvedRow {
  readonly table: string;
  readonly seq: string;
  readonly row: RowText;
  readonly seal: number;
  readonly path: readonly Step[];
}

export interface PackContents {
  readonly madeMs: Instant;
  readonly madeBy: string;
  readonly reason: string;
  /** Null: a pack about a period. */
  readonly alert: string | null;
  readonly fromMs: Instant;
  readonly toMs: Instant;
  readonly subject: {
    readonly id: string;
    readonly name: string;
    readonly office: string;
    readonly grade: string;
  };
  readonly events: readonly PackedEvent[];
  readonly fixes: readonly PackedFix[];
  readonly zones: readonly PackedZone[];
  readonly rules: readonly PackedRule[];
  readonly rows: readonly ProvedRow[];
  readonly seals: readonly Seal[];
  readonly lines: readonly LogEvent[];
  readonly judged: readonly Judged[];
}
