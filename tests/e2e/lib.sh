# What the end-to-end tests written in bash share: a town in a database of its own (DATABASE in
# CMakeLists.txt), with a running switch; tills and wallets are the real programs. Source it, call
# begin_town, then check with `ask` and `expect` (tests/support/town.sh).
# shellcheck shell=bash disable=SC2034 # the variables are for the tests
set -euo pipefail
export LC_ALL=C.UTF-8
PATH=${FZ_BIN_DIR:?}:$PATH
cd "${FZ_SOURCE_DIR:?}"
# shellcheck source=../support/town.sh
. tests/support/town.sh

work=$(mktemp -d "${TMPDIR:-/tmp}/fz.XXXXXX")
pieces=() # processes of the test that must not outlive it

end_test() {
    local rc=$? pid switch_rc=0
    trap '' INT TERM
    for pid in "${pieces[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    town_stop || switch_rc=$?
    if [ "$switch_rc" != 0 ]; then
        echo "the switch ended with $switch_rc"
        rc=1
    fi
    [ "$rc" = 0 ] || tail -n 20 "$work"/*/switch.log 2>/dev/null || true
    rm -rf "$work"
    exit "$rc"
}
trap end_test EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# begin_town: a running town with the shop "食堂さくら" and its till in $till.
begin_town() {
    town_use "$work/town" "$(town_free_port)"
    town_certify
    town_configure "${FZ_TEST_DB:?}" 'stop_timeout_s  = 5'
    town_found 試験町 >/dev/null
    town_start
    shop=$(town_enter shop --name 食堂さくら --name-latin 'SHOKUDO SAKURA' --city-latin HANASAKI \
        --postal 9991234 --mcc 5812 --size medium --bank 9990 --bank-name ハナサキ --branch 001 \
        --branch-name ホンテン --type 1 --account 1234562 --holder シヨクドウサクラ | jq -r .id)
    till=$work/till
    town_till "$shop" "$till" レジ1 >/dev/null
}

# resident FOLDER YEN: a wallet in $work/FOLDER with so much in it.
resident() {
    town_wallet "$1" "$work/$1" >/dev/null
    town_fz topup --resident "$(town_party "$work/$1")" --amount "$2" --deposit "$1-1" \
        --key "$TOWN_KEY" >/dev/null
}

# open_sale YEN: a sale in $sale, its code in $qr.
open_sale() {
    sale=$(uuid)
    ask 0 fz-pos --dir "$till" --json sale "$1" --no-wait --id "$sale"
    qr=$(of .qr)
}

# balance FOLDER: sets $yen.
balance() {
    ask 0 fz-wallet --dir "$work/$1" --json balance
    yen=$(of .balance)
}

# shop_yen: prints what the shop has.
shop_yen() {
    town_fz --json shop list | jq -r --arg shop "$shop" 'select(.id == $shop) | .balance'
}

# sql STATEMENT
sql() {
    psql -X -q -At -v ON_ERROR_STOP=1 -d "$FZ_TEST_DB" -c "$1"
}

# hold_ledger: nobody can book until release_ledger. (A test must be quick: a writer waits for
# FZ_LOCK_TIMEOUT_MS at most.)
hold_ledger() {
    coproc LEDGER { psql -X -q -At -v ON_ERROR_STOP=1 -d "$FZ_TEST_DB"; }
    # shellcheck disable=SC2153 # coproc sets it
    ledger_pid=$LEDGER_PID
    pieces+=("$ledger_pid")
    echo "BEGIN; SELECT community_id FROM fz.head FOR UPDATE;" >&"${LEDGER[1]}"
    local held
    read -r held <&"${LEDGER[0]}"
    expect 'lock on the head of' 1 "$held"
}

release_ledger() {
    echo "ROLLBACK; \\q" >&"${LEDGER[1]}"
    wait "$ledger_pid"
}

# wait_for_writer: until a booking waits for the ledger that hold_ledger holds.
wait_for_writer() {
    local turn
    for turn in $(seq 1 100); do
        [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND wait_event_type = 'Lock'")" = 0 ] || return 0
        sleep 0.02
    done
    fail "wanted a booking that waits for the ledger got none after $turn looks"
}
