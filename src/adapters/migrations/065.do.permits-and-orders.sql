-- Leave (外出): requests, decisions, departure and return. What is approved is also in the subject's profile.
CREATE TABLE permits (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject       text NOT NULL,
  ground        text NOT NULL CHECK (ground IN ('medical', 'study', 'litigation', 'family', 'work')),
  explanation   text NOT NULL,
  destination   text NOT NULL,            -- in words, for people
  zone          text,                     -- zone of the destination; null: no place is judged
  from_at       timestamptz NOT NULL,
  until_at      timestamptz NOT NULL CHECK (until_at > from_at),
  state         text NOT NULL CHECK (state IN ('asked', 'approved', 'refused', 'withdrawn', 'away', 'returned')),
  measures      text NOT NULL,            -- version of the law's numbers by which it is decided (src/legal/measures.ts)
  level         text NOT NULL,            -- the lowest that may approve, when it was asked for or decided
  days          integer NOT NULL,
  cumulated_days integer NOT NULL,
  asked_by      text NOT NULL,
  asked_at      timestamptz NOT NULL,
  decided_by    text,
  decided_at    timestamptz,
  decided_level text,
  reason        text NOT NULL DEFAULT '', -- of the decision
  departed_at   timestamptz,
  returned_at   timestamptz,
  return_note   text NOT NULL DEFAULT '',
  CHECK ((decided_at IS NULL) = (decided_by IS NULL))
);
CREATE INDEX permits_of_subject ON permits (subject, from_at);
CREATE INDEX permits_open ON permits (until_at) WHERE state IN ('asked', 'approved', 'away');
CALL protect_by_subject('permits');

-- One row a term of an electronic-positioning order (Community Corrections Law art. 29); an extension is a term of its own.
CREATE TABLE positioning_orders (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject       text NOT NULL,
  device        text NOT NULL,
  ground        text NOT NULL,
  from_at       timestamptz NOT NULL,
  until_at      timestamptz NOT NULL CHECK (until_at > from_at),
  extends       bigint REFERENCES positioning_orders (id),
  assessment    text NOT NULL DEFAULT '', -- why it is still necessary; before an extension
  state         text NOT NULL CHECK (state IN ('proposed', 'approved', 'refused', 'ended')),
  measures      text NOT NULL,
  proposed_by   text NOT NULL,
  proposed_at   timestamptz NOT NULL,
  decided_by    text,
  decided_at    timestamptz,
  reason        text NOT NULL DEFAULT '',
  ended_by      text,
  ended_at      timestamptz,
  end_reason    text NOT NULL DEFAULT '',
  CHECK (extends IS NULL OR assessment <> '')
);
CREATE INDEX positioning_orders_of_device ON positioning_orders (subject, device, from_at);
CREATE UNIQUE INDEX positioning_orders_one_extension ON positioning_orders (extends) WHERE state IN ('proposed', 'approved', 'ended');
CALL protect_by_subject('positioning_orders');

-- Of the profile, for the intake: a wristband collects under its order only.
ALTER TABLE devices ADD COLUMN order_from timestamptz, ADD COLUMN order_until timestamptz;
UPDATE devices d SET order_from = o."from", order_until = o."until"
  FROM subjects s, jsonb_to_recordset(coalesce(nullif(s.profile -> 'devices', 'null'), '[]')) AS p (id text, "from" timestamptz, "order" jsonb),
       jsonb_to_record(coalesce(nullif(p."order", 'null'), '{}')) AS o ("from" timestamptz, "until" timestamptz)
 WHERE s.id = d.subject AND p.id = d.id AND coalesce(p."from", 'epoch') = d.valid_from;
