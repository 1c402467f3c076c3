#!/bin/bash
# docs/ledger.md says what the tables say: classes, kinds and refusals, row by row.
#   ledger_doc.sh [ROOT]
set -euo pipefail
root=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
doc=$root/docs/ledger.md
bad=0

# Each row of a table, in the order of the file, as the document has to begin it.
wanted() {
    sed -nE 's/^FZ_ACCOUNT_CLASS\(([A-Z_]+), ([0-9]+), ([A-Z]+), ([01]), .*/\2 \1 \3 \4/p' \
        "$root/include/feezero/classes.def" | while read -r code name side floor; do
        [ "$floor" = 1 ] && floor=yes || floor=no
        echo "| $code | \`$name\` | ${side,,} | $floor |"
    done
    local kind='^FZ_KIND\([A-Z_0-9]+, ([0-9]+), ([A-Z_]+), ([A-Z_]+), ([01]), "([a-z0-9-]+)".*'
    sed -nE "s/$kind/\\1 \\5 \\2 \\3 \\4/p" "$root/include/feezero/kinds.def" |
        while read -r code slug debit credit correctable; do
            [ "$correctable" = 1 ] && correctable=yes || correctable=no
            echo "| $code | \`$slug\` | \`$debit\` | \`$credit\` | $correctable |"
        done
    # shellcheck disable=SC2016 # the backquotes are the document's
    sed -nE 's/^FZ_ERROR\(([A-Z_0-9]+), (1[0-9][0-9]), REJECT,.*/| \2 | `\1` |/p' \
        "$root/include/feezero/errors.def"
}

rows=0
while IFS= read -r row; do
    rows=$((rows + 1))
    if ! grep -qF -- "$row" "$doc"; then
        echo "docs/ledger.md has no row: $row"
        bad=1
    fi
done < <(wanted)
in_doc=$(grep -cE '^\| [0-9]+ \| `' "$doc")
if [ "$rows" -lt 40 ] || [ "$rows" != "$in_doc" ]; then
    echo "the tables have $rows rows, docs/ledger.md has $in_doc"
    bad=1
fi
exit $bad
