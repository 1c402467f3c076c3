# What the end-to-end tests of the load client share: a small town that load/setup.sh made in a
# database of its own (DATABASE in CMakeLists.txt), a running switch, enrolled keys. Source it, call
# begin_load_town, then run `load`.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C.UTF-8
cd "${FZ_SOURCE_DIR:?}"
PATH=${FZ_BIN_DIR:?}:$PATH
# shellcheck source=../support/town.sh
. tests/support/town.sh

work=$(mktemp -d "${TMPDIR:-/tmp}/fz.XXXXXX")

end_test() {
    local rc=$? switch_rc=0
    trap '' INT TERM
    town_stop || switch_rc=$?
    if [ "$switch_rc" != 0 ]; then
        echo "the switch ended with $switch_rc"
        rc=1
    fi
    [ "$rc" = 0 ] || tail -n 20 "$work"/out "$work"/err "$work"/town/switch.log 2>/dev/null || true
    rm -rf "$work"
    exit "$rc"
}
trap end_test EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# begin_load_town ARGUMENT...: of setup.sh
begin_load_town() {
    town_use "$work/town" "$(town_free_port)"
    load/setup.sh --dir "$work/town" --database "${FZ_TEST_DB:?}" --port "$TOWN_PORT" "$@"
    TOWN_CA=$work/town/cert.pem
    town_start
    fz-load enrol --url "$TOWN_URL" --ca "$TOWN_CA" --keys "$work/town/keys" \
        --codes "$work/town/codes"
}

# load EXIT_CODE ARGUMENT...: runs fz-load; its report is in $answer.
load() {
    local wanted=$1 rc=0
    shift
    fz-load --url "$TOWN_URL" --ca "$TOWN_CA" --keys "$work/town/keys" --json "$@" \
        >"$work/out" 2>"$work/err" || rc=$?
    expect "exit code of fz-load $*" "$wanted" "$rc"
    answer=$(<"$work/out")
}

# holds FILTER: that jq filter is true of the report.
holds() {
    jq -e "$1" <<<"$answer" >/dev/null || fail "wanted $1 got $answer"
}

# sql STATEMENT
sql() {
    psql -X -q -At -v ON_ERROR_STOP=1 -d "$FZ_TEST_DB" -c "$1"
}
