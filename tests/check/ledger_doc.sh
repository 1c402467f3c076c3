#!/bin/bash
# docs/ledger.md says what the tables say: classes, kinds and their postings, refusals and their
# order for each command, states, row by row. That each order is the one decide() keeps is the
# business of tests/ledger and tests/core, which read it from there.
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

include=$root/include/feezero
complain() {
    echo "docs/ledger.md: $1"
    bad=1
}

# Each kind has a row of postings, with its classes.
kind='^FZ_KIND\([A-Z_0-9]+, [0-9]+, ([A-Z_]+), ([A-Z_]+), [01], "([a-z0-9-]+)".*'
while read -r debit credit slug; do
    row="^\| \`$slug\` \| \`[a-z0-9-]+\` \| \`$debit\`( [↑↓])? \| \`$credit\`( [↑↓])? \| [^|]+ \|\$"
    grep -qE "$row" "$doc" ||
        complain "no row of postings for the kind $slug, $debit to $credit"
done < <(sed -nE "s/$kind/\1 \2 \3/p" "$include/kinds.def")

# Each command has one list of refusals, in the order of errors.def; a correction may ask for the
# kind before the accounts.
refusal='^FZ_ERROR\([A-Z_0-9]+, 1[0-9]+, REJECT, [0-9]+, [01], "([a-z-]+)".*'
mapfile -t order < <(sed -nE "s/$refusal/\1/p" "$include/errors.def")
declare -A place
# Commands and refusals that have a number, and that no rule carries out or answers yet.
announced="limits limit-exceeded"
for i in "${!order[@]}"; do
    place[${order[$i]}]=$i
done
lists=$(sed -n '/^| command | refusals, the first that applies wins |$/,/^$/p' "$doc")
commands=0
while read -r slug; do
    [[ " $announced " != *" $slug "* ]] || continue
    commands=$((commands + 1))
    row=$(grep -E "^\| \`$slug\` \|" <<<"$lists" || true)
    [ "$(grep -c . <<<"$row")" = 1 ] || complain "not one list of refusals for the command $slug"
    last=-1
    for code in $(cut -d'|' -f3 <<<"$row" | tr -d '`'); do
        at=${place[$code]:--1}
        [ "$at" -ge 0 ] || complain "$slug: $code is no refusal of errors.def"
        [ "$slug/$code" != correction/kind-not-allowed ] || continue
        [ "$at" -gt "$last" ] || complain "$slug: $code is out of the order of errors.def"
        last=$at
    done
done < <(sed -nE 's/^FZ_COMMAND\([A-Z_0-9]+, [0-9]+, "([a-z0-9-]+)".*/\1/p' "$include/commands.def")
[ "$commands" -ge 16 ] || complain "only $commands commands were seen"

# Each refusal is in some list.
for code in "${order[@]}"; do
    [[ " $announced " != *" $code "* ]] || continue
    grep -qF "\`$code\`" <<<"$lists" || complain "no command answers $code"
done

# Each state of an intent, a payout and an account has its row.
states=0
while read -r state; do
    states=$((states + 1))
    grep -qE "^\| \`$state\` \| .*\|\$" "$doc" || complain "no row for the state $state"
done < <(sed -n '/^enum fz_\(account\|intent\|payout\)_state {/,/^}/p' "$include/ledger.h" |
    sed -nE 's/^ +FZ_(STATE_|PAYOUT_)?([A-Z]+) = [1-9].*/\2/p')
[ "$states" = 12 ] || complain "include/feezero/ledger.h has $states states, 12 are known"

exit $bad
