# The day that demo.sh plays: the people of its town, and the steps. Sourced by it; everything here
# runs the real programs on the town in $dir and checks what comes of it.
# shellcheck shell=bash disable=SC2154 # dir, mode, bold and plain are demo.sh's

# --- the people -----------------------------------------------------------------------------------

# folder, name, name on the QR code, category, size, last digit of the account, holder
shops=(
    'komugi|パン工房こむぎ|KOMUGI BAKERY|5462|small|1|コムギ'
    'sakura|食堂さくら|SHOKUDO SAKURA|5812|medium|2|シヨクドウサクラ'
    'hanasaki|スーパーはなさき|SUPER HANASAKI|5411|large|3|カ)ハナサキ'
)
residents=('hanako|佐藤 花子' 'ichiro|鈴木 一郎' 'misaki|高橋 美咲' 'ken|田中 健' 'yui|伊藤 結衣')

# Shops with a till each and residents with a wallet each; all empty.
settle_people() {
    local entry folder name latin mcc size digit holder shop
    mkdir -p "$dir/tills" "$dir/wallets" "$dir/bank"
    for entry in "${shops[@]}"; do
        IFS='|' read -r folder name latin mcc size digit holder <<<"$entry"
        shop=$(town_enter shop --name "$name" --name-latin "$latin" --city-latin HANASAKI \
            --postal 9991234 --mcc "$mcc" --size "$size" --bank 9990 --bank-name ハナサキ \
            --branch 001 --branch-name ホンテン --type 1 --account "123456$digit" \
            --holder "$holder" | jq -r .id)
        town_till "$shop" "$dir/tills/$folder" レジ1 >/dev/null
        echo "$size shop $shop $name, till in $dir/tills/$folder" | tee -a "$dir/town.new"
    done
    for entry in "${residents[@]}"; do
        IFS='|' read -r folder name <<<"$entry"
        town_wallet "$name" "$dir/wallets/$folder" >/dev/null
        echo "resident $(town_party "$dir/wallets/$folder") $name, wallet in $dir/wallets/$folder" |
            tee -a "$dir/town.new"
    done
}

