#!/bin/bash
# A new certificate is taken over on SIGHUP without a payment noticing: who is connected stays so,
# who comes anew sees the new one. A broken one changes nothing, and the log says why.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The serial number of the certificate that a new connection gets.
served() {
    openssl s_client -connect "localhost:$TOWN_PORT" -CAfile "$TOWN_CA" -verify_return_error \
        -servername localhost </dev/null 2>/dev/null | openssl x509 -noout -serial
}

# wait_for_served SERIAL: all workers have it when several connections in a row do.
wait_for_served() {
    local turn seen=0
    for turn in $(seq 1 200); do
        if [ "$(served)" = "$1" ]; then
            seen=$((seen + 1))
            [ "$seen" -lt 10 ] || return 0
        else
            seen=0
            sleep 0.05
        fi
    done
    fail "wanted $1 got $(served) after $turn looks"
}

file_serial() {
    openssl x509 -noout -serial -in "$TOWN_DIR/server.pem"
}

begin_town
resident hanako 10000

step=new
old=$(file_serial)
expect 'certificate at the start' "$old" "$(served)"
sale=$(uuid)
fz-pos --dir "$till" --json sale 1480 --id "$sale" >"$work/till.json" & # connected all the time
fz_pos=$!
pieces+=("$fz_pos")
town_certify
kill -HUP "$TOWN_SWITCH_PID"
new=$(file_serial)
[ "$new" != "$old" ] || fail "wanted another certificate got $new again"
wait_for_served "$new"
for turn in $(seq 1 200); do
    [ ! -s "$work/till.json" ] || break
    sleep 0.02
done
ask 0 fz-wallet --dir "$work/hanako" --json pay --payload "$(jq -r .qr "$work/till.json")" --yes
rc=0
wait "$fz_pos" || rc=$?
pieces=()
expect 'exit code of the till that waited' 0 "$rc"
expect 'its last word' paid "$(jq -rs '.[-1].state' "$work/till.json")"

step=broken
lines=$(wc -l <"$TOWN_DIR/switch.log")
echo 'no certificate' >"$TOWN_DIR/server.pem"
kill -HUP "$TOWN_SWITCH_PID"
for turn in $(seq 1 200); do
    tail -n "+$((lines + 1))" "$TOWN_DIR/switch.log" >"$work/log"
    ! grep -q 'server\.pem' "$work/log" || break
    sleep 0.05
done
grep -q 'lvl=error.*server\.pem' "$work/log" || {
    cat "$work/log"
    fail "wanted an error about server.pem in the log got the lines above, after $turn looks"
}
wait_for_served "$new"
open_sale 20
ask 0 fz-wallet --dir "$work/hanako" --json pay --payload "$qr" --yes
echo "certificates: $old, then $new"
