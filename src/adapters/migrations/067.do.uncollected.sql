-- What was refused because the law lets nobody collect it: counted, and nothing of it kept.
CREATE TABLE uncollected (
  device    text NOT NULL,               -- roster's id
  subject   text NOT NULL,
  code      text NOT NULL,               -- RefusalCode
  day       date NOT NULL,               -- of receipt, UTC
  count     bigint NOT NULL,
  first_at  timestamptz NOT NULL,        -- of receipt
  last_at   timestamptz NOT NULL,
  PRIMARY KEY (subject, device, code, day)
);
CALL protect_by_subject('uncollected');
