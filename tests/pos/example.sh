#!/bin/bash
# merchant-pos/examples/till.c as a new vendor would use it: compiled by the command that
# merchant-pos/README.md gives, from a copy that holds nothing but the folders it names, at most
# sixty lines of code, and a day's business with it at a real switch.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

step=compile
lines=$(grep -cvE '^[[:space:]]*($|/\*|\*|//)' merchant-pos/examples/till.c)
[ "$lines" -le 60 ] || fail "wanted at most 60 lines of code got $lines"
mkdir -p "$work/top/merchant-pos"
cp -r include "$work/top/"
cp -r merchant-pos/{core,wire,posix,examples} "$work/top/merchant-pos/"
awk '/^```/ { inside = 0 } inside { print } /^```sh$/ { inside = (++seen == 1) }' \
    merchant-pos/README.md >"$work/top/build.sh"
grep -q examples/till.c "$work/top/build.sh"
(cd "$work/top" && bash -euo pipefail build.sh)

begin_town
resident hanako 10000
mkfifo "$work/keys"
"$work/top/till" "$till" <"$work/keys" >"$work/screen" 2>"$work/trouble" &
example=$!
pieces+=("$example")
exec 7>"$work/keys"

# shown PATTERN NUMBER: waits for the NUMBER-th such line on the till's screen, in $line.
shown() {
    local turn
    for turn in $(seq 1 500); do
        line=$(grep -E "$1" "$work/screen" | sed -n "$2p" || true)
        [ -z "$line" ] || return 0
        sleep 0.02
    done
    fail "wanted $1 on the screen got after $turn looks: $(cat "$work/screen" "$work/trouble")"
}

step=by-our-code
echo 1480 >&7
shown '^draw: ' 1
ask 0 fz-wallet --dir "$work/hanako" --json pay --payload "${line#draw: }" --yes
shown '^paid: PAID, 1480 yen$' 1

step=refund
echo 'refund 480' >&7
shown '^refunded: Refunded, 480 yen$' 1

# by_her_code YEN: the customer shows a code, the clerk scans it.
by_her_code() {
    ask 0 fz-wallet --dir "$work/hanako" --json code --max 1000 --no-wait
    echo "$1 $(of .customer_code)" >&7
}

step=by-her-code
by_her_code 500
shown '^paid: PAID, 500 yen$' 1
echo "20 $(of .customer_code)" >&7
shown '^refused: This code was already used; ask for a new one, 20 yen$' 1

step=void
by_her_code 30
shown '^paid: PAID, 30 yen$' 1
echo void >&7
shown '^voided: Voided, 30 yen$' 1

step=z
echo z >&7
shown '^Z 1: 1500 yen, 0 to look into$' 1

step=power-cut
echo 70 >&7
shown '^draw: ' 2
kill -KILL "$example"
wait "$example" || expect 'exit code of the killed till' 137 $?
ask 0 fz-wallet --dir "$work/hanako" --json pay --payload "${line#draw: }" --yes
exec 7>&-
"$work/top/till" "$till" </dev/null >"$work/screen"
shown '^paid: PAID \(REPRINT\), 70 yen$' 1
balance hanako
expect 'balance' $((10000 - 1480 + 480 - 500 - 70)) "$yen"
expect 'the shop has' 1570 "$(shop_yen)"
echo "$lines lines"
