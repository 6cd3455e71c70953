/**
 * The nightly reconciliation (design, decision 7a): each partition's log since the last night, or since the day to which the oldest
 * late fact belongs, is judged again in the order in which things happened, from the state that a night before has kept; what
 * differs from the ledger becomes new versions there. Then those of all partitions who must not meet (meetings.ts). Rules: SPEC.md.
 * Feeds are not judged again: what was received of them, and when, is what their alerts are about.
 */
import type { Logger } from 'pino';
import type { Ledger } from '../../alerts/ledger.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { partitionOf } from '../../src/kernel/partition.ts';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument } from '../../src/kernel/policy.ts';
import type { Db } from '../../src/ports/database.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';
import { saveNight } from '../../src/store/night.ts';
import { createDetector, type Detector } from '../detector/detector.ts';
import { netOf, reconcile } from '../detector/reconcile.ts';
import { inTrueOrder } from '../detector/true-order.ts';
import { foldPast } from './fold-past.ts';
import { findKnown } from './known-alerts.ts';
import { reconcileMeetings } from './meetings.ts';
import { chooseBase, type Line, offsetAt, readLines, timeOf } from './past-lines.ts';
import { forgetStates, type KeptState, keepStates, readStates, type TrueState } from './true-states.ts';

export interface NightDeps {
  readonly log: ObservationLog;
  readonly database: Db;
  readonly ledger: Ledger;
  readonly logger: Logger;
}

export interface NightReport {
  opened: number;
  updated: number;
  retracted: number;
}

/** Judges everything before `horizonMs` again. Repeating it, also after a crash in the middle, tells nothing twice. */
export async function runNight(deps: NightDeps, horizonMs: Instant): Promise<NightReport> {
  const report: NightReport = { opened: 0, updated: 0, retracted: 0 };
  const count = (told: readonly AlertEvent[]) => {
    for (const { state } of told) {
      if (state === 'opened') report.opened++;
      else if (state === 'retracted') report.retracted++;
      else report.updated++;
    }
  };
  for (let partition = 0; partition < deps.log.partitions; partition++)
    count(await reconcilePartition(deps, partition, horizonMs));
  count(await reconcileMeetings(deps, horizonMs));
  await saveNight(deps.database, new Date(horizonMs), report.opened, report.updated, report.retracted);
  deps.logger.info(
    { event: 'night.done', until: new Date(horizonMs).toISOString(), ...report },
    'the past was judged again',
  );
  return report;
}

async function reconcilePartition(
  deps: NightDeps,
  partition: number,
  horizonMs: Instant,
): Promise<readonly AlertEvent[]> {
  const states = await readStates(deps.database, partition);
  const newest = states.at(-1);
  if (newest !== undefined && newest.untilMs >= horizonMs) return [];
  const past: Past = {
    partition,
    horizonMs,
    states,
    news: await readLines(deps.log, partition, newest?.nextOffset ?? 0),
  };
  const isWhole = (await deps.log.bounds()).every(
    (bounds) => bounds.partition !== partition || bounds.first === 0,
  );
  let base = chooseBase(states, past.news, newest?.detector.policy ?? EMPTY_POLICY_DOCUMENT);
  if (base === undefined && !isWhole) base = states[0];
  let judged = await judgeFrom(deps, past, base);
  while (judged.unknownFromMs !== null && base !== undefined) {
    const { unknownFromMs } = judged;
    const earlier = states.findLast(({ untilMs }) => untilMs <= unknownFromMs);
    // The log has no more what would say it: it stands (N4).
    if (earlier === undefined && !isWhole) break;
    base = earlier;
    judged = await judgeFrom(deps, past, base);
  }
  const { kept, policy, unknown } = judged;
  const isKnown = base !== undefined || isWhole;
  const told = judged.told.filter(({ alert }) => isKnown && !unknown.has(alert));
  // First told, then kept: a night that breaks off between is repeated, and tells nothing twice.
  await deps.ledger.append(told);
  await keepStates(deps.database, partition, kept);
  await forgetStates(deps.database, partition, horizonMs, policy);
  return told;
}