# An earlier run may have been on another port, and may have left something open.
wake_people() {
    local folder
    sed -i "s|^url=.*|url=$TOWN_URL|" "$dir"/tills/*/config.ini "$dir"/wallets/*/config.ini
    for folder in "$dir"/tills/*; do
        ask 0 fz-pos --dir "$folder" --json resume
    done
    for folder in "$dir"/wallets/*; do
        ask 0 fz-wallet --dir "$folder" --json resume
    done
}

# --- telling the play -----------------------------------------------------------------------------

steps=0

# begin STEP JA EN: what the next step is about.
begin() {
    step=$1
    [ -z "$bold" ] || [ "$mode" = once ] || sleep 1 # time to read
    heading "$step"
    printf '%s\n%s\n\n' "$2" "$3"
}

ok() {
    steps=$((steps + 1))
    echo "ok $step $*"
}

# show RC COMMAND...: shows the command and what it says; it must end with RC.
show() {
    local want=$1 rc=0
    shift
    printf '%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@" 9>&- || rc=$?
    expect "exit code of $1" "$want" "$rc"
}

# commas YEN: 12345 as 12,345.
commas() {
    sed ':again; s/\B[0-9]\{3\}\>/,&/; t again' <<<"$1"
}

# balance WALLET: sets `yen`.
balance() {
    ask 0 fz-wallet --dir "$dir/wallets/$1" --json balance
    yen=$(of .balance)
}

# credit WALLET YEN COMMAND...: a bank deposit. COMMAND (show 0 or ask 0) says how loud.
credit() {
    local wallet=$1 amount=$2
    shift 2
    deposits=$((${deposits:-0} + 1))
    "$@" fz -c "$TOWN_INI" topup --resident "$(town_party "$dir/wallets/$wallet")" \
        --amount "$amount" --deposit "$(date +%Y%m%d%H%M%S)-$$-$deposits" --key "$TOWN_KEY"
}

# buy WALLET SHOP YEN: a whole sale, without a word.
buy() {
    local till=$dir/tills/$2 sale
    sale=$(uuid)
    ask 0 fz-pos --dir "$till" --json sale "$3" --no-wait --id "$sale"
    ask 0 fz-wallet --dir "$dir/wallets/$1" --json pay --payload "$(of .qr)" --yes --again
    expect "state of $1's payment" paid "$(of .state)"
    ask 0 fz-pos --dir "$till" --json wait "$sale"
    expect "$2's sale" "paid $3" "$(of '"\(.state) \(.amount)"')"
}

# totals SHOP: the till's day, in `answer`.
totals() {
    ask 0 fz-pos --dir "$dir/tills/$1" --json totals --day "$today"
}

# shop_rows: "SHOP BALANCE DUE" of each shop, one per line.
shop_rows() {
    town_fz --json shop list | jq -r '"\(.id) \(.balance) \(.due)"'
}

# --- the play -------------------------------------------------------------------------------------

declare -A net_before=() sold=()
PRICE=1480
TOO_MUCH=20000
BACK=480
hanako=wallets/hanako
till=tills/sakura

# A town that was up before goes on where it was. So that TOO_MUCH stays too much, what is left of
# many days is spent first.
step_before() {
    local shop left
    # No sale of ours may fall on either side of midnight.
    left=$((86400 - ($(date +%s) + 32400) % 86400))
    [ "$left" -gt 90 ] || { echo "a minute to midnight in Japan: waiting" && sleep "$left"; }
    today=$(TZ=JST-9 date +%Y-%m-%d)
    if [ "$(latest_window)" -ge 9 ]; then
        fz_die "this town has used up today's nine settlements; start over with --fresh," \
            "or come back when it is tomorrow in Japan"
    fi
    for shop in komugi sakura hanasaki; do
        totals "$shop"
        net_before[$shop]=$(of .till.net)
    done
    balance hanako
    if [ $((yen + 10000 - PRICE)) -ge $TOO_MUCH ]; then
        begin carried "花子さんの財布に残っている$(commas "$yen")円を、まずスーパーで使います。" \
            "Hanako first spends the $(commas "$yen") yen that she has left at the supermarket."
        buy hanako hanasaki "$yen"
        sold[hanasaki]=$yen
        ok "$yen yen spent at スーパーはなさき"
        yen=0
    fi
}

step_topup() {
    local before=$yen
    begin topup '花子さんが協議会の銀行口座に10,000円を振り込みました。会計係がその入金を花子さんの財布に入れます。' \
        "Hanako sent 10,000 yen to the consortium's bank account. The treasurer credits them."
    credit hanako 10000 show 0
    balance hanako
    expect "Hanako's balance" $((before + 10000)) "$yen"
    ok "10000 yen from a bank deposit, balance $before -> $yen"
}

step_sale() {
    local decoded
    begin sale "食堂さくらのレジが$(commas $PRICE)円を請求し、QRコードを表示します。" \
        "The till of the diner asks for $(commas $PRICE) yen and shows a QR code."
    sale=$(uuid)
    rm -f "$dir/code.png"
    show 0 fz-pos --dir "$dir/$till" sale "$PRICE" --id "$sale" --png "$dir/code.png" --no-wait
    fz-pos --dir "$dir/$till" wait "$sale" >"$dir/till.out" 2>&1 9>&- & # which the clerk sees
    waiting=$!
    pieces=("$waiting")
    decoded=$(zbarimg --quiet --raw "$dir/code.png" 2>/dev/null) || fail "zbarimg reads no code"
    expect "amount in the code" "54$(printf '%02d' ${#PRICE})$PRICE" \
        "$(grep -o "5303392[0-9]\{8\}" <<<"$decoded" | cut -c8-)"
    echo "zbarimg: $decoded"
    ok "$PRICE yen, code shown; zbarimg decodes code.png," \
        "$(LC_ALL=C.UTF-8 wc -m <<<"$decoded") characters"
}

step_pay() {
    local before=$yen
    begin pay '花子さんが画像を読み取り、金額と店を確かめて支払います。' \
        "Hanako's wallet reads the picture, shows the shop and the amount, and pays."
    payment=$(uuid)
    show 0 fz-wallet --dir "$dir/$hanako" pay --qr-image "$dir/code.png" --yes \
        --again --id "$payment"
    ask 0 fz-wallet --dir "$dir/$hanako" --json operation "$payment"
    expect "operation" "DONE $PRICE 0" "$(of '"\(.status) \(.result.amount) \(.result.fee)"')"
    balance hanako
    expect "Hanako's balance" $((before - PRICE)) "$yen"
    ok "$PRICE yen, fee 0 yen, balance $before -> $yen"
}

step_paid() {
    local rc=0
    begin paid 'レジは同じ瞬間に知らせを受けています。' 'The till, which has been waiting, knows already.'
    wait "$waiting" || rc=$?
    # shellcheck disable=SC2034 # demo.sh's
    pieces=()
    cat "$dir/till.out"
    expect "exit code of the waiting till" 0 "$rc"
    ask 0 fz-pos --dir "$dir/$till" --json wait "$sale"
    expect "sale" "paid $PRICE $payment" "$(of '"\(.state) \(.amount) \(.payment_id)"')"
    ok "PAID on the till, $PRICE yen, transfer $(of .number)"
}

step_receipt() {
    begin receipt '花子さんの受取証です。手数料は0円です。' "Hanako's receipt. The fee is 0 yen."
    show 0 fz-wallet --dir "$dir/$hanako" receipt "$payment"
    ask 0 fz-wallet --dir "$dir/$hanako" --json receipt "$payment"
    receipt=$answer
    expect "receipt" "$PRICE 0 COMPLETED" "$(of '"\(.amount) \(.fee) \(.state)"')"
    ok "$PRICE yen to $(of .shop.name), fee 0 yen, batch $(of .batch)"
}

step_again() {
    local before=$yen
    begin again '通信が切れたつもりで、同じ支払いをもう一度送ります。二重には引かれません。' \
        'As if the answer had been lost, the same payment is sent again. It is not charged twice.'
    show 0 fz-wallet --dir "$dir/$hanako" pay --qr-image "$dir/code.png" --yes \
        --again --id "$payment"
    ask 0 fz-wallet --dir "$dir/$hanako" --json receipt "$payment"
    expect "receipt" "$receipt" "$answer"
    balance hanako
    expect "Hanako's balance" "$before" "$yen"
    ok "the same receipt, balance still $yen"
}

step_refused() {
    local open attempt shortfall=$((TOO_MUCH - yen)) before=$yen
    begin refused "次に$(commas $TOO_MUCH)円の会計です。残高が足りないので断られますが、会計は開いたままです。" \
        "Next, $(commas $TOO_MUCH) yen. That is too much for the wallet; the sale stays open."
    open=$(uuid)
    attempt=$(uuid)
    show 0 fz-pos --dir "$dir/$till" sale "$TOO_MUCH" --no-wait --quiet --id "$open" \
        --png "$dir/code.png"
    show 1 fz-wallet --dir "$dir/$hanako" pay --qr-image "$dir/code.png" --yes --id "$attempt"
    ask 0 fz-wallet --dir "$dir/$hanako" --json operation "$attempt"
    expect "operation" "REJECTED insufficient-funds $shortfall" \
        "$(of '"\(.status) \(.result.code) \(.result.shortfall)"')"
    balance hanako
    expect "Hanako's balance" "$before" "$yen"
    ask 0 fz-pos --dir "$dir/$till" --json resume --keep-open
    expect "sale of $TOO_MUCH" "shown $open" "$(of '"\(.state) \(.id)"')"
    ok "insufficient-funds, $shortfall yen missing, nothing moved, sale still open"
    begin cancelled 'レジがその会計を取り消します。もう誰も支払えません。' \
        'The till cancels that sale. Nobody can pay it any more.'
    show 0 fz-pos --dir "$dir/$till" cancel "$open"
    ok "$TOO_MUCH yen, nobody paid"
}

step_refund() {
    local before=$yen
    begin refund "花子さんが一品を返したので、食堂は${BACK}円を返金します。" \
        "Hanako gives one dish back, and the diner refunds $BACK yen."
    show 0 fz-pos --dir "$dir/$till" refund "$sale" "$BACK"
    balance hanako
    expect "Hanako's balance" $((before + BACK)) "$yen"
    ask 0 fz-wallet --dir "$dir/$hanako" --json receipt "$payment"
    expect "refunded on the receipt" "$BACK" "$(of .refunded)"
    ok "$BACK of $PRICE yen, balance $before -> $yen"
}

# Four more people and all three shops, so that the bank file has a line for each.
step_town() {
    local wallet shop amount total=0
    begin town 'ほかの町民も三つの店で買い物をします。' 'The other residents shop at all three shops.'
    while read -r wallet shop amount; do
        balance "$wallet"
        local before=$yen
        credit "$wallet" "$amount" ask 0
        buy "$wallet" "$shop" "$amount"
        balance "$wallet"
        expect "$wallet's balance" "$before" "$yen"
        sold[$shop]=$((${sold[$shop]:-0} + amount))
        total=$((total + amount))
        echo "$wallet: $amount yen at $shop"
    done <<END
ichiro komugi 1650
misaki sakura 4800
ken hanasaki 12800
yui hanasaki 3200
END
    ok "4 payments of $total yen at 3 shops"
}

step_totals() {
    local shop nets=
    begin totals '一日の終わり。どの店でも、レジの集計とサーバーの集計が一致します。' \
        "End of the day. In each shop the till's totals equal the switch""'"'s.'
    sold[sakura]=$((sold[sakura] + PRICE - BACK))
    show 0 fz-pos --dir "$dir/$till" totals --day "$today"
    for shop in komugi sakura hanasaki; do
        totals "$shop"
        expect "$shop: till and switch" "$(of .till)" "$(of .switch)"
        expect "$shop: net of this play" "${sold[$shop]}" $(($(of .till.net) - net_before[$shop]))
        nets+=", $shop $(of .till.net)"
    done
    ok "3 tills equal the switch$nets yen net today"
}

# settle [COMMAND...]: today's settlement of $window; COMMAND (show 0 or ask 0) says how loud.
settle() {
    local loud=("$@") json=()
    [ "$1" = show ] || json=(--json)
    "${loud[@]}" fz -c "$TOWN_INI" "${json[@]}" settle --date "$today" --window "$window" \
        --out "$dir/bank" --key "$TOWN_KEY"
}

# latest_window: today's latest settlement window, 0 if there is none.
latest_window() {
    town_fz --json payout list | jq -rs --arg day "$today" \
        '[.[] | select(.settlement == $day) | .window] | max // 0'
}

# Settles the next window of today, up to our latest payment; one that a play left half done is
# finished on the way. `shops_before` are the shops' rows before it, `answer` what was settled.
find_window() {
    local last upto=0
    ask 0 fz-wallet --dir "$dir/wallets/yui" --json history --limit 1
    last=$(of .number)
    window=$(latest_window)
    while [ "$upto" -lt "$last" ]; do
        window=$((window + 1))
        shops_before=$(shop_rows)
        settle ask 0
        upto=$(jq -rs '.[0].upto_transfer // 0' <<<"$answer")
    done
}

# zengin_sums FILE: "LINES SUM" of its data records, which the trailer has to repeat.
zengin_sums() {
    tr -d '\r' <"$1" | LC_ALL=C awk '
        /^2/ { lines++; sum += substr($0, 81, 10) }
        /^8/ { trailer = substr($0, 2, 6) + 0 " " substr($0, 8, 12) + 0 }
        length($0) != 120 { bad = 1 }
        END {
            own = lines + 0 " " sum + 0
            print own (own == trailer ? "" : ", trailer " trailer) (bad ? ", a wrong length" : "")
        }'
}

step_settle() {
    local file sha256 settled shop balance due collected payout payouts=0 total=0 dues=0
    begin settle '会計係が締め処理をします。店の売上は今日の銀行振込ファイルに、店ごとに一行で入ります。' \
        "The treasurer settles: what the shops sold goes into today's bank file, a line per shop."
    find_window
    settled=$answer
    file=$dir/bank/$(jq -rs '.[] | .file? // empty' <<<"$settled")
    sha256=$(sha256sum <"$file")
    settle show 0
    expect 'bytes of the file from a second run' "$sha256" "$(sha256sum <"$file")"
    printf '%s$ iconv -f SHIFT_JIS -t UTF-8 %s%s\n' "$bold" "$file" "$plain"
    iconv -f SHIFT_JIS -t UTF-8 "$file" | tr -d '\r'
    while read -r shop balance due; do
        read -r collected payout < <(jq -rs --arg shop "$shop" \
            '.[] | select(.shop? == $shop) | "\(.collected) \(.payout)"' <<<"$settled")
        expect "payout and collected dues of $shop" "$balance" $((payout + collected))
        expect "$shop afterwards" "$shop 0 $((due - collected))" "$(shop_rows | grep "^$shop ")"
        payouts=$((payouts + 1))
        total=$((total + payout))
        dues=$((dues + collected))
    done <<<"$shops_before"
    expect 'lines and sum of the file' "$payouts $total" "$(zengin_sums "$file")"
    ok "window $window: $payouts lines, $total yen, the sales less $dues yen of subscription due;" \
        "per-payment fee: 0 yen; a second run gives the same bytes"
}

step_confirm() {
    local payouts
    begin confirm '銀行が振込を実行しました。' 'The bank has paid.'
    show 0 fz -c "$TOWN_INI" payout confirm --date "$today" --window "$window" --key "$TOWN_KEY"
    ask 0 fz -c "$TOWN_INI" --json payout list
    payouts=$(jq -rs --arg day "$today" --argjson window "$window" \
        'map(select(.settlement == $day and .window == $window) | .state) |
            "\(length) \(unique | join(" "))"' <<<"$answer")
    expect 'payouts' '3 CONFIRMED' "$payouts"
    ok "3 payouts of window $window confirmed, the shops have their money"
}

step_bill() {
    local month=${today%-*} dues_before dues already wanted
    begin bill '店が払うのは、規模で決まる月額利用料だけです。' \
        'All that a shop pays is a fixed monthly subscription, by its size.'
    dues_before=$(dues)
    already=$(billed "$month")
    show 0 fz -c "$TOWN_INI" bill --period "$month" --key "$TOWN_KEY"
    show 0 fz -c "$TOWN_INI" bill show --period "$month" --shop "$(town_party "$dir/$till")"
    ask 0 fz -c "$TOWN_INI" --json bill --period "$month" --key "$TOWN_KEY"
    expect 'bills' '1000+100 3000+300 10000+1000' \
        "$(jq -rs 'map(select(.shop?)) | sort_by(.net) | map("\(.net)+\(.tax)") | join(" ")' \
            <<<"$answer")"
    expect 'per-payment fee' 0 "$(jq -rs 'map(.per_payment_fee // empty) | add' <<<"$answer")"
    wanted=$((dues_before + (already ? 0 : 15400)))
    dues=$(dues)
    expect 'dues of all shops' "$wanted" "$dues"
    if [ "$already" = 1 ]; then
        ok "$month was billed already: nothing booked twice; per-payment fee: 0 yen"
    else
        ok "$month: subscription of 3 shops booked, 14000 yen and 1400 yen tax;" \
            "per-payment fee: 0 yen"
    fi
}

# dues: what all shops owe of their subscriptions.
dues() {
    shop_rows | awk '{ sum += $3 } END { print sum + 0 }'
}

# billed MONTH: 1 if the diner's bill of the month is there, else 0.
billed() {
    if town_fz bill show --period "$1" --shop "$(town_party "$dir/$till")" >/dev/null 2>&1; then
        echo 1
    else
        echo 0
    fi
}

step_audit() {
    local counted
    begin audit '最後に監査です。すべての仕訳から帳簿を計算し直します。' \
        'At last the audit: the books are recomputed from every single transfer.'
    show 0 fz -c "$TOWN_INI" audit
    ask 0 fz -c "$TOWN_INI" --json audit
    counted=$(jq -rs '.[-1] | "\(.balance) \(.differences)"' <<<"$answer")
    expect 'audit' 'true 0' "$counted"
    ok "books balance: $(jq -rs '.[-1] | "\(.transfers) transfers, \(.orders) signed orders"' \
        <<<"$answer"), 0 differences"
}

play_day() {
    if [ -e "$dir/town.txt" ]; then
        echo "the town of an earlier run goes on (--fresh starts over):"
        cat "$dir/town.txt"
    else
        settle_people
        mv "$dir/town.new" "$dir/town.txt"
    fi
    wake_people
    step_before
    step_topup
    step_sale
    step_pay
    step_paid
    step_receipt
    step_again
    step_refused
    step_refund
    step_town
    step_totals
    step_settle
    step_confirm
    step_bill
    step_audit
    printf '\n%s steps, all as they should be\n' "$steps"
}
