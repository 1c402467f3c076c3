-- Codes that residents show, and intents that wait for one payer's consent.

CREATE TABLE fz.code (
    community_id integer NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    code_id uuid NOT NULL,
    party bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    expires_us bigint NOT NULL,
    intent_id uuid,
    PRIMARY KEY (community_id, hash)
) WITH (fillfactor = 70);
COMMENT ON TABLE fz.code
    IS 'One-time codes that residents show to pay; used when an intent names one';
COMMENT ON COLUMN fz.code.community_id IS 'Community';
COMMENT ON COLUMN fz.code.code_id IS 'Operation that made it';
COMMENT ON COLUMN fz.code.hash IS 'Keyed hash of its digits, which are nowhere';
COMMENT ON COLUMN fz.code.party IS 'Resident who shows it';
COMMENT ON COLUMN fz.code.amount IS 'Yen up to which she is not asked again';
COMMENT ON COLUMN fz.code.expires_us IS 'When it can no longer be used';
COMMENT ON COLUMN fz.code.intent_id IS 'Intent that used it';

-- An unpaid intent has no payer, or the one whose consent it waits for.
ALTER TABLE fz.intent
    DROP CONSTRAINT intent_paid,
    ADD CONSTRAINT intent_paid CHECK (
        CASE WHEN state = 2 OR state = 5 THEN num_nulls(payment_id, number, payer, paid_us) = 0
             ELSE num_nonnulls(payment_id, number, paid_us) = 0 END);
COMMENT ON COLUMN fz.intent.payer IS 'Party that paid, or is asked for her consent';
