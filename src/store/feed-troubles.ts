/** Feeds that the platform has to ask and can't, as who asks says. */
import { statement } from './statement.ts';

/**
 * The feeds of the phones by operator that are somebody's now, but for one that other devices share: those come in by another way. The
 * first `since` stands until the trouble ends. `own`: the feed of phones for which the roster names none.
 */
export const noteOperatorTrouble = statement<[since: Date, seenAt: Date, own: string]>()(
  'feed-troubles.note',
  {},
  `INSERT INTO feed_troubles AS known (feed, since, seen_at)
   SELECT DISTINCT coalesce(d.feed, $3), $1::timestamptz, $2::timestamptz FROM devices d
   WHERE d.protocol = 'mlp' AND d.kind = 'phone' AND d.valid_from <= $2 AND (d.valid_until IS NULL OR d.valid_until > $2)
     AND NOT EXISTS (SELECT FROM devices o WHERE o.feed = coalesce(d.feed, $3) AND o.protocol IS DISTINCT FROM 'mlp'
       AND o.valid_from <= $2 AND (o.valid_until IS NULL OR o.valid_until > $2))
   ON CONFLICT (feed) DO UPDATE SET seen_at = excluded.seen_at`,
);

export const endOperatorTrouble = statement<[]>()('feed-troubles.end', {}, 'DELETE FROM feed_troubles');

export const listFeedTroubles = statement<[seenSince: Date]>()(
  'feed-troubles.list',
  { feed: 'text', since: 'timestamptz' },
  'SELECT feed, since FROM feed_troubles WHERE seen_at >= $1',
);
