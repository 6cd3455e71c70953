/** Live and overdue devices of each feed, counted by the detectors; and which feeds the log was told are down. */
import { statement } from './statement.ts';

/** Replaces what is known of a partition, unless that is newer. */
export const saveFeedCounts = statement<
  [partition: number, tickAt: Date, feeds: string[], live: number[], overdue: number[], heardAt: Date[]]
>()(
  'feed-counts.save',
  {},
  `WITH gone AS (
     DELETE FROM feed_counts WHERE partition = $1 AND tick_at <= $2 AND feed <> ALL ($3::text[]))
   INSERT INTO feed_counts AS known (partition, feed, tick_at, live, overdue, heard_at)
   SELECT $1, c.feed, $2, c.live, c.overdue, c.heard_at
   FROM unnest($3::text[], $4::int[], $5::int[], $6::timestamptz[]) AS c (feed, live, overdue, heard_at)
   ON CONFLICT (partition, feed) DO UPDATE
   SET tick_at = excluded.tick_at, live = excluded.live, overdue = excluded.overdue, heard_at = excluded.heard_at
   WHERE known.tick_at <= excluded.tick_at`,
);

/** Of feeds of which every partition's count is at least as new as `since`: one that lags can't be decided about. */
export const sumFeedCounts = statement<[since: Date]>()(
  'feed-counts.sum',
  { feed: 'text', live: 'int4', overdue: 'int4', heard_at: 'timestamptz', is_down: 'bool' },
  `SELECT c.feed, sum(c.live)::int AS live, sum(c.overdue)::int AS overdue, max(c.heard_at) AS heard_at,
          coalesce(bool_or(f.down_at IS NOT NULL), false) AS is_down
   FROM feed_counts c LEFT JOIN feeds f ON f.id = c.feed
   GROUP BY c.feed HAVING min(c.tick_at) >= $1
   ORDER BY c.feed`,
);

/** `downAt` null: it is up. */
export const markFeed = statement<[feed: string, downAt: Date | null]>()(
  'feed-counts.mark',
  {},
  `INSERT INTO feeds (id, name, down_at) VALUES ($1, $1, $2) ON CONFLICT (id) DO UPDATE SET down_at = $2`,
);
