#!/bin/bash
# Runs one test for CTest, in a folder of its own for sanitizer reports, and turns red what would
# otherwise pass unseen: a report of a child process, a leak, an assertion that failed in a Criterion
# teardown, a Criterion program without a single test.
#
#   run_test.sh [--criterion] NAME COMMAND [ARGUMENT...]
#
# The test finds FZ_SOURCE_DIR, FZ_BUILD_DIR, FZ_BIN_DIR (our programs) and, when its fixture is
# `pg` or `pgtemplate`, FZ_TEST_PG (a libpq connection string) in its environment.
set -u

criterion=0
if [ "${1:-}" = --criterion ]; then
    criterion=1
    shift
fi
if [ $# -lt 2 ] || [ -z "${FZ_BUILD_DIR:-}" ]; then
    echo "usage: FZ_BUILD_DIR=... run_test.sh [--criterion] NAME COMMAND [ARGUMENT...]" >&2
    exit 2
fi
name=$1
shift

support=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
reports=$FZ_BUILD_DIR/reports/$name
rm -rf "$reports"
mkdir -p "$reports"

export FZ_BIN_DIR=$FZ_BUILD_DIR/bin
if [ -s "$FZ_BUILD_DIR/pg/conninfo" ]; then
    FZ_TEST_PG=$(cat "$FZ_BUILD_DIR/pg/conninfo")
    export FZ_TEST_PG
fi
sanitizer="log_path=$reports/report:log_exe_name=1:print_stacktrace=1:abort_on_error=0"
export ASAN_OPTIONS="$sanitizer:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
export UBSAN_OPTIONS="$sanitizer"
export LSAN_OPTIONS="suppressions=$support/lsan.supp:print_suppressions=0"

output=$reports/output.txt
"$@" > >(tee "$output") 2>&1
rc=$?
wait # for tee: the output must be whole before it is read

if [ "$criterion" = 1 ]; then
    if ! grep -Eq 'Synthesis: Tested: .*[1-9]' "$output"; then
        echo "run_test: $name ran no test" >&2
        rc=1
    fi
    if [ "$rc" = 0 ] && grep -q 'Assertion Failed' "$output"; then
        echo "run_test: $name failed an assertion outside a test body" >&2
        rc=1
    fi
fi
for report in "$reports"/report*; do
    if [ -s "$report" ]; then
        echo "run_test: $name left a sanitizer report ($report):" >&2
        cat "$report" >&2
        rc=1
    fi
done
exit "$rc"
