#!/bin/bash
# A database of the first release gets its history and chains by migration: a town's books are
# taken back to what they were under 0003, migrated, and must be what the writer had written, byte
# by byte.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
migrations=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../sql/migrations" && pwd)

make_town
key=(--key "$work/keiri.pem")
for number in 1 2 3; do
    fz topup --resident R00000003 --amount 50000 --deposit "B$number" "${key[@]}" >/dev/null
done
{
    cat "$work/keys"
    cat <<'END'
sales 40 r3 3 t5 5 500
p2p g r3 3 4 7000
sales 70 r4 4 t6 6 90
p2p h r4 4 3 100
intent a t5 5 1 1480
pay p r3 3 a 5 1480
refund f t5 a 5 480
refund e t5 a 5 1000
intent c t7 7 0 300
pay s r3 3 c 7 300
void v t7 c 7
sales 90 r3 3 t6 6 300
END
} | town 1 >/dev/null
fz settle --out "$work" "${key[@]}" >/dev/null
fz bill --period "$month" "${key[@]}" >/dev/null
fz topup --resident R00000004 --amount 100 --deposit B9 "${key[@]}" >"$work/out"
fz correct --transfer "$(sed -n 's/.* transfer \([0-9]*\) .*/\1/p' "$work/out")" --reason 誤入金 \
    "${key[@]}" --approver-key "$work/kacho.pem" >/dev/null

history() {
    sql "SELECT 't', community_id, number, debit_same, credit_same FROM fz.transfer ORDER BY 2, 3"
    sql "SELECT 'a', community_id, account, heads FROM fz.account ORDER BY 2, 3"
    sql "SELECT 'm', * FROM fz.account_mark ORDER BY 2, 3, 4"
    sql "SELECT 'e', community_id, event, previous FROM fz.event ORDER BY 2, 3"
    sql "SELECT 'i', community_id, intent_id, last_event FROM fz.intent ORDER BY 2, 3"
}
schema() {
    pg_dump -d "$database" -n fz -s --no-comments | grep -v '^.\(un\)\?restrict ' # a random word
}
history >"$work/written"
schema >"$work/schema"
grep -c '^m|' "$work/written" >"$work/marks" || true
same "$(cat "$work/marks")" "$(sql "SELECT sum(n / 64) FROM (SELECT count(*) AS n
    FROM
    (SELECT debit AS a FROM fz.transfer UNION ALL SELECT credit FROM fz.transfer) s
    GROUP BY a) c")" 'number of marks'
[ "$(cat "$work/marks")" -ge 4 ] || fail "only $(cat "$work/marks") marks to compare"
run 0 fz audit

# The same rows in the first release's schema, which never heard of what came later.
sql 'ALTER SCHEMA fz RENAME TO fz_written; DELETE FROM fz_meta.migration WHERE number >= 4'
for migration in 0001_ledger 0002_parties 0003_treasury; do
    psql -X -q -v ON_ERROR_STOP=1 -d "$database" -f "$migrations/$migration.sql"
done
sql "SET session_replication_role = replica;
     CREATE TEMPORARY VIEW old AS SELECT table_name AS name,
         string_agg(quote_ident(column_name), ', ') AS names
         FROM information_schema.columns WHERE table_schema = 'fz' GROUP BY 1;
     DO \$\$ DECLARE t record; BEGIN
     FOR t IN SELECT * FROM pg_temp.old LOOP
         EXECUTE format('TRUNCATE fz.%I CASCADE', t.name);
     END LOOP;
     FOR t IN SELECT * FROM pg_temp.old LOOP
         EXECUTE format('INSERT INTO fz.%1\$I (%2\$s) SELECT %2\$s FROM fz_written.%1\$I',
                        t.name, t.names);
     END LOOP; END \$\$;
     DROP SCHEMA fz_written CASCADE"
run 0 fz migrate
says 0004_history
history >"$work/migrated"
schema >"$work/schema_migrated"
cmp "$work/written" "$work/migrated" || fail 'the migration does not do what the writer does'
cmp "$work/schema" "$work/schema_migrated" || fail 'another schema'
run 0 fz audit
says 'books balance'

# The switch of the first release is not let in: it would not write the chains.
before=$(sql 'SELECT count(*) FROM fz.transfer')
if sql "INSERT INTO fz.transfer (community_id, number, debit, credit, amount, time_us,
        debit_previous, credit_previous, corrects, op_id, kind)
        SELECT community_id, number + 1, debit, credit, 1, time_us + 1, number, number, NULL,
        op_id, 2 FROM fz.transfer WHERE kind = 2 ORDER BY number DESC LIMIT 1" 2>"$work/err"; then
    fail 'a transfer without its chains was taken'
fi
grep -q debit_same "$work/err" || fail "refused for another reason: $(cat "$work/err")"
same "$(sql 'SELECT count(*) FROM fz.transfer')" "$before" transfers
finish
