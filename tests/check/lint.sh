#!/bin/bash
# clang-tidy, as .clang-tidy sets it, over every source of ours that the build folder compiles. The
# tests are left out: Criterion's macros break rules that are not ours to keep.
#
#   lint.sh BUILD_DIR
set -euo pipefail

build=${1:?build folder}
source=${FZ_SOURCE_DIR:?}
cd "$source"
run-clang-tidy -quiet -p "$build" -j "$(nproc)" "^$source/(include|ledger|switch|merchant-pos)/" \
    2>/dev/null | grep -v '^clang-tidy' && rc=${PIPESTATUS[0]} || rc=${PIPESTATUS[0]}
exit "$rc"
