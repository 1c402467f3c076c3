#!/bin/bash
# A pure library calls nothing that could read a clock or a file, take memory from the heap or keep
# state: what its objects leave undefined is another function of ours, or one of a short list.
#
#   pure.sh LIBRARY.a
set -euo pipefail

library=${1:?library}
# Copying, comparing and searching bytes; and what compilers put in by themselves.
allowed='^(fz_[a-z0-9_]+|mem(chr|cmp|cpy|move|set)|str(n?cmp|n?len|r?chr|c?spn|pbrk|str)|snprintf'
allowed+='|__(mem|str|stp|snprintf)[a-z]*_chk|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_'
allowed+='|__(asan|ubsan|sanitizer|lsan)_.*|bcmp)$'

undefined=$(nm --undefined-only --format=posix "$library" | awk '$2 == "U" { print $1 }' | sort -u)
if [ -z "$undefined" ]; then
    echo "$library leaves nothing undefined: not even an assertion?"
    exit 1
fi
if forbidden=$(grep -Ev "$allowed" <<<"$undefined"); then
    echo "$library is pure and must not call:"
    echo "$forbidden"
    exit 1
fi
