#!/bin/bash
# Fuzzes the readers of outside bytes, bounded, and prints one line per target: executions, edges
# of the program that were reached, inputs in the kept corpus and new ones.
#
#   tests/fuzz/run.sh [--seconds N] [--keep] [TARGET...]
#
# --seconds N  for each target (default 60)
# --keep       adds what reaches new code to tests/fuzz/corpus, minimised
#
# Builds with clang into build/fuzz (or FZ_FUZZ_BUILD_DIR). A crash ends the run of its target; its
# input is left in crashes/ there: put it into tests/fuzz/corpus/TARGET under the name of its fault.
# 1: a target crashed, 2: usage.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=60
keep=0
targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=${2:-} && shift ;;
    --keep) keep=1 ;;
    -*) seconds= ;;
    *) targets+=("$1") ;;
    esac
    shift
done
if ! [[ $seconds =~ ^[0-9]+$ ]]; then
    sed -n 's/^#   //p' "$0" >&2
    exit 2
fi
if [ ${#targets[@]} = 0 ]; then
    mapfile -t targets < <(sed -n 's/^fz_fuzz_target(\([a-z_]*\).*/\1/p' tests/fuzz/CMakeLists.txt)
fi

build=${FZ_FUZZ_BUILD_DIR:-build/fuzz}
mkdir -p "$build/crashes"
cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DFZ_FUZZ=ON \
    -DFZ_SANITIZE=address,undefined,fuzzer-no-link >"$build/configure.log"
cmake --build "$build" --target "${targets[@]/#/fuzz_}" >"$build/build.log" || {
    tail -n 30 "$build/build.log" >&2
    exit 1
}

# figure NAME LOG: a figure of libFuzzer's closing lines
figure() {
    sed -n "s/^stat::$1: *//p" "$2"
}

failed=0
for target in "${targets[@]}"; do
    corpus=tests/fuzz/corpus/$target
    found=$build/found/$target
    log=$build/$target.log
    program=$build/tests/bin/fuzz_$target
    options=(-max_total_time="$seconds" -rss_limit_mb=1024 -timeout=20 -print_final_stats=1
        -artifact_prefix="$build/crashes/$target-")
    if [ -f "tests/fuzz/$target.dict" ]; then
        options+=(-dict="tests/fuzz/$target.dict")
    fi
    mkdir -p "$found"
    result=ok
    "$program" "${options[@]}" "$found" "$corpus" >"$log" 2>&1 || result=CRASHED
    edges=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
    printf '%-14s %-7s executions %9s  %-11s kept %4s  new %4s\n' "$target" $result \
        "$(figure number_of_executed_units "$log")" "${edges/cov:/edges}" \
        "$(find "$corpus" -type f | wc -l)" "$(figure new_units_added "$log")"
    if [ $result != ok ]; then
        failed=1
        grep -m 1 -E '^assertion failed|runtime error|SUMMARY' "$log" || true
    elif [ $keep = 1 ]; then
        "$program" -merge=1 "$corpus" "$found" >"$log" 2>&1
    fi
done
exit $failed
