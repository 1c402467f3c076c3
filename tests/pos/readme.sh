#!/bin/bash
# What merchant-pos/README.md says one can do, done: the library built alone by the command it
# gives, from a copy that holds nothing but the folders it names, and its example linked and run.
set -euo pipefail

source=${FZ_SOURCE_DIR:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readme=$source/merchant-pos/README.md

# block LANGUAGE NUMBER: the NUMBER-th fenced block in that language.
block() {
    awk -v fence="\`\`\`$1" -v number="$2" '
        $0 == "```" { inside = 0 }
        inside { print }
        $0 == fence { inside = (++seen == number) }
    ' "$readme"
}

mkdir -p "$work/merchant-pos"
cp -r "$source/include" "$work/"
cp -r "$source/merchant-pos/wire" "$source/merchant-pos/core" "$work/merchant-pos/"
block sh 2 >"$work/build.sh"
block c 1 >"$work/example.c"
grep -q '^cc ' "$work/build.sh"
grep -q fz_pos_open "$work/example.c"

cd "$work"
bash -euo pipefail build.sh
test -s libfeezero-pos.a
cc -std=c17 -Wall -Wextra -Werror -Iinclude example.c libfeezero-pos.a -o example
./example
echo "built alone: $(size -t libfeezero-pos.a | awk 'END { print $1 }') bytes of code"
