#!/bin/bash
# The audit finds what a superuser does to the books: one town's history, and for each line below a
# copy of it that is changed in one way. The audit must exit 1 and name the right thing.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_town
key=(--key "$work/keiri.pem")
fz topup --resident R00000003 --amount 50000 --deposit B1 "${key[@]}" >/dev/null
{
    cat "$work/keys"
    cat <<'END'
intent a t5 5 1 1480
pay p r3 3 a 5 1480
refund f t5 a 5 480
batch
intent b t6 6 1 5000
pay q r3 3 b 6 5000
intent c t7 7 0 300
pay s r3 3 c 7 300
end
void v t7 c 7
p2p g r3 3 4 700
intent d t5 5 1 900
cancel d 5
tombstone z r4 4
pay poor r4 4 b 6 5000
sales 60 r3 3 t6 6 10
sticker k r3 3 6 700
refund l t6 k 6 100
code c1 r3 3 500
code c2 r3 3 500
code c3 r3 3 500
code c4 r3 3 500
scan n1 t5 5 1 400 c1
void n2 t5 n1 5
scan n3 t5 5 1 600 c2
pay n4 r3 3 n3 5 600
scan n5 t5 5 1 700 c3
decline n5 3
END
} | town 1 >"$work/names"
id_of() {
    awk -v name="$1" '$1 == name { print $3 }' "$work/names"
}
number_of() {
    awk -v name="$1" '$1 == name { print $4 }' "$work/names"
}
# A shop that is short for a while: one refund waits for the settlement, one still waits.
wait_refund() {
    sql 'UPDATE fz.account SET hold = 1000000 WHERE account = 11000000005'
    { grep '^key t5 ' "$work/keys"; echo "use a $(id_of a)"; echo "refund $1 t5 a 5 100"; } |
        town 1 >>"$work/names"
    sql 'UPDATE fz.account SET hold = 0 WHERE account = 11000000005'
}
wait_refund w1
fz settle --out "$work" "${key[@]}" >/dev/null
wait_refund w2
fz bill --period "$month" "${key[@]}" >/dev/null
first=$(fz payout list | sed -n '1s/payout \([^ ]*\) .*/\1/p')
second=$(fz payout list | sed -n '2s/payout \([^ ]*\) .*/\1/p')
fz payout confirm --payout "$first" "${key[@]}" >/dev/null
fz payout return --payout "$second" --reason 口座なし "${key[@]}" >/dev/null
fz topup --resident R00000004 --amount 100 --deposit B2 "${key[@]}" >"$work/out"
undone=$(sed -n 's/.* transfer \([0-9]*\) .*/\1/p' "$work/out")
fz correct --transfer "$undone" --reason 誤入金 "${key[@]}" --approver-key "$work/kacho.pem" \
    >/dev/null
last=$(sql 'SELECT last_number FROM fz.head')
run 0 fz audit
says "books balance community 1: transfers $last "
sed -n 's/^books balance.*/&/p' "$work/out"

