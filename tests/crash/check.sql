-- What the clients were told, held against the ledger, as the auditor, who can only read. The
-- tables told(op_id, intent_id, amount, number), asked(op_id, intent_id, amount) and
-- resolved(op_id, how) hold the clients' records; check.sh fills them. Gives one row of counts.
CREATE TEMP VIEW payment AS
    SELECT t.op_id, o.ref AS intent_id, t.amount, t.number
    FROM fz.transfer t
    JOIN fz.operation o USING (community_id, op_id)
    WHERE t.kind = 2 AND o.command = 4 AND o.rc = 0;

SELECT
    (SELECT count(*) FROM told) AS acknowledged,
    -- told a client, and not in the ledger with that intent, amount and number
    (SELECT count(*) FROM (TABLE told EXCEPT ALL TABLE payment) AS x) AS lost,
    -- in the ledger more often than a client was told, or twice for one id or one intent
    (SELECT count(*) FROM (TABLE payment EXCEPT ALL TABLE told) AS x)
    + (SELECT count(*) FROM (
        SELECT FROM fz.transfer WHERE kind = 2
        GROUP BY community_id, op_id HAVING count(*) > 1) AS x)
    + (SELECT count(*) FROM (SELECT FROM payment GROUP BY intent_id HAVING count(*) > 1) AS x)
        AS duplicated,
    (SELECT count(*) FROM resolved) AS unknown_resolved,
    -- not resolved exactly once
    (SELECT count(*) FROM (
        (SELECT op_id FROM asked EXCEPT ALL SELECT op_id FROM resolved)
        UNION ALL (SELECT op_id FROM resolved EXCEPT ALL SELECT op_id FROM asked)) AS x)
        AS unresolved,
    -- resolved one way and booked the other
    (SELECT count(*) FROM resolved r
        WHERE (r.how = 'paid') <> EXISTS (SELECT FROM payment p WHERE p.op_id = r.op_id)
            OR (r.how = 'tombstoned') <> EXISTS (
                SELECT FROM fz.operation o WHERE o.op_id = r.op_id AND o.command = 8 AND o.rc = 0))
        AS misresolved,
    -- the books: balances that do not add up or are not what the transfers make them, numbers of
    -- transfers and events that are missing
    (SELECT count(*) FROM (
        SELECT FROM fz.account GROUP BY community_id
        HAVING sum(debits_posted) <> sum(credits_posted)) AS x)
    + (SELECT count(*) FROM (
        SELECT FROM fz.transfer GROUP BY community_id HAVING count(*) <> max(number)) AS x)
    + (SELECT count(*) FROM (
        SELECT FROM fz.event GROUP BY community_id HAVING count(*) <> max(event)) AS x)
    + (SELECT count(*) FROM (
        SELECT community_id, account, debits_posted, credits_posted FROM fz.account
            WHERE debits_posted <> 0 OR credits_posted <> 0
        EXCEPT
        SELECT community_id, account, sum(debit), sum(credit) FROM (
            SELECT community_id, debit AS account, amount AS debit, 0 AS credit FROM fz.transfer
            UNION ALL SELECT community_id, credit, 0, amount FROM fz.transfer) AS leg
        GROUP BY community_id, account) AS x)
    + (SELECT count(*) FROM fz.account WHERE account / 1000000000 IN (10, 11, 12)
        AND credits_posted < debits_posted)
        AS unbalanced,
    -- intents and events that do not say what the transfers say
    (SELECT count(*) FROM (
        (SELECT payment_id, intent_id, amount, number FROM fz.intent WHERE state = 2
            EXCEPT ALL TABLE payment)
        UNION ALL (TABLE payment
            EXCEPT ALL SELECT payment_id, intent_id, amount, number FROM fz.intent)) AS x)
    + (SELECT count(*) FROM (
        (SELECT op_id, intent_id, amount, transfer FROM fz.event WHERE type = 2
            EXCEPT ALL TABLE payment)
        UNION ALL (TABLE payment EXCEPT ALL
            SELECT op_id, intent_id, amount, transfer FROM fz.event WHERE type = 2)) AS x)
        AS untold;
