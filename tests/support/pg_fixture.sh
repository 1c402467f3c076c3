#!/bin/bash
# The CTest fixtures `pg` and `pgtemplate`: one cluster per build folder, and in it one migrated
# database, which the tests' own databases are copied from.
#
#   pg_fixture.sh start|template|stop BUILD_DIR
set -euo pipefail

verb=${1:?verb}
build=${2:?build folder}
support=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=$build/pg

stop_cluster() {
    if [ -s "$state/dir" ]; then
        "$support/pgtmp.sh" stop "$(cat "$state/dir")"
    fi
    rm -rf "$state"
}

start_cluster() {
    stop_cluster # what an interrupted run may have left
    mkdir -p "$state"
    mktemp -d "${TMPDIR:-/tmp}/fz.XXXXXX" >"$state/dir"
    "$support/pgtmp.sh" start "$(cat "$state/dir")" >"$state/conninfo"
}

make_template() {
    local conninfo
    conninfo=$(cat "$state/conninfo")
    psql -X -q -v ON_ERROR_STOP=1 -d "$conninfo" -c 'CREATE DATABASE feezero_template'
    printf 'database = %s\n' "${conninfo/dbname=postgres/dbname=feezero_template}" \
        >"$state/template.ini"
    "$build/bin/fz" -c "$state/template.ini" migrate
}

case $verb in
start) start_cluster ;;
template) make_template ;;
stop) stop_cluster ;;
*)
    echo "usage: pg_fixture.sh start|template|stop BUILD_DIR" >&2
    exit 2
    ;;
esac
