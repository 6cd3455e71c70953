/**
 * The self-test (design, decision 13): in each partition of the log a made-up subject breaks its bounds every few minutes, and the
 * detector's alert of it is noted (`self_tests`). Its absence is the alarm. Nobody's records hold it: every reader of the log but the
 * detector passes these events over, the ledger keeps none of its alerts, and the roster takes no such id. Pure.
 */
import type { AlertEvent } from './alert-event.ts';
import type { Instant } from './instant.ts';
import type { LogEvent } from './log-event.ts';
import { partitionOf } from './partition.ts';

const PREFIX = 'wardline:self-test:';
export const SELF_TEST_ZONE = `${PREFIX}zone`;
/** Steps of a test: inside three times, outside twice. */
export const SELF_TEST_STEPS = 5;
/** Between two tests some may be missed: so many periods without one are an alarm. */
const LATE_PERIODS = 2.5;

export function isSelfTest(id: string): boolean {
  return id.startsWith(PREFIX);
}

export function isSelfTestEvent(event: LogEvent): boolean {
  if ('subject' in event) return isSelfTest(event.subject);
  if (event.type === 'profile') return isSelfTest(event.profile.id);
  return event.type === 'zone' && isSelfTest(event.zone.id);
}

/** The same events where none is of a self-test, which is nearly always. */
export function withoutSelfTests(events: readonly LogEvent[]): readonly LogEvent[] {
  return events.some(isSelfTestEvent) ? events.filter((event) => !isSelfTestEvent(event)) : events;
}

/** `wardline:self-test:<partition>:<n>`, with the first `n` by which the log puts it into that partition. */
export function selfTestSubject(partition: number, partitions: number): string {
  for (let n = 0; ; n++) {
    const id = `${PREFIX}${partition}:${n}`;
    if (partitionOf(id, partitions) === partition) return id;
  }
}

/** The newest time at which each partition's violation was found: the receipt of the fix that decided. */
export function selfTestsIn(events: readonly AlertEvent[]): ReadonlyMap<number, Instant> {
  const found = new Map<number, Instant>();
  for (const { subject, kind, state, detectedAtMs } of events) {
    if (kind !== 'out-of-bounds' || state !== 'opened' || !isSelfTest(subject)) continue;
    const partition = Number(subject.slice(PREFIX.length).split(':')[0]);
    found.set(partition, Math.max(found.get(partition) ?? 0, detectedAtMs));
  }
  return found;
}

/** `everyMs`: of the ticks, of which a test takes one a step. */
export function selfTestPeriodMs(selfTestS: number, everyMs: number): number {
  return Math.max(selfTestS * 1000, SELF_TEST_STEPS * everyMs);
}

/** A test older than this is late. */
export function selfTestLimitMs(selfTestS: number, everyMs: number): number {
  return LATE_PERIODS * selfTestPeriodMs(selfTestS, everyMs);
}
