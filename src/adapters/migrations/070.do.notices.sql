-- What somebody was told (from `notice_outbox`, with its id), and what went out of it by e-mail, robots, webhooks and short messages
-- (src/notices). Ids only; recipients are officers.
CREATE TABLE notices (
  id       bigint PRIMARY KEY,
  what     text NOT NULL,
  about    text NOT NULL,
  ref      text NOT NULL,
  subject  text,
  office   text NOT NULL,               -- '': whoever watches the whole tree
  account  text,                        -- one person of it
  severity text,
  at       timestamptz NOT NULL
);
CREATE INDEX notices_by_office ON notices (office, id DESC);
CREATE INDEX notices_by_account ON notices (account, id DESC) WHERE account IS NOT NULL;
CREATE INDEX notices_by_time ON notices (at);

-- Up to which notice an account has read.
CREATE TABLE notice_marks (
  account text PRIMARY KEY,
  read_to bigint NOT NULL
);

-- By what can be sent, as the process that sends was configured: no address, no secret.
CREATE TABLE notice_channels (
  name         text PRIMARY KEY,
  kind         text NOT NULL CHECK (kind IN ('email', 'webhook', 'wecom', 'dingtalk', 'feishu', 'sms')),
  organisation text NOT NULL,           -- whose subtree may use it
  host         text NOT NULL
);

CREATE TABLE notice_subscriptions (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation  text NOT NULL,
  reach         text NOT NULL CHECK (reach IN ('own', 'subtree')),
  kinds         text[],                 -- of notices; NULL: all
  from_severity text NOT NULL CHECK (from_severity IN ('critical', 'high', 'medium', 'low')),
  channel       text NOT NULL,
  recipient     text NOT NULL,          -- address or number; '' where the channel has one receiver
  language      text NOT NULL CHECK (language IN ('zh', 'en')),
  tells         text NOT NULL CHECK (tells IN ('person', 'place')),
  quiet_from    text,                   -- 'HH:MM' of the office's day
  quiet_until   text,
  made_by       text NOT NULL,
  made_at       timestamptz NOT NULL,
  ended_by      text,
  ended_at      timestamptz,
  CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
CREATE INDEX notice_subscriptions_live ON notice_subscriptions (organisation) WHERE ended_at IS NULL;

-- One message to one recipient. `round`: how often a person had it sent again.
CREATE TABLE notice_deliveries (
  id           uuid PRIMARY KEY,
  seq          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  organisation text NOT NULL,
  subscription bigint REFERENCES notice_subscriptions (id),   -- NULL: a test
  channel      text NOT NULL,
  recipient    text NOT NULL,
  language     text NOT NULL,
  urgent       boolean NOT NULL,
  state        text NOT NULL CHECK (state IN ('gathering', 'sending', 'failed', 'sent', 'dead', 'withdrawn')),
  made_at      timestamptz NOT NULL,
  due_at       timestamptz NOT NULL,
  round        integer NOT NULL DEFAULT 1,
  is_queued    boolean NOT NULL DEFAULT false,
  attempts     integer NOT NULL DEFAULT 0,
  answer       text,                    -- the channel's last answer code
  sent_at      timestamptz
);
CREATE INDEX notice_deliveries_newest ON notice_deliveries (organisation, seq DESC);
CREATE INDEX notice_deliveries_by_time ON notice_deliveries (made_at);
CREATE INDEX notice_deliveries_unqueued ON notice_deliveries (seq) WHERE NOT is_queued;
CREATE INDEX notice_deliveries_last ON notice_deliveries (subscription, urgent, due_at DESC);

-- What a message carries. One notice goes to one recipient by one channel once, however many subscriptions ask for it.
CREATE TABLE notice_parts (
  notice    bigint NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
  channel   text NOT NULL,
  recipient text NOT NULL,
  delivery  uuid NOT NULL REFERENCES notice_deliveries (id) ON DELETE CASCADE,
  PRIMARY KEY (notice, channel, recipient)
);
CREATE INDEX notice_parts_of_delivery ON notice_parts (delivery, notice);

-- Each try: written before it, completed after it. One without an answer was cut off: whether it arrived is not known.
CREATE TABLE notice_attempts (
  delivery uuid NOT NULL REFERENCES notice_deliveries (id) ON DELETE CASCADE,
  attempt  integer NOT NULL,
  at       timestamptz NOT NULL,
  answer   text,
  is_sent  boolean,
  PRIMARY KEY (delivery, attempt)
);

CALL protect_by_office('notices');
CALL protect('notice_marks', $$(SELECT sees_office('') IS NOT NULL)$$);
CALL protect_by_office('notice_subscriptions', 'organisation');
CALL protect_by_office('notice_deliveries', 'organisation');
-- A channel of an organisation serves all below it, who must find it; it names nobody.
CALL protect_reading('notice_channels', $$(SELECT sees_office('') IS NOT NULL)$$);
CALL protect('notice_parts', 'EXISTS (SELECT FROM notice_deliveries d WHERE d.id = notice_parts.delivery)');
CALL protect('notice_attempts', 'EXISTS (SELECT FROM notice_deliveries d WHERE d.id = notice_attempts.delivery)');
