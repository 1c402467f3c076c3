#!/bin/bash
# The payment arrives and is booked, but its answer is lost, and so is every answer after it. The
# wallet says that it does not know, and does not pay again; when the line is back it knows.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

begin_town
hold=$work/hold
relay_port=$(town_free_port)
mkfifo "$work/relay.out"
python3 tests/e2e/relay.py "$relay_port" "$TOWN_PORT" "$hold" >"$work/relay.out" &
relay=$!
pieces+=("$relay")
read -r word <"$work/relay.out"
expect 'relay' ready "$word"
switch_url=$TOWN_URL
TOWN_URL=https://localhost:$relay_port
resident hanako 10000
TOWN_URL=$switch_url

step='answer lost'
open_sale 1480
hold_ledger
fz-wallet --dir "$work/hanako" --json --patience 1 pay --payload "$qr" --yes >"$work/pay.json" \
    2>"$work/pay.err" &
payer=$!
pieces+=("$payer")
wait_for_writer
: >"$hold"
release_ledger
rc=0
wait "$payer" || rc=$?
answer=$(<"$work/pay.json")
expect 'exit code and state' '75 unknown' "$rc $(of .state)"
expect 'the shop has meanwhile' 1480 "$(shop_yen)"
payment=$(of .id)

step='line back'
rm "$hold"
ask 0 fz-wallet --dir "$work/hanako" --json resume
expect 'resumed' "paid 1480 $payment" "$(of '"\(.state) \(.amount) \(.id)"')"
balance hanako
expect 'the wallet' 8520 "$yen"
expect 'the shop' 1480 "$(shop_yen)"
ask 0 fz-wallet --dir "$work/hanako" --json resume
expect 'left open' '' "$answer"
kill "$relay"
wait "$relay" || expect 'exit code of the relay' 143 $?
pieces=()
echo "payment $payment, unknown at first"