interface Past {
  readonly partition: number;
  readonly horizonMs: Instant;
  readonly states: readonly TrueState[];
  /** What stands in the log since the newest of the states. */
  readonly news: readonly Line[];
}

interface Judged {
  readonly told: readonly AlertEvent[];
  readonly kept: readonly KeptState[];
  readonly policy: PolicyDocument;
  /** Alerts of the ledger that were over before the base or never were: which of the two is known only to who begins before them. */
  readonly unknown: ReadonlySet<string>;
  /** When the oldest of them began. Null: there is none. */
  readonly unknownFromMs: Instant | null;
}

async function judgeFrom(
  deps: NightDeps,
  { partition, horizonMs, states, news }: Past,
  base: TrueState | undefined,
): Promise<Judged> {
  const newest = states.at(-1);
  const before =
    base === newest
      ? []
      : await readLines(deps.log, partition, base?.nextOffset ?? 0, { until: newest?.nextOffset });
  const lines = before.length === 0 ? news : [...before, ...news];
  const policy = base?.detector.policy ?? EMPTY_POLICY_DOCUMENT;
  const fromMs = base?.untilMs ?? Number.NEGATIVE_INFINITY;
  const ordered = inTrueOrder(
    lines.map(({ event }) => event),
    policy,
  ).filter((event) => timeOf(event) >= fromMs);
  const openAtBase = new Set(base?.detector.subjects.flatMap(({ open }) => open.map(({ alert }) => alert)));
  const detector = createDetector(base?.detector);
  const truth: AlertEvent[] = [];
  // A day that is opened again ends otherwise than it was kept.
  const due = states.filter(({ untilMs }) => untilMs > fromMs && untilMs < horizonMs);
  const cuts = [
    ...due.map(({ untilMs, nextOffset }) => ({ untilMs, nextOffset })),
    { untilMs: horizonMs, nextOffset: offsetAt(lines, horizonMs, base?.nextOffset ?? 0) },
  ];
  const kept = await foldPast(
    ordered,
    cuts,
    (event) => {
      if (event.type !== 'sighting') detector.apply(event, (alert) => truth.push(alert));
    },
    detector.snapshot,
  );
  const told = await compare(
    deps,
    partition,
    detector,
    truth,
    base?.untilMs ?? timeOf(ordered[0] ?? { type: 'tick', atMs: horizonMs }),
    horizonMs,
  );
  const unknown = told.filter(
    ({ alert, state, startedAtMs }) =>
      state === 'retracted' && startedAtMs < fromMs && !openAtBase.has(alert),
  );
  return {
    told,
    kept,
    policy,
    unknown: new Set(unknown.map(({ alert }) => alert)),
    unknownFromMs: unknown.length === 0 ? null : Math.min(...unknown.map(({ startedAtMs }) => startedAtMs)),
  };
}

async function compare(
  { database, log }: NightDeps,
  partition: number,
  detector: Detector,
  events: readonly AlertEvent[],
  fromMs: Instant,
  horizonMs: Instant,
): Promise<AlertEvent[]> {
  const { subjects } = detector.snapshot();
  const own = subjects.flatMap(({ id }) => (partitionOf(id, log.partitions) === partition ? [id] : []));
  const known = await findKnown(database, own, fromMs);
  const truth = netOf(events.filter(({ kind }) => kind !== 'feed-outage'));
  // What stood open before and still does has said nothing anew.
  for (const { open } of subjects) {
    for (const { alert } of open) {
      const before = known.get(alert);
      if (!truth.has(alert) && before !== undefined) truth.set(alert, { ...before, clearedAtMs: null });
    }
  }
  const first = new Map(
    events.flatMap((alert) => (alert.state === 'opened' ? [[alert.alert, alert] as const] : [])),
  );
  return reconcile(known, truth, first, horizonMs);
}
