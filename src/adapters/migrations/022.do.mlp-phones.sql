-- When each phone was last asked for at the operator, and what came of it: a restart, or another process that takes over, goes on with
-- the schedule instead of asking for everybody again.
CREATE TABLE mlp_phones (
  device   text PRIMARY KEY,             -- roster's id
  subject  text NOT NULL,                -- whose it was when it was asked for
  asked_at timestamptz NOT NULL,
  result   text NOT NULL                 -- 'located', or the class of the result
);