original=$database
base=${original##*dbname=}
base=${base%% *}
admin() {
    psql -X -q -v ON_ERROR_STOP=1 -d "${FZ_TEST_PG:?}" -c "$1"
}
drop_copy() {
    admin "DROP DATABASE IF EXISTS \"${base}_x\" WITH (FORCE)" 2>/dev/null || true
}
trap 'drop_copy; rm -rf "$work"' EXIT

# differs CLASS WHERE SQL: after SQL in a copy, a difference of CLASS is named whose line has WHERE.
cases=0
differs() {
    cases=$((cases + 1))
    drop_copy
    admin "CREATE DATABASE \"${base}_x\" TEMPLATE \"$base\""
    database=${original/dbname=$base/dbname=${base}_x}
    printf 'database = %s\n' "$database" >"$work/fz.ini"
    sql "$3" || fail "the SQL of $1 $2 does not run"
    run 1 fz audit
    warns 'fz: audit: '
    says 'books do not balance'
    grep -F -- "difference $1 " "$work/out" >"$work/named" || true
    grep -qF -- "$2" "$work/named" || {
        fail "no difference '$1' at '$2' after: $3"
        grep difference "$work/out" >&2 || true
    }
}

t=fz.transfer o=fz.operation i=fz.intent a=fz.account
pay=$(id_of p) paid=$(number_of p) again=$(number_of q) sale=$(id_of a)
free_transfer="ALTER TABLE $t DROP CONSTRAINT transfer_kind, DROP CONSTRAINT transfer_chain"
free_order="ALTER TABLE $o DROP CONSTRAINT operation_order"

# The journal.
differs operation-transfer "$pay" "UPDATE $t SET amount = amount + 1 WHERE number = $paid"
differs account-debits 'account 10000000003' \
    "UPDATE $t SET amount = amount + 1 WHERE number = $paid"
differs hash-chain 'batch ' "UPDATE $t SET amount = amount + 1 WHERE number = $paid"
differs operation-transfer "$pay" "UPDATE $t SET credit = 11000000006 WHERE number = $paid"
differs number-gap "transfer $((paid + 1))" "DELETE FROM $t WHERE number = $paid"
differs head 'last number' "DELETE FROM $t WHERE number = $last"
differs history-chain "transfer $paid account 10000000003" \
    "$free_transfer; UPDATE $t SET debit_previous = 0 WHERE number = $paid"
differs history-chain "transfer $paid account 11000000005" \
    "$free_transfer; UPDATE $t SET credit_previous = 1 WHERE number = $paid"
differs kind-chain "transfer $last account " \
    "UPDATE $t SET credit_same = credit_previous - 1 WHERE number = $last"
differs kind-chain "transfer $again account 10000000003" \
    "UPDATE $t SET debit_same = 0 WHERE number = $again"
differs operation-transfer "$(id_of q)" \
    "$free_transfer; UPDATE $t SET number = 900000 WHERE number = $(number_of q);
     UPDATE $t SET number = $(number_of q) WHERE number = $(number_of s);
     UPDATE $t SET number = $(number_of s) WHERE number = 900000"
differs time-order "transfer $((paid + 1))" \
    "UPDATE $t SET time_us = time_us + 3600000000 WHERE number = $paid"
differs kind "transfer $paid" "$free_transfer; UPDATE $t SET kind = 99 WHERE number = $paid"
differs kind "transfer $paid" \
    "$free_transfer; UPDATE $t SET credit = 20000000000 WHERE number = $paid"
differs stray-transfer "transfer $paid" "UPDATE $o SET rc = 150, number = 0 WHERE op_id = '$pay'"
differs stray-transfer "transfer $((last + 1))" \
    "INSERT INTO $t SELECT community_id, $last + 1, debit, credit, 1, time_us + 9000000000, 0, 0,
     NULL, op_id, kind, 0, 0 FROM $t WHERE number = 1"
differs below-zero 'account 10000000004' "UPDATE $t SET debit = 10000000004 WHERE number = $paid"

# Batches and the head.
differs hash-chain 'batch 3' \
    "UPDATE fz.batch SET hash = sha256('x') WHERE batch = 3"
differs batch-gap 'batch 4' 'DELETE FROM fz.batch WHERE batch = 3'
differs batch-transfers 'batch ' \
    'UPDATE fz.batch SET transfers = transfers + 1 WHERE batch = (SELECT max(batch) FROM fz.batch)'
differs stray-transfer 'transfer 3' 'UPDATE fz.batch SET transfers = transfers + 1 WHERE batch = 3'
differs batch-operations 'batch 3' 'UPDATE fz.batch SET operations = operations + 1 WHERE batch = 3'
differs batch-first 'batch 3' 'UPDATE fz.batch SET first_number = 1 WHERE batch = 3'
differs batch-time 'batch 3' 'UPDATE fz.batch SET time_us = 1 WHERE batch = 3'
differs head 'last batch' 'DELETE FROM fz.batch WHERE batch = (SELECT max(batch) FROM fz.batch)'
differs head 'last number' 'UPDATE fz.head SET last_number = last_number + 1'
differs head 'last hash' "UPDATE fz.head SET last_hash = sha256('x')"
differs head 'last event' 'UPDATE fz.head SET last_event = last_event - 1'
differs head 'last time' 'UPDATE fz.head SET last_time_us = 1'

# Operations.
differs batch-operations 'batch ' "DELETE FROM $o WHERE op_id = '$pay'"
differs stray-transfer "transfer $paid" "DELETE FROM $o WHERE op_id = '$pay'"
differs hash-chain 'batch ' "UPDATE $o SET note = 'another' WHERE op_id = '$pay'"
differs hash-chain 'batch ' "UPDATE $o SET fingerprint = sha256('x') WHERE op_id = '$pay'"
differs hash-chain 'batch ' "UPDATE $o SET actor = 3 WHERE op_id = '$(id_of z)'"
differs operation-place "$(id_of b)" "UPDATE $o SET batch_seq = 9 WHERE op_id = '$(id_of b)'"
differs operation-transfer "$(id_of poor)" "UPDATE $o SET number = 1 WHERE op_id = '$(id_of poor)'"
differs operation "$(id_of z)" "UPDATE $o SET command = 77 WHERE op_id = '$(id_of z)'"

# Orders.
differs order-signature "$pay" \
    "UPDATE $o SET order_body = convert_to(replace(convert_from(order_body, 'UTF8'),
     '1480', '1481'), 'UTF8') WHERE op_id = '$pay'"
