-- The detector's state of a partition at the end of a day, its facts in the order in which they happened.
CREATE TABLE true_states (
  partition   integer NOT NULL,
  until_at    timestamptz NOT NULL,
  next_offset bigint NOT NULL,
  state       bytea NOT NULL,
  PRIMARY KEY (partition, until_at)
);

-- Each nightly reconciliation, and how many alerts it opened late, updated and retracted.
CREATE TABLE nights (
  until_at  timestamptz PRIMARY KEY,
  done_at   timestamptz NOT NULL DEFAULT now(),
  opened    integer NOT NULL,
  updated   integer NOT NULL,
  retracted integer NOT NULL
);
