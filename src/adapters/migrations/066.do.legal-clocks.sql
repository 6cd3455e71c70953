-- What the legal clocks of a subject run from. An officer's entries, not the machine's findings.
CREATE TABLE supervision_dates (
  subject      text PRIMARY KEY,
  effective_on date,                     -- the judgment or ruling takes effect
  reported_on  date,                     -- 报到
  lost_since   timestamptz,              -- 脱管
  ends_on      date,                     -- last day of correction
  ended_at     timestamptz,              -- ended earlier
  collects_until timestamptz,            -- of the two above, in the roster's time zone: from then on nothing is collected
  version      integer NOT NULL DEFAULT 1,
  changed_by   text NOT NULL,
  changed_at   timestamptz NOT NULL
);
CALL protect_by_subject('supervision_dates');

-- Worked out by src/legal/clocks.ts whenever what they run from changes, in the same transaction. A stage counts from opens_at to
-- closes_at; due_at null: the last stage is reached.
CREATE TABLE legal_clocks (
  subject   text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  kind      text NOT NULL,
  stage     text NOT NULL,
  about     text NOT NULL,               -- permit or device, else ''
  opens_at  timestamptz NOT NULL,
  due_at    timestamptz,
  closes_at timestamptz,
  article   text NOT NULL,
  article_en text NOT NULL,
  measures  text NOT NULL,
  PRIMARY KEY (subject, kind, stage, about)
);
CREATE INDEX legal_clocks_by_due ON legal_clocks (due_at, subject, kind, stage, about);
CALL protect_by_subject('legal_clocks');
