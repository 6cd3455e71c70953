/** Lines of the log as the night reads them again. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { decodeLogLine } from '../../src/kernel/log-line.ts';
import { type PolicyDocument, policyFor } from '../../src/kernel/policy.ts';
import { isSelfTestEvent } from '../../src/kernel/self-test.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';
import { inTrueOrder, placedMs } from '../detector/true-order.ts';
import { createTurns } from '../in-turns.ts';

export interface Line {
  readonly event: LogEvent;
  /** Of its batch. */
  readonly offset: number;
}

/** Receipts of several machines stand in the log nearly in order: by so much they may run back. */
const DISORDER_MS = 900_000;

/** Up to the record at `until`, where it is given; batches are cut where they please, so some lines behind it may come too. */
export async function readLines(
  log: ObservationLog,
  partition: number,
  from: number,
  {
    until = Number.POSITIVE_INFINITY,
    takes = () => true,
  }: { readonly until?: number | undefined; takes?(event: LogEvent): boolean } = {},
): Promise<Line[]> {
  const bounds = (await log.bounds()).find((candidate) => candidate.partition === partition);
  const lines: Line[] = [];
  const turn = createTurns();
  for await (const batch of log.read(partition, Math.max(from, bounds?.first ?? 0))) {
    if (batch.offset >= until) break;
    for (const line of batch.lines) {
      const others = turn();
      if (others !== undefined) await others;
      const decoded = decodeLogLine(line);
      // A line that can't be read was told when it came.
      if (decoded.ok && !isSelfTestEvent(decoded.value) && takes(decoded.value))
        lines.push({ event: decoded.value, offset: batch.offset });
    }
  }
  return lines;
}

/** The newest state that is older than every fact that has come since. Undefined: from the log's begin. */
export function chooseBase<S extends { readonly untilMs: Instant }>(
  states: readonly S[],
  news: readonly Line[],
  policy: PolicyDocument,
): S | undefined {
  const horizonMs = policyFor(policy, 'standard', '', 0).backfillHorizonS * 1000;
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const { event } of news) {
    // Older than the horizon it is recorded and not judged.
    if (!('receivedMs' in event) || event.receivedMs - event.atMs > horizonMs) continue;
    oldestMs = Math.min(oldestMs, placedMs(event, policy));
  }
  return states.findLast(({ untilMs }) => untilMs <= oldestMs);
}

/** What happened from then on, in the order in which it did. */
export function orderSince(
  lines: readonly Line[],
  policy: PolicyDocument,
  fromMs = Number.NEGATIVE_INFINITY,
): LogEvent[] {
  return inTrueOrder(
    lines.map(({ event }) => event),
    policy,
  ).filter((event) => timeOf(event) >= fromMs);
}

export function beginOf([first]: readonly LogEvent[], elseMs: Instant): Instant {
  return first === undefined ? elseMs : timeOf(first);
}

export function timeOf(event: LogEvent): Instant {
  return 'receivedMs' in event ? event.receivedMs : event.atMs;
}

/** From where a later night has to read to miss nothing that happened at `atMs` or later. */
export function offsetAt(lines: readonly Line[], atMs: Instant, from: number): number {
  return (
    lines.find(({ event }) => timeOf(event) >= atMs - DISORDER_MS)?.offset ?? lines.at(-1)?.offset ?? from
  );
}
