-- The observations log on Postgres (src/adapters/postgres-log.ts). Offsets are given under the row lock of
-- log_heads, which is held until commit: readers see no gap although writers are concurrent.
CREATE TABLE log_heads (
  partition   integer PRIMARY KEY,
  next_offset bigint NOT NULL
);

CREATE TABLE log_records (
  partition    integer NOT NULL,
  log_offset   bigint NOT NULL,
  appended_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  lines        text NOT NULL,           -- one or more lines, separated by newlines
  PRIMARY KEY (partition, log_offset)
);

CREATE TABLE log_positions (
  consumer_group text NOT NULL,
  partition      integer NOT NULL,
  next_offset    bigint NOT NULL,
  PRIMARY KEY (consumer_group, partition)
);
