#!/bin/bash
# Bad arguments: each is refused with its exit status and one line that says what is wrong, before
# anything is opened or written. Then the help, and every option of every command in the manual.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# bad STATUS TEXT ARGUMENT...: nothing on standard output, TEXT in the one line of standard error.
bad() {
    local status=$1 text=$2
    shift 2
    run "$status" fz "$@"
    warns "$text"
    [ ! -s "$work/out" ] || fail "results in spite of a usage error: $*"
    same "$(wc -l <"$work/err")" 1 "lines of the error of $*"
}

shop=(--name 店 --name-latin A --city-latin B --postal 1234567 --mcc 5411 --size small --bank 9999
    --bank-name ｱ --branch 001 --branch-name ｱ --type 1 --account 1234567 --holder ｱ)
# shop_with OPTION VALUE: the arguments above with one changed.
shop_with() {
    local i changed=("${shop[@]}")
    for i in "${!changed[@]}"; do
        [ "${changed[$i]}" != "$1" ] || changed[i + 1]=$2
    done
    printf '%s\n' "${changed[@]}"
}
bad_shop() {
    local arguments
    mapfile -t arguments < <(shop_with "$2" "$3")
    bad 2 "fz: bad-field: $2: $1" shop add "${arguments[@]}"
}

bad 2 'fz: bad-field: the command is missing (fz help)'
bad 2 "there is no command 'fly'" fly
bad 2 "there is no command 'shop fly'" shop fly
bad 2 "there is no command 'shop'" shop
bad 2 "there is no command 'fly'" help fly
bad 2 'there is no option --fly of shop list' shop list --fly
bad 2 'there is no option --fly' --fly shop list
bad 2 'there is no option -x' shop list -x
bad 2 "'more' is one word too many" shop list more
bad 2 '--json: takes no value' --json=1 shop list
bad 2 '--name NAME is missing (fz help resident add)' resident add
bad 2 '--name: the value is missing' resident add --name
bad 2 '--name: given twice' resident add --name a --name b
bad 2 '--community: must be 1 to 2147483647' --community 0 shop list
bad 2 '--community: must be 1 to 2147483647' shop list --community 2147483648
bad 2 '--community: must be a whole number' --community +1 shop list
bad 2 '--name: must have 1 to 120 bytes' resident add --name ''
bad 2 '--name: must have 1 to 120 bytes' resident add --name "$(printf '%0121d' 0)"
bad 2 '--name: must be UTF-8 text in one line' resident add --name $'a\nb'
bad 2 '--name: must be UTF-8 text in one line' resident add --name $'a\xff'
bad 2 '--name: must be UTF-8 text in one line' resident add --name $'a\xc2\x85'
bad 2 '--registration: must be T and 13 digits' community add --name a --registration 71234567890123
bad 2 '--registration: must have 14 to 14' community add --name a --registration T1
bad 2 '--qr-guid: only lower-case' community add --name a --qr-guid 'JP.example'
bad 2 '--size: must be one of small|medium|large|association' plan set --size huge --net 1
bad 2 '--net: must be 0 to' plan set --size small --net 100000001
bad 2 '--tax: must be 0 to 50' plan set --size small --net 1 --tax 51
bad 2 '--requester: must be 10 digits' bank set --requester 1
bad 2 '--role: must be one of treasurer|auditor' staff add --name a --role resident
bad 2 '--shop: must be an id like M00000042' terminal add --shop R00000001
bad 2 '--shop: must be an id like M00000042' terminal add --shop M1
bad 2 '--shop: must be an id like M00000042' terminal add --shop M00000000
bad 2 '--party: must be an id like R00000042' code --party X00000001
bad 2 '--role: treasurer or auditor, for staff' code --party S00000001
bad 2 '--role: owner is no role of R00000001' code --party R00000001 --role owner
bad 2 '--role: terminal is no role of M00000001 without --terminal' \
    code --party M00000001 --role terminal
