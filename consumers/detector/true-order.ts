/**
 * Recorded lines in the order in which things happened (design, decision 7a): what came in time stands where it was received,
 * what came late where it belongs, and the same line twice is one. Whatever order they came in, this order is the same.
 */
import type { Instant } from '../../src/kernel/instant.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import { type PolicyDocument, policyFor } from '../../src/kernel/policy.ts';

/** Moves the receipt of what came later than the reorder window to its own time. Answers new values where it did. */
export function inTrueOrder(events: readonly LogEvent[], policy: PolicyDocument): LogEvent[] {
  const windowMs = policyFor(policy, 'standard', '', 0).reorderWindowS * 1000;
  const placed = events.map((event, index) => ({ event: place(event, windowMs), index }));
  placed.sort((a, b) => {
    const apart = timeOf(a.event) - timeOf(b.event);
    if (apart !== 0) return apart;
    const order = rankOf(a.event) - rankOf(b.event);
    if (order !== 0) return order;
    // Rules of one instant stand as they were written; facts of one instant by what they say, whichever came first.
    return rankOf(a.event) === RULE ? a.index - b.index : compareText(a.event, b.event);
  });
  const ordered: LogEvent[] = [];
  for (const { event } of placed) {
    const last = ordered.at(-1);
    if (last !== undefined && rankOf(event) === FACT && isSameFact(last, event)) continue;
    ordered.push(event);
  }
  return ordered;
}

const RULE = 0;
const FACT = 1;
const TICK = 2;
const FACTS: ReadonlySet<LogEvent['type']> = new Set([
  'position',
  'status',
  'checkin',
  'sighting',
  'spot-check',
]);

function rankOf({ type }: LogEvent): number {
  if (type === 'tick') return TICK;
  return FACTS.has(type) ? FACT : RULE;
}

function timeOf(event: LogEvent): Instant {
  return 'receivedMs' in event ? event.receivedMs : event.atMs;
}

/** When a line counts as received: at once where it came within the reorder window, else when it happened. */
export function placedMs(event: LogEvent, policy: PolicyDocument): Instant {
  return timeOf(place(event, policyFor(policy, 'standard', '', 0).reorderWindowS * 1000));
}

function place(event: LogEvent, windowMs: number): LogEvent {
  if (!('receivedMs' in event) || event.receivedMs - event.atMs <= windowMs) return event;
  return { ...event, receivedMs: event.atMs };
}

function isSameFact(a: LogEvent, b: LogEvent): boolean {
  return timeOf(a) === timeOf(b) && compareText(a, b) === 0;
}

function compareText(a: LogEvent, b: LogEvent): number {
  const [left, right] = [encodeLogEvent(a), encodeLogEvent(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
