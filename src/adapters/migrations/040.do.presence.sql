-- One row for each subject and day: presence as one bit for each five minutes, and the minutes of each obligation, kept, broken, or
-- unknown with an owner. Written anew as a whole whenever a fact comes (consumers/logbook); what follows is added up from here.
CREATE TABLE presence_days (
  subject          text NOT NULL,
  day              date NOT NULL,          -- by the roster's calendar
  office           text NOT NULL,          -- of the subject on that day
  grade            text NOT NULL,
  located          bytea NOT NULL,         -- 288 bits, the least significant of each byte first
  known_at         timestamptz NOT NULL,   -- the tick up to which it is worked out
  born_at          timestamptz NOT NULL,   -- where the facts begin that it was made of
  contact_due      integer NOT NULL, contact_kept integer NOT NULL, contact_broken integer NOT NULL,
  contact_person   integer NOT NULL, contact_device integer NOT NULL, contact_network integer NOT NULL, contact_platform integer NOT NULL,
  bounds_due       integer NOT NULL, bounds_kept integer NOT NULL, bounds_broken integer NOT NULL,
  bounds_person    integer NOT NULL, bounds_device integer NOT NULL, bounds_network integer NOT NULL, bounds_platform integer NOT NULL,
  curfew_due       integer NOT NULL, curfew_kept integer NOT NULL, curfew_broken integer NOT NULL,
  curfew_person    integer NOT NULL, curfew_device integer NOT NULL, curfew_network integer NOT NULL, curfew_platform integer NOT NULL,
  slots_due        integer NOT NULL, slots_located integer NOT NULL,
  checked          integer NOT NULL,       -- 1: located or checked in at least once
  on_leave         integer NOT NULL,
  checkins_due     integer NOT NULL, checkins_met integer NOT NULL, checkins_fingerprint integer NOT NULL,
  musters_due      integer NOT NULL, musters_met integer NOT NULL,
  leaves_due       integer NOT NULL, leaves_kept integer NOT NULL,
  off_minutes      integer NOT NULL,
  PRIMARY KEY (subject, day),
  CHECK (contact_due = contact_kept + contact_broken + contact_person + contact_device + contact_network + contact_platform),
  CHECK (bounds_due = bounds_kept + bounds_broken + bounds_person + bounds_device + bounds_network + bounds_platform),
  CHECK (curfew_due = curfew_kept + curfew_broken + curfew_person + curfew_device + curfew_network + curfew_platform)
);
CREATE INDEX presence_days_of_office ON presence_days (office, day);

-- Who need not be located for a while (detention, hospital, a decision): a deed of a person, with its ground. Ended by a later row.
CREATE TABLE positioning_exemptions (
  seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject  text NOT NULL,
  from_day date NOT NULL,
  until_day date NOT NULL,                  -- exclusive
  ground   text NOT NULL CHECK (ground IN ('detention', 'hospital', 'decision')),
  note     text NOT NULL,
  account  text NOT NULL,
  at       timestamptz NOT NULL DEFAULT now(),
  CHECK (until_day > from_day)
);
CREATE INDEX positioning_exemptions_of_subject ON positioning_exemptions (subject, from_day);
CREATE TRIGGER positioning_exemptions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON positioning_exemptions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- Offices' days whose sums are out of date. Locked by who writes presence and by who adds up, so none is lost between them.
CREATE TABLE presence_dirty (
  office text NOT NULL,
  day    date NOT NULL,
  marked integer NOT NULL DEFAULT 1,
  PRIMARY KEY (office, day)
);

-- Sums of an office's day and month; can be made again from presence_days, as long as those are kept.
CREATE TABLE office_days (
  office           text NOT NULL,
  day              date NOT NULL,
  subjects         integer NOT NULL,       -- on the register
  exempt           integer NOT NULL,       -- of those not counted in what follows
  expected         integer NOT NULL,       -- to be verified
  checked          integer NOT NULL,
  on_leave         integer NOT NULL,
  positioned_due   integer NOT NULL,       -- of whom at least one fix was asked for
  positioned       integer NOT NULL,       -- with a fix in every stretch in which one was
  days             integer NOT NULL,       -- 1; in a month, those on which the office had anybody
  slots_due        bigint NOT NULL, slots_located bigint NOT NULL,
  contact_due      bigint NOT NULL, contact_kept bigint NOT NULL, contact_broken bigint NOT NULL,
  contact_person   bigint NOT NULL, contact_device bigint NOT NULL, contact_network bigint NOT NULL, contact_platform bigint NOT NULL,
  bounds_due       bigint NOT NULL, bounds_kept bigint NOT NULL, bounds_broken bigint NOT NULL,
  bounds_person    bigint NOT NULL, bounds_device bigint NOT NULL, bounds_network bigint NOT NULL, bounds_platform bigint NOT NULL,
  curfew_due       bigint NOT NULL, curfew_kept bigint NOT NULL, curfew_broken bigint NOT NULL,
  curfew_person    bigint NOT NULL, curfew_device bigint NOT NULL, curfew_network bigint NOT NULL, curfew_platform bigint NOT NULL,
  checkins_due     integer NOT NULL, checkins_met integer NOT NULL, checkins_fingerprint integer NOT NULL,
  musters_due      integer NOT NULL, musters_met integer NOT NULL,
  leaves_due       integer NOT NULL, leaves_kept integer NOT NULL,
  off_minutes      bigint NOT NULL,
  PRIMARY KEY (office, day)
);
CREATE INDEX office_days_by_day ON office_days (day, office);
CREATE TABLE office_months (LIKE office_days INCLUDING ALL);
COMMENT ON COLUMN office_months.day IS 'First day of the month; the other columns are sums over its days.';

-- A month's figures as they stood when it was over: nothing later moves them; what they would be now stands in office_months.
CREATE TABLE frozen_figures (
  LIKE office_days INCLUDING ALL,
  formula        integer NOT NULL,         -- version of compliance/rates.ts
  violators      integer NOT NULL,
  violations     integer NOT NULL,
  absconders     integer NOT NULL,
  alerts_raised  integer NOT NULL,
  alerts_in_time integer NOT NULL,
  frozen_at      timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER frozen_figures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON frozen_figures
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- What casework tells the rates. Where it has its tables it replaces these (same names, same columns); without them nothing is confirmed.
CREATE VIEW confirmed_violations AS
  SELECT ''::text AS alert, ''::text AS subject, ''::text AS kind, now() AS at, NULL::text AS office, NULL::text AS measure,
         now() AS decided_at WHERE false;
CREATE VIEW alert_outcomes AS
  SELECT ''::text AS alert, ''::text AS disposition, NULL::text AS measure, ''::text AS account, now() AS at WHERE false;
CREATE VIEW alert_grouping AS
  -- is_merged: shown as part of another's incident; is_hidden: shelved when it came.
  SELECT ''::text AS alert, false AS is_merged, false AS is_hidden WHERE false;
CREATE VIEW answered_spot_checks AS
  SELECT ''::text AS subject, ''::text AS office, ''::text AS method, NULL::text AS result, now() AS at WHERE false;
CREATE VIEW hazard_ledger AS
  SELECT ''::text AS id, ''::text AS office, NULL::text AS subject, ''::text AS category, ''::text AS situation, ''::text AS measures,
         ''::text AS department, ''::text AS person, now() AS due_at, ''::text AS state, now() AS made_at WHERE false;
