#!/bin/bash
# The treasury's day by commands alone: town, people, deposit, sales, settlement, the bank's answer,
# subscription, correction, audit. Every line that people read is compared.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run 0 fz migrate
says 'migration 0001_ledger present'
run 0 fz community add --name 会津コイン --registration T7000012050002
says 'community 1 qr jp.example.feezero registration T7000012050002 会津コイン'
run 0 fz community list
says 'community 1 qr'
run 1 fz --community 1 community add --name again
warns 'fz: id-reused: community 1 is there already'
run 0 fz plan list
says 'plan small 1000 yen a month, tax 10 %'
says 'plan association 0 yen a month, tax 10 %'
run 0 fz plan set --size medium --net 3500
says 'plan medium 3500 yen a month, tax 10 %'
run 1 fz bank show
warns 'fz: not-found: the consortium'
run 0 fz bank set --requester 0000000001 --name ふぃーぜろ --bank 9999 --bank-name ﾃｽﾄｷﾞﾝｺｳ \
    --branch 998 --branch-name ホンテン --type 1 --account 9000001
says 'bank 9999 ﾃｽﾄｷﾞﾝｺｳ branch 998 ﾎﾝﾃﾝ type 1 account 9000001 holder ﾌｲ-ｾﾞﾛ requester 0000000001'

# Staff and their keys.
run 0 fz staff add --name 経理 --role treasurer
says 'staff S00000001 code 1-'
cp "$work/out" "$work/staff1"
run 0 fz staff add --name 課長 --role treasurer
cp "$work/out" "$work/staff2"
run 0 fz staff add --name 監査 --role auditor
cp "$work/out" "$work/staff3"
run 0 fz key new --out "$work/1.pem" --code "$(code_of "$work/staff1")" --label 窓口PC
says ' S00000001 treasurer 経理'
same "$(stat -c %a "$work/1.pem")" 600 'mode of the key file'
cp "$work/out" "$work/first"
run 0 fz key new --out "$work/1.pem" --code "$(code_of "$work/staff1" | tr '[:upper:]' '[:lower:]')"
same "$(cat "$work/out")" "$(cat "$work/first")" 'the same code and file again'
run 1 fz key new --out "$work/other.pem" --code "$(code_of "$work/staff1")"
warns 'fz: enrolment-code:'
run 0 fz key new --out "$work/2.pem" --code "$(code_of "$work/staff2")"
run 0 fz key new --out "$work/3.pem" --code "$(code_of "$work/staff3")"

# People and shops.
run 0 fz resident add --name 佐藤
says 'resident R00000004 code 1-'
run 1 fz key new --out "$work/r.pem" --code "$(code_of "$work/out")"
warns 'fz: role-forbidden: the code is for role resident'
[ ! -e "$work/r.pem" ] || fail 'a refused enrolment left a key file'
run 0 fz shop add --name 山田商店 --name-latin 'YAMADA SHOTEN' --city-latin AIZU --postal 9650042 \
    --mcc 5411 --size small --bank 9999 --bank-name テストギンコウ --branch 999 \
    --branch-name アイヅ --type 1 --account 9876543 --holder 'ヤマダ タロウ'
says 'shop M00000005 code 1-'
run 0 fz terminal add --shop M00000005 --label レジ1
says 'terminal M00000005 T001 code 1-'
run 0 fz terminal add --shop M00000005
says 'terminal M00000005 T002 code 1-'
run 0 fz owner add --shop M00000005
says 'owner M00000005 code 1-'
run 0 fz code --party M00000005 --terminal 2
says 'code M00000005 T002 code 1-'
run 1 fz code --party M00000005 --terminal 3
warns 'fz: not-found: the shop has no terminal T003'
run 0 fz code --party S00000001 --role auditor
says 'code S00000001 code 1-'
same "$(sql "SELECT count(DISTINCT code_hash) FROM fz.enrolment")" 10 'codes kept, by hash'
same "$(sql "SELECT bool_and(expires_at - created_at = interval '14 days') FROM fz.enrolment")" t \
    'life of a code'

