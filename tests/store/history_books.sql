-- Books of any size, made in one go: psql -v transfers=N on a database with migrations 0001 to
-- 0003; migration 0004 then gives them their chains per kind and marks. A thousand wallets and
-- twenty shops; shop 1 takes an eighth of all payments, wallet 1 makes a sixteenth. Refunds and
-- payouts are rare. Nothing random: N decides.

CREATE TEMPORARY TABLE draft AS
SELECT n, kind,
    CASE kind WHEN 1 THEN 1000000000 WHEN 4 THEN 11000002000 + shop WHEN 6 THEN 11000002000 + shop
        ELSE 10000000000 + wallet END AS debit,
    CASE kind WHEN 2 THEN 11000002000 + shop WHEN 5 THEN 10000000000 + 1 + wallet % 1000
        WHEN 6 THEN 12000000000 ELSE 10000000000 + wallet END AS credit,
    CASE WHEN n <= 1000 THEN 1000000000 ELSE 10 + n % 7 END AS amount
FROM (SELECT n,
          CASE WHEN n <= 1000 OR n % 10 = 2 THEN 1 WHEN n % 2000 = 7 THEN 4
              WHEN n % 5000 = 11 THEN 6 WHEN n % 20 = 1 THEN 5 ELSE 2 END AS kind,
          CASE WHEN n <= 1000 THEN n WHEN h1 % 16 = 0 THEN 1
              ELSE 1 + (h1 / 16) % 1000 END AS wallet,
          CASE WHEN h2 % 8 = 0 THEN 1 ELSE 1 + (h2 / 8) % 20 END AS shop
      FROM (SELECT n, hashint8extended(n, 1) & 1099511627775 AS h1,
                hashint8extended(n, 2) & 1099511627775 AS h2
            FROM generate_series(1::bigint, :transfers) n) dice) throws;

INSERT INTO fz.community (community_id, name) VALUES (1, 'Test');
INSERT INTO fz.party (community_id, party, kind, name)
SELECT 1, n, CASE WHEN n <= 1000 THEN 'R' ELSE 'M' END::"char", 'Party ' || n
FROM generate_series(1, 2020) n WHERE n <= 1000 OR n > 2000;

INSERT INTO fz.transfer (community_id, number, debit, credit, amount, time_us, debit_previous,
    credit_previous, op_id, kind)
SELECT 1, d.n, d.debit, d.credit, d.amount, 1760000000000000 + d.n * 1000, p.of_debit, p.of_credit,
    ('01900000-0000-7000-8000-' || lpad(to_hex(d.n), 12, '0'))::uuid, d.kind
FROM draft d
JOIN (SELECT n, max(previous) FILTER (WHERE is_debit) AS of_debit,
          max(previous) FILTER (WHERE NOT is_debit) AS of_credit
      FROM (SELECT n, is_debit, lag(n, 1, 0) OVER (PARTITION BY account ORDER BY n) AS previous
            FROM (SELECT n, debit AS account, true AS is_debit FROM draft
                  UNION ALL SELECT n, credit, false FROM draft) side) chain
      GROUP BY n) p USING (n)
ORDER BY d.n;

INSERT INTO fz.operation (community_id, op_id, command, rc, state, terminal, batch, batch_seq,
    time_us, actor, shop, party, payee, amount, value, number, expires_us, fingerprint)
SELECT 1, op_id, 4, 0, 0, 0, number / 128, number % 128, time_us, 1, 1, 1, 0, amount, 0, number, 0,
    sha256(int8send(number))
FROM fz.transfer ORDER BY number;

INSERT INTO fz.account (community_id, account, debits_posted, credits_posted, last_transfer)
SELECT 1, account, sum(debit), sum(credit), max(n)
FROM (SELECT n, debit AS account, amount AS debit, 0 AS credit FROM draft
      UNION ALL SELECT n, credit, 0, amount FROM draft) side
GROUP BY account;

INSERT INTO fz.head (community_id, last_number, last_time_us)
SELECT 1, max(number), max(time_us) FROM fz.transfer;
