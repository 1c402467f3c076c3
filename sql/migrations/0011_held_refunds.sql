-- Refunds that wait for a shop's money. What was released stays: which operation booked it.

CREATE TABLE fz.held_refund (
    community_id integer NOT NULL,
    shop bigint NOT NULL,
    refund_id uuid NOT NULL,
    intent_id uuid NOT NULL,
    party bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    since_us bigint NOT NULL,
    release_id uuid,
    PRIMARY KEY (community_id, shop, refund_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE fz.held_refund IS 'Refunds that were accepted while the shop was short';
COMMENT ON COLUMN fz.held_refund.community_id IS 'Community';
COMMENT ON COLUMN fz.held_refund.shop IS 'Shop that owes it';
COMMENT ON COLUMN fz.held_refund.refund_id IS 'The refund''s operation';
COMMENT ON COLUMN fz.held_refund.intent_id IS 'Sale it is about';
COMMENT ON COLUMN fz.held_refund.party IS 'Resident who gets it';
COMMENT ON COLUMN fz.held_refund.amount IS 'Yen';
COMMENT ON COLUMN fz.held_refund.since_us IS 'When it was accepted';
COMMENT ON COLUMN fz.held_refund.release_id
    IS 'Operation that booked it, when the shop had the money; NULL while it waits';

ALTER TABLE fz.account
    ADD COLUMN held bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT account_row,
    ADD CONSTRAINT account_row CHECK (
        least(debits_pending, debits_posted, credits_pending, credits_posted, hold, held,
              last_transfer, state - 1, 3 - state, account - 1000000000, 48 - octet_length(recent),
              -(octet_length(recent) % 12)) >= 0);
COMMENT ON COLUMN fz.account.held IS 'Of a shop: the sum of the refunds that wait for its money';