# A deposit becomes coins, once.
run 0 fz topup --resident R00000004 --amount 10000 --deposit BANK-0001 --key "$work/1.pem"
says 'topup R00000004 10000 yen deposit BANK-0001 transfer 1 credited'
run 0 fz topup --resident R00000004 --amount 10000 --deposit BANK-0001 --key "$work/2.pem"
says 'topup R00000004 10000 yen deposit BANK-0001 transfer 1 already credited'
run 1 fz topup --resident R00000004 --amount 10001 --deposit BANK-0001 --key "$work/1.pem"
warns 'fz: id-reused: deposit BANK-0001 was entered as 10000 yen for R00000004'
run 1 fz topup --resident R00000004 --amount 1000000 --deposit BANK-0002 --key "$work/1.pem"
warns 'fz: balance-limit:'
run 1 fz topup --resident R00000009 --amount 1 --deposit BANK-0003 --key "$work/1.pem"
warns 'fz: not-found: there is no R00000009'
run 1 fz topup --resident R00000004 --amount 1 --deposit BANK-0003 --key "$work/3.pem"
warns 'fz: role-forbidden:'
run 78 fz topup --resident R00000004 --amount 1 --deposit BANK-0003 --key "$work/nothing.pem"
same "$(sql 'SELECT count(*) FROM fz.operation')" 2 'operations after the refusals'

