/**
 * The nightly reconciliation (design, decision 7a): each partition's log since the last night, or since the day to which the oldest
 * late fact belongs, is judged again in the order in which things happened, from the state that a night before has kept; what
 * differs from the ledger becomes new versions there. Rules: SPEC.md. Pairs (`gathering`) and feeds are not judged again.
 */
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { Logger } from 'pino';
import type { Ledger } from '../../alerts/ledger.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { decodeLogLine } from '../../src/kernel/log-line.ts';
import { partitionOf } from '../../src/kernel/partition.ts';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument, policyFor } from '../../src/kernel/policy.ts';
import { isSelfTestEvent } from '../../src/kernel/self-test.ts';
import type { Db } from '../../src/ports/database.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';
import { forgetTrueStates, listTrueStates, saveNight, saveTrueState } from '../../src/store/night.ts';
import { createDetector, type Detector, type DetectorState, isDetectorState } from '../detector/detector.ts';
import { netOf, reconcile } from '../detector/reconcile.ts';
import { inTrueOrder, placedMs } from '../detector/true-order.ts';
import { findKnown } from './known-alerts.ts';

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

interface TrueState {
  readonly untilMs: Instant;
  /** Nothing that stands before it in the log happened later than `untilMs`. */
  readonly nextOffset: number;
  readonly detector: DetectorState | undefined;
}

interface KeptState {
  readonly untilMs: Instant;
  readonly nextOffset: number;
  /** Deflated JSON. */
  readonly state: Buffer;
}

const deflated = promisify(deflate);
const inflated = promisify(inflate);
/** Receipts of several machines stand in the log nearly in order: by so much they may run back. */
const DISORDER_MS = 900_000;
const DAY_MS = 86_400_000;
/** So many events at a time: the clock's ticks must not wait for the night. */
const PIECE = 2000;

/** Judges everything before `horizonMs` again. Repeating it, also after a crash in the middle, tells nothing twice. */
export async function runNight(deps: NightDeps, horizonMs: Instant): Promise<NightReport> {
  const report: NightReport = { opened: 0, updated: 0, retracted: 0 };
  for (let partition = 0; partition < deps.log.partitions; partition++) {
    const told = await reconcilePartition(deps, partition, horizonMs);
    for (const { state } of told) {
      if (state === 'opened') report.opened++;
      else if (state === 'retracted') report.retracted++;
      else report.updated++;
    }
  }
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
  const states = await readStates(deps, partition);
  const newest = states.at(-1);
  if (newest !== undefined && newest.untilMs >= horizonMs) return [];
  const past: Past = {
    partition,
    horizonMs,
    states,
    news: await readLog(deps, partition, newest?.nextOffset ?? 0),
  };
  let base = chooseBase(states, past.news, newest?.detector?.policy ?? EMPTY_POLICY_DOCUMENT);
  let judged = await judgeFrom(deps, past, base);
  for (; judged.unknownFromMs !== null && base !== undefined; judged = await judgeFrom(deps, past, base)) {
    const { unknownFromMs } = judged;
    base = states.findLast(({ untilMs }) => untilMs <= unknownFromMs);
  }
  const { told, kept, policy } = judged;
  // First told, then kept: a night that breaks off between is repeated, and tells nothing twice.
  await deps.ledger.append(told);
  for (const state of kept) await keep(deps, partition, state);
  await forget(deps, partition, horizonMs, policy);
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
  /**
   * The begin of the oldest alert that the ledger has, that was over before the base or never was: which of the two is known only to
   * who begins before it. Null: there is none.
   */
  readonly unknownFromMs: Instant | null;
}