differs order-signature "$pay" \
    "UPDATE $o SET order_signature = set_byte(order_signature, 5, get_byte(order_signature, 5) # 1)
     WHERE op_id = '$pay'"
differs order-signature "$pay" \
    "UPDATE $o SET order_base = convert_to(replace(convert_from(order_base, 'UTF8'), 'payments/',
     'payment5/'), 'UTF8') WHERE op_id = '$pay'"
differs order-missing "$pay" \
    "UPDATE $o SET order_key = NULL, order_base = NULL, order_body = NULL, order_signature = NULL
     WHERE op_id = '$pay'"
differs order-missing "$pay" \
    "$free_order; UPDATE $o SET order_signature = NULL WHERE op_id = '$pay'"
differs order-content "$pay" \
    "UPDATE $o x SET order_key = y.order_key, order_body = y.order_body,
     order_signature = y.order_signature, order_base = convert_to(replace(
     convert_from(y.order_base, 'UTF8'), E'\\x02', y.op_id::text), 'UTF8') FROM $o y
     WHERE x.op_id = '$pay' AND y.op_id = '$(id_of q)'"
# A payment made dearer everywhere that agrees with everything else but the payer's signature.
differs order-content "$pay" \
    "UPDATE $t SET amount = 1490 WHERE number = $paid; UPDATE $o SET amount = 1490
     WHERE op_id IN ('$pay', '$sale'); UPDATE $i SET amount = 1490 WHERE intent_id = '$sale';
     UPDATE $a SET debits_posted = debits_posted + 10 WHERE account = 10000000003;
     UPDATE $a SET credits_posted = credits_posted + 10 WHERE account = 11000000005"
differs order-content "$(id_of g)" "UPDATE $o SET payee = 3 WHERE op_id = '$(id_of g)'"
differs order-content "$(id_of f)" "UPDATE $o SET amount = 481 WHERE op_id = '$(id_of f)'"
differs order-party "$(id_of g)" "UPDATE $o SET party = 4 WHERE op_id = '$(id_of g)'"
differs order-approver '' \
    "UPDATE $o SET approver_key = NULL, approver_signature = NULL WHERE command = 16"
differs order-approver '' "UPDATE $o SET approver_key = order_key WHERE command = 16"
differs order-approver '' \
    "UPDATE $o SET approver_signature = set_byte(approver_signature, 0, 7) WHERE command = 16"

