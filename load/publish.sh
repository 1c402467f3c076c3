#!/bin/bash
# Puts what bench.sh and growth.sh measured into docs/: the figures, the graph, and the tables in
# docs/performance.md, which are made from the figures and never typed.
#
#   publish.sh [BENCH.json [GROWTH.json]]   without files: those that are there already
#   publish.sh --check                      changes nothing; 1 if docs/ is not what would be written
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
docs=$here/../docs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check=0
if [ "${1:-}" = --check ]; then
    check=1
    shift
fi
case ${1:-} in -*) sed -n 's/^#   publish/publish/p' "$0" >&2 && exit 2 ;; esac

cp "${1:-$docs/performance.json}" "$work/performance.json"
cp "${2:-$docs/growth.json}" "$work/growth.json"
"$here/graph.sh" "$work/performance.json" >"$work/performance.svg"
"$here/table.sh" "$work/performance.json" >"$work/figures.table"
"$here/table.sh" --profile "$work/performance.json" >"$work/profile.table"
"$here/table.sh" --batches "$work/performance.json" >"$work/batches.table"
"$here/table.sh" --clients "$work/performance.json" >"$work/clients.table"
"$here/table.sh" --growth "$work/growth.json" >"$work/growth.table"
"$here/table.sh" --machine "$work/performance.json" >"$work/machine.table"

# Between `<!-- NAME -->` and `<!-- /NAME -->` stands the table of that name.
awk -v work="$work" '
    /^<!-- \/[a-z]+ -->$/ { inside = 0 }
    !inside { print }
    /^<!-- [a-z]+ -->$/ {
        inside = 1
        file = work "/" $2 ".table"
        print ""
        while ((getline line < file) > 0) { print line }
        print ""
    }' "$docs/performance.md" >"$work/performance.md"

rc=0
for name in performance.json growth.json performance.svg performance.md; do
    if cmp -s "$work/$name" "$docs/$name"; then
        continue
    fi
    if [ "$check" = 1 ]; then
        echo "docs/$name is not what load/publish.sh makes of the figures" >&2
        rc=1
    else
        cp "$work/$name" "$docs/$name"
        echo "docs/$name"
    fi
done
exit $rc
