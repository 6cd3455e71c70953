/** The alert of a feed that went down or came back. Every partition concludes the same one; the ledger keeps it once. */
import { FEED_OUTAGE, type FeedOutage } from '../../alerts/kinds/feed-outage.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { alertId } from './alert-book.ts';

/** `endMs` null: it has begun. */
export function outageAlert(
  outage: FeedOutage,
  endMs: Instant | null,
  clock: (atMs: Instant) => string,
): AlertEvent {
  const { feed, atMs, sinceMs } = outage;
  const words =
    endMs === null ? FEED_OUTAGE.explain(outage, clock) : FEED_OUTAGE.explainEnd(outage, endMs, clock);
  return {
    alert: alertId(feed, FEED_OUTAGE.name, FEED_OUTAGE.about, sinceMs),
    version: endMs === null ? 1 : 2,
    subject: feed,
    kind: FEED_OUTAGE.name,
    state: endMs === null ? 'opened' : 'cleared',
    severity: FEED_OUTAGE.severity,
    startedAtMs: sinceMs,
    detectedAtMs: endMs ?? atMs,
    clearedAtMs: endMs === null ? null : Math.max(sinceMs, endMs),
    zone: null,
    device: null,
    confidence: 1,
    late: false,
    reason: words.zh,
    reasonEn: words.en,
    evidence: [],
  };
}
