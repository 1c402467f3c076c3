#!/bin/bash
# clang-tidy, as .clang-tidy sets it, over every source of ours that the build folder compiles. The
# tests are left out: Criterion's macros break rules that are not ours to keep.
#
#   lint.sh BUILD_DIR
set -euo pipefail

build=${1:?build folder}
source=${FZ_SOURCE_DIR:?}
rc=0
output=$(run-clang-tidy -quiet -p "$build" -j "$(nproc)" \
    "^$source/(include|ledger|switch|merchant-pos)/" 2>/dev/null |
    sed 's/\x1b\[[0-9;]*m//g') || rc=$?
# One finding is reported by every source that includes its header; the commands are no news.
grep -E '(error|warning): ' <<<"$output" | sort -u || true
if ! grep -q '^.*clang-tidy' <<<"$output"; then
    echo "clang-tidy looked at nothing in $build"
    rc=1
fi
exit "$rc"
