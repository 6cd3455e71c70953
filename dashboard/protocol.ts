/**
 * The live board's wire protocol, `/api/v1/live`: two unions and a version, imported by server and page.
 * The server is the authority; commands (acknowledge, …) go over REST.
 *
 * A connection begins with `hello`. The answer is a `snapshot`, or, when the client's `epoch` and `seq` are still in
 * the server's ring, the patches since: no gap, never a guess. A `patch` applies only if `from` equals the client's
 * seq; else the client says hello again without a cursor.
 */
import type { AlertKindName, EvidenceFix, Severity } from '../src/kernel/alert-event.ts';
import type { Disposition, Stage } from '../src/kernel/casework.ts';

export const LIVE_PROTOCOL = 1;

/** Who the subject is: changes with the roster only. */
export interface SubjectCard {
  readonly id: string;
  readonly name: string;
  readonly office: string;
  readonly officeName: string;
  /** GB/T 2260 code of the county, the first step of the office path. */
  readonly county: string;
  readonly grade: 'strict' | 'standard' | 'relaxed';
  /** Of a minor: only those are sent it who are cleared. */
  readonly minor?: true;
  /** Permitted leave that is not over, as pairs of begin and end or return, ms. Absent: none. */
  readonly leaves?: readonly (readonly [fromMs: number, untilMs: number])[];
}

/**
 * Where the subject was last seen. A tuple, because thousands change each second:
 * [index of the subject in `cards`, lon, lat, accuracyM, fix time (s), last heard (s), battery % or -1, flags].
 * Times are whole seconds since 1970; a subject without a fix has lon = lat = null.
 */
export type Whereabouts = readonly [
  card: number,
  lon: number | null,
  lat: number | null,
  accuracyM: number,
  atS: number,
  heardS: number,
  batteryPct: number,
  flags: number,
];
/** Bits of `flags`. */
export const FLAG_OFF = 1;

/** An alert as the queue shows it: the newest ledger version with what people did. */
export interface AlertCard {
  readonly alert: string;
  readonly version: number;
  readonly subject: string;
  readonly kind: AlertKindName;
  readonly state: 'opened' | 'updated' | 'cleared' | 'retracted';
  readonly severity: Severity;
  readonly startedAtMs: number;
  readonly detectedAtMs: number;
  readonly recordedAtMs: number;
  readonly clearedAtMs: number | null;
  readonly zone: string | null;
  readonly zoneName: string | null;
  readonly device: string | null;
  readonly confidence: number;
  readonly late: boolean;
  /** The sentence, with the subject's name in it. */
  readonly reason: { readonly zh: string; readonly en: string };
  readonly evidence: readonly EvidenceFix[];
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: number | null;
  readonly work: AlertWorkCard;
}

/** How far the officers are with an alert. The same incident: one cause. */
export interface AlertWorkCard {
  readonly stage: Stage;
  readonly owner: string | null;
  /** By when the next step is promised; null: nothing is. */
  readonly dueAtMs: number | null;
  /** How many promises of this stage were broken, each told one organisation further up. */
  readonly escalation: number;
  readonly incident: string | null;
  /** Put aside until then; in the past or null: not. */
  readonly shelvedUntilMs: number | null;
  readonly task: string | null;
  readonly disposition: Disposition | null;
}

export interface Health {
  /** Server's time, ms: the page shows ages by it, not by the desk's own clock. */
  readonly nowMs: number;
  /** The oldest of the newest ticks that the stages have handled; null: nothing heard yet. Late is never green. */
  readonly frontierMs: number | null;
  readonly tickSeconds: number;
}

export interface Snapshot {
  readonly type: 'snapshot';
  readonly protocol: number;
  readonly epoch: string;
  readonly seq: number;
  readonly demo: boolean;
  readonly cards: readonly SubjectCard[];
  readonly whereabouts: readonly Whereabouts[];
  /** Open alerts, cleared ones that nobody has acknowledged, and all that somebody works on. */
  readonly alerts: readonly AlertCard[];
  readonly health: Health;
}

export interface Patch {
  readonly type: 'patch';
  readonly from: number;
  readonly to: number;
  readonly whereabouts?: readonly Whereabouts[];
  readonly alerts?: readonly AlertCard[];
  /** Alerts that left the board: cleared and acknowledged, retracted, or closed. */
  readonly gone?: readonly string[];
  readonly health?: Health;
}

export type ServerMessage =
  | Snapshot
  | Patch
  | { readonly type: 'ping' }
  | { readonly type: 'bye'; readonly reason: 'signed-out' | 'protocol' | 'shutdown' | 'too-slow' };

export type ClientMessage =
  | { readonly type: 'hello'; readonly protocol: number; readonly epoch?: string; readonly seq?: number }
  | { readonly type: 'pong' };
