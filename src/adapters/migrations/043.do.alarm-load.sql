-- When an alert first stood in the ledger: what a duty room's load is counted by.
CREATE INDEX alert_events_raised ON alert_events (recorded_at) WHERE version = 1;
