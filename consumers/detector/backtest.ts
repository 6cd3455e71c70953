/**
 * The recorded past under another policy: what would have been raised and what not. Both runs read the same lines; in the second
 * the recorded policies are left out and the other one holds. Pure.
 */
import type { AlertEvent, AlertKindName } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import type { PolicyDocument } from '../../src/kernel/policy.ts';
import { netOf } from './reconcile.ts';
import { createReplay, type LineKinds, type Rules } from './replay.ts';

export interface Difference {
  readonly side: 'only-before' | 'only-after' | 'changed';
  readonly kind: AlertKindName;
  readonly subject: string;
  readonly before: AlertEvent | null;
  readonly after: AlertEvent | null;
}

export interface Load {
  /** Alerts shown, by hour of the day in the roster's time zone, on an average day. */
  readonly byHour: readonly number[];
  readonly perHour: number;
  readonly worstTenMinutes: number;
}

export interface Backtest {
  readonly counts: readonly {
    readonly kind: AlertKindName;
    readonly before: number;
    readonly after: number;
  }[];
  readonly differences: readonly Difference[];
  readonly load: { readonly before: Load; readonly after: Load };
  readonly fromMs: Instant;
  readonly untilMs: Instant;
}

export interface BacktestRun {
  take(event: LogEvent): void;
  until(atMs: Instant): void;
  result(): Conclusions;
}

/** What both policies concluded of a span, by receipt. */
export interface Conclusions {
  readonly before: readonly AlertEvent[];
  readonly after: readonly AlertEvent[];
  readonly fromMs: Instant;
  readonly untilMs: Instant;
}

export function createBacktest(rules: Rules, other: PolicyDocument, has: LineKinds): BacktestRun {
  const [before, after]: [AlertEvent[], AlertEvent[]] = [[], []];
  const past = createReplay(rules, has, (alert) => before.push(alert));
  const changed = createReplay({ ...rules, policy: other }, has, (alert) => after.push(alert));
  let fromMs = Number.POSITIVE_INFINITY;
  let untilMs = Number.NEGATIVE_INFINITY;
  const saw = (atMs: Instant) => {
    fromMs = Math.min(fromMs, atMs);
    untilMs = Math.max(untilMs, atMs);
  };
  return {
    take: (event) => {
      saw('receivedMs' in event ? event.receivedMs : event.atMs);
      past.take(event);
      // The other policy is in force from the first line to the last.
      if (event.type !== 'policy') changed.take(event);
    },
    until: (atMs) => {
      saw(atMs);
      past.until(atMs);
      changed.until(atMs);
    },
    result: () => ({ before, after, fromMs, untilMs }),
  };
}

/** Of the subjects that `isCounted` names (an organisation's), and of feeds. */
export function summarise(
  { before, after, fromMs, untilMs }: Conclusions,
  timeZone: string,
  isCounted: (subject: string) => boolean,
): Backtest {
  const own = (alerts: readonly AlertEvent[]) =>
    alerts.filter(({ subject, kind }) => kind === 'feed-outage' || isCounted(subject));
  const hourOf = createHourOf(timeZone);
  const span = { fromMs, untilMs };
  return {
    counts: countKinds(own(before), own(after)),
    differences: compareAlerts(own(before), own(after)),
    load: { before: loadOf(own(before), span, hourOf), after: loadOf(own(after), span, hourOf) },
    ...span,
  };
}

const isOpened = ({ state }: AlertEvent) => state === 'opened';

function countKinds(before: readonly AlertEvent[], after: readonly AlertEvent[]): Backtest['counts'] {
  const kinds = [...new Set([...before, ...after].map(({ kind }) => kind))].sort();
  const count = (alerts: readonly AlertEvent[], kind: AlertKindName) =>
    alerts.filter((alert) => alert.kind === kind && isOpened(alert)).length;
  return kinds.map((kind) => ({ kind, before: count(before, kind), after: count(after, kind) }));
}

/** One by one. An alert that began a little earlier or later by the other policy is the same if both stood at one time. */
export function compareAlerts(before: readonly AlertEvent[], after: readonly AlertEvent[]): Difference[] {
  const left = new Map(netOf(before));
  const right = new Map(netOf(after));
  const differences: Difference[] = [];
  const others = Map.groupBy(
    [...right.values()].filter(({ alert }) => !left.has(alert)),
    thingOf,
  );
  for (const [id, alert] of left) {
    const same =
      right.get(id) ??
      others.get(thingOf(alert))?.find((other) => right.has(other.alert) && overlap(alert, other));
    if (same === undefined) {
      differences.push({
        side: 'only-before',
        kind: alert.kind,
        subject: alert.subject,
        before: alert,
        after: null,
      });
      continue;
    }
    right.delete(same.alert);
    if (
      same.startedAtMs !== alert.startedAtMs ||
      same.clearedAtMs !== alert.clearedAtMs ||
      same.severity !== alert.severity
    )
      differences.push({
        side: 'changed',
        kind: alert.kind,
        subject: alert.subject,
        before: alert,
        after: same,
      });
  }
  for (const alert of right.values())
    differences.push({
      side: 'only-after',
      kind: alert.kind,
      subject: alert.subject,
      before: null,
      after: alert,
    });
  const beginOf = ({ before: a, after: b }: Difference) => a?.startedAtMs ?? b?.startedAtMs ?? 0;
  return differences.sort((a, b) => beginOf(a) - beginOf(b));
}

function thingOf({ subject, kind, device, zone }: AlertEvent): string {
  return JSON.stringify([subject, kind, device, zone]);
}

function overlap(a: AlertEvent, b: AlertEvent): boolean {
  const end = ({ clearedAtMs }: AlertEvent) => clearedAtMs ?? Number.POSITIVE_INFINITY;
  return a.startedAtMs <= end(b) && b.startedAtMs <= end(a);
}

const TEN_MINUTES_MS = 600_000;
const HOUR_MS = 3_600_000;

function loadOf(
  alerts: readonly AlertEvent[],
  { fromMs, untilMs }: { fromMs: Instant; untilMs: Instant },
  hourOf: (atMs: Instant) => number,
): Load {
  const shown = alerts
    .filter(isOpened)
    .map(({ detectedAtMs }) => detectedAtMs)
    .sort((a, b) => a - b);
  const hours = Math.max(1, (untilMs - fromMs) / HOUR_MS);
  const byHour = Array.from({ length: 24 }, () => 0);
  for (const atMs of shown) byHour[hourOf(atMs)] = (byHour[hourOf(atMs)] ?? 0) + 1;
  let worst = 0;
  let first = 0;
  for (const [i, atMs] of shown.entries()) {
    while ((shown[first] ?? atMs) <= atMs - TEN_MINUTES_MS) first++;
    worst = Math.max(worst, i - first + 1);
  }
  const days = Math.max(1, hours / 24);
  return {
    byHour: byHour.map((n) => Math.round((n / days) * 100) / 100),
    perHour: Math.round((shown.length / hours) * 100) / 100,
    worstTenMinutes: worst,
  };
}

function createHourOf(timeZone: string): (atMs: Instant) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hour: '2-digit', hourCycle: 'h23' });
  return (atMs) => Number(format.format(atMs));
}
