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

/** 2: whereabouts in columns. A page of another version is told to load itself anew. */
export const LIVE_PROTOCOL = 2;

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
 * Where the subject was last seen:
 * [index of the subject in `cards`, lon, lat, accuracyM, fix time (s), last heard (s), battery % or -1, flags].
 * Times are whole seconds since 1970; a subject without a fix has lon = lat = null. Degrees have five decimals at most.
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
/**
 * Whereabouts on the line: a column for each field, because thousands change each second and neighbours are alike.
 * `card`, `lonE5`, `latE5` (hundred-thousandths of a degree) and `atS` are the differences from the row before, the first
 * from 0; a null stands for no fix and is passed over. `heardS` is the difference from the row's own `atS`. 28 to 31 bytes a subject
 * instead of 57 (500 and 50 of 20,000 have moved).
 */
export interface WhereaboutsColumns {
  readonly card: readonly number[];
  readonly lonE5: readonly (number | null)[];
  readonly latE5: readonly (number | null)[];
  readonly accuracyM: readonly number[];
  readonly atS: readonly number[];
  readonly heardS: readonly number[];
  readonly batteryPct: readonly number[];
  readonly flags: readonly number[];
}
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
  /**
   * The oldest of the partitions' newest self-tests, by the receipt of its violation; null: one has had none yet. Late when older than
   * `limitMs`. Absent: none are made.
   */
  readonly selfTest?: { readonly atMs: number | null; readonly limitMs: number } | undefined;
}

export interface Snapshot {
  readonly type: 'snapshot';
  readonly protocol: number;
  readonly epoch: string;
  readonly seq: number;
  readonly demo: boolean;
  readonly cards: readonly SubjectCard[];
  readonly whereabouts: WhereaboutsColumns;
  /** Open alerts, cleared ones that nobody has acknowledged, and all that somebody works on. */
  readonly alerts: readonly AlertCard[];
  readonly health: Health;
}

export interface Patch {
  readonly type: 'patch';
  readonly from: number;
  readonly to: number;
  readonly whereabouts?: WhereaboutsColumns;
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

const E5 = 1e5;

/** In the order of the cards: neighbours in it are neighbours on the ground, and the differences short. */
export function packWhereabouts(rows: readonly Whereabouts[]): WhereaboutsColumns {
  const sorted = [...rows].sort((a, b) => a[0] - b[0]);
  return {
    card: differences(sorted.map(([card]) => card)),
    lonE5: differences(sorted.map(([, lon]) => (lon === null ? null : Math.round(lon * E5)))),
    latE5: differences(sorted.map(([, , lat]) => (lat === null ? null : Math.round(lat * E5)))),
    accuracyM: sorted.map((row) => row[3]),
    atS: differences(sorted.map((row) => row[4])),
    heardS: sorted.map((row) => row[5] - row[4]),
    batteryPct: sorted.map((row) => row[6]),
    flags: sorted.map((row) => row[7]),
  };
}

export function unpackWhereabouts(columns: WhereaboutsColumns): Whereabouts[] {
  const cards = sums(columns.card);
  const lons = sums(columns.lonE5);
  const lats = sums(columns.latE5);
  const times = sums(columns.atS);
  return cards.map((card, i): Whereabouts => {
    const [lon = null, lat = null, atS = 0] = [lons[i], lats[i], times[i]];
    return [
      card,
      lon === null ? null : lon / E5,
      lat === null ? null : lat / E5,
      columns.accuracyM[i] ?? 0,
      atS,
      atS + (columns.heardS[i] ?? 0),
      columns.batteryPct[i] ?? -1,
      columns.flags[i] ?? 0,
    ];
  });
}

function differences<T extends number | null>(values: readonly T[]): (T | number)[] {
  let before = 0;
  return values.map((value) => {
    if (value === null) return value;
    const difference = value - before;
    before = value;
    return difference;
  });
}

function sums<T extends number | null>(values: readonly T[]): (T | number)[] {
  let sum = 0;
  return values.map((value) => {
    if (value === null) return value;
    sum += value;
    return sum;
  });
}
