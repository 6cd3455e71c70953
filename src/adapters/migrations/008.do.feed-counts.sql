-- How many devices of a feed are live and overdue among the subjects of a partition, at the newest tick that its detector has
-- handled. The clock's leader adds them up and decides whether the feed as a whole is down.
CREATE TABLE feed_counts (
  partition integer NOT NULL,
  feed      text NOT NULL,
  tick_at   timestamptz NOT NULL,
  live      integer NOT NULL,
  overdue   integer NOT NULL,
  heard_at  timestamptz NOT NULL,
  PRIMARY KEY (partition, feed)
);

ALTER TABLE feeds ADD COLUMN down_at timestamptz;
COMMENT ON COLUMN feeds.down_at IS 'When the log was told that it is down; null: up.';
