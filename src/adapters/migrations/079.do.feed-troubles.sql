-- Feeds that the platform itself has to ask, and can't: since when nobody of them could be asked for. Written by who asks, read by the
-- clock's leader, which tells the log. What is not seen again for a while counts no more: who asks is gone.
CREATE TABLE feed_troubles (
  feed    text PRIMARY KEY,
  since   timestamptz NOT NULL,
  seen_at timestamptz NOT NULL
);
