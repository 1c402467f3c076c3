#!/bin/bash
# The bank file byte by byte: the shops, amounts and day of the vector in docs/treasury.md, sold and
# settled by commands, give the file with its known SHA-256.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

golden=c2b240132c26a69c37ff70c4c4e510647def5284e7e7c95f2038a7dd83116843

fz community add --name 会津コイン >/dev/null
set_bank 9900000001
add_treasurer keiri
fz resident add --name 佐藤 >/dev/null
sql 'UPDATE fz.community SET next_party = 1001' # the vector's customer numbers
same "$(add_shop 山田商店 small 9876543 'ヤマダ タロウ')" M00001001 'first shop'
same "$(add_shop 会津商店 medium 9876544 'カ)アイヅショウテン')" M00001002 'second shop'
fz topup --resident R00000002 --amount 200000 --deposit B1 --key "$work/keiri.pem" >/dev/null
town 1 >/dev/null <<'END'
key r 2 resident 0
key a 1001 terminal 1
key b 1002 terminal 1
intent i a 1001 1 54878
pay p r 2 i 1001 54878
intent j b 1002 1 110137
pay q r 2 j 1002 110137
END
run 0 fz settle --date 2025-12-01 --out "$work" --key "$work/keiri.pem"
says "settlement 2025-12-01 window 1 transfers 1 to 3 value date 2025-12-01"
says "file $work/furikomi-20251201-1.txt payouts 2 total 165015 yen sha256 $golden"
same "$(sha256sum <"$work/furikomi-20251201-1.txt" | cut -d' ' -f1)" "$golden" 'the file'
same "$(sql "SELECT encode(sha256(content), 'hex') FROM fz.bank_file")" "$golden" 'the kept file'
run 0 fz --json settle --date 2025-12-01 --out "$work" --key "$work/keiri.pem"
same "$(python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    if "sha256" in row:
        print(row["sha256"], row["payouts"], row["total"])' <"$work/out")" "$golden 2 165015" 'JSON'
run 0 fz audit
says 'bank files 1'

# The value date: a bank day, within a month, and fixed with the rest.
run 1 fz settle --date 2025-12-01 --value-date 2025-12-02 --key "$work/keiri.pem"
warns 'fz: id-reused: this settlement is fixed with value date 2025-12-01'
for day in 2025-12-06 2025-12-31 2026-01-02; do
    run 2 fz settle --date 2025-12-05 --value-date $day --key "$work/keiri.pem"
    warns "fz: bad-field: --value-date: $day is no bank day"
done
run 2 fz settle --date 2025-12-05 --value-date 2025-12-04 --key "$work/keiri.pem"
warns '--value-date: must be from 2025-12-05 to 2026-01-05'
run 2 fz settle --date 2099-12-01 --key "$work/keiri.pem"
warns 'fz: bad-field: --date: 2099-12-01 is not over yet'
run 1 fz settle --date 2025-11-28 --key "$work/keiri.pem"
warns 'fz: payout-state: 2025-12-01 is settled already'
run 1 fz settle --date 2025-12-05 --window 2 --key "$work/keiri.pem"
warns 'fz: payout-state: the next window of 2025-12-05 is 1'
run 0 fz settle --date 2025-12-05 --out "$work" --key "$work/keiri.pem"
says 'settlement 2025-12-05 window 1: nothing to pay'
same "$(find "$work" -name 'furikomi-*' | wc -l)" 1 'files'
same "$(sql 'SELECT count(*) FROM fz.settlement')" 1 'runs: none without a shop'
finish
