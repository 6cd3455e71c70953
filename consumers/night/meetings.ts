/**
 * The night of the second stage: who must not meet, of whatever partitions, is judged again together in the order in which things
 * happened (N8). Where each of them was when a day began, the partitions' own nights have kept; what of each pair, stands beside it.
 */
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { isBroadcast, type LogEvent, partitionKeyOf, type Sighting } from '../../src/kernel/log-event.ts';
import { EMPTY_POLICY_DOCUMENT } from '../../src/kernel/policy.ts';
import { createDetector, type DetectorState } from '../detector/detector.ts';
import { foldPast } from './fold-past.ts';
import { findKnownMeetings } from './known-alerts.ts';
import type { NightDeps } from './night.ts';
import { beginOf, chooseBase, type Line, orderSince, readLines } from './past-lines.ts';
import { compare, type Judged, settle } from './settle.ts';
import { readState, readStates, statesBetween, type TrueState } from './true-states.ts';

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
  const base = news.base && chooseBase(bases, news.lines, news.detector?.policy ?? EMPTY_POLICY_DOCUMENT);
  return settle(
    deps,
    {
      partition: MEETINGS,
      horizonMs,
      bases,
      base,
      isWhole,
      // What was told before meetings were judged at night stands.
      mayBeginAnew: isWhole && begin === undefined,
    },
    async (from) =>
      judgeFrom(deps, bases, from === news.base ? news : await readPast(deps, from, ordered), horizonMs),
  );
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
  const readFrom = (partition: number, takes: (event: LogEvent) => boolean) =>
    readLines(log, partition, begins[partition]?.nextOffset ?? 0, { takes });
  const first = await readFrom(0, ({ type }) => type !== 'sighting');
  const people = new Set([
    ...ordered,
    ...begins.slice(0, 1).flatMap(({ detector }) => idsIn(detector)),
    ...first.flatMap(({ event }) => idsOfOrder(event)),
  ]);
  const isTheirs = (event: LogEvent) =>
    event.type !== 'sighting' && !isBroadcast(event) && people.has(partitionKeyOf(event) ?? '');
  let lines = first.filter(({ event }) => isBroadcast(event) || isTheirs(event));
  for (let partition = 1; people.size > 0 && partition < log.partitions; partition++)
    lines = lines.concat(await readFrom(partition, isTheirs));
  const subjects = begins.flatMap(({ detector }) => detector.subjects.filter(({ id }) => people.has(id)));
  const [begin] = begins;
  return { base, detector: base && begin && { ...begin.detector, subjects, pairs: base.pairs }, lines };
}

async function judgeFrom(
  deps: NightDeps,
  bases: readonly Base[],
  { base, detector: saved, lines }: Past,
  horizonMs: Instant,
): Promise<Judged<Base>> {
  const policy = saved?.policy ?? EMPTY_POLICY_DOCUMENT;
  const ordered = orderSince(lines, policy, base?.untilMs);
  const openAtBase = saved?.pairs.flatMap(({ open }) => open ?? []) ?? [];
  const detector = createDetector(saved);
  const events: AlertEvent[] = [];
  const note = (alert: AlertEvent) => {
    if (alert.kind === 'gathering') events.push(alert);
  };
  const sight = (sighting: Sighting) => detector.apply(sighting, note);
  const due = statesBetween(bases, base?.untilMs, horizonMs).map(({ untilMs }) => untilMs);
  const cuts = [...due, horizonMs].map((untilMs) => ({ untilMs, nextOffset: 0 }));
  const kept = await foldPast(
    ordered,
    cuts,
    (event) => detector.apply(event, note, sight),
    // The rest is the partitions'.
    () => ({ ...detector.snapshot(), subjects: [], zones: [], musters: [] }),
  );
  const compared = compare({
    known: await findKnownMeetings(deps.database, base?.untilMs ?? beginOf(ordered, horizonMs)),
    events,
    openAtBase,
    open: detector.snapshot().pairs.flatMap(({ open }) => open ?? []),
    baseMs: base?.untilMs,
    horizonMs,
  });
  return { ...compared, base, kept, policy };
}

function idsIn({ noContact }: DetectorState): string[] {
  return Object.entries(noContact).flatMap(([whose, others]) => [whose, ...others]);
}

function idsOfOrder(event: LogEvent): readonly string[] {
  return event.type === 'no-contact' ? [event.whose, ...event.others] : [];
}
