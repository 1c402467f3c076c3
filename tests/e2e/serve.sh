#!/bin/bash
# demo.sh --serve: an empty town for other people's programs. It says where it is and where its
# files are; a client that shares no code with ours enrols, shows a sale, pays. It listens to
# Ctrl-C though it was started in the background, refuses a folder and a port that are taken, and
# finds its town again.
set -euo pipefail
export LC_ALL=C.UTF-8
PATH=${FZ_BIN_DIR:?}:$PATH
cd "${FZ_SOURCE_DIR:?}"
# shellcheck source=../support/town.sh
. tests/support/town.sh

work=$(mktemp -d "${TMPDIR:-/tmp}/fz.XXXXXX")
dir=$work/town
port=$(town_free_port)
demo=''
end_test() {
    local rc=$?
    if [ -n "$demo" ]; then
        kill -TERM "$demo" 2>/dev/null || true
        wait "$demo" || true
    fi
    tests/support/pgtmp.sh stop "$dir/pg"
    [ "$rc" = 0 ] || cat "$work/out" "$work/err"
    rm -rf "$work"
    exit "$rc"
}
trap end_test EXIT
TOWN_DIR=$work # where `ask` puts its notes

serve() {
    : >"$work/out" # what an earlier one said is no news
    ./demo.sh --serve --dir "$dir" --port "$port" >"$work/out" 2>"$work/err" </dev/null &
    demo=$!
    local turn
    for turn in $(seq 1 300); do
        ! grep -q '^ca ' "$work/out" || return 0
        kill -0 "$demo" 2>/dev/null || break
        sleep 0.1
    done
    fail "wanted a town that is ready got none after $turn looks"
}

# stop SIGNAL
stop() {
    local rc=0
    kill "-$1" "$demo"
    wait "$demo" || rc=$?
    demo=''
    expect "exit code after SIG$1" 0 "$rc"
    rc=0
    tests/support/pgtmp.sh status "$dir/pg" || rc=$?
    expect 'status of PostgreSQL' 3 "$rc"
    ! town_port_is_used "$port" || fail 'wanted a free port got one that is still in use'
}

# refused WORDS ARGUMENT...: another demo.sh says so and ends with 1.
refused() {
    local words=$1 rc=0
    shift
    ./demo.sh "$@" >"$work/out2" 2>&1 </dev/null || rc=$?
    expect "exit code of demo.sh $*" 1 "$rc"
    grep -q "$words" "$work/out2" || fail "wanted '$words' got $(<"$work/out2")"
}

step=empty
serve
grep -qx "ready https://localhost:$port" "$work/out" || fail 'wanted a ready line got none'
ini=$(sed -n 's/^ini //p' "$work/out")
key=$(sed -n 's/^staff key //p' "$work/out")
ca=$(sed -n 's/^ca //p' "$work/out")
town_use "$work" "$port"
TOWN_INI=$ini
ask 0 town_fz --json community list
expect 'communities' 1 "$(of .community)"
ask 0 town_fz --json shop list
expect 'shops' '' "$answer"
ask 0 town_fz --json resident list
expect 'residents' '' "$answer"
ask 0 town_fz --json plan list
expect 'plans' 4 "$(wc -l <<<"$answer")"
ask 0 town_fz --json bank show
expect 'account of the consortium' 0000001 "$(of .account)"

step=durable
expect 'settings of its PostgreSQL' 'on on on' "$(psql -X -q -At -F ' ' -c "SELECT
    current_setting('fsync'), current_setting('full_page_writes'),
    current_setting('synchronous_commit')" -d "$(sed -n 's/^database *= *//p' "$ini")")"

step=taken
refused 'another demo.sh uses' --serve --dir "$dir" --port "$(town_free_port)"
refused 'listens on port' --serve --dir "$work/second" --port "$port"

step='foreign client'
ask 0 town_enter resident --name '佐藤 花子'
resident=$(of .id)
resident_code=$(of .code)
ask 0 town_fz --json topup --resident "$resident" --amount 10000 --deposit FIRST-1 --key "$key"
ask 0 town_enter shop --name 食堂さくら --name-latin 'SHOKUDO SAKURA' --city-latin HANASAKI \
    --postal 9991234 --mcc 5812 --size medium --bank 9990 --bank-name ハナサキ --branch 001 \
    --branch-name ホンテン --type 1 --account 1234562 --holder シヨクドウサクラ
shop=$(of .id)
ask 0 town_enter terminal --shop "$shop"
PYTHONPATH=tests/e2e python3 - "$port" "$ca" "$resident_code" "$(of .code)" "$shop" <<'PY'
"""A till and a wallet of somebody else."""
import sys

from openapi_client import Client, new_id

port, ca_file, resident_code, till_code, shop = sys.argv[1:]
wallet, till = Client(int(port), ca_file), Client(int(port), ca_file)
for client, code in ((wallet, resident_code), (till, till_code)):
    answer = client.enrol(code)
    assert answer.status == 201, answer
sale = new_id()
answer = till.send("PUT", f"/v1/intents/{sale}", {"amount": 1480})
assert answer.status == 201 and answer.json["state"] == "CREATED", answer
answer = wallet.send("PUT", f"/v1/payments/{new_id()}",
                     {"intent_id": sale, "shop": shop, "amount": 1480})
assert answer.status == 201 and answer.json["state"] == "COMPLETED", answer
answer = till.send("GET", f"/v1/intents/{sale}")
assert answer.json["state"] == "COMPLETED", answer
assert wallet.send("GET", "/v1/balance").json["balance"] == 8520
PY

step=again
stop INT
serve
ask 0 town_fz --json resident list
expect 'balance in the town that was there' "$resident 8520" "$(of '"\(.id) \(.balance)"')"
ask 0 town_fz audit
stop TERM
echo "served $shop and $resident"
