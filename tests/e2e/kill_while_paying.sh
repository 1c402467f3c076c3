#!/bin/bash
# kill -9 of the whole switch while a wallet pays: before the ledger was asked, after it has
# booked and before anybody was told, and at any moment. The wallet never says more than it knows,
# and when the switch is back it finds the truth: paid once, or not at all and never any more.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PRICE=100

# Every process of the switch at once, as a power cut would.
kill_switch() {
    kill -KILL -- "-$TOWN_SWITCH_PID"
    wait "$TOWN_SWITCH_PID" 2>/dev/null || true
    TOWN_SWITCH_PID=''
}

# begin_payment PATIENCE_S: in the background; it stays in $payer, its answer in pay.json.
begin_payment() {
    fz-wallet --dir "$work/hanako" --json --patience "$1" pay --payload "$qr" --yes --again \
        >"$work/pay.json" 2>"$work/pay.err" &
    payer=$!
    pieces=("$payer")
}

# end_payment: sets $rc and $answer.
end_payment() {
    rc=0
    wait "$payer" || rc=$?
    pieces=()
    answer=$(<"$work/pay.json")
}

# Money moved by PRICE times what `paid` counts, on both sides.
check_money() {
    balance hanako
    expect "the wallet" $((100000 - PRICE * paid)) "$yen"
    expect "the shop" $((PRICE * paid)) "$(shop_yen)"
}

begin_town
resident hanako 100000
paid=0

step=before-booking
open_sale $PRICE
hold_ledger
begin_payment 3
wait_for_writer
kill_switch
release_ledger
end_payment
expect 'exit code and state' '75 unknown' "$rc $(of .state)"
town_start
check_money
ask 0 fz-wallet --dir "$work/hanako" --json resume
expect 'resumed' 'tombstoned' "$(of .state)"
check_money
ask 0 fz-wallet --dir "$work/hanako" --json pay --payload "$qr" --yes --again # it is still open
paid=$((paid + 1))
check_money

step=after-booking
sql "CREATE FUNCTION public.linger() RETURNS trigger LANGUAGE plpgsql AS
        \$\$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END \$\$;
    CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON fz.batch
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.linger()"
begin_payment_on_slow_commit() {
    local turn
    begin_payment 3
    for turn in $(seq 1 100); do
        [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND wait_event = 'PgSleep'")" = 0 ] || return 0
        sleep 0.02
    done
    fail "wanted a COMMIT under way got none after $turn looks"
}
open_sale $PRICE
begin_payment_on_slow_commit
kill_switch
end_payment
expect 'exit code and state' '75 unknown' "$rc $(of .state)"
sql "DROP TRIGGER linger ON fz.batch; DROP FUNCTION public.linger()"
town_start
ask 0 fz-wallet --dir "$work/hanako" --json resume
expect 'resumed' "paid $PRICE" "$(of '"\(.state) \(.amount)"')"
paid=$((paid + 1))
check_money
ask 0 fz-pos --dir "$till" --json wait "$sale"
expect 'the till says' paid "$(of .state)"

outcomes=
for round in 1 2 3 4 5; do
    step=any-moment-$round
    open_sale $PRICE
    begin_payment 30
    sleep "0.0$((RANDOM % 10))"
    kill_switch
    town_start
    end_payment
    case "$rc $(of .state)" in
    '0 paid') paid=$((paid + 1)) ;;
    '1 tombstoned') ;;
    # Killed before the wallet had looked at the sale: nothing was sent.
    '75 failed') ;;
    *) fail "wanted paid, tombstoned or nothing sent got exit code $rc and $answer" ;;
    esac
    outcomes+="$(of .state) "
    ask 0 fz-wallet --dir "$work/hanako" --json resume
    expect 'left open' '' "$answer"
    check_money
done
echo "at any moment: $outcomes"
