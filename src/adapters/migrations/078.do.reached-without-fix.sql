-- A device that took the question of where it is, and had no place to tell: neither an answer nor silence.
ALTER TABLE device_commands ADD COLUMN reached_at timestamptz;   -- when it first spoke so

ALTER TABLE spot_checks DROP CONSTRAINT spot_checks_result_check;
ALTER TABLE spot_checks ADD CONSTRAINT spot_checks_result_check
  CHECK (result IN ('self', 'other-person', 'no-answer', 'off', 'no-such-number', 'forwarded', 'located', 'no-fix'));
ALTER TABLE spot_checks ADD CONSTRAINT spot_checks_no_fix_check CHECK (result <> 'no-fix' OR method = 'locate');
