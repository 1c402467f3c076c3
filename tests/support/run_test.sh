#!/bin/bash
# Runs one test for CTest, in a folder of its own for sanitizer reports, and turns red what would
# otherwise pass unseen: a report of a child process, a leak, an assertion that failed in a teardown
# of Criterion, a Criterion program without a single test.
#
#   run_test.sh [--criterion] [--database] NAME COMMAND [ARGUMENT...]
#
# The test finds in its environment:
#   FZ_SOURCE_DIR, FZ_BUILD_DIR   where the sources are and where they were built
#   FZ_BIN_DIR                    our programs
#   FZ_TEST_PG                    fixture `pg`: conninfo of a running cluster's superuser
#   FZ_TEST_DB                    --database: conninfo of a fresh migrated database of its own
set -u

criterion=0
database=0
while :; do
    case ${1:-} in
    --criterion) criterion=1 ;;
    --database) database=1 ;;
    *) break ;;
    esac
    shift
done
if [ $# -lt 2 ] || [ -z "${FZ_BUILD_DIR:-}" ]; then
    echo "usage: FZ_BUILD_DIR=... run_test.sh [--criterion] [--database] NAME COMMAND..." >&2
    exit 2
fi
name=$1
shift

support=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
reports=$FZ_BUILD_DIR/reports/$name
rm -rf "$reports"
mkdir -p "$reports"

export FZ_BIN_DIR=$FZ_BUILD_DIR/bin
# Debian's own tools first: its python3 is the one that has Debian's modules.
export PATH=/usr/bin:/bin:$PATH
if [ -s "$FZ_BUILD_DIR/pg/conninfo" ]; then
    FZ_TEST_PG=$(cat "$FZ_BUILD_DIR/pg/conninfo")
    export FZ_TEST_PG
fi
if [ "$database" = 1 ]; then
    admin() {
        psql -X -q -v ON_ERROR_STOP=1 -d "${FZ_TEST_PG:?no cluster runs}" -c "$1"
    }
    admin "DROP DATABASE IF EXISTS \"t_$name\" WITH (FORCE)" 2>/dev/null &&
        admin "CREATE DATABASE \"t_$name\" TEMPLATE feezero_template" || exit 1
    export FZ_TEST_DB="${FZ_TEST_PG/dbname=postgres/dbname=t_$name}"
    trap 'admin "DROP DATABASE \"t_$name\" WITH (FORCE)"' EXIT
fi
asan_extras=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
sanitizer="log_path=$reports/report:log_exe_name=1:print_stacktrace=1:abort_on_error=0"
export ASAN_OPTIONS="$sanitizer:$asan_extras"
export UBSAN_OPTIONS="$sanitizer"
export LSAN_OPTIONS="suppressions=$support/lsan.supp:print_suppressions=0"

output=$reports/output.txt
# A pipe, because bash waits for all of it: the output must be whole before it is read.
"$@" 2>&1 | tee "$output"
rc=${PIPESTATUS[0]}

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
