/**
 * The night of the second stage: who must not meet, of whatever partitions, is judged again together in the order in which things
 * happened (N8). Where each of them was when a day began, the partitions' own nights have kept; what of each pair, stands beside it.
 */
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { isBroadcast, type LogEvent, partitionKeyOf, type Sighting } from '../../src/kernel/log-event.ts';
import { EMPTY_POLICY_DOCUMENT } from '../../src/kernel/policy.ts';
import { createDetector, type DetectorState } from '../detector/detector.ts';
import { netOf, reconcile } from '../detector/reconcile.ts';
import { inTrueOrder } from '../detector/true-order.ts';
import { foldPast } from './fold-past.ts';
import { findKnownMeetings } from './known-alerts.ts';
import type { NightDeps } from './night.ts';
import { chooseBase, type Line, readLines, timeOf } from './past-lines.ts';
import {
  forgetStates,
  type KeptState,
  keepStates,
  readState,
  readStates,
  type TrueState,
} from './true-states.ts';

/** Their states stand beside those of the partitions, which are numbered from 0. */
const MEETINGS = -1;

/** Since when the past can be judged again: the end of a day, and what was known of each pair then. */
interface Base {
  readonly untilMs: Instant;
  readonly pairs: DetectorState['pairs'];
}

/** After the partitions' nights up to the same horizon. Answers what was told. */
export async function reconcileMeetings(deps: NightDeps, horizonMs: Instant): Promise<readonly AlertEvent[]> {
  const { database, log } = deps;
  const states = await readStates(database, MEETINGS);
  if ((states.at(-1)?.untilMs ?? Number.NEGATIVE_INFINITY) >= horizonMs) return [];
  const ordered = new Set(states.flatMap(({ detector }) => idsIn(detector)));
  const isWhole = (await log.bounds()).every(({ first }) => first === 0);
  const begin = states.length > 0 ? undefined : await lastNight(deps, horizonMs);
  const bases: Base[] =
    begin === undefined ? states.map(({ untilMs, detector: { pairs } }) => ({ untilMs, pairs })) : [begin];
  const news = await readPast(deps, bases.at(-1), ordered);
  let base = news.base && chooseBase(bases, news.lines, news.detector?.policy ?? EMPTY_POLICY_DOCUMENT);
  if (base === undefined && !isWhole) base = bases[0];
  let past = base === news.base ? news : await readPast(deps, base, ordered);
  let judged = await judgeFrom(deps, bases, past, horizonMs);
  while (judged.unknownFromMs !== null && past.base !== undefined) {
    const { unknownFromMs } = judged;
    base = bases.findLast(({ untilMs }) => untilMs <= unknownFromMs);
    // Nobody knows any more what began before the first: it stands.
    if (base === undefined && (!isWhole || begin !== undefined)) break;
    past = await readPast(deps, base, ordered);
    judged = await judgeFrom(deps, bases, past, horizonMs);
  }
  const isKnown = past.base !== undefined || isWhole;
  const told = judged.told.filter(({ alert }) => isKnown && !judged.unknown.has(alert));
  // As of the partitions (N2).
  await deps.ledger.append(told);
  await keepStates(database, MEETINGS, judged.kept);
  await forgetStates(database, MEETINGS, horizonMs, judged.policy);
  return told;
}

/** Where meetings were not judged at night before: the end of the partitions' last day before this one, nobody with anybody. */
async function lastNight({ database }: NightDeps, horizonMs: Instant): Promise<Base | undefined> {
  const before = (await readStates(database, 0)).findLast(({ untilMs }) => untilMs < horizonMs);
  return before && { untilMs: before.untilMs, pairs: [] };
}

interface Past {
  /** Undefined: from the log's begin. */
  readonly base: Base | undefined;
  /** At the base, with whoever is in a pair. */
  readonly detector: DetectorState | undefined;
  /** What everybody's partition has, and what is of whoever is or was in a pair. */
  readonly lines: readonly Line[];
}

