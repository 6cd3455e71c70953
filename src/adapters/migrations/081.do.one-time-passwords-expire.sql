-- Until when a one-time password signs in (dashboard/server/auth/passwords.ts says how long). Those that are out have as long from now.
ALTER TABLE accounts ADD COLUMN one_time_until timestamptz;
UPDATE accounts SET one_time_until = now() + interval '72 hours' WHERE must_change;
ALTER TABLE accounts ADD CONSTRAINT one_time_password_ends CHECK (must_change = (one_time_until IS NOT NULL));