# Keys.
differs key 1. \
    "UPDATE fz.credential SET public_key = (SELECT public_key FROM fz.credential WHERE party = 4)
     WHERE party = 3"
differs order-signature "$pay" \
    "UPDATE fz.credential SET public_key = (SELECT public_key FROM fz.credential WHERE party = 4)
     WHERE party = 3"
differs order-key "$pay" 'DELETE FROM fz.credential WHERE party = 3'
differs order-party "$pay" 'UPDATE fz.credential SET party = 4 WHERE party = 3'
differs order-role "$pay" 'UPDATE fz.credential SET role = 5 WHERE party = 3'
differs key-role 1. 'UPDATE fz.credential SET role = 4 WHERE party = 3'
differs order-terminal "$sale" 'UPDATE fz.credential SET terminal = 2 WHERE party = 5'
differs order-revoked "$pay" \
    "UPDATE fz.credential SET revoked_at = now() - interval '1 day' WHERE party = 3"

# Accounts.
differs account-credits 'account 11000000005' \
    "UPDATE $a SET credits_posted = credits_posted + 1 WHERE account = 11000000005"
differs sum-zero 'all debits against all credits' \
    "UPDATE $a SET credits_posted = credits_posted + 1 WHERE account = 11000000005"
differs account-debits 'account 1000000000' \
    "UPDATE $a SET debits_posted = debits_posted + 5 WHERE account = 1000000000;
     UPDATE $a SET credits_posted = credits_posted + 5 WHERE account = 10000000004"
differs account-last 'account 10000000003' \
    "UPDATE $a SET last_transfer = 1 WHERE account = 10000000003"
differs account-heads 'account 10000000003' \
    "UPDATE $a SET heads = '' WHERE account = 10000000003"
differs account-heads 'account 10000000003' \
    "UPDATE $a SET heads = set_byte(heads, 7, get_byte(heads, 7) + 1) WHERE account = 10000000003"
differs account-heads 'account 11000000006' \
    "UPDATE $a SET heads = set_byte(heads, 15, get_byte(heads, 15) - 1) WHERE account = 11000000006"
differs account-heads 'account 11000000006' \
    "UPDATE $a SET heads = heads || heads WHERE account = 11000000006"

differs account-recent 'account 10000000003' \
    "UPDATE $a SET recent = '' WHERE account = 10000000003"
differs account-recent 'account 10000000003' \
    "UPDATE $a SET recent = set_byte(recent, 11, get_byte(recent, 11) # 1)
     WHERE account = 10000000003"
differs account-recent 'account 10000000004' \
    "UPDATE $a SET recent = decode(repeat('01', 12), 'hex') WHERE account = 10000000004"

# Marks.
m=fz.account_mark
differs mark 'account 10000000003 transfer ' "DELETE FROM $m WHERE account = 10000000003"
differs mark "account 10000000004 transfer $paid" \
    "INSERT INTO $m SELECT 1, 10000000004, time_us, number, 0, 0, '\\x$(printf '%032d' 1)' FROM $t
     WHERE number = $paid"
differs mark "account 10000000003 transfer $((last + 9))" \
    "INSERT INTO $m SELECT 1, 10000000003, time_us + 9, $last + 9, 0, 0, heads FROM $m
     WHERE account = 10000000003 LIMIT 1"
differs mark-time 'account 10000000003' "UPDATE $m SET time_us = time_us + 1"
differs mark-debits 'account 10000000003' "UPDATE $m SET debits_posted = debits_posted + 1"
differs mark-credits 'account 10000000003' "UPDATE $m SET credits_posted = credits_posted + 1"
differs mark-heads 'account 10000000003' \
    "UPDATE $m SET heads = set_byte(heads, 15, get_byte(heads, 15) - 1)"
