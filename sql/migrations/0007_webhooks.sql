-- Webhooks: where a shop wants its events sent, and what became of each. Nothing of the hot path is
-- touched: the courier reads fz.event as any reader does. Times of deliveries are microseconds of
-- the database's clock (fz.now_us()), which is one for all switches.

CREATE TABLE fz.webhook (
    community_id integer NOT NULL,
    webhook_id uuid NOT NULL,
    shop bigint NOT NULL,
    url text NOT NULL CHECK (octet_length(url) BETWEEN 8 AND 500),
    secret bytea NOT NULL CHECK (octet_length(secret) = 32),
    old_secret bytea CHECK (octet_length(old_secret) = 32),
    old_until_us bigint NOT NULL DEFAULT 0,
    state smallint NOT NULL DEFAULT 1 CHECK (state IN (1, 2, 3)),
    since_event bigint NOT NULL CHECK (since_event >= 0),
    created_us bigint NOT NULL,
    failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    pause_until_us bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (community_id, webhook_id)
);
CREATE INDEX webhook_of_shop ON fz.webhook (community_id, shop);
COMMENT ON TABLE fz.webhook IS 'Where a shop wants its events sent';
COMMENT ON COLUMN fz.webhook.community_id IS 'Community';
COMMENT ON COLUMN fz.webhook.webhook_id IS 'Id made by the owner''s client';
COMMENT ON COLUMN fz.webhook.shop IS 'Party number of the shop';
COMMENT ON COLUMN fz.webhook.url IS 'Where the events are sent by POST';
COMMENT ON COLUMN fz.webhook.secret
    IS 'What deliveries are signed with; readable by the switch alone (sql/roles.sql)';
COMMENT ON COLUMN fz.webhook.old_secret
    IS 'The secret before a rotation: signs too, until old_until_us';
COMMENT ON COLUMN fz.webhook.old_until_us IS 'When the old secret ends; 0: there is none';
COMMENT ON COLUMN fz.webhook.state IS '1 active, 2 off (its receiver answered 410), 3 deleted';
COMMENT ON COLUMN fz.webhook.since_event IS 'Events after this one are sent';
COMMENT ON COLUMN fz.webhook.created_us IS 'When it was created';
COMMENT ON COLUMN fz.webhook.failures IS 'Attempts in a row that failed';
COMMENT ON COLUMN fz.webhook.pause_until_us IS 'Nothing is sent to it before';

CREATE TABLE fz.webhook_feed (
    community_id integer PRIMARY KEY,
    event bigint NOT NULL CHECK (event >= 0)
);
COMMENT ON TABLE fz.webhook_feed
    IS 'How far the events of a community were turned into deliveries; who adds a webhook, and who'
       ' reads on, holds its row';
COMMENT ON COLUMN fz.webhook_feed.community_id IS 'Community';
COMMENT ON COLUMN fz.webhook_feed.event IS 'The last event that was looked at';

CREATE TABLE fz.webhook_delivery (
    community_id integer NOT NULL,
    webhook_id uuid NOT NULL,
    event bigint NOT NULL,
    recorded_us bigint NOT NULL,
    next_us bigint NOT NULL,
    last_us bigint,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    duration_ms integer,
    status smallint CHECK (status BETWEEN 100 AND 999),
    state smallint NOT NULL DEFAULT 1 CHECK (state IN (1, 2, 3)),
    fault text CHECK (octet_length(fault) BETWEEN 1 AND 40),
    PRIMARY KEY (community_id, webhook_id, event)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX webhook_delivery_waiting ON fz.webhook_delivery (community_id, webhook_id, event)
    WHERE state = 1;
CREATE INDEX webhook_delivery_age ON fz.webhook_delivery (community_id, recorded_us);
COMMENT ON TABLE fz.webhook_delivery
    IS 'One event for one webhook: waiting, or what became of it';
COMMENT ON COLUMN fz.webhook_delivery.community_id IS 'Community';
COMMENT ON COLUMN fz.webhook_delivery.webhook_id IS 'Webhook';
COMMENT ON COLUMN fz.webhook_delivery.event IS 'Event (fz.event)';
COMMENT ON COLUMN fz.webhook_delivery.recorded_us
    IS 'When it was recorded, or asked for again: from then on it is tried for three days';
COMMENT ON COLUMN fz.webhook_delivery.next_us IS 'While it waits: not before';
COMMENT ON COLUMN fz.webhook_delivery.last_us IS 'The last attempt; null before the first';
COMMENT ON COLUMN fz.webhook_delivery.attempts IS 'How often it was tried';
COMMENT ON COLUMN fz.webhook_delivery.duration_ms IS 'How long the last attempt took';
COMMENT ON COLUMN fz.webhook_delivery.status
    IS 'HTTP status of the last attempt; null if there was no answer';
COMMENT ON COLUMN fz.webhook_delivery.state IS '1 waiting, 2 delivered, 3 given up';
COMMENT ON COLUMN fz.webhook_delivery.fault
    IS 'Why there was no answer: a word of switch/courier/attempt.c';
