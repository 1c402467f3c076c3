-- The same CHECKs in fewer words. PostgreSQL reads the constraints of a table anew for every
-- statement that writes to it: in a batch of one that was a quarter of the work. They mean what
-- they meant.

ALTER TABLE fz.transfer
    DROP CONSTRAINT transfer_number_check, -- a number is above the one before it, which is >= 0
    DROP CONSTRAINT transfer_chain,
    DROP CONSTRAINT transfer_kind,
    DROP CONSTRAINT transfer_corrects,
    ADD CONSTRAINT transfer_chain CHECK (
        least(debit_same, credit_same) >= 0
        AND debit_same <= debit_previous AND debit_previous < number
        AND credit_same <= credit_previous AND credit_previous < number),
    -- the rule table, once more (include/feezero/kinds.def; a test compares the two): each kind
    -- with its debit and its credit class, three digits each; kind 14 is a correction, the mirror
    -- of kinds 1, 5, 11, 12 and 13
    ADD CONSTRAINT transfer_kind CHECK (
        kind * 1000000 + debit / 1000000000 * 1000 + credit / 1000000000 = ANY ('{
            1001010, 2010011, 3011010, 4011010, 5010010, 6011012, 7002001, 8012002, 9012011,
            10001002, 11003020, 12003013, 13011003,
            14010001, 14010010, 14020003, 14013003, 14003011}'::bigint[])),
    ADD CONSTRAINT transfer_corrects CHECK (
        CASE WHEN kind = 14 THEN coalesce(corrects, number) < number ELSE corrects IS NULL END);

ALTER TABLE fz.account
    DROP CONSTRAINT account_account_check,
    DROP CONSTRAINT account_debits_pending_check,
    DROP CONSTRAINT account_debits_posted_check,
    DROP CONSTRAINT account_credits_pending_check,
    DROP CONSTRAINT account_credits_posted_check,
    DROP CONSTRAINT account_hold_check,
    DROP CONSTRAINT account_last_transfer_check,
    DROP CONSTRAINT account_state_check,
    DROP CONSTRAINT account_floor,
    DROP CONSTRAINT account_heads,
    ADD CONSTRAINT account_row CHECK (
        least(debits_pending, debits_posted, credits_pending, credits_posted, hold, last_transfer,
              state - 1, 3 - state, account - 1000000000) >= 0),
    -- assets and expenses (classes 1 to 9) never owe, wallets, shops and payouts (10 to 12) neither
    ADD CONSTRAINT account_floor CHECK (
        CASE WHEN account < 10000000000 THEN debits_posted >= credits_posted
             WHEN account < 13000000000 THEN credits_posted >= debits_posted
             ELSE true END),
    ADD CONSTRAINT account_heads CHECK (
        octet_length(heads) = ANY (
            '{0, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 136}'::int[]));

ALTER TABLE fz.intent
    DROP CONSTRAINT intent_check,
    DROP CONSTRAINT intent_check1,
    DROP CONSTRAINT intent_amount_check,
    DROP CONSTRAINT intent_state_check,
    DROP CONSTRAINT intent_refunded,
    DROP CONSTRAINT intent_paid,
    ADD CONSTRAINT intent_row CHECK (
        least(amount - 1, expires_us - created_us - 1, state - 1, 5 - state) >= 0),
    ADD CONSTRAINT intent_refunded CHECK (
        refunded BETWEEN 0 AND CASE WHEN state = 2 THEN amount ELSE 0 END),
    ADD CONSTRAINT intent_paid CHECK (
        num_nulls(payment_id, number, payer, paid_us)
        = CASE WHEN state = 2 OR state = 5 THEN 0 ELSE 4 END);

ALTER TABLE fz.operation
    DROP CONSTRAINT operation_note_check,
    DROP CONSTRAINT operation_order_base_check,
    DROP CONSTRAINT operation_order_body_check,
    DROP CONSTRAINT operation_order_signature_check,
    DROP CONSTRAINT operation_approver_signature_check,
    DROP CONSTRAINT operation_order,
    ADD CONSTRAINT operation_lengths CHECK (
        greatest(octet_length(note) - 140, octet_length(order_base) - 1024,
                 octet_length(order_body) - 2048, abs(octet_length(order_signature) - 64),
                 abs(octet_length(approver_signature) - 64)) <= 0),
    ADD CONSTRAINT operation_order CHECK (
        num_nulls(order_key, order_base, order_signature) % 3 = 0
        AND num_nulls(approver_key, approver_signature) <> 1);

ALTER TABLE fz.head
    DROP CONSTRAINT head_last_number_check,
    DROP CONSTRAINT head_last_time_us_check,
    DROP CONSTRAINT head_last_batch_check,
    DROP CONSTRAINT head_last_event_check,
    ADD CONSTRAINT head_row CHECK (least(last_number, last_time_us, last_batch, last_event) >= 0);

ALTER TABLE fz.batch
    DROP CONSTRAINT batch_batch_check,
    DROP CONSTRAINT batch_transfers_check,
    DROP CONSTRAINT batch_operations_check,
    ADD CONSTRAINT batch_row CHECK (least(batch - 1, transfers, operations) >= 0);
