#!/bin/bash
# Shows that run_test.sh turns red what Criterion and the sanitizers alone let pass: builds small
# test programs, each with one fault, runs each through it and expects the verdict.
set -euo pipefail

support=${FZ_SOURCE_DIR:?}/tests/support
work=$(mktemp -d "${TMPDIR:-/tmp}/fz.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0

# expect VERDICT NAME FLAGS: reads a test program from stdin, builds and runs it.
expect() {
    local verdict=$1 name=$2 flags=$3 found=green
    {
        echo '#include <criterion/criterion.h>'
        echo '#include <stdlib.h>'
        echo '#include "tests/support/leak.h"'
        cat
    } >"$work/$name.c"
    # shellcheck disable=SC2086 # flags is a list
    gcc -g -I "$FZ_SOURCE_DIR" $flags "$work/$name.c" -o "$work/$name" -lcriterion
    if ! FZ_BUILD_DIR=$work "$support/run_test.sh" --criterion "$name" "$work/$name" \
        >"$work/$name.log" 2>&1; then
        found=red
    fi
    if [ "$found" != "$verdict" ]; then
        echo "$name was $found, should be $verdict:"
        cat "$work/$name.log"
        failures=$((failures + 1))
    fi
}

asan="-fsanitize=address,undefined -fno-sanitize-recover=all"

expect green sound "$asan" <<'C'
Test(sample, sound) { void *p = malloc(8); cr_expect_not_null(p); free(p); FZ_EXPECT_NO_LEAK(); }
C
expect red failed_assertion "" <<'C'
Test(sample, failed) { cr_expect_eq(1, 2); }
C
expect red no_test_at_all "" <<'C'
C
expect red failed_teardown "" <<'C'
static void teardown(void) { cr_expect_eq(1, 2); }
Test(sample, with_teardown, .fini = teardown) { cr_expect_eq(1, 1); }
C
expect red leak_named_by_the_test "$asan" <<'C'
static void lose(void) { void *volatile p = malloc(8); p = NULL; (void)p; }
Test(sample, leak) { for (int i = 0; i < 100; i++) { lose(); } FZ_EXPECT_NO_LEAK(); }
C
grep -q 'memory was leaked' "$work/leak_named_by_the_test.log" || {
    echo "the leak was not named by its test:"
    cat "$work/leak_named_by_the_test.log"
    failures=$((failures + 1))
}
expect red leak_nobody_asked_for "$asan" <<'C'
Test(sample, leak) { void *volatile p = malloc(8); cr_expect_not_null(p); p = NULL; }
C
expect red overflow_in_a_child "$asan" <<'C'
#include <sys/wait.h>
#include <unistd.h>
Test(sample, child)
{
    if (fork() == 0) {
        char *volatile p = malloc(8);
        p[8] = 1;
        _exit(0);
    }
    wait(NULL);
}
C
expect red undefined_behaviour "$asan" <<'C'
#include <limits.h>
Test(sample, signed_overflow) { volatile int a = INT_MAX; a = a + 1; cr_expect_eq(a, INT_MIN); }
C
exit $((failures > 0))
