#!/bin/bash
# Looking into an account's past costs the same at any size of the journal: buffers touched by the
# reader's own statements, on books of several sizes, side by side.
#
#   history_at_scale.sh [--transfers N]...     default: 10000 and 300000
#   history_at_scale.sh --transfers 10000 --transfers 1000000 --transfers 10000000
#
# The first size is what the others are compared with: a row looked up may cost a page more for each
# level that the journal's index grew by, and no more. With 10 million, allow a quarter of an hour
# and 6 GB. Needs FZ_BUILD_DIR (where tests/bin is), and FZ_TEST_PG or a cluster of its own.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
build=${FZ_BUILD_DIR:-$source_dir/build/release}

sizes=()
while [ $# -gt 0 ]; do
    case $1 in
    --transfers)
        sizes+=("${2:?how many?}")
        shift 2
        ;;
    *)
        sed -n 's/^#   history/history/p' "$0" >&2
        exit 2
        ;;
    esac
done
[ "${#sizes[@]}" -gt 0 ] || sizes=(10000 300000)

work=$(mktemp -d "${TMPDIR:-/tmp}/fz-scale.XXXXXX")
chmod 711 "$work"
own_cluster=
clean_up() {
    if [ -n "$own_cluster" ]; then
        "$source_dir/tests/support/pgtmp.sh" stop "$work/pg" || true
    else
        for size in "${sizes[@]}"; do
            psql -X -q -d "$cluster" -c "DROP DATABASE IF EXISTS fz_scale_$size" || true
        done
    fi
    rm -rf "$work"
}
if [ -n "${FZ_TEST_PG:-}" ]; then
    cluster=$FZ_TEST_PG
else
    own_cluster=1
    cluster=$("$source_dir/tests/support/pgtmp.sh" start "$work/pg")
fi
trap clean_up EXIT

# The bulk is made under the schema of the first release; migration 0004 makes its history.
make_books() { # SIZE
    local database="$cluster dbname=fz_scale_$1" migration
    psql -X -q -d "$cluster" -c "CREATE DATABASE fz_scale_$1"
    for migration in "$source_dir"/sql/migrations/000[123]_*.sql; do
        psql -X -q -v ON_ERROR_STOP=1 -1 -d "$database" -f "$migration"
    done
    PGOPTIONS='-c work_mem=128MB' psql -X -q -v ON_ERROR_STOP=1 -v transfers="$1" -1 \
        -d "$database" -f "$here/history_books.sql"
    for migration in "$source_dir"/sql/migrations/*.sql; do
        case ${migration##*/} in
        000[123]_*) ;;
        *)
            PGOPTIONS='-c work_mem=128MB' psql -X -q -v ON_ERROR_STOP=1 -1 -d "$database" \
                -f "$migration"
            ;;
        esac
    done
    psql -X -q -d "$database" -c 'VACUUM ANALYZE'
}

for size in "${sizes[@]}"; do
    make_books "$size"
    "$build/tests/bin/history_buffers" "$cluster dbname=fz_scale_$size" >"$work/$size"
done

# A page of 50 rows costs about 4 buffers for each of three look-ups a row; the first size says.
awk -F'|' -v sizes="${sizes[*]}" '
BEGIN { n = split(sizes, size, " ") }
FNR == 1 { file++ }
{ rows[file, FNR] = $2; buffers[file, FNR] = $3; name[FNR] = $1; lines = FNR }
END {
    printf "%-38s", "buffers touched (rows), transfers:"
    for (f = 1; f <= n; f++) printf " %18s", size[f]
    print ""
    for (l = 1; l <= lines; l++) {
        printf "%-38s", name[l]
        for (f = 1; f <= n; f++) {
            printf " %11d (%4d)", buffers[f, l], rows[f, l]
            # three look-ups for each row, 128 steps to two moments, ten beside; two levels more
            allowed = 2 * (3 * rows[f, l] + 128 + 10) + 5 * 3 * (rows[f, l] - rows[1, l]) \
                + 4 * 128
            if (buffers[f, l] < 1 || buffers[f, l] > buffers[1, l] + allowed) {
                printf " <- too many"
                bad++
            }
        }
        print ""
    }
    if (bad) { print bad " grow with the journal"; exit 1 }
    print "none grows with the journal"
}' "${sizes[@]/#/$work/}"
