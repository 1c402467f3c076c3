-- The ledger that everybody would write first, to measure against: one transaction per payment, a
-- row for idempotency, both accounts locked in the order of their numbers, the funds checked. It
-- has the columns of the real journal that a payment needs, and no signature, no intent, no event,
-- no hash chain: it does less, so it is not made to look slow.
--
--   psql CONNINFO -v accounts=100000 -f plain.sql
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS plain CASCADE;
CREATE SCHEMA plain;

CREATE TABLE plain.account (
    account bigint PRIMARY KEY,
    debits bigint NOT NULL DEFAULT 0,
    credits bigint NOT NULL DEFAULT 0,
    CHECK (account = 0 OR credits >= debits)
) WITH (fillfactor = 60);

CREATE TABLE plain.transfer (
    number bigint PRIMARY KEY,
    debit bigint NOT NULL,
    credit bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    at timestamptz NOT NULL DEFAULT now(),
    op_id uuid NOT NULL
);

CREATE SEQUENCE plain.number;

CREATE TABLE plain.operation (
    op_id uuid PRIMARY KEY,
    result smallint NOT NULL, -- 0 booked, 1 refused for funds
    number bigint
);

INSERT INTO plain.account (account, debits) VALUES (0, :accounts::bigint * 500000);
INSERT INTO plain.account (account, credits) SELECT i, 500000 FROM generate_series(1, :accounts) i;

-- 0: booked; 1: not enough money. The same id again: what was decided the first time.
CREATE FUNCTION plain.pay(p_id uuid, p_debit bigint, p_credit bigint, p_amount bigint)
RETURNS smallint
LANGUAGE plpgsql
AS $$
DECLARE
    decided smallint;
    available bigint;
    booked bigint := nextval('plain.number');
BEGIN
    INSERT INTO plain.operation (op_id, result, number) VALUES (p_id, 0, booked)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT result INTO STRICT decided FROM plain.operation WHERE op_id = p_id;
        RETURN decided;
    END IF;
    PERFORM FROM plain.account WHERE account IN (p_debit, p_credit) ORDER BY account FOR UPDATE;
    SELECT credits - debits INTO STRICT available FROM plain.account WHERE account = p_debit;
    IF available < p_amount THEN
        UPDATE plain.operation SET result = 1, number = NULL WHERE op_id = p_id;
        RETURN 1;
    END IF;
    UPDATE plain.account SET debits = debits + p_amount WHERE account = p_debit;
    UPDATE plain.account SET credits = credits + p_amount WHERE account = p_credit;
    INSERT INTO plain.transfer (number, debit, credit, amount, op_id)
    VALUES (booked, p_debit, p_credit, p_amount, p_id);
    RETURN 0;
END
$$;

-- A time-ordered id, made where the payment comes from.
CREATE FUNCTION plain.uuid7() RETURNS uuid LANGUAGE sql VOLATILE
AS $$ SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
              || substr(md5(random()::text), 1, 3) || 'a'
              || substr(md5(random()::text), 1, 15))::uuid $$;
VACUUM (FREEZE, ANALYZE) plain.account;
CHECKPOINT;
