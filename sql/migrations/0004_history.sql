-- History by kind, side and time without an index on the journal. Every transfer knows, on each
-- side, the account's transfer before it of the same kind and side; the account knows the newest
-- of each; and after every 64th transfer of an account its state is kept as a mark, so that any
-- moment is at most 64 steps away. docs/adr/0008.

ALTER TABLE fz.transfer
    ADD COLUMN debit_same bigint NOT NULL DEFAULT 0,
    ADD COLUMN credit_same bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN fz.transfer.debit_same
    IS 'The debited account''s debit of this kind before this one, 0 for its first';
COMMENT ON COLUMN fz.transfer.credit_same
    IS 'The credited account''s credit of this kind before this one, 0 for its first';

ALTER TABLE fz.account
    ADD COLUMN heads bytea NOT NULL DEFAULT ''
    CONSTRAINT account_heads CHECK (octet_length(heads) % 8 = 0
                                    AND octet_length(heads) BETWEEN 0 AND 136
                                    AND octet_length(heads) <> 8);
COMMENT ON COLUMN fz.account.heads
    IS 'Heads of its chains per kind, 64-bit words: how many transfers it had; then for each kind'
       ' and side, in the order they came up, kind and side above 56 bits of the newest number';

CREATE TABLE fz.account_mark (
    community_id integer NOT NULL,
    account bigint NOT NULL,
    time_us bigint NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    debits_posted bigint NOT NULL CHECK (debits_posted >= 0),
    credits_posted bigint NOT NULL CHECK (credits_posted >= 0),
    heads bytea NOT NULL CHECK (octet_length(heads) BETWEEN 16 AND 136
                                AND octet_length(heads) % 8 = 0),
    PRIMARY KEY (community_id, account, time_us)
);
COMMENT ON TABLE fz.account_mark
    IS 'Every account as it was after each 64th of its transfers: where readers start in its past';
COMMENT ON COLUMN fz.account_mark.community_id IS 'Community';
COMMENT ON COLUMN fz.account_mark.account IS 'Account';
COMMENT ON COLUMN fz.account_mark.time_us IS 'Time of that transfer';
COMMENT ON COLUMN fz.account_mark.number IS 'Number of that transfer';
COMMENT ON COLUMN fz.account_mark.debits_posted IS 'The account''s debits_posted after it';
COMMENT ON COLUMN fz.account_mark.credits_posted IS 'The account''s credits_posted after it';
COMMENT ON COLUMN fz.account_mark.heads IS 'The account''s heads after it';

-- What the writer would have written, had it known: for a journal that is there already.

UPDATE fz.transfer t SET debit_same = s.debit_same, credit_same = s.credit_same
FROM (SELECT community_id, number,
          lag(number, 1, 0::bigint) OVER (PARTITION BY community_id, debit, kind ORDER BY number)
              AS debit_same,
          lag(number, 1, 0::bigint) OVER (PARTITION BY community_id, credit, kind ORDER BY number)
              AS credit_same
      FROM fz.transfer) s
WHERE t.community_id = s.community_id AND t.number = s.number
    AND (s.debit_same > 0 OR s.credit_same > 0);

-- Each side of each transfer: the how-manieth of its account, and the account's sums after it.
CREATE TEMPORARY TABLE posting ON COMMIT DROP AS
SELECT community_id, account, number, time_us, slot, row_number() OVER past AS place,
    (sum(debit) OVER past)::bigint AS debits, (sum(credit) OVER past)::bigint AS credits
FROM (SELECT community_id, debit AS account, number, time_us, (kind * 2)::bigint AS slot,
          amount AS debit, 0 AS credit
      FROM fz.transfer
      UNION ALL
      SELECT community_id, credit, number, time_us, (kind * 2 + 1)::bigint, 0, amount
      FROM fz.transfer) side
WINDOW past AS (PARTITION BY community_id, account ORDER BY number);

UPDATE fz.account a SET heads = h.heads
FROM (SELECT community_id, account,
          int8send(sum(postings)::bigint)
              || string_agg(int8send(slot << 56 | last), ''::bytea ORDER BY first) AS heads
      FROM (SELECT community_id, account, slot, count(*) AS postings, min(number) AS first,
                max(number) AS last
            FROM pg_temp.posting GROUP BY community_id, account, slot) slots
      GROUP BY community_id, account) h
WHERE a.community_id = h.community_id AND a.account = h.account;

-- For each mark and each slot of its account: the newest number in this block of 64 or before.
INSERT INTO fz.account_mark
    (community_id, account, time_us, number, debits_posted, credits_posted, heads)
SELECT community_id, account, time_us, number, debits, credits,
    int8send(place)
        || string_agg(int8send(slot << 56 | last), ''::bytea ORDER BY first)
FROM (SELECT m.community_id, m.account, m.time_us, m.number, m.debits, m.credits, m.place, u.slot,
          u.first, max(b.last) OVER (PARTITION BY m.community_id, m.account, u.slot
                                     ORDER BY m.place) AS last
      FROM pg_temp.posting m
      JOIN (SELECT community_id, account, slot, min(number) AS first
            FROM pg_temp.posting GROUP BY community_id, account, slot) u
          USING (community_id, account)
      LEFT JOIN (SELECT community_id, account, slot, (place - 1) / 64 AS block,
                     max(number) AS last
                 FROM pg_temp.posting GROUP BY community_id, account, slot, (place - 1) / 64) b
          ON b.community_id = m.community_id AND b.account = m.account AND b.slot = u.slot
              AND b.block = (m.place - 1) / 64
      WHERE m.place % 64 = 0) marks
WHERE last IS NOT NULL
GROUP BY community_id, account, time_us, number, debits, credits, place;

-- From here on who writes must know them: a writer that does not is refused.
ALTER TABLE fz.transfer
    ALTER COLUMN debit_same DROP DEFAULT,
    ALTER COLUMN credit_same DROP DEFAULT,
    DROP CONSTRAINT transfer_chain,
    ADD CONSTRAINT transfer_chain CHECK (
        debit_previous < number AND debit_same BETWEEN 0 AND debit_previous
        AND credit_previous < number AND credit_same BETWEEN 0 AND credit_previous);
