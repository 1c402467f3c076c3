#!/bin/bash
# A check that cannot fail proves nothing. Records and ledger are falsified, one thing at a time,
# and the check of the crash test must name each; and a ledger that answers before it is durable,
# played by pg_proxy.py, must be seen to lose what it acknowledged.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# expect_red WHAT FIGURE COUNT ACKNOWLEDGED UNKNOWN [STATEMENT]: COUNT may be `some`.
expect_red() {
    local what=$1 figure=$2 count=$3 got
    shift 3
    if "$here/check.sh" "$database" "$@" >"$work/tampered.txt" 2>&1; then
        die "the check did not notice: $what: $(cat "$work/tampered.txt")"
    fi
    got=$(of_counts "$figure" "$(tail -n 1 "$work/tampered.txt")")
    [[ $got =~ ^[0-9]+$ ]] || die "$what: $got"
    if [ "$got" != "$count" ] && { [ "$count" != some ] || ! [ "$got" -gt 0 ]; }; then
        die "$what: wanted $figure=$count got $(cat "$work/tampered.txt")"
    fi
    say "$what: $figure=$got"
}

falsify_records() {
    sed "${middle}d" "$told" >"$wrong"
    expect_red 'a payment nobody was told of' duplicated 1 "$wrong" "$unknown"
    sed "${middle}p" "$told" >"$wrong"
    expect_red 'a payment told twice' lost 1 "$wrong" "$unknown"
    awk -v line="$middle" 'NR == line { $3++ } { print }' "$told" >"$wrong"
    expect_red 'another amount' lost 1 "$wrong" "$unknown"
    awk -v line="$middle" 'NR == line { $4++ } { print }' "$told" >"$wrong"
    expect_red 'another number' lost 1 "$wrong" "$unknown"
    sed -n "${middle}s/^\([^ ]* [^ ]* [^ ]*\).*/unknown \1/p" "$told" |
        cat "$unknown" - >"$wrong"
    expect_red 'an unknown outcome never resolved' unresolved 1 "$told" "$wrong"
    sed -n "${middle}s/ .*//p" "$told" |
        sed 's/.*/unknown & & 1\nresolved & tombstoned/' | cat "$unknown" - >"$wrong"
    expect_red 'a tombstone for what was booked' misresolved 1 "$told" "$wrong"
}

falsify_ledger() {
    local number account='account / 1000000000 = 10'
    number=$(sed -n "${middle}s/.* //p" "$told")
    expect_red 'a lost transfer' lost 1 "$told" "$unknown" \
        "DELETE FROM fz.transfer WHERE number = $number"
    expect_red 'a transfer booked twice' duplicated some "$told" "$unknown" \
        "INSERT INTO fz.transfer
         SELECT (jsonb_populate_record(t, jsonb_build_object('number', last_number + 1))).*
         FROM fz.transfer t JOIN fz.head USING (community_id) WHERE number = $number"
    expect_red 'a balance that is off by one' unbalanced some "$told" "$unknown" \
        "UPDATE fz.account SET credits_posted = credits_posted + 1 WHERE $account"
    expect_red 'a yen moved by hand' unbalanced 2 "$told" "$unknown" \
        "UPDATE fz.account SET credits_posted = credits_posted
         + CASE account WHEN (SELECT min(account) FROM fz.account WHERE $account) THEN 1 ELSE -1 END
         WHERE account IN (SELECT account FROM fz.account WHERE $account ORDER BY 1 LIMIT 2)"
    expect_red 'a lost event' untold 1 "$told" "$unknown" \
        "DELETE FROM fz.event WHERE type = 2 AND transfer = $number"
    expect_red 'an intent that forgot its payment' untold some "$told" "$unknown" \
        "UPDATE fz.intent SET state = 1, number = NULL, paid_us = NULL, payer = NULL,
         payment_id = NULL WHERE number = $number"
}

# Nothing of the switch is changed but one setting of the writers' sessions.
answer_too_early() {
    kill_and_wait TERM "$proxy"
    proxy_options=(--dishonest)
    start_proxy
    psql -X -q -d "$conninfo" -c "ALTER SYSTEM SET wal_writer_delay = '10s'"
    "$pgtmp" restart "$work/pg" >/dev/null
    start_town 2
    local attempt
    for attempt in $(seq 1 10); do # what it wrote may by chance have reached the disk
        start_load $((seed + attempt)) 2000
        wait_payments 30
        "$pgtmp" crash "$work/pg"
        kill_and_wait KILL "$load"
        load=
        "$pgtmp" start "$work/pg" >/dev/null
        wait_ready
        "$here/check.sh" "$database" "$told" "$unknown" >"$work/tampered.txt" 2>&1 || true
        [ "$(of_counts lost "$(tail -n 1 "$work/tampered.txt")")" = 0 ] || break
    done
    expect_red 'answers before the ledger is durable' lost some "$told" "$unknown"
}

told=$work/acknowledged
unknown=$work/unknown
wrong=$work/tampered
seed=${1:-$$}
RANDOM=$seed
say "seed=$seed"
start_cluster
start_town 1
start_load "$seed" 2000
wait_payments 100
end_load
check
say "untouched: $counts"
middle=$(($(acknowledged) / 2))
falsify_records
falsify_ledger
answer_too_early