differs mark-heads 'account 10000000003' "UPDATE $m SET heads = substr(heads, 1, 16)"
differs account-pending 'account 10000000003' \
    "UPDATE $a SET debits_pending = 1 WHERE account = 10000000003"
differs account-missing 'account 10000000004' "DELETE FROM $a WHERE account = 10000000004"
differs account-owner 'account 10000000005' "INSERT INTO $a VALUES (1, 10000000005)"

# Intents and events.
differs intent-state "$sale" \
    "ALTER TABLE $i DROP CONSTRAINT intent_paid; ALTER TABLE $i DROP CONSTRAINT intent_refunded;
     UPDATE $i SET state = 3 WHERE intent_id = '$sale'"
differs intent-state "$(id_of d)" "UPDATE $i SET state = 1 WHERE intent_id = '$(id_of d)'"
differs intent-refunded "$sale" "UPDATE $i SET refunded = 0 WHERE intent_id = '$sale'"
differs intent-payer "$sale" "UPDATE $i SET payer = 4 WHERE intent_id = '$sale'"
differs intent-number "$sale" "UPDATE $i SET number = 1 WHERE intent_id = '$sale'"
differs intent-shop "$sale" "UPDATE $i SET shop = 6 WHERE intent_id = '$sale'"
differs intent-amount "$sale" "UPDATE $i SET amount = 9999 WHERE intent_id = '$sale'"
differs intent-terminal "$sale" "UPDATE $i SET terminal = 2 WHERE intent_id = '$sale'"
differs intent-payment "$sale" "UPDATE $i SET payment_id = '$(id_of q)' WHERE intent_id = '$sale'"
differs intent "$(id_of d)" "DELETE FROM $i WHERE intent_id = '$(id_of d)'"
differs event-gap 'number of events' 'DELETE FROM fz.event WHERE event = 3'
differs event-completed "$sale" \
    "DELETE FROM fz.event WHERE intent_id = '$sale' AND type = 2"
differs event-last "$sale" "UPDATE $i SET last_event = last_event - 1 WHERE intent_id = '$sale'"
differs event-chain "$sale" \
    "UPDATE fz.event SET previous = 0 WHERE intent_id = '$sale' AND type = 2"
differs event-refunds "$sale" \
    "UPDATE fz.event SET amount = 1 WHERE intent_id = '$sale' AND type = 6"
differs event-voided "$(id_of c)" \
    "UPDATE fz.event SET type = 4 WHERE intent_id = '$(id_of c)' AND type = 5"
# Paid at a sticker: the payment is the creation, and says so with its own id.
sticker=$(id_of k)
differs intent "$sticker" "DELETE FROM $i WHERE intent_id = '$sticker'"
differs intent "$sticker" "UPDATE $o SET ref = NULL WHERE op_id = '$sticker'"
differs intent-amount "$sticker" "UPDATE $i SET amount = 701 WHERE intent_id = '$sticker'"
differs intent-expires "$sticker" \
    "UPDATE $i SET expires_us = expires_us + 1 WHERE intent_id = '$sticker'"
differs event-created "$sticker" \
    "UPDATE fz.event SET type = 1 WHERE intent_id = '$sticker' AND type = 2"
differs order-content "$sticker" "UPDATE $o SET ref = '$sale' WHERE op_id = '$sticker'"

