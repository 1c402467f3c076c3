#!/bin/bash
# Every public header compiles alone, and twice, as C17 with no other include path than include/,
# under both compilers. (.def files are tables, included on purpose several times.)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

saw=0
for header in $(files_named '^include/feezero/.*\.h$'); do
    saw=$((saw + 1))
    name=${header#include/}
    for compiler in gcc clang; do
        unit="#include \"$name\""
        if ! output=$(printf '%s\n' "$unit" "$unit" 'extern int not_empty;' |
            $compiler -x c -std=c17 -pedantic -Wall -Wextra -Wundef -Wstrict-prototypes -Werror \
                -fsyntax-only -Iinclude - 2>&1); then
            finding "$header:1" "does not compile alone with $compiler"
            echo "$output"
        fi
    done
done
finish "$saw"
