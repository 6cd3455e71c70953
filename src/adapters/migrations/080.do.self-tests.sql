-- The newest self-test of each partition of the log that became an alert (src/kernel/self-test.ts). About nobody.
CREATE TABLE self_tests (
  partition    integer PRIMARY KEY,
  written_at   timestamptz,             -- receipt of the fix that broke the bounds; NULL: none has come through yet
  concluded_at timestamptz,             -- when its alert came to the ledger
  told_at      timestamptz              -- of a late one: when somebody was told; NULL: nobody was
);
