-- What time alone brings about is done once, by the clock's leader: the end of a correction, and an order that begins later than it was
-- approved.
ALTER TABLE supervision_dates ADD COLUMN settled_end timestamptz;      -- the collects_until that the log goes by already
ALTER TABLE positioning_orders ADD COLUMN is_settled boolean NOT NULL DEFAULT false;
UPDATE positioning_orders SET is_settled = true WHERE decided_at >= from_at;
