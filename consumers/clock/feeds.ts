/** After each tick: whether a feed as a whole is down or back, by the detectors' counts; its line goes to the log by the outbox. */
import type { Instant } from '../../src/kernel/instant.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import { type PolicyDocument, policyFor } from '../../src/kernel/policy.ts';
import type { Database } from '../../src/ports/database.ts';
import { markFeed, sumFeedCounts } from '../../src/store/feed-counts.ts';
import { listFeedTroubles } from '../../src/store/feed-troubles.ts';
import { addToOutbox } from '../../src/store/outbox.ts';
import { feedChanges, isFeedTick } from '../detector/feed-watch.ts';

/** A detector that is more ticks behind than this is late, and its count says nothing of now. */
const FRESH_TICKS = 3;
/** Who asks says each minute that it still can't. */
const TROUBLE_COUNTS_MS = 5 * 60_000;

/** Answers how many lines it wrote. */
export async function watchFeeds(
  database: Database,
  document: PolicyDocument,
  tickMs: Instant,
  everyMs: number,
): Promise<number> {
  if (!isFeedTick(tickMs, tickMs - everyMs)) return 0;
  const rows = await sumFeedCounts(database, new Date(tickMs - FRESH_TICKS * everyMs));
  const counts = new Map(
    rows.map(({ feed, live, overdue, heard_at }) => [feed, { live, overdue, heardMs: heard_at.getTime() }]),
  );
  const down = new Set(rows.flatMap(({ feed, is_down }) => (is_down ? [feed] : [])));
  const unasked = await listFeedTroubles(database, new Date(tickMs - TROUBLE_COUNTS_MS));
  const troubles = new Map(unasked.map(({ feed, since }) => [feed, since.getTime()]));
  const policy = policyFor(document, 'standard', '', tickMs);
  const changes = feedChanges(counts, down, policy, tickMs, troubles);
  for (const change of changes) {
    await database.transaction(async (db) => {
      await markFeed(db, change.feed, change.status === 'down' ? new Date(tickMs) : null);
      await addToOutbox(db, [null], [encodeLogEvent(change)]);
    });
  }
  return changes.length;
}
