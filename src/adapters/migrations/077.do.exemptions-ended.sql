-- An exemption from positioning ended before its last day, by a row of its own: what was recorded stays, and the newest end holds.
CREATE TABLE positioning_exemption_ends (
  seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  exemption bigint NOT NULL REFERENCES positioning_exemptions (seq),
  subject   text NOT NULL,
  until_day date NOT NULL,                 -- exclusive; the first day itself: it holds on no day
  reason    text NOT NULL,
  account   text NOT NULL,
  at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX positioning_exemption_ends_newest ON positioning_exemption_ends (exemption, seq DESC);
CREATE TRIGGER positioning_exemption_ends_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON positioning_exemption_ends
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();
CALL protect_by_subject('positioning_exemption_ends');

-- As they hold now.
CREATE VIEW exempt_spans WITH (security_invoker = true) AS
  SELECT x.seq, x.subject, x.from_day, coalesce(e.until_day, x.until_day) AS until_day
    FROM positioning_exemptions x
    LEFT JOIN LATERAL (SELECT until_day FROM positioning_exemption_ends WHERE exemption = x.seq ORDER BY seq DESC LIMIT 1) e ON true;
