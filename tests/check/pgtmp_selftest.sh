#!/bin/bash
# pgtmp.sh does what tests and the demonstration lean on: starting twice is harmless, data survives
# kill -9, a folder that is not ours is left alone, and nothing stays behind.
set -euo pipefail

pgtmp=${FZ_SOURCE_DIR:?}/tests/support/pgtmp.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/fz.XXXXXX")
cluster=$work/pg
deep=$work/$(printf 'a folder with a long name%.0s' 1 2 3 4 5 | tr ' ' '-')
trap '"$pgtmp" stop "$cluster"; "$pgtmp" stop "$deep"; rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

query() {
    psql -X -At -v ON_ERROR_STOP=1 -d "$1" -c "$2"
}

conninfo=$("$pgtmp" start --durable "$cluster")
[ "$("$pgtmp" start "$cluster")" = "$conninfo" ] || fail "a second start gave another cluster"
[ "$("$pgtmp" conninfo "$cluster")" = "$conninfo" ] || fail "conninfo differs from start's"
[ "$(query "$conninfo" 'SELECT current_user')" = postgres ] || fail "the superuser has another name"
settings="SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN
    ('data_checksums', 'fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses')"
[ "$(query "$conninfo" "$settings")" = "on on on  on" ] || fail "settings of a durable cluster"

query "$conninfo" 'CREATE TABLE kept AS SELECT 1 AS n' >/dev/null
"$pgtmp" crash "$cluster"
rc=0
"$pgtmp" status "$cluster" || rc=$?
[ "$rc" = 3 ] || fail "status after kill -9 was $rc"
"$pgtmp" start "$cluster" >/dev/null
[ "$(query "$conninfo" 'SELECT n FROM kept')" = 1 ] || fail "a committed row was lost"

"$pgtmp" stop --keep "$cluster"
[ -d "$cluster" ] || fail "stop --keep removed the cluster"
"$pgtmp" stop "$cluster"
[ ! -e "$cluster" ] || fail "stop left the cluster"
"$pgtmp" stop "$cluster" || fail "a second stop failed"

conninfo=$("$pgtmp" start "$deep")
sockets=$(cat "$deep/socket-dir")
[ "$(query "$conninfo" 'SELECT 1')" = 1 ] || fail "no connection when the folder's name is long"
"$pgtmp" stop "$deep"
[ ! -e "$sockets" ] || fail "stop left the socket folder $sockets"

mkdir "$work/theirs"
: >"$work/theirs/file"
if "$pgtmp" start "$work/theirs" 2>/dev/null || "$pgtmp" stop "$work/theirs" 2>/dev/null; then
    fail "took a folder that is not ours"
fi
[ -e "$work/theirs/file" ] || fail "removed what is not ours"
