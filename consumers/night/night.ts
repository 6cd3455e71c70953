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
import { EMPTY_POLICY_DOCUMENT } from '../../src/kernel/policy.ts';
import type { Db } from '../../src/ports/database.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';
import { saveNight } from '../../src/store/night.ts';
import { createDetector } from '../detector/detector.ts';
import { foldPast } from './fold-past.ts';
import { findKnown } from './known-alerts.ts';
import { reconcileMeetings } from './meetings.ts';
import { beginOf, chooseBase, type Line, offsetAt, orderSince, readLines } from './past-lines.ts';
import { compare, type Judged, settle } from './settle.ts';
import { readStates, statesBetween, type TrueState } from './true-states.ts';

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
  const base = chooseBase(states, past.news, newest?.detector.policy ?? EMPTY_POLICY_DOCUMENT);
  return settle(deps, { partition, horizonMs, bases: states, base, isWhole, mayBeginAnew: isWhole }, (from) =>
    judgeFrom(deps, past, from),
  );
}

interface Past {
  readonly partition: number;
  readonly horizonMs: Instant;
  readonly states: readonly TrueState[];
  /** What stands in the log since the newest of the states. */
  readonly news: readonly Line[];
}

async function judgeFrom(
  deps: NightDeps,
  { partition, horizonMs, states, news }: Past,
  base: TrueState | undefined,
): Promise<Judged<TrueState>> {
  const newest = states.at(-1);
  const before =
    base === newest
      ? []
      : await readLines(deps.log, partition, base?.nextOffset ?? 0, { until: newest?.nextOffset });
  const lines = before.length === 0 ? news : [...before, ...news];
  const policy = base?.detector.policy ?? EMPTY_POLICY_DOCUMENT;
  const ordered = orderSince(lines, policy, base?.untilMs);
  // The detector moves what it is given.
  const openAtBase =
    base?.detector.subjects.flatMap(({ open }) => open.map(({ alert }) => ({ alert }))) ?? [];
  const detector = createDetector(base?.detector);
  const truth: AlertEvent[] = [];
  // A day that is opened again ends otherwise than it was kept.
  const due = statesBetween(states, base?.untilMs, horizonMs);
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
  const { subjects } = detector.snapshot();
  const own = subjects.flatMap(({ id }) => (partitionOf(id, deps.log.partitions) === partition ? [id] : []));
  const compared = compare({
    known: await findKnown(deps.database, own, base?.untilMs ?? beginOf(ordered, horizonMs)),
    events: truth.filter(({ kind }) => kind !== 'feed-outage'),
    openAtBase,
    open: subjects.flatMap(({ open }) => open),
    baseMs: base?.untilMs,
    horizonMs,
  });
  return { ...compared, base, kept, policy };
}
