/**
 * The same month twice: as it happened, and with its facts doubled, out of order and up to half a day late. What the ledger says after
 * the night's reconciliation must be the same, exactly (detector, D18). Pairs and feeds are not judged again at night, so feeds are
 * given and sightings left out. So many people at a time as fit in memory.
 */
import { netOf, reconcile } from '../../consumers/detector/reconcile.ts';
import { createReplay } from '../../consumers/detector/replay.ts';
import { inTrueOrder } from '../../consumers/detector/true-order.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import { type LogEvent, type Observation, receiptOf } from '../../src/kernel/log-event.ts';
import { HOUR_MS } from './calendar.ts';
import { createDice } from './dice.ts';
import type { Month } from './month.ts';

export interface LateMonth {
  readonly facts: number;
  readonly late: number;
  readonly alerts: number;
  /** What was told wrongly or not at all before the night, and in the end. */
  readonly differBefore: number;
  readonly differAfter: number;
}

const LATE_SHARE = 0.2;
const DOUBLED_SHARE = 0.2;
/** Beyond the reorder window, so that it is no more a matter of the ring of kept fixes. */
const LATE_FROM_MS = 130_000;
const LATE_MOST_MS = 12 * HOUR_MS;

export function judgeLate(month: Month, seed: number): LateMonth {
  const dice = createDice(seed, 79);
  const rules: LogEvent[] = feedLines(month);
  const facts: Observation[] = [];
  for (const day of month.days())
    for (const event of day) {
      if (event.type === 'position' || event.type === 'status' || event.type === 'checkin')
        // At once, but for what a clock that is ahead says.
        facts.push({ ...event, receivedMs: Math.min(event.atMs, event.receivedMs) });
      else rules.push(event);
    }
  const { policy } = month.rules;
  const sorted = inTrueOrder([...rules, ...facts], policy);
  let late = 0;
  const messy = facts.flatMap((fact): LogEvent[] => {
    const isLate = dice() < LATE_SHARE && fact.atMs <= fact.receivedMs;
    if (isLate) late++;
    const moved = isLate
      ? { ...fact, receivedMs: fact.receivedMs + LATE_FROM_MS + Math.floor(LATE_MOST_MS * dice()) }
      : fact;
    return dice() < DOUBLED_SHARE ? [moved, moved] : [moved];
  });
  // Facts of one instant in any order: by dice, then by receipt.
  const places = new Map<LogEvent, number>(messy.map((event) => [event, dice()]));
  const received = [...rules, ...messy].sort(
    (a, b) => receiptOf(a) - receiptOf(b) || (places.get(a) ?? -1) - (places.get(b) ?? -1),
  );
  // Nothing is on its way any more.
  const untilMs = month.endMs + LATE_MOST_MS + HOUR_MS;
  const inOrder = conclude(month, sorted, untilMs);
  const lived = conclude(month, received, untilMs);
  const truth = conclude(month, inTrueOrder(received, policy), untilMs);
  const first = new Map(
    truth.flatMap((alert) => (alert.state === 'opened' ? [[alert.alert, alert] as const] : [])),
  );
  const told = reconcile(netOf(lived), netOf(truth), first, untilMs + 1);
  return {
    facts: facts.length,
    late,
    alerts: seen(inOrder).size,
    differBefore: differences(seen(lived), seen(inOrder)),
    differAfter: differences(seen([...lived, ...told]), seen(inOrder)),
  };
}

function feedLines({ outages }: Month): LogEvent[] {
  return outages.flatMap(({ feed, fromMs, untilMs }): LogEvent[] => [
    { type: 'feed', feed, atMs: Math.round(fromMs) + 600_000, status: 'down' },
    { type: 'feed', feed, atMs: Math.round(untilMs), status: 'up' },
  ]);
}

function conclude({ rules, startMs }: Month, events: readonly LogEvent[], untilMs: number): AlertEvent[] {
  const alerts: AlertEvent[] = [];
  const replay = createReplay(rules, { ticks: false, feeds: true, sightings: true }, (alert) =>
    alerts.push({ ...alert, evidence: [], reason: '', reasonEn: '' }),
  );
  replay.until(startMs - HOUR_MS);
  for (const event of events) replay.take(event);
  replay.until(untilMs);
  return alerts;
}

/** What a reader of the ledger sees in the end: alerts that were not withdrawn, when each began and ended. */
function seen(alerts: readonly AlertEvent[]): Set<string> {
  return new Set(
    [...netOf(alerts).values()]
      .filter(({ state }) => state !== 'retracted')
      .map(({ alert, subject, kind, startedAtMs, clearedAtMs }) =>
        [subject, kind, startedAtMs, clearedAtMs, alert].join(' '),
      ),
  );
}

function differences(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const only = (x: ReadonlySet<string>, y: ReadonlySet<string>) =>
    [...x].filter((item) => !y.has(item)).length;
  return only(a, b) + only(b, a);
}
