-- The books. Every key leads with community_id: one installation serves many towns, and a town's
-- rows can be moved to a machine of their own. There are no foreign keys on the hot path
-- (payments): the C rules, the CHECKs below and `fz audit` stand for them.
--
-- Amounts are yen. Times of the ledger are microseconds since 1970-01-01 UTC (bigint), because
-- they are hashed and must not depend on a session's time zone.

CREATE SCHEMA fz;
COMMENT ON SCHEMA fz IS 'FeeZero: ledger, parties, treasury';

CREATE TABLE fz.community (
    community_id integer PRIMARY KEY CHECK (community_id > 0),
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 120),
    utc_offset_s integer NOT NULL DEFAULT 32400 CHECK (utc_offset_s BETWEEN -50400 AND 50400),
    qr_guid text NOT NULL DEFAULT 'jp.example.feezero' CHECK (qr_guid ~ '^[a-z0-9.-]{3,32}$'),
    registration_number text CHECK (registration_number ~ '^T[0-9]{13}$'),
    next_party bigint NOT NULL DEFAULT 1 CHECK (next_party BETWEEN 1 AND 100000000)
);
COMMENT ON TABLE fz.community
    IS 'A town with its own currency: one ledger, one totally ordered sequence';
COMMENT ON COLUMN fz.community.community_id IS 'Number of the community, leads every key';
COMMENT ON COLUMN fz.community.name IS 'Name shown to people';
COMMENT ON COLUMN fz.community.utc_offset_s IS 'Time zone for business days, seconds east of UTC';
COMMENT ON COLUMN fz.community.qr_guid
    IS 'Globally unique identifier in template 27 of its QR codes';
COMMENT ON COLUMN fz.community.registration_number
    IS 'The consortium''s qualified-invoice number, T and 13 digits';
COMMENT ON COLUMN fz.community.next_party IS 'Number the next party gets';

CREATE TABLE fz.head (
    community_id integer PRIMARY KEY,
    last_number bigint NOT NULL DEFAULT 0 CHECK (last_number >= 0),
    last_time_us bigint NOT NULL DEFAULT 0 CHECK (last_time_us >= 0),
    last_batch bigint NOT NULL DEFAULT 0 CHECK (last_batch >= 0),
    last_event bigint NOT NULL DEFAULT 0 CHECK (last_event >= 0),
    last_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
        CHECK (octet_length(last_hash) = 32)
) WITH (fillfactor = 10);
COMMENT ON TABLE fz.head
    IS 'The end of each community''s sequence; its row lock decides who writes next';
COMMENT ON COLUMN fz.head.community_id IS 'Community';
COMMENT ON COLUMN fz.head.last_number IS 'Number of the last transfer';
COMMENT ON COLUMN fz.head.last_time_us IS 'Time of the last decision, microseconds since 1970';
COMMENT ON COLUMN fz.head.last_batch IS 'Number of the last batch';
COMMENT ON COLUMN fz.head.last_event IS 'Number of the last event';
COMMENT ON COLUMN fz.head.last_hash
    IS 'Hash of the last batch: the chain every later batch builds on';