async function readPast(
  deps: NightDeps,
  base: Base | undefined,
  ordered: ReadonlySet<string>,
): Promise<Past> {
  const { log, database } = deps;
  const begins: TrueState[] = [];
  for (let partition = 0; base !== undefined && partition < log.partitions; partition++) {
    const state = await readState(database, partition, base.untilMs);
    if (state === undefined) return readPast(deps, undefined, ordered);
    begins.push(state);
  }
  const lines = await readLines(log, 0, begins[0]?.nextOffset ?? 0, { takes: isBroadcast });
  const people = new Set([
    ...ordered,
    ...begins.slice(0, 1).flatMap(({ detector }) => idsIn(detector)),
    ...lines.flatMap(({ event }) => idsOfOrder(event)),
  ]);
  const isTheirs = (event: LogEvent) =>
    event.type !== 'sighting' && !isBroadcast(event) && people.has(partitionKeyOf(event) ?? '');
  for (let partition = 0; people.size > 0 && partition < log.partitions; partition++)
    lines.push(...(await readLines(log, partition, begins[partition]?.nextOffset ?? 0, { takes: isTheirs })));
  const subjects = begins.flatMap(({ detector }) => detector.subjects.filter(({ id }) => people.has(id)));
  const [first] = begins;
  return { base, detector: base && first && { ...first.detector, subjects, pairs: base.pairs }, lines };
}

interface Judged {
  readonly told: readonly AlertEvent[];
  readonly kept: readonly KeptState[];
  readonly policy: DetectorState['policy'];
  /** As of a partition (N7): what only who begins before it knows, and the begin of the oldest of it. */
  readonly unknown: ReadonlySet<string>;
  readonly unknownFromMs: Instant | null;
}

async function judgeFrom(
  deps: NightDeps,
  bases: readonly Base[],
  { base, detector: saved, lines }: Past,
  horizonMs: Instant,
): Promise<Judged> {
  const policy = saved?.policy ?? EMPTY_POLICY_DOCUMENT;
  const fromMs = base?.untilMs ?? Number.NEGATIVE_INFINITY;
  const ordered = inTrueOrder(
    lines.map(({ event }) => event),
    policy,
  ).filter((event) => timeOf(event) >= fromMs);
  const openAtBase = new Set(saved?.pairs.flatMap(({ open }) => (open === null ? [] : [open.alert])));
  const detector = createDetector(saved);
  const events: AlertEvent[] = [];
  const note = (alert: AlertEvent) => {
    if (alert.kind === 'gathering') events.push(alert);
  };
  const sight = (sighting: Sighting) => detector.apply(sighting, note);
  const due = bases.filter(({ untilMs }) => untilMs > fromMs && untilMs < horizonMs);
  const cuts = [...due.map(({ untilMs }) => untilMs), horizonMs].map((untilMs) => ({
    untilMs,
    nextOffset: 0,
  }));
  const kept = await foldPast(
    ordered,
    cuts,
    (event) => detector.apply(event, note, sight),
    () => ({ ...detector.snapshot(), subjects: [] }),
  );
  const known = await findKnownMeetings(
    deps.database,
    base?.untilMs ?? timeOf(ordered[0] ?? { type: 'tick', atMs: horizonMs }),
  );
  const truth = netOf(events);
  // What stood open before and still does has said nothing anew.
  for (const { open } of detector.snapshot().pairs) {
    const before = open === null ? undefined : known.get(open.alert);
    if (before !== undefined && !truth.has(before.alert))
      truth.set(before.alert, { ...before, clearedAtMs: null });
  }
  const first = new Map(
    events.flatMap((alert) => (alert.state === 'opened' ? [[alert.alert, alert] as const] : [])),
  );
  const told = reconcile(known, truth, first, horizonMs);
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

function idsIn({ noContact }: DetectorState): string[] {
  return Object.entries(noContact).flatMap(([whose, others]) => [whose, ...others]);
}

function idsOfOrder(event: LogEvent): readonly string[] {
  return event.type === 'no-contact' ? [event.whose, ...event.others] : [];
}
