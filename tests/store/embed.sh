#!/bin/bash
# What may not become part of a program as a migration: a gap in the numbers, a strange name, and a
# file that ends the migrator's transaction. And what may does, byte for byte.
set -euo pipefail

work=$(mktemp -d "${TMPDIR:-/tmp}/fz.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0
mkdir "$work/sql"
printf -- '-- none\n' >"$work/sql/functions.sql"
printf -- '-- none\n' >"$work/sql/roles.sql"

# embed FILE...: exit status of the embedding.
embed() {
    local list
    list=$(printf '%s;' "$@")
    cmake -DOUTPUT="$work/out.c" -DSQL="$work/sql" -DMIGRATIONS="${list%;}" \
        -P "${FZ_SOURCE_DIR:?}/ledger/store/embed_sql.cmake" >"$work/log" 2>&1
}

# expect VERDICT WHAT FILE...
expect() {
    local verdict=$1 what=$2 found=taken
    shift 2
    embed "$@" || found=refused
    if [ "$found" != "$verdict" ]; then
        echo "$what: $found, should be $verdict"
        cat "$work/log"
        failures=$((failures + 1))
    fi
}

# file NAME TEXT
file() {
    printf '%b' "$2" >"$work/$1"
}

file 0001_first.sql 'CREATE TABLE a (b integer); -- "quoted" \\\\ ; %s 茶\n'
file 0002_second.sql 'DO $$\nBEGIN\n    NULL;\nEND;\n$$;\n'
file 0003_third.sql 'SELECT 1;\n'
file 0003_ends.sql 'SELECT 1;\nCOMMIT;\n'
file 0003_begins.sql 'BEGIN;\n'
file 3_third.sql 'SELECT 1;\n'
one=$work/0001_first.sql
two=$work/0002_second.sql
expect taken "a whole row" "$one" "$two" "$work/0003_third.sql"
expect refused "a gap" "$one" "$work/0003_third.sql"
expect refused "no beginning" "$two"
expect refused "a strange name" "$one" "$two" "$work/3_third.sql"
expect refused "a COMMIT" "$one" "$two" "$work/0003_ends.sql"
expect refused "a BEGIN" "$one" "$two" "$work/0003_begins.sql"

embed "$one"
bytes=$(sed -n '/sql_1\[\]/,/};/p' "$work/out.c" | grep -oE '0x[0-9a-f]{2}' | sed 's/0x//' |
    tr -d '\n')
if [ "$bytes" != "$(od -An -v -tx1 "$one" | tr -d ' \n')00" ]; then
    echo "the bytes differ: $bytes"
    failures=$((failures + 1))
fi
exit $((failures > 0))
