#!/bin/bash
# Two residents hold their phones over one code: one pays, the other is told so, and the shop has
# its money once. Real wallets at once, again and again.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

begin_town
resident hanako 10000
resident ichiro 10000
winners=
for round in 1 2 3 4 5 6 7 8; do
    step=round-$round
    open_sale 100
    for who in hanako ichiro; do
        fz-wallet --dir "$work/$who" --json pay --payload "$qr" --yes --again >"$work/$who.json" \
            2>"$work/$who.err" &
        pieces+=($!)
    done
    codes=
    for pid in "${pieces[@]}"; do
        rc=0
        wait "$pid" || rc=$?
        codes+="$rc "
    done
    pieces=()
    expect 'exit codes' '0 1' "$(xargs -n 1 <<<"$codes" | sort | xargs)"
    expect 'outcomes' 'paid ok, refused intent-paid' \
        "$(jq -rs 'map("\(.state) \(.code)") | sort | join(", ")' "$work"/{hanako,ichiro}.json)"
    expect 'the shop has' $((round * 100)) "$(shop_yen)"
    # The till knows who of them it was: by the payment it shows.
    ask 0 fz-pos --dir "$till" --json wait "$sale"
    expect 'the payment' "$(jq -rs 'map(select(.state == "paid"))[0].id' \
        "$work"/{hanako,ichiro}.json)" "$(of .payment_id)"
    winners+="${codes%% *} "
done
balance hanako
sum=$yen
balance ichiro
expect 'both wallets together' $((20000 - 800)) $((sum + yen))
echo "8 sales, 8 payments; hanako's exit codes: $winners"
