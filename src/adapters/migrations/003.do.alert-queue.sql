-- The queue is read from the latest begun on, page by page (src/store/alert-queue.ts).
CREATE INDEX alerts_by_start ON alerts (started_at DESC, alert DESC);
-- What a board loads at its start beside the open ones.
CREATE INDEX alerts_unacknowledged ON alerts (started_at DESC) WHERE state = 'cleared' AND acknowledged_at IS NULL;