async function judgeFrom(
  deps: NightDeps,
  { partition, horizonMs, states, news }: Past,
  base: TrueState | undefined,
): Promise<Judged> {
  const newest = states.at(-1);
  const before =
    base === newest ? [] : await readLog(deps, partition, base?.nextOffset ?? 0, newest?.nextOffset);
  const lines = before.length === 0 ? news : [...before, ...news];
  const policy = base?.detector?.policy ?? EMPTY_POLICY_DOCUMENT;
  const fromMs = base?.untilMs ?? Number.NEGATIVE_INFINITY;
  const ordered = inTrueOrder(
    lines.map(({ event }) => event),
    policy,
  ).filter((event) => timeOf(event) >= fromMs);
  const openAtBase = new Set(base?.detector?.subjects.flatMap(({ open }) => open.map(({ alert }) => alert)));
  const detector = createDetector(base?.detector);
  const truth: AlertEvent[] = [];
  // A day that is opened again ends otherwise than it was kept.
  const due = states.filter(({ untilMs }) => untilMs > fromMs && untilMs < horizonMs);
  const cuts = [
    ...due.map(({ untilMs, nextOffset }) => ({ untilMs, nextOffset })),
    { untilMs: horizonMs, nextOffset: offsetAt(lines, horizonMs, base?.nextOffset ?? 0) },
  ];
  const kept: KeptState[] = [];
  const cutUpTo = async (atMs: Instant) => {
    for (let cut = cuts[0]; cut !== undefined && cut.untilMs <= atMs; cut = cuts[0]) {
      cuts.shift();
      kept.push({ ...cut, state: await deflated(JSON.stringify(detector.snapshot()), { level: 1 }) });
    }
  };
  // What lies behind the horizon is judged as well: what began before it may have been told after it.
  for (const [n, event] of ordered.entries()) {
    if (timeOf(event) >= (cuts[0]?.untilMs ?? Number.POSITIVE_INFINITY)) await cutUpTo(timeOf(event));
    if (event.type !== 'sighting') detector.apply(event, (alert) => truth.push(alert));
    if (n % PIECE === PIECE - 1) await new Promise(setImmediate);
  }
  await cutUpTo(horizonMs);
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

async function readStates({ database }: NightDeps, partition: number): Promise<TrueState[]> {
  const states: TrueState[] = [];
  for (const { until_at, next_offset, state } of await listTrueStates(database, partition)) {
    const detector: unknown = JSON.parse((await inflated(state)).toString());
    // Of another version of the program: it is made anew from the log.
    if (!isDetectorState(detector)) continue;
    states.push({ untilMs: until_at.getTime(), nextOffset: Number(next_offset), detector });
  }
  return states;
}

async function keep(
  { database }: NightDeps,
  partition: number,
  { untilMs, nextOffset, state }: KeptState,
): Promise<void> {
  await saveTrueState(database, partition, new Date(untilMs), nextOffset, state);
}

async function forget(
  { database }: NightDeps,
  partition: number,
  untilMs: Instant,
  policy: DetectorState['policy'],
): Promise<void> {
  const { backfillHorizonS } = policyFor(policy, 'standard', '', untilMs);
  await forgetTrueStates(database, partition, new Date(untilMs - backfillHorizonS * 1000 - DAY_MS));
}

interface Line {
  readonly event: LogEvent;
  /** Of its batch. */
  readonly offset: number;
}

/** Up to the record at `until`, where it is given; batches are cut where they please, so some lines behind it may come too. */
async function readLog(
  { log }: NightDeps,
  partition: number,
  from: number,
  until = Number.POSITIVE_INFINITY,
): Promise<Line[]> {
  const bounds = (await log.bounds()).find((candidate) => candidate.partition === partition);
  const lines: Line[] = [];
  for await (const batch of log.read(partition, Math.max(from, bounds?.first ?? 0))) {
    if (batch.offset >= until) break;
    for (const line of batch.lines) {
      const decoded = decodeLogLine(line);
      // A line that can't be read was told when it came.
      if (decoded.ok && !isSelfTestEvent(decoded.value))
        lines.push({ event: decoded.value, offset: batch.offset });
    }
    await new Promise(setImmediate);
  }
  return lines;
}

/** The newest state that is older than every fact that has come since. Undefined: from the log's begin. */
function chooseBase(
  states: readonly TrueState[],
  news: readonly Line[],
  policy: PolicyDocument,
): TrueState | undefined {
  const horizonMs = policyFor(policy, 'standard', '', 0).backfillHorizonS * 1000;
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const { event } of news) {
    // Older than the horizon it is recorded and not judged.
    if (!('receivedMs' in event) || event.receivedMs - event.atMs > horizonMs) continue;
    oldestMs = Math.min(oldestMs, placedMs(event, policy));
  }
  return states.findLast(({ untilMs }) => untilMs <= oldestMs);
}

function timeOf(event: LogEvent): Instant {
  return 'receivedMs' in event ? event.receivedMs : event.atMs;
}

/** From where a later night has to read to miss nothing that happened at `atMs` or later. */
function offsetAt(lines: readonly Line[], atMs: Instant, from: number): number {
  return (
    lines.find(({ event }) => timeOf(event) >= atMs - DISORDER_MS)?.offset ?? lines.at(-1)?.offset ?? from
  );
}
