-- Recurrent leave (经常性跨市、县活动; Measures, art. 29): a place more for half a year, at its days and times. Nobody leaves and returns.
ALTER TABLE permits
  ADD COLUMN kind text NOT NULL DEFAULT 'leave' CHECK (kind IN ('leave', 'recurrent')),
  ADD COLUMN schedule jsonb,              -- {"days":[1..7],"from":"HH:MM","to":"HH:MM"}; null: at all times
  ADD COLUMN settled text NOT NULL DEFAULT '' CHECK (settled IN ('', 'begun', 'over')), -- what the log says already of a recurrent one
  ADD CHECK (kind = 'leave' OR (zone IS NOT NULL AND state NOT IN ('away', 'returned'))),
  ADD CHECK (kind = 'recurrent' OR schedule IS NULL);
CREATE INDEX permits_unsettled ON permits (from_at) WHERE kind = 'recurrent' AND state = 'approved' AND settled <> 'over';
