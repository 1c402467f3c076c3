#!/bin/bash
# A settlement that is stopped after each step, killed at any moment, or started twice at once ends
# with the same rows and the same bytes as one that nobody disturbed.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_town
key=(--key "$work/keiri.pem")
fz topup --resident R00000003 --amount 500000 --deposit B1 "${key[@]}" >/dev/null
{
    cat "$work/keys"
    cat <<'END'
intent a t5 5 1 1480
pay p r3 3 a 5 1480
refund f t5 a 5 480
intent b t6 6 1 54878
pay q r3 3 b 6 54878
intent c t7 7 0 3000
pay s r3 3 c 7 3000
END
} | town 1 >/dev/null
fz bill --period "$month" "${key[@]}" >/dev/null
# Now 6 has paid its 11,000; 5 owes 100 of its 1,100 still. Both sell on.
{
    sed -n '/^key/p' "$work/keys"
    cat <<'END'
intent d t6 6 1 90000
pay u r3 3 d 6 90000
intent e t5 5 1 400
pay v r3 3 e 5 400
END
} | town 1 >/dev/null

# The state that counts, without times and signatures: they may differ between runs.
state() {
    sql "SELECT 'line', * FROM fz.settlement_line ORDER BY shop"
    sql "SELECT 'run', business_date, window_no, from_number, upto_number, value_date
         FROM fz.settlement"
    sql "SELECT 'payout', * FROM fz.payout ORDER BY payout_id"
    sql "SELECT 'file', lines, total, sha256, content FROM fz.bank_file"
    sql "SELECT 'account', account, debits_posted, credits_posted FROM fz.account ORDER BY account"
    sql "SELECT 'operation', op_id, command, rc, amount FROM fz.operation
         WHERE command IN (10, 11, 15) ORDER BY op_id"
}

