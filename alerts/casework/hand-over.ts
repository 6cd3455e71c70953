/**
 * The hand-over sheet of a shift, written by itself from the facts. Pure. Ids only: names are looked up where it is shown. What is
 * critical and not explained keeps a shift from being handed over.
 */
import type { AlertKindName, Severity } from '../../src/kernel/alert-event.ts';
import type { Stage } from '../../src/kernel/casework.ts';
import type { Instant } from '../../src/kernel/instant.ts';

export interface OpenItem {
  readonly alert: string;
  readonly subject: string;
  readonly kind: AlertKindName;
  readonly severity: Severity;
  readonly stage: Stage;
  readonly owner: string | null;
  readonly startedAtMs: Instant;
  readonly dueAtMs: Instant | null;
  readonly incident: string | null;
  /** What was last written down about it in this shift; null: nothing. */
  readonly explanation: string | null;
}
export interface Gauge {
  readonly subject: string;
  readonly device: string;
  readonly pct: number;
  readonly atMs: Instant;
  /** Per cent an hour over the last hours, negative while it empties; null: too few readings. */
  readonly perHour: number | null;
}
export interface SheetFacts {
  readonly atMs: Instant;
  /** The end of the shift that comes. */
  readonly nextUntilMs: Instant;
  readonly open: readonly OpenItem[];
  readonly tasksDue: readonly { readonly task: string; readonly office: string; readonly dueAtMs: Instant }[];
  readonly promises: readonly {
    readonly entry: string;
    readonly by: string;
    readonly promisedAtMs: Instant;
  }[];
  readonly shelvings: readonly {
    readonly shelving: string;
    readonly subject: string;
    readonly kind: AlertKindName;
    readonly untilMs: Instant;
  }[];
  readonly gauges: readonly Gauge[];
}
export interface Sheet {
  readonly atMs: Instant;
  /** Parts of one incident together, alone ones by themselves; the gravest, then the oldest first. */
  readonly incidents: readonly { readonly incident: string | null; readonly parts: readonly OpenItem[] }[];
  readonly promises: SheetFacts['promises'];
  readonly tasksDue: SheetFacts['tasksDue'];
  /** That end before the next shift does. */
  readonly shelvings: SheetFacts['shelvings'];
  /** Empty before the next shift ends, the first to die first. */
  readonly dyingBatteries: readonly {
    readonly subject: string;
    readonly device: string;
    readonly pct: number;
    readonly emptyAtMs: Instant;
  }[];
}

const RANK: Readonly<Record<Severity, number>> = { critical: 0, high: 1, medium: 2, low: 3 };
/** Slower than this a phone lasts for days: the readings only flicker. */
const LEAST_PER_HOUR = 0.5;
/** Without a slope: what a quarter-full phone in use loses (a full one lasts about a day). */
const ASSUMED_PER_HOUR = 4;
const ASSUME_BELOW_PCT = 15;

export function composeSheet(facts: SheetFacts): Sheet {
  const groups = Map.groupBy(facts.open, ({ incident, alert }) => incident ?? `alone ${alert}`);
  const incidents = [...groups.values()]
    .map((parts) => ({
      incident: parts[0]?.incident ?? null,
      parts: parts.toSorted((a, b) => a.startedAtMs - b.startedAtMs || (a.alert < b.alert ? -1 : 1)),
    }))
    .sort(
      (a, b) =>
        worst(a.parts) - worst(b.parts) ||
        oldest(a.parts) - oldest(b.parts) ||
        (first(a) < first(b) ? -1 : 1),
    );
  return {
    atMs: facts.atMs,
    incidents,
    promises: facts.promises.toSorted((a, b) => a.promisedAtMs - b.promisedAtMs),
    tasksDue: facts.tasksDue
      .filter(({ dueAtMs }) => dueAtMs <= facts.nextUntilMs)
      .toSorted((a, b) => a.dueAtMs - b.dueAtMs),
    shelvings: facts.shelvings
      .filter(({ untilMs }) => untilMs <= facts.nextUntilMs)
      .toSorted((a, b) => a.untilMs - b.untilMs),
    dyingBatteries: facts.gauges
      .flatMap((gauge) => {
        const emptyAtMs = emptyAt(gauge);
        return emptyAtMs === null || emptyAtMs > facts.nextUntilMs
          ? []
          : [{ subject: gauge.subject, device: gauge.device, pct: gauge.pct, emptyAtMs }];
      })
      .sort((a, b) => a.emptyAtMs - b.emptyAtMs || (a.device < b.device ? -1 : 1)),
  };
}

/** When it will be empty if it goes on so; null: it is being charged, lasts, or nothing can be told. */
export function emptyAt({ pct, perHour, atMs }: Gauge): Instant | null {
  if (perHour === null) return pct < ASSUME_BELOW_PCT ? atMs + (pct / ASSUMED_PER_HOUR) * 3_600_000 : null;
  return perHour > -LEAST_PER_HOUR ? null : atMs + (pct / -perHour) * 3_600_000;
}

/** What keeps the shift from being handed over: critical, still to be worked on, and nobody has said anything about it in this shift. */
export function unexplained(open: readonly OpenItem[]): OpenItem[] {
  return open.filter(({ severity, explanation }) => severity === 'critical' && explanation === null);
}

const worst = (parts: readonly OpenItem[]) => Math.min(...parts.map(({ severity }) => RANK[severity]));
const oldest = (parts: readonly OpenItem[]) => Math.min(...parts.map(({ startedAtMs }) => startedAtMs));
const first = ({ parts }: { readonly parts: readonly OpenItem[] }) => parts[0]?.alert ?? '';