CREATE TABLE fz.account (
    community_id integer NOT NULL,
    account bigint NOT NULL CHECK (account >= 1000000000),
    debits_pending bigint NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
    debits_posted bigint NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
    credits_pending bigint NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
    credits_posted bigint NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
    hold bigint NOT NULL DEFAULT 0 CHECK (hold >= 0),
    last_transfer bigint NOT NULL DEFAULT 0 CHECK (last_transfer >= 0),
    state smallint NOT NULL DEFAULT 1 CHECK (state IN (1, 2, 3)),
    PRIMARY KEY (community_id, account),
    -- assets and expenses (classes 1 to 9) never owe, wallets, shops and payouts (10 to 12) neither
    CONSTRAINT account_floor CHECK (
        CASE WHEN account / 1000000000 < 10 THEN debits_posted - credits_posted >= 0
             WHEN account / 1000000000 <= 12 THEN credits_posted - debits_posted >= 0
             ELSE true END)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE fz.account IS 'Balances, the only place where it is written what somebody owns';
COMMENT ON COLUMN fz.account.community_id IS 'Community';
COMMENT ON COLUMN fz.account.account
    IS 'Class code * 1,000,000,000 + party number (party 0: the consortium)';
COMMENT ON COLUMN fz.account.debits_pending IS 'Holds on the debit side';
COMMENT ON COLUMN fz.account.debits_posted
    IS 'Sum of all transfers that debited the account; only grows';
COMMENT ON COLUMN fz.account.credits_pending IS 'Holds on the credit side';
COMMENT ON COLUMN fz.account.credits_posted
    IS 'Sum of all transfers that credited the account; only grows';
COMMENT ON COLUMN fz.account.hold
    IS 'Amount that may not leave (freeze of an amount, not of the account)';
COMMENT ON COLUMN fz.account.last_transfer
    IS 'Number of its newest transfer: the head of its history chain';
COMMENT ON COLUMN fz.account.state IS '1 open, 2 frozen, 3 closed';

CREATE TABLE fz.transfer (
    community_id integer NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    debit bigint NOT NULL,
    credit bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    time_us bigint NOT NULL,
    debit_previous bigint NOT NULL,
    credit_previous bigint NOT NULL,
    corrects bigint,
    op_id uuid NOT NULL,
    kind smallint NOT NULL,
    PRIMARY KEY (community_id, number),
    CONSTRAINT transfer_two_accounts CHECK (debit <> credit),
    CONSTRAINT transfer_chain CHECK (debit_previous >= 0 AND debit_previous < number
                                     AND credit_previous >= 0 AND credit_previous < number),
    -- the rule table, once more (include/feezero/kinds.def; a test compares the two)
    CONSTRAINT transfer_kind CHECK (
        CASE kind
            WHEN 1 THEN debit / 1000000000 = 1 AND credit / 1000000000 = 10
            WHEN 2 THEN debit / 1000000000 = 10 AND credit / 1000000000 = 11
            WHEN 3 THEN debit / 1000000000 = 11 AND credit / 1000000000 = 10
            WHEN 4 THEN debit / 1000000000 = 11 AND credit / 1000000000 = 10
            WHEN 5 THEN debit / 1000000000 = 10 AND credit / 1000000000 = 10
            WHEN 6 THEN debit / 1000000000 = 11 AND credit / 1000000000 = 12
            WHEN 7 THEN debit / 1000000000 = 2 AND credit / 1000000000 = 1
            WHEN 8 THEN debit / 1000000000 = 12 AND credit / 1000000000 = 2
            WHEN 9 THEN debit / 1000000000 = 12 AND credit / 1000000000 = 11
            WHEN 10 THEN debit / 1000000000 = 1 AND credit / 1000000000 = 2
            WHEN 11 THEN debit / 1000000000 = 3 AND credit / 1000000000 = 20
            WHEN 12 THEN debit / 1000000000 = 3 AND credit / 1000000000 = 13
            WHEN 13 THEN debit / 1000000000 = 11 AND credit / 1000000000 = 3
            -- a correction: the mirror of kinds 1, 5, 11, 12, 13, and it names what it undoes
            WHEN 14 THEN corrects IS NOT NULL AND corrects < number AND (
                (debit / 1000000000 = 10 AND credit / 1000000000 = 1) OR
                (debit / 1000000000 = 10 AND credit / 1000000000 = 10) OR
                (debit / 1000000000 = 20 AND credit / 1000000000 = 3) OR
                (debit / 1000000000 = 13 AND credit / 1000000000 = 3) OR
                (debit / 1000000000 = 3 AND credit / 1000000000 = 11))
            ELSE false END),
    CONSTRAINT transfer_corrects CHECK ((corrects IS NOT NULL) = (kind = 14))
);
CREATE UNIQUE INDEX transfer_corrected_once ON fz.transfer (community_id, corrects)
    WHERE corrects IS NOT NULL;
COMMENT ON TABLE fz.transfer
    IS 'The journal: append-only, numbered without gaps, one debit and one credit each';
COMMENT ON COLUMN fz.transfer.community_id IS 'Community';
COMMENT ON COLUMN fz.transfer.number IS '1, 2, 3 ... in the order of the ledger';
COMMENT ON COLUMN fz.transfer.debit IS 'Account debited';
COMMENT ON COLUMN fz.transfer.credit IS 'Account credited';
COMMENT ON COLUMN fz.transfer.amount IS 'Yen';
COMMENT ON COLUMN fz.transfer.time_us IS 'When it was decided; strictly increasing with the number';
COMMENT ON COLUMN fz.transfer.debit_previous
    IS 'The debited account''s transfer before this one, 0 for its first';
COMMENT ON COLUMN fz.transfer.credit_previous
    IS 'The credited account''s transfer before this one, 0 for its first';
COMMENT ON COLUMN fz.transfer.corrects IS 'A correction: number of the transfer it undoes';
COMMENT ON COLUMN fz.transfer.op_id IS 'Operation it belongs to';
COMMENT ON COLUMN fz.transfer.kind IS 'Row of the rule table (kinds.def)';

CREATE TABLE fz.operation (
    community_id integer NOT NULL,
    op_id uuid NOT NULL,
    command smallint NOT NULL,
    rc smallint NOT NULL CHECK (rc BETWEEN 0 AND 199),
    state smallint NOT NULL,
    terminal smallint NOT NULL,
    batch bigint NOT NULL,
    batch_seq integer NOT NULL,
    time_us bigint NOT NULL,
    actor bigint NOT NULL,
    shop bigint NOT NULL,
    party bigint NOT NULL,
    payee bigint NOT NULL,
    amount bigint NOT NULL,
    value bigint NOT NULL,
    number bigint NOT NULL,
    expires_us bigint NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    ref uuid,
    note text CHECK (octet_length(note) <= 140),
    order_key text,
    order_base bytea CHECK (octet_length(order_base) <= 1024),
    order_body bytea CHECK (octet_length(order_body) <= 2048),
    order_signature bytea CHECK (octet_length(order_signature) = 64),
    approver_key text,
    approver_signature bytea CHECK (octet_length(approver_signature) = 64),
    PRIMARY KEY (community_id, op_id),
    CONSTRAINT operation_order CHECK ((order_key IS NULL) = (order_base IS NULL)
        AND (order_key IS NULL) = (order_signature IS NULL)
        AND (approver_key IS NULL) = (approver_signature IS NULL))
);
COMMENT ON TABLE fz.operation
    IS 'Every request that was decided, once and for ever, by the id its client made';
COMMENT ON COLUMN fz.operation.community_id IS 'Community';
COMMENT ON COLUMN fz.operation.op_id IS 'Id made by the client before it sent the request';
COMMENT ON COLUMN fz.operation.command IS 'What was asked (commands.def)';
COMMENT ON COLUMN fz.operation.rc
    IS 'Result code (errors.def): 0, or the refusal that sticks to the id';
COMMENT ON COLUMN fz.operation.state IS 'State of the intent or payout after it, 0 if none';
COMMENT ON COLUMN fz.operation.terminal IS 'Terminal that asked, 0 if none';
COMMENT ON COLUMN fz.operation.batch IS 'Batch that decided it';
COMMENT ON COLUMN fz.operation.batch_seq IS 'Place in the batch, from 0: the order of deciding';
COMMENT ON COLUMN fz.operation.time_us IS 'When it was decided';
COMMENT ON COLUMN fz.operation.actor IS 'Party that asked';
COMMENT ON COLUMN fz.operation.shop IS 'Shop concerned, 0 if none';
COMMENT ON COLUMN fz.operation.party IS 'Payer, or receiver of a top-up; 0 if none';
COMMENT ON COLUMN fz.operation.payee IS 'Receiver of a person-to-person transfer; 0 if none';
COMMENT ON COLUMN fz.operation.amount IS 'Yen asked for; for payouts and collections, yen moved';
COMMENT ON COLUMN fz.operation.value
    IS 'A figure that belongs to the result: available balance, refundable rest, total'
       ' refunded, tax';
COMMENT ON COLUMN fz.operation.number IS 'First transfer booked, 0 if none';
COMMENT ON COLUMN fz.operation.expires_us IS 'When the intent expires; 0 for other commands';
COMMENT ON COLUMN fz.operation.fingerprint
    IS 'SHA-256 of what identifies the request: the same id with another one is refused';
COMMENT ON COLUMN fz.operation.ref IS 'Intent or payout it was about';
COMMENT ON COLUMN fz.operation.note IS 'Reference or message of the person';
COMMENT ON COLUMN fz.operation.order_key IS 'Key that signed the request';
COMMENT ON COLUMN fz.operation.order_base
    IS 'RFC 9421 signature base, the very bytes that were signed';
COMMENT ON COLUMN fz.operation.order_body IS 'Body whose digest the signature base names';
COMMENT ON COLUMN fz.operation.order_signature IS 'ECDSA P-256 signature, r and s';
COMMENT ON COLUMN fz.operation.approver_key IS 'Key of the second person, where two are needed';
COMMENT ON COLUMN fz.operation.approver_signature IS 'Second signature over the same base';

CREATE TABLE fz.intent (
    community_id integer NOT NULL,
    intent_id uuid NOT NULL,
    shop bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    refunded bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    created_us bigint NOT NULL,
    expires_us bigint NOT NULL CHECK (expires_us > created_us),
    paid_us bigint,
    number bigint,
    payer bigint,
    payment_id uuid,
    terminal smallint NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    reference text NOT NULL,
    shop_name text NOT NULL,
    qr text NOT NULL,
    PRIMARY KEY (community_id, intent_id),
    CONSTRAINT intent_paid CHECK ((state IN (2, 5)) = (payment_id IS NOT NULL)
        AND (payment_id IS NULL) = (number IS NULL) AND (payment_id IS NULL) = (payer IS NULL)
        AND (payment_id IS NULL) = (paid_us IS NULL)),
    CONSTRAINT intent_refunded CHECK (refunded = 0 OR state = 2)
) WITH (fillfactor = 70);
COMMENT ON TABLE fz.intent
    IS 'A shop''s request to be paid: what the QR code on the till stands for';
COMMENT ON COLUMN fz.intent.community_id IS 'Community';
COMMENT ON COLUMN fz.intent.intent_id
    IS 'Id made by the till; also the operation id of its creation';
COMMENT ON COLUMN fz.intent.shop IS 'Party number of the shop';
COMMENT ON COLUMN fz.intent.amount IS 'Yen';
COMMENT ON COLUMN fz.intent.refunded IS 'Yen refunded so far';
COMMENT ON COLUMN fz.intent.created_us IS 'When it was created';
COMMENT ON COLUMN fz.intent.expires_us IS 'When it can no longer be paid';
COMMENT ON COLUMN fz.intent.paid_us IS 'When it was paid';
COMMENT ON COLUMN fz.intent.number IS 'Transfer of the payment';
COMMENT ON COLUMN fz.intent.payer IS 'Party that paid';
COMMENT ON COLUMN fz.intent.payment_id IS 'Operation that paid it';
COMMENT ON COLUMN fz.intent.terminal IS 'Terminal of the shop that asked';
COMMENT ON COLUMN fz.intent.state IS '1 created, 2 completed, 3 canceled, 4 expired, 5 voided';
COMMENT ON COLUMN fz.intent.reference IS 'The shop''s own reference';
COMMENT ON COLUMN fz.intent.shop_name IS 'Name of the shop as shown when it was created';
COMMENT ON COLUMN fz.intent.qr IS 'Text of the QR code as shown';

CREATE TABLE fz.event (
    community_id integer NOT NULL,
    event bigint NOT NULL,
    time_us bigint NOT NULL,
    shop bigint NOT NULL,
    amount bigint NOT NULL,
    transfer bigint NOT NULL,
    intent_id uuid NOT NULL,
    op_id uuid,
    type smallint NOT NULL,
    state smallint NOT NULL,
    PRIMARY KEY (community_id, event)
);
CREATE INDEX event_of_intent ON fz.event (community_id, intent_id, event);
COMMENT ON TABLE fz.event IS 'Outbox: what happened to intents, in the order of the ledger';
COMMENT ON COLUMN fz.event.community_id IS 'Community';
COMMENT ON COLUMN fz.event.event
    IS '1, 2, 3 ... without gaps: a reader resumes after the last it saw';
COMMENT ON COLUMN fz.event.time_us IS 'When it happened';
COMMENT ON COLUMN fz.event.shop IS 'Shop concerned';
COMMENT ON COLUMN fz.event.amount IS 'Yen paid or refunded';
COMMENT ON COLUMN fz.event.transfer IS 'Transfer booked, 0 if none';
COMMENT ON COLUMN fz.event.intent_id IS 'Intent concerned';
COMMENT ON COLUMN fz.event.op_id IS 'Operation that caused it, null for cancel and expiry';
COMMENT ON COLUMN fz.event.type
    IS '1 created, 2 completed, 3 canceled, 4 expired, 5 voided, 6 refunded';
COMMENT ON COLUMN fz.event.state IS 'State of the intent after it';

CREATE TABLE fz.batch (
    community_id integer NOT NULL,
    batch bigint NOT NULL CHECK (batch > 0),
    first_number bigint NOT NULL,
    transfers integer NOT NULL CHECK (transfers >= 0),
    operations integer NOT NULL CHECK (operations >= 0),
    time_us bigint NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (community_id, batch)
);
COMMENT ON TABLE fz.batch
    IS 'One row per commit of the ledger: the hash chain over all that was booked';
COMMENT ON COLUMN fz.batch.community_id IS 'Community';
COMMENT ON COLUMN fz.batch.batch IS '1, 2, 3 ... without gaps';
COMMENT ON COLUMN fz.batch.first_number
    IS 'Number the first transfer of the batch has, or would have had';
COMMENT ON COLUMN fz.batch.transfers IS 'How many transfers it booked';
COMMENT ON COLUMN fz.batch.operations IS 'How many operations it decided';
COMMENT ON COLUMN fz.batch.time_us IS 'Time of its last decision';
COMMENT ON COLUMN fz.batch.hash
    IS 'SHA-256 over the canonical bytes of the batch and the hash before it (docs/ledger.md)';

CREATE TABLE fz.payout (
    community_id integer NOT NULL,
    payout_id uuid NOT NULL,
    shop bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    PRIMARY KEY (community_id, payout_id)
);
COMMENT ON TABLE fz.payout IS 'Money on its way from a shop''s account to its bank account';
COMMENT ON COLUMN fz.payout.community_id IS 'Community';
COMMENT ON COLUMN fz.payout.payout_id
    IS 'Operation that booked it, deterministic: settlement and shop';
COMMENT ON COLUMN fz.payout.shop IS 'Party number of the shop';
COMMENT ON COLUMN fz.payout.amount IS 'Yen';
COMMENT ON COLUMN fz.payout.state IS '1 booked, 2 sent to the bank, 3 confirmed, 4 returned';
