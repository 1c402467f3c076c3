#!/bin/bash
# A till's day at a real switch, with what a double cannot prove: that the switch's history, intents
# and numbers are what the reports take them for. Stickers are no difference; a sale by code that
# the journal lost is one; a void asked for while the switch is away is sent once.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

begin_town
resident hanako 10000

# pay_by_code YEN ARGUMENT...: she shows a code, the clerk scans it.
pay_by_code() {
    ask 0 fz-wallet --dir "$work/hanako" --json code --max 5000 --no-wait
    local digits
    digits=$(of .customer_code)
    ask 0 fz-pos --dir "$till" --json sale "$1" --code "$digits"
    expect 'sale by code' "paid $1" "$(of '"\(.state) \(.amount)"')"
    sale=$(of .id)
}

step=sales
pay_by_code 1200
first=$sale
open_sale 300
ask 0 fz-wallet --dir "$work/hanako" --json pay --payload "$qr" --yes
ask 0 fz-pos --dir "$till" --json wait "$sale"

step=sticker
ask 0 fz-pos --dir "$till" --json sticker
sticker=$(of .qr)
ask 0 fz-wallet --dir "$work/hanako" --json pay --payload "$sticker" 450 --yes
expect 'sticker' 'paid 450' "$(of '"\(.state) \(.amount)"')"

step=x
ask 0 fz-pos --dir "$till" --json x
expect 'lines' sticker "$(of 'select(.difference) | .difference')"
expect 'X' 'true 0 2 1500 1500 1 450' "$(of 'select(.z_number != null) | "\(.ok) \(.z_number) " +
    "\(.till.sale_count) \(.till.net) \(.switch.net) \(.sticker_count) \(.stickers)"')"

step=void-offline
town_stop
ask 75 fz-pos --dir "$till" --json --patience 1 void "$first"
expect 'void' pending "$(of .state)"
kept=$(of .id)
ask 75 fz-pos --dir "$till" --json --patience 1 void "$first"
expect 'the same void' "pending $kept" "$(of '"\(.state) \(.id)"')"
town_start
ask 0 fz-pos --dir "$till" --json resume
expect 'sent' "voided $kept" "$(of '"\(.state) \(.id)"')"
balance hanako
expect 'balance' $((10000 - 300 - 450)) "$yen"

step=z
ask 0 fz-pos --dir "$till" --json z
expect 'Z' 'true 1 300 300' "$(of 'select(.z_number != null) |
    "\(.ok) \(.z_number) \(.till.net) \(.switch.net)"')"
upto=$(of 'select(.z_number != null) | .upto')
pay_by_code 77
ask 0 fz-pos --dir "$till" --json z
expect 'the next Z' "true 2 $upto 77 0" "$(of 'select(.z_number != null) |
    "\(.ok) \(.z_number) \(.after) \(.switch.net) \(.sticker_count)"')"
ask 0 fz-pos --dir "$till" --json z --reprint 1
expect 'printed again' '1 300' "$(of 'select(.z_number != null) | "\(.z_number) \(.till.net)"')"

step=lost-journal
pay_by_code 55
: >"$till/journal"
ask 1 fz-pos --dir "$till" --json x
expect 'a lost sale by code' "only-switch $sale" \
    "$(of 'select(.switch == 55) | "\(.difference) \(.id)"')"
expect 'nothing else but the sticker is no fault' 1 \
    "$(of 'select(.difference == "sticker") | 1')"
echo "Z 1 up to $upto"
