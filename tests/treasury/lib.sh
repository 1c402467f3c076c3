# What the tests of the treasury share: `fz` on a database of the test's own, the residents' and
# tills' side (fz-test-town), expectations. Each test is `NAME.sh`, run by run_test.sh --database.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C.UTF-8

work=$(mktemp -d "${TMPDIR:-/tmp}/fz-treasury.XXXXXX")
trap 'rm -rf "$work"' EXIT
database=${FZ_TEST_DB:?run me through ctest}
failures=0
printf 'database = %s\n' "$database" >"$work/fz.ini"
today=$(TZ=Asia/Tokyo date +%F)
# shellcheck disable=SC2034 # for the tests
month=${today%-*}

fz() {
    "$FZ_BIN_DIR/fz" -c "$work/fz.ini" "$@"
}

# town COMMUNITY: reads commands from standard input (town.c).
town() {
    "$FZ_BUILD_DIR/tests/bin/fz-test-town" "$database" "$1"
}

sql() {
    psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$database" -c "$1"
}

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# run STATUS COMMAND...: runs it, keeps what it says in $work/out and $work/err.
run() {
    local wanted=$1 status=0
    shift
    "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" != "$wanted" ]; then
        fail "exit $status, not $wanted: $*"
        cat "$work/out" "$work/err" >&2
    fi
}

# says TEXT: the last run printed a line with this text; warns TEXT: it stands on standard error.
says() {
    grep -qF -- "$1" "$work/out" || {
        fail "no line with '$1' in:"
        cat "$work/out" >&2
    }
}

warns() {
    grep -qF -- "$1" "$work/err" || {
        fail "standard error has no '$1' but:"
        cat "$work/err" >&2
    }
}

same() {
    [ "$1" = "$2" ] || fail "$3: '$1' is not '$2'"
}

finish() {
    [ "$failures" = 0 ] || {
        echo "$failures expectation(s) failed" >&2
        exit 1
    }
}

code_of() {
    sed -n 's/.* code \([^ ]*\) .*/\1/p' "$1"
}

# A treasurer with a key in $work/NAME.pem.
add_treasurer() {
    fz staff add --name "$1" --role treasurer >"$work/staff"
    fz key new --out "$work/$1.pem" --code "$(code_of "$work/staff")" >/dev/null
}

add_shop() {
    local name=$1 size=$2 account=$3
    shift 3
    fz shop add --name "$name" --name-latin 'SHOP' --city-latin AIZUWAKAMATSU --postal 9650042 \
        --mcc 5411 --size "$size" --bank 9999 --bank-name テストギンコウ --branch 999 \
        --branch-name アイヅ --type 1 --account "$account" --holder "$@" | cut -d' ' -f2
}

# set_bank REQUESTER
set_bank() {
    fz bank set --requester "$1" --name フィーゼロ --bank 9999 --bank-name テストギンコウ \
        --branch 998 --branch-name ホンテン --type 1 --account 9000001 >/dev/null
}

# Community 1 with treasurers keiri (S1) and kacho (S2), residents R3 and R4, shops M5 (small), M6
# (large), M7 (association), and keys r3, r4, t5, t6, t7 for what $work/keys is put in front of.
make_town() {
    fz community add --name 会津コイン --registration T7000012050002 >/dev/null
    set_bank 0000000001
    add_treasurer keiri
    add_treasurer kacho
    fz resident add --name 佐藤 >/dev/null
    fz resident add --name 鈴木 >/dev/null
    add_shop 山田商店 small 9876543 'ヤマダ タロウ' >/dev/null
    add_shop 会津商店 large 9876544 'カ）アイヅショウテン' >/dev/null
    add_shop 七日町通り商店会 association 9876545 'ナノカマチ' >/dev/null
    cat >"$work/keys" <<'KEYS'
key r3 3 resident 0
key r4 4 resident 0
key t5 5 terminal 1
key t6 6 terminal 1
key t7 7 owner 0
KEYS
}