# Sales, then the settlement.
town 1 >"$work/town" <<'END'
key r 4 resident 0
key t 5 terminal 1
intent a t 5 1 1480
pay p r 4 a 5 1480
refund f t a 5 480
intent b t 5 1 700
cancel b 5
END
run 0 fz settle --out "$work" --key "$work/1.pem"
file=furikomi-${today//-/}-1.txt
says "settlement $today window 1 transfers 1 to 3 value date "
says 'shop M00000005 payments 1 sales 1480 refunds 480 subscription 0 payout 1000 yen 山田商店'
says "file $work/$file payouts 1 total 1000 yen sha256 $(sha256sum <"$work/$file" | cut -d' ' -f1)"
says 'per-payment fee: 0 yen'
same "$(stat -c '%s %a' "$work/$file")" '488 600' 'size and mode of the bank file'
cp "$work/out" "$work/settled"
town 1 >"$work/town" <<'END'
key r 4 resident 0
key t 5 terminal 1
intent c t 5 1 300
pay q r 4 c 5 300
END
run 0 fz settle --out "$work" --key "$work/2.pem"
same "$(cat "$work/out")" "$(cat "$work/settled")" 'the second run'
warns '1 payments after this cut-off wait for the next settlement (today: --window 2)'

# The bank's answer: one payout confirmed, another returned.
run 0 fz payout list --state sent
says "1000 yen SENT settlement $today window 1 山田商店"
run 1 fz payout confirm --date "$today" --window 2 --key "$work/1.pem"
warns 'fz: payout-not-found:'
run 0 fz payout confirm --date "$today" --key "$work/1.pem"
says '1000 yen CONFIRMED'
run 0 fz payout confirm --date "$today" --key "$work/1.pem"
says '1000 yen CONFIRMED'
run 0 fz settle --window 2 --out "$work" --key "$work/1.pem"
says "settlement $today window 2 transfers 4 to 7 value date "
says 'shop M00000005 payments 1 sales 300 refunds 0 subscription 0 payout 300 yen 山田商店'
payout=$(fz payout list --state sent | cut -d' ' -f2)
run 0 fz payout return --payout "$payout" --reason 口座なし --key "$work/1.pem"
says "payout $payout M00000005 300 yen RETURNED"
run 1 fz payout confirm --payout "$payout" --key "$work/1.pem"
warns "fz: payout-state: payout $payout is RETURNED"
run 0 fz shop bank --shop M00000005 --bank 9999 --bank-name テストギンコウ --branch 999 \
    --branch-name アイヅ --type 2 --account 7654321 --holder 'ヤマダ タロウ'
says 'shop M00000005 bank 9999-999 2 7654321'
run 0 fz shop list
says 'shop M00000005 size small balance 300 yen due 0 yen terminals 2 bank 9999-999 2 7654321'

# The subscription: billed once, what the balance does not give stays open.
run 0 fz bill --period "$month" --key "$work/1.pem"
number=${month/-/}-00000005
says "bill $month M00000005 small net 1000 tax 100 (10 %) total 1100 collected 300 open 800 yen"
says "invoice $number 山田商店"
says 'per-payment fee: 0 yen'
cp "$work/out" "$work/billed"
run 0 fz plan set --size small --net 5000
run 0 fz bill --period "$month" --key "$work/2.pem"
same "$(cat "$work/out")" "$(cat "$work/billed")" 'the second bill'
run 0 fz bill show --period "$month" --shop M00000005
says "適格請求書 Qualified invoice No. $number"
says '登録番号 Registration number: T7000012050002'
says '宛先 Recipient: 山田商店 様 (M00000005)'
says '税抜金額 Net, 10% 対象: 1,000 円'
says '消費税 Tax, 10%: 100 円'
says '合計 Total: 1,100 円'
run 1 fz bill show --period 2026-01 --shop M00000005
warns 'fz: not-found: M00000005 was not billed for 2026-01'
run 0 fz bill --period 2020-01 --key "$work/1.pem"
says 'bill 2020-01: nothing to bill'

# What is open is collected before the next payout.
town 1 >"$work/town" <<'END'
key r 4 resident 0
key t 5 terminal 1
intent d t 5 1 2000
pay q r 4 d 5 2000
END
run 0 fz settle --window 3 --out "$work" --key "$work/1.pem"
says 'shop M00000005 payments 1 sales 2000 refunds 0 subscription 800 payout 1200 yen 山田商店'

# A correction takes two people.
run 1 fz correct --transfer 1 --reason 誤入金 --key "$work/1.pem" --approver-key "$work/1.pem"
warns 'fz: role-forbidden: a correction takes two people'
run 1 fz correct --transfer 1 --reason 誤入金 --key "$work/1.pem" --approver-key "$work/2.pem"
warns 'fz: insufficient-funds:'
run 0 fz topup --resident R00000004 --amount 500 --deposit BANK-0004 --key "$work/1.pem"
transfer=$(sed -n 's/.* transfer \([0-9]*\) .*/\1/p' "$work/out")
run 0 fz correct --transfer "$transfer" --reason 誤入金 --key "$work/1.pem" \
    --approver-key "$work/2.pem"
says "correct transfer $transfer 500 yen corrected by transfer $((transfer + 1))"
run 0 fz correct --transfer "$transfer" --reason 誤入金 --key "$work/1.pem" \
    --approver-key "$work/2.pem"
says "correct transfer $transfer 500 yen was corrected already by transfer $((transfer + 1))"
run 1 fz correct --transfer 2 --reason 誤入金 --key "$work/1.pem" --approver-key "$work/2.pem"
warns 'fz: kind-not-allowed:'
run 1 fz correct --transfer 999 --reason 誤入金 --key "$work/1.pem" --approver-key "$work/2.pem"
warns 'fz: transfer-not-found:'

# A revoked key moves nothing.
run 0 fz key list --party S00000001
says ' S00000001 treasurer since '
says ' 経理 on 窓口PC'
key=$(cut -d' ' -f2 "$work/out")
run 0 fz key revoke --key-id "$key"
says "key $key revoked"
run 0 fz key revoke --key-id "$key"
says "key $key was revoked already"
run 1 fz key revoke --key-id 1.nothing
warns 'fz: key-unknown:'
run 1 fz topup --resident R00000004 --amount 1 --deposit BANK-0005 --key "$work/1.pem"
warns 'fz: key-unknown:'

# And the books balance, for whoever asks.
run 0 fz audit
says 'books balance community 1: '
says 'differences 0'
says 'open deposits not credited 1'
run 0 fz --json audit --community 1
says '"balance":true'
python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$work/out" ||
    fail 'not every line is JSON'
run 1 fz audit --community 7
warns 'fz: not-found: there is no community 7'

# A second town shares nothing but the database.
run 0 fz community add --name 喜多方コイン --qr-guid jp.example.kitakata
says 'community 2 qr jp.example.kitakata registration none 喜多方コイン'
run 1 fz --community 2 topup --resident R00000004 --amount 1 --deposit X --key "$work/2.pem"
warns 'fz: key-unknown:'
run 0 fz audit
says 'books balance community 2: transfers 0 '
finish
