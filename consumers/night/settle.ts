/** What is done with a past that was judged again, of a partition or of those who must not meet: compared, judged from further back, told, kept. */
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DetectorState } from '../detector/detector.ts';
import { netOf, reconcile } from '../detector/reconcile.ts';
import type { NightDeps } from './night.ts';
import { forgetStates, type KeptState, keepStates } from './true-states.ts';

export interface Compared {
  readonly told: readonly AlertEvent[];
  /** Those of `told` that withdraw what was over before the base or never was: which of the two is known only to who begins before it. */
  readonly unknown: readonly AlertEvent[];
}

export interface Judged<Base> extends Compared {
  /** From which it was; undefined: from the log's begin. */
  readonly base: Base | undefined;
  readonly kept: readonly KeptState[];
  readonly policy: DetectorState['policy'];
}

interface Opened {
  readonly alert: string;
}

/** `known`: of the ledger; `events`: what was concluded again since the base; `openAtBase`, `open`: what stood open there and in the end. */
export function compare({
  known,
  events,
  openAtBase,
  open,
  baseMs,
  horizonMs,
}: {
  readonly known: ReadonlyMap<string, AlertEvent>;
  readonly events: readonly AlertEvent[];
  readonly openAtBase: readonly Opened[];
  readonly open: readonly Opened[];
  readonly baseMs: Instant | undefined;
  readonly horizonMs: Instant;
}): Compared {
  const truth = netOf(events);
  // What stood open before and still does has said nothing anew.
  for (const { alert } of open) {
    const before = known.get(alert);
    if (!truth.has(alert) && before !== undefined) truth.set(alert, { ...before, clearedAtMs: null });
  }
  const first = new Map(
    events.flatMap((alert) => (alert.state === 'opened' ? [[alert.alert, alert] as const] : [])),
  );
  const told = reconcile(known, truth, first, horizonMs);
  const wasOpen = new Set(openAtBase.map(({ alert }) => alert));
  const unknown = told.filter(
    ({ alert, state, startedAtMs }) =>
      state === 'retracted' && baseMs !== undefined && startedAtMs < baseMs && !wasOpen.has(alert),
  );
  return { told, unknown };
}

export interface Settling<Base> {
  readonly partition: number;
  readonly horizonMs: Instant;
  /** Oldest first. */
  readonly bases: readonly Base[];
  /** Of these the newest that no fact that has come since is older than; undefined: from the log's begin. */
  readonly base: Base | undefined;
  /** The log has lost nothing. */
  readonly isWhole: boolean;
  /** Whether what began before all bases can be looked for from the log's begin. */
  readonly mayBeginAnew: boolean;
}

/** Answers what was told. Of what the log has no more, nothing is: what stands on the ledger stands (N4). */
export async function settle<Base extends { readonly untilMs: Instant }>(
  { database, ledger }: NightDeps,
  { partition, horizonMs, bases, base, isWhole, mayBeginAnew }: Settling<Base>,
  judge: (base: Base | undefined) => Promise<Judged<Base>>,
): Promise<readonly AlertEvent[]> {
  let judged = await judge(base ?? (isWhole ? undefined : bases[0]));
  while (judged.unknown.length > 0 && judged.base !== undefined) {
    const fromMs = Math.min(...judged.unknown.map(({ startedAtMs }) => startedAtMs));
    const earlier = bases.findLast(({ untilMs }) => untilMs <= fromMs);
    if (earlier === undefined && !mayBeginAnew) break;
    judged = await judge(earlier);
  }
  const { kept, policy } = judged;
  const unknown = new Set(judged.unknown);
  const isKnown = judged.base !== undefined || isWhole;
  const told = isKnown ? judged.told.filter((alert) => !unknown.has(alert)) : [];
  // First told, then kept: a night that breaks off between is repeated, and tells nothing twice (N2).
  await ledger.append(told);
  await keepStates(database, partition, kept);
  await forgetStates(database, partition, horizonMs, policy);
  return told;
}
