#!/bin/bash
# The till's power fails while the code is on the screen, and the customer pays nevertheless. Back
# again, the till finds out, says PAID as a reprint, and its day agrees with the switch.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

begin_town
resident hanako 10000

step=power-cut
sale=$(uuid)
fz-pos --dir "$till" --json sale 1480 --id "$sale" --png "$work/code.png" >"$work/till.json" &
fz_pos=$!
pieces+=("$fz_pos")
for turn in $(seq 1 200); do
    [ ! -s "$work/till.json" ] || break
    sleep 0.02
done
expect 'state on the screen' shown "$(jq -r .state "$work/till.json")"
kill -KILL "$fz_pos"
wait "$fz_pos" || expect 'exit code of the killed till' 137 $?
pieces=()

step=pay
ask 0 fz-wallet --dir "$work/hanako" --json pay --qr-image "$work/code.png" --yes
payment=$(of .id)

step=resume
ask 0 fz-pos --dir "$till" --json resume
expect 'sale' "paid 1480 $sale $payment true" \
    "$(of '"\(.state) \(.amount) \(.id) \(.payment_id) \(.reprint)"')"
ask 0 fz-pos --dir "$till" --json resume
expect 'a second resume' '' "$answer"
ask 0 fz-pos --dir "$till" --json totals
expect 'totals' 'true 1 1480' "$(of '"\(.ok) \(.till.sale_count) \(.switch.net)"')"

step=unpaid
sale=$(uuid)
: >"$work/till.json"
fz-pos --dir "$till" --json sale 500 --id "$sale" >"$work/till.json" &
fz_pos=$!
pieces+=("$fz_pos")
for turn in $(seq 1 200); do
    [ ! -s "$work/till.json" ] || break
    sleep 0.02
done
qr=$(jq -r .qr "$work/till.json")
kill -KILL "$fz_pos"
wait "$fz_pos" || expect 'exit code of the killed till' 137 $?
pieces=()
ask 0 fz-pos --dir "$till" --json resume
expect 'sale nobody paid' "canceled $sale" "$(of '"\(.state) \(.id)"')"
ask 1 fz-wallet --dir "$work/hanako" --json pay --payload "$qr" --yes
expect 'too late' intent-canceled "$(of .code)"
expect 'the shop has' 1480 "$(shop_yen)"
echo "resumed after $turn looks"