bad 2 '--terminal: only shops have terminals' code --party R00000001 --terminal 1
bad 2 '--terminal: must be 1 to 999' code --party M00000001 --terminal 1000
bad 1 'fz: enrolment-code: the code is not for community 1' key new --out a --code 2-AAAA
bad 1 'fz: enrolment-code: a code has sixteen letters and digits' key new --out a --code 1-AAAA
bad 1 'fz: enrolment-code: a code has sixteen' key new --out a --code 1-AAAA-AAAA-AAAA-AAAU
bad 2 '--key FILE is missing' topup --resident R00000001 --amount 1 --deposit A
bad 2 '--key FILE is missing' settle
bad 2 '--key FILE is missing' payout confirm --date 2026-12-01
bad 2 '--key FILE is missing' bill --period 2026-12
bad 2 '--approver-key FILE is missing' correct --transfer 1 --reason a --key b
bad 2 '--reason TEXT is missing' correct --transfer 1 --key a --approver-key b
bad 2 '--amount: must be 1 to 9999999999' topup --amount 0
bad 2 '--amount: must be 1 to 9999999999' topup --amount 10000000000
bad 2 '--amount: must be a whole number' topup --amount 1e3
bad 2 '--amount: must be a whole number' topup --amount -1
bad 2 '--amount: must be a whole number' topup --amount 1.0
bad 2 '--amount: must be a whole number' topup --amount 99999999999999999999
bad 2 '--deposit: no spaces' topup --resident R00000001 --amount 1 --deposit 'a b' --key c
bad 2 '--deposit: only printable ASCII' topup --deposit 入金
bad 2 '--deposit: must have 1 to 35' topup --deposit "$(printf '%036d' 0)"
bad 2 '--date: must be a date like 2026-12-01' settle --date 2026-02-30
bad 2 '--date: must be a date like 2026-12-01' settle --date 2026-2-3
bad 2 '--date: must be a date like 2026-12-01' settle --date 2026-13-01
bad 2 '--window: must be 1 to 9' settle --window 10
bad 2 '--stop-after: must be one of' settle --stop-after lunch
bad 2 '--period: must be a month like 2026-12' bill --period 2026-12-01
bad 2 '--period: must be a month like 2026-12' bill --period 2026-00
bad 2 '--payout: must be an operation id' payout return --payout 1
bad 2 'either --date (and --window) or --payout' payout confirm --key a
bad 2 'either --date (and --window) or --payout' payout confirm --key a --date 2026-12-01 \
    --payout 01a2046d-961e-7e11-8a4d-a13866272596
bad 2 '--window goes with --date' payout confirm --key a --window 1 \
    --payout 01a2046d-961e-7e11-8a4d-a13866272596
bad 2 '--state: must be one of booked|sent|confirmed|returned' payout list --state paid
bad_shop 'must be 7 digits' --postal 965-0042
bad_shop 'must be 4 digits' --mcc 54
bad_shop 'must be 4 digits' --bank 99999
bad_shop 'must be one of 1|2|4|9' --type 3
bad_shop 'must be 7 digits' --account 12345678
bad_shop 'only printable ASCII' --name-latin 店
bad_shop 'must have 1 to 15' --city-latin 'AIZUWAKAMATSU CITY'
# Kana the bank cannot take is refused here, with its place, not by the bank.
for kana in 山田 'ア_' 'ア ' $'ア\xff' '' 'ﾞ' 'アアアアアアアアアアアアアアアアアアアアアアアアアアアアアアア'; do
    mapfile -t arguments < <(shop_with --holder "$kana")
    bad 2 'fz: bad-field: --holder: ' shop add "${arguments[@]}"
done
mapfile -t arguments < <(shop_with --bank-name 'ア(')
bad 2 'fz: bad-field: --bank-name: ' shop add "${arguments[@]}"

# What is not an argument's fault has another status.
run 2 "$FZ_BIN_DIR/fz" shop list
warns 'fz: bad-field: -c FILE is missing'
run 78 "$FZ_BIN_DIR/fz" -c "$work/none.ini" shop list
warns 'fz: config: '
echo 'log_level = info' >"$work/empty.ini"
run 78 "$FZ_BIN_DIR/fz" -c "$work/empty.ini" shop list
warns 'database: the key is missing'
echo "database = host=$work port=1 dbname=none" >"$work/nobody.ini"
run 75 "$FZ_BIN_DIR/fz" -c "$work/nobody.ini" shop list
warns 'fz: unavailable: '
run 1 fz shop list
warns 'fz: not-found: there is no community 1 (fz community add)'
to_nowhere() {
    fz "$@" >/dev/full
}
run 75 to_nowhere help
run 75 to_nowhere migrate
warns 'fz: io: not all results could be written'

# Nothing was written by any of it.
same "$(sql 'SELECT count(*) FROM fz.community')" 0 'communities'

# Help needs no configuration; the manual has every command and every option.
manual=$FZ_SOURCE_DIR/docs/man/fz.1
run 0 "$FZ_BIN_DIR/fz" --version
says 'fz 0'
run 0 "$FZ_BIN_DIR/fz" help
cp "$work/out" "$work/help"
commands=$(sed -n '/^commands/,/^$/s/^  \([a-z]* \?[a-z]*\)  .*/\1/p' "$work/help")
[ "$(wc -l <<<"$commands")" -gt 20 ] || fail "too few commands in: $commands"
while read -r command; do
    grep -qxF -- ".Ss $command" "$manual" || fail "$manual has no section for '$command'"
    # shellcheck disable=SC2086 # one or two words
    run 0 "$FZ_BIN_DIR/fz" help $command
    says "usage: fz -c FILE $command"
    while read -r option; do
        awk -v command=".Ss $command" -v option=".It Fl -$option" '
            /^\.S[sh]/ { inside = $0 == command }
            inside && index($0 " ", option " ") == 1 { found = 1 }
            END { exit !found }' "$manual" || fail "$manual: $command has no --$option"
    done < <(sed -n 's/^  --\([a-z-]*\).*/\1/p' "$work/out")
done <<<"$commands"
finish
