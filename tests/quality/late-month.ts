/**
 * The same month twice: as it happened, and with its facts doubled, out of order and up to half a day late. The late one goes through
 * the detector into the ledger as it comes, and each night the shipped night judges the past again from the log and the states that it
 * keeps (`consumers/night`). What the ledger says in the end must be what the sorted month says, exactly (detector, D18, N8). Feeds are
 * not judged again at night, so they are given. So many people at a time as fit in memory, who must not meet in the same part.
 */
import { createDetector } from '../../consumers/detector/detector.ts';
import { netOf } from '../../consumers/detector/reconcile.ts';
import { inTrueOrder } from '../../consumers/detector/true-order.ts';
import { runNight } from '../../consumers/night/night.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import { type LogEvent, noContactOf, type Observation, receiptOf } from '../../src/kernel/log-event.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import { DAY_MS, HOUR_MS } from './calendar.ts';
import { createDice } from './dice.ts';
import { createKept } from './kept-in-memory.ts';
import type { Month } from './month.ts';

export interface LateMonth {
  readonly facts: number;
  readonly late: number;
  readonly alerts: number;
  /** What was told wrongly or not at all before any night, and in the end. */
  readonly differBefore: number;
  readonly differAfter: number;
  /** Of each that differs in the end, for whoever looks into it: `−` is missing on the ledger, `+` is too much. */
  readonly different: readonly string[];
}

const LATE_SHARE = 0.2;
const DOUBLED_SHARE = 0.2;
/** Beyond the reorder window, so that it is no more a matter of the ring of kept fixes. */
const LATE_FROM_MS = 130_000;
const LATE_MOST_MS = 12 * HOUR_MS;
/** The demo's day begins at four in the morning. */
const MIDNIGHT_MS = 4 * HOUR_MS;
/** After midnight (`consumers/night/night-watch.ts`). */
const NIGHT_MS = 3 * HOUR_MS;

export async function judgeLate(month: Month, seed: number): Promise<LateMonth> {
  const { facts, rules } = factsOf(month);
  const { messy, late } = disorder(facts, seed);
  const firstMs = month.startMs - HOUR_MS;
  /** The midnight after the last fact has come. */
  const untilMs = month.endMs - MIDNIGHT_MS + DAY_MS;
  const setting = [...settingOf(month, firstMs), ...ticks(firstMs, untilMs), ...rules];
  const truth = new Map<string, AlertEvent>();
  const sorted = createDetector();
  const note = (alert: AlertEvent) => truth.set(alert.alert, alert);
  for (const event of inTrueOrder([...setting, ...facts], month.rules.policy))
    sorted.apply(event, note, (sighting) => sorted.apply(sighting, note));

  const kept = createKept();
  const live = createDetector();
  const lived: AlertEvent[] = [];
  const told = (alert: AlertEvent) => {
    kept.tell(alert);
    lived.push({ ...alert, evidence: [], reason: '', reasonEn: '' });
  };
  let horizonMs = month.startMs - MIDNIGHT_MS + DAY_MS;
  // The sort keeps what is of one instant in the order in which it is given.
  for (const event of [...setting, ...messy].sort((a, b) => receiptOf(a) - receiptOf(b))) {
    for (; receiptOf(event) >= horizonMs + NIGHT_MS; horizonMs += DAY_MS)
      await runNight(kept.night, horizonMs);
    kept.write(event);
    live.apply(event, told, (sighting) => live.apply(sighting, told));
  }
  for (; horizonMs <= untilMs; horizonMs += DAY_MS) await runNight(kept.night, horizonMs);
  const different = differences(seen(kept.newest), seen(truth));
  return {
    facts: facts.length,
    late,
    alerts: seen(truth).size,
    differBefore: differences(seen(netOf(lived)), seen(truth)).length,
    differAfter: different.length,
    different,
  };
}

function factsOf(month: Month): { facts: Observation[]; rules: LogEvent[] } {
  const rules: LogEvent[] = month.outages.flatMap(({ feed, fromMs, untilMs }): LogEvent[] => [
    { type: 'feed', feed, atMs: fromMs + 600_000, status: 'down' },
    { type: 'feed', feed, atMs: untilMs, status: 'up' },
  ]);
  const facts: Observation[] = [];
  for (const day of month.days())
    for (const event of day) {
      if (event.type === 'position' || event.type === 'status' || event.type === 'checkin')
        // At once, but for what a clock that is ahead says.
        facts.push({ ...event, receivedMs: Math.min(event.atMs, event.receivedMs) });
      else rules.push(event);
    }
  return { facts, rules };
}

/** In the order of receipt; of one instant by dice. */
function disorder(facts: readonly Observation[], seed: number): { messy: Observation[]; late: number } {
  const dice = createDice(seed, 79);
  let late = 0;
  const messy = facts.flatMap((fact): [number, Observation][] => {
    const isLate = dice() < LATE_SHARE && fact.atMs <= fact.receivedMs;
    if (isLate) late++;
    const moved = isLate
      ? { ...fact, receivedMs: fact.receivedMs + LATE_FROM_MS + Math.floor(LATE_MOST_MS * dice()) }
      : fact;
    return dice() < DOUBLED_SHARE
      ? [
          [dice(), moved],
          [dice(), moved],
        ]
      : [[dice(), moved]];
  });
  messy.sort(([a], [b]) => a - b);
  return { messy: messy.map(([, fact]) => fact), late };
}

/** As the clock's leader and the roster write it into a new log. */
function settingOf({ rules: { roster, zones, policy } }: Month, atMs: number): LogEvent[] {
  return [
    { type: 'calendar', atMs, calendar: roster.calendar },
    { type: 'policy', atMs, policy },
    ...zones.map((zone): LogEvent => ({ type: 'zone', atMs, zone })),
    ...roster.musters.map((muster): LogEvent => ({ type: 'muster', atMs, muster })),
    ...roster.subjects.flatMap((profile): LogEvent[] => [
      { type: 'profile', atMs, profile },
      ...(profile.noContact.length > 0 ? [noContactOf(profile, atMs)] : []),
    ]),
  ];
}

function ticks(fromMs: number, untilMs: number): LogEvent[] {
  const everyMs = DEFAULT_POLICY.tickSeconds * 1000;
  return Array.from({ length: Math.floor((untilMs - fromMs) / everyMs) }, (_, i) => ({
    type: 'tick',
    atMs: fromMs + i * everyMs,
  }));
}

/** What a reader of the ledger sees in the end: alerts that were not withdrawn, when each began and ended. */
function seen(newest: ReadonlyMap<string, AlertEvent>): Set<string> {
  return new Set(
    [...newest.values()]
      .filter(({ state, kind }) => state !== 'retracted' && kind !== 'feed-outage')
      .map(({ alert, subject, kind, startedAtMs, clearedAtMs }) =>
        [subject, kind, at(startedAtMs), at(clearedAtMs), alert].join(' '),
      ),
  );
}

const at = (ms: number | null) => (ms === null ? '–' : new Date(ms).toISOString());

function differences(ledger: ReadonlySet<string>, truth: ReadonlySet<string>): string[] {
  const missing = [...truth].filter((item) => !ledger.has(item)).map((item) => `− ${item}`);
  return [...missing, ...[...ledger].filter((item) => !truth.has(item)).map((item) => `+ ${item}`)].sort();
}