# fork NAME: goes on in a copy of the database as it was before the settlement.
original=$database
base=${original##*dbname=}
base=${base%% *}
admin() {
    psql -X -q -v ON_ERROR_STOP=1 -d "${FZ_TEST_PG:?}" -c "$1"
}
fork() {
    admin "DROP DATABASE IF EXISTS \"${base}_$1\" WITH (FORCE)" 2>/dev/null
    admin "CREATE DATABASE \"${base}_$1\" TEMPLATE \"$base\""
    database=${original/dbname=$base/dbname=${base}_$1}
    printf 'database = %s\n' "$database" >"$work/fz.ini"
    mkdir -p "$work/$1"
}
drop() {
    admin "DROP DATABASE \"${base}_$1\" WITH (FORCE)"
}
drop_all() {
    local name
    for name in quiet stop kill two loser taken; do
        admin "DROP DATABASE IF EXISTS \"${base}_$name\" WITH (FORCE)" 2>/dev/null || true
    done
}
trap 'drop_all; rm -rf "$work"' EXIT

# What an undisturbed run does.
file=furikomi-${today//-/}-1.txt
fork quiet
run 0 fz settle --date "$today" --out "$work/quiet" "${key[@]}"
says 'shop M00000005 payments 2 sales 1880 refunds 480 subscription 100 payout 300 yen 山田商店'
says 'shop M00000006 payments 2 sales 144878 refunds 0 subscription 0 payout 133878 yen 会津商店'
says 'shop M00000007 payments 1 sales 3000 refunds 0 subscription 0 payout 3000 yen'
says 'payouts 3 total 137178 yen'
state >"$work/quiet/state"
run 0 fz audit
sed "s|$work/quiet|DIR|" <(fz settle --date "$today" --out "$work/quiet" "${key[@]}") \
    >"$work/quiet/said"

# compare NAME: the state, the file and the words of a fork are those of the undisturbed run.
compare() {
    state >"$work/$1/state"
    cmp -s "$work/quiet/state" "$work/$1/state" || {
        fail "$2: other rows"
        diff "$work/quiet/state" "$work/$1/state" >&2 || true
    }
    cmp -s "$work/quiet/$file" "$work/$1/$file" || fail "$2: another file"
    same "$(find "$work/$1" -name 'furikomi*' | wc -l)" 1 "$2: files in the folder"
    sed "s|$work/$1|DIR|" "$work/out" | cmp -s - "$work/quiet/said" || fail "$2: other words"
    run 0 fz audit
}

# Stopped after each step, then run again.
for step in cutoff collect payout file write sent; do
    fork stop
    rm -rf "${work:?}/stop" && mkdir "$work/stop"
    run 75 fz settle --date "$today" --out "$work/stop" --stop-after $step "${key[@]}"
    warns "fz: stopping: stopped after $step"
    run 0 fz audit # no half-done step is a difference
    if [ $step != cutoff ] && [ $step != sent ]; then
        run 1 fz settle --date "$today" --window 2 --out "$work/stop" "${key[@]}"
        warns "is not finished: run it first"
    fi
    run 0 fz settle --date "$today" --out "$work/stop" --key "$work/kacho.pem"
    compare stop "stopped after $step"
    drop stop
done

# Killed at any moment, again and again, until one run comes through.
for round in 1 2 3 4 5 6; do
    fork kill
    rm -rf "${work:?}/kill" && mkdir "$work/kill"
    for attempt in $(seq 1 8); do
        fz settle --date "$today" --out "$work/kill" "${key[@]}" >/dev/null 2>&1 &
        pid=$!
        sleep "0.0$(((round * 7 + attempt * 13) % 90 + 10))"
        kill -9 "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -f "$work/kill"/furikomi-*.txt.?????? # what a killed run may leave beside the file
    run 0 fz settle --date "$today" --out "$work/kill" "${key[@]}"
    compare kill "killed, round $round"
    drop kill
done

# Two at once, by two people.
fork two
for round in 1 2 3; do
    fz settle --date "$today" --out "$work/two" "${key[@]}" >"$work/two/a" 2>&1 &
    first=$!
    fz settle --date "$today" --out "$work/two" --key "$work/kacho.pem" >"$work/two/b" 2>&1 &
    second=$!
    wait $first || fail "the first of two, round $round: $(cat "$work/two/a")"
    wait $second || fail "the second of two, round $round: $(cat "$work/two/b")"
    cmp -s <(grep -v 'wait for' "$work/two/a") <(grep -v 'wait for' "$work/two/b") ||
        fail "two at once said different things"
done
cp "$work/two/a" "$work/out"
compare two 'two at once'

# A sale after the cut-off is not paid out with it; a refund before the payout makes it smaller; a
# frozen shop keeps its money for the next window; a file of the same name with other bytes is left
# alone.
fork loser
run 75 fz settle --date "$today" --out "$work/loser" --stop-after cutoff "${key[@]}"
sql 'UPDATE fz.account SET state = 2 WHERE account = 11000000007'
intent=$(sql "SELECT intent_id FROM fz.intent WHERE amount = 90000")
town 1 >"$work/out" <<END
key r 3 resident 0
key s 5 terminal 1
key t 6 terminal 1
use b $intent
refund x t b 6 70000
intent c s 5 1 50
pay y r 3 c 5 50
END
says 'x ok '
says 'y ok '
echo 'something else' >"$work/loser/$file"
run 75 fz settle --date "$today" --out "$work/loser" "${key[@]}"
warns "fz: io: $work/loser/$file holds something else"
same "$(cat "$work/loser/$file")" 'something else' 'the file in the way'
rm "$work/loser/$file"
run 0 fz settle --date "$today" --out "$work/loser" "${key[@]}"
says 'shop M00000006 payments 2 sales 144878 refunds 0 subscription 0 payout 63878 yen 会津商店'
says 'shop M00000007 payments 1 sales 3000 refunds 0 subscription 0 payout 0 yen (account-frozen)'
says 'shop M00000005 payments 2 sales 1880 refunds 480 subscription 100 payout 300 yen 山田商店'
says 'payouts 2 total 64178 yen'
sql 'UPDATE fz.account SET state = 1 WHERE account = 11000000007'
run 0 fz settle --date "$today" --window 2 --out "$work/loser" "${key[@]}"
says 'shop M00000006 payments 0 sales 0 refunds 70000'
says 'shop M00000007 payments 0 sales 0 refunds 0 subscription 0 payout 3000 yen'
says 'shop M00000005 payments 1 sales 50 refunds 0 subscription 0 payout 50 yen'
run 0 fz audit

# Ids that somebody took on purpose stop the run, and are not taken for payouts or bills.
fork taken
run 75 fz settle --date "$today" --out "$work/taken" --stop-after cutoff "${key[@]}"
{
    echo 'key r 3 resident 0'
    sql "SELECT 'tombstone x r 3 ' || payout_id FROM fz.settlement_line WHERE shop = 7"
} | town 1 >"$work/out"
says 'x ok '
run 1 fz settle --date "$today" --out "$work/taken" "${key[@]}"
warns 'fz: tombstoned: operation '
[ ! -e "$work/taken/$file" ] || fail 'a file in spite of a stolen id'
finish