# Codes: the operation that made one, the intent that used it.
k=fz.code
code=$(id_of c1) spare=$(id_of c4) scanned=$(id_of n1) asked=$(id_of n5)
differs code "$code" "DELETE FROM $k WHERE code_id = '$code'"
differs code "$spare" "DELETE FROM $k WHERE code_id = '$spare'"
differs code "$spare" "UPDATE $o SET rc = 104 WHERE op_id = '$spare'"
differs code-party "$code" "UPDATE $k SET party = 4 WHERE code_id = '$code'"
differs code-amount "$code" "UPDATE $k SET amount = 501 WHERE code_id = '$code'"
differs code-expires "$code" "UPDATE $k SET expires_us = expires_us + 1 WHERE code_id = '$code'"
differs code-late "$code" "UPDATE $k SET expires_us = 1 WHERE code_id = '$code'"
differs code-hash "$code" "UPDATE $k SET hash = sha256('x') WHERE code_id = '$code'"
differs code-use "$spare" "UPDATE $k SET intent_id = '$sale' WHERE code_id = '$spare'"
differs code "$scanned" "UPDATE $k SET intent_id = NULL WHERE code_id = '$code'"
differs code-payer "$code" "UPDATE $o SET party = 4 WHERE op_id = '$scanned'"
differs order-content "$code" "UPDATE $o SET amount = 501 WHERE op_id = '$code'"
differs intent-payer "$asked" "UPDATE $i SET payer = 4 WHERE intent_id = '$asked'"
differs intent-payment "$scanned" \
    "UPDATE $i SET payment_id = '$(id_of q)' WHERE intent_id = '$scanned'"
differs event-canceled "$asked" \
    "UPDATE fz.event SET type = 6 WHERE intent_id = '$asked' AND type = 7"
differs operation-transfer "$scanned" "UPDATE $o SET state = 1 WHERE op_id = '$scanned'"

# Refunds that wait, or waited.
h=fz.held_refund
released=$(id_of w1) waiting=$(id_of w2)
same "$(sql "SELECT count(release_id) FROM $h WHERE refund_id = '$released'")" 1 'released'
same "$(sql "SELECT held FROM $a WHERE account = 11000000005")" 100 'yen that wait'
differs held "$waiting" "DELETE FROM $h WHERE refund_id = '$waiting'"
differs account-held 'account 11000000005' "DELETE FROM $h WHERE refund_id = '$waiting'"
differs account-held 'account 11000000005' \
    "UPDATE $a SET held = 0 WHERE account = 11000000005"
differs held "$waiting" "UPDATE $o SET state = 2 WHERE op_id = '$waiting'"
differs held-shop "$waiting" "UPDATE $h SET shop = 6 WHERE refund_id = '$waiting'"
differs held-party "$waiting" "UPDATE $h SET party = 4 WHERE refund_id = '$waiting'"
differs held-amount "$waiting" "UPDATE $h SET amount = 99 WHERE refund_id = '$waiting'"
differs held-since "$waiting" "UPDATE $h SET since_us = 1 WHERE refund_id = '$waiting'"
differs held-sale "$waiting" "UPDATE $h SET intent_id = '$scanned' WHERE refund_id = '$waiting'"
differs held-release "$released" "UPDATE $h SET release_id = NULL WHERE refund_id = '$released'"
differs held-release "$waiting" "UPDATE $h SET release_id = '$pay' WHERE refund_id = '$waiting'"
differs event-refunds "$sale" \
    "UPDATE fz.event SET amount = 1 WHERE intent_id = '$sale' AND type = 8"

# Payouts, settlements, bank files.
differs payout-amount "$first" "UPDATE fz.payout SET amount = amount + 1 WHERE payout_id = '$first'"
differs payout-state "$second" "UPDATE fz.payout SET state = 3 WHERE payout_id = '$second'"
differs payout-shop "$first" "UPDATE fz.payout SET shop = 7 WHERE payout_id = '$first'"
differs payout "$first" "DELETE FROM fz.payout WHERE payout_id = '$first'"
differs payout-line "$first" "DELETE FROM fz.settlement_line WHERE payout_id = '$first'"
differs settlement-lines "$today window 1" \
    "DELETE FROM fz.settlement_line WHERE payout_id = '$first'"
differs settlement-sales "$today window 1 M00000005" \
    'UPDATE fz.settlement_line SET sales = sales + 1 WHERE shop = 5'
differs settlement-refunds "$today window 1 M00000005" \
    'UPDATE fz.settlement_line SET refunds = 0 WHERE shop = 5'
differs settlement-payments "$today window 1 M00000005" \
    'UPDATE fz.settlement_line SET payments = 7 WHERE shop = 5'
differs settlement-balance "$today window 1 M00000005" \
    'UPDATE fz.settlement_line SET balance = balance + 1 WHERE shop = 5'
differs settlement-due "$today window 1 M00000005" \
    'UPDATE fz.settlement_line SET due = 1 WHERE shop = 5'
differs settlement-window "$today window 1" 'UPDATE fz.settlement SET from_number = 2'
differs settlement-signed "$first upto_number" \
    'UPDATE fz.settlement SET upto_number = upto_number - 1'
differs settlement-signed "$first value_date" \
    'UPDATE fz.settlement SET value_date = value_date + 1'
differs bank-file "$today window 1" \
    'UPDATE fz.bank_file SET content = set_byte(content, 130, 57)'
differs bank-file-sha256 "$today window 1" \
    'UPDATE fz.bank_file SET content = set_byte(content, 130, 57)'
# An amount and the trailer changed so that the file is whole in itself, its digest with it.
forge="UPDATE fz.bank_file SET content = overlay(overlay(content PLACING '9' FROM 122 + 84 FOR 1)
    PLACING '9' FROM 3 * 122 + 13 FOR 1); UPDATE fz.bank_file SET sha256 = sha256(content)"
differs bank-file-amount "$today window 1 M00000005" "$forge"
differs bank-file-total "$today window 1" "$forge"
differs bank-file-account "$today window 1 M00000005" \
    "UPDATE fz.bank_file SET content = overlay(content PLACING '1111111' FROM 122 + 44 FOR 7);
     UPDATE fz.bank_file SET sha256 = sha256(content)"
differs bank-file "$today window 1" \
    "UPDATE fz.bank_file SET content = overlay(content PLACING 'AAAA' FROM 122 + 51 FOR 4);
     UPDATE fz.bank_file SET sha256 = sha256(content)"
differs bank-file-total "$today window 1" 'UPDATE fz.bank_file SET total = total + 1'
differs payout-file "$first" 'DELETE FROM fz.bank_file'

# The office.
differs deposit-amount 'deposit B1' "UPDATE fz.deposit SET amount = 1 WHERE reference = 'B1'"
differs deposit-party 'deposit B1' "UPDATE fz.deposit SET party = 4 WHERE reference = 'B1'"
differs deposit-id 'deposit B9' "UPDATE fz.deposit SET reference = 'B9' WHERE reference = 'B1'"
differs deposit '' "DELETE FROM fz.deposit WHERE reference = 'B1'"
differs bill-amount "bill $month M00000005" 'UPDATE fz.bill SET net = net + 100 WHERE shop = 5'
differs bill-tax "bill $month M00000005" 'UPDATE fz.bill SET tax = tax - 1 WHERE shop = 5'
differs bill-invoice "bill $month M00000005" \
    "UPDATE fz.bill SET invoice_no = 'X' WHERE shop = 5"
differs bill-id "bill $month M00000007" 'UPDATE fz.bill SET shop = 7 WHERE shop = 5'
differs bill '' 'DELETE FROM fz.bill WHERE shop = 5'
differs correction-of "transfer $((undone + 1))" \
    "UPDATE $t SET corrects = 1 WHERE number = $undone + 1"
differs correction-amount "transfer $((undone + 1))" \
    "UPDATE $t SET amount = 99 WHERE number = $undone + 1"
differs correction "transfer $((undone + 1))" \
    "UPDATE $t SET corrects = $paid WHERE number = $undone + 1"

# More than a hundred differences are counted, and all named with --full.
differs order-signature "$pay" "UPDATE $o SET order_signature = set_byte(order_signature, 9, 9)"
same "$(grep -c ^difference "$work/out")" 100 'differences named'
same "$(fz audit --full | grep -c ^difference)" "$(sed -n 's/.* differences //p' "$work/out")" \
    'differences named with --full'
echo "$cases ways to change the books, $failures not found"
finish
