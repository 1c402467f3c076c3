/*
 * A broken invariant stops the process, in every build, and says on stderr what and where.
 */
#include "feezero/assert.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Test(assertion, that_holds_goes_on)
{
    int counted = 0;
    fz_assert(++counted == 1);
    cr_expect_eq(counted, 1, "the condition is evaluated once");
}

Test(assertion, that_fails_aborts, .signal = SIGABRT)
{
    (void)fclose(stderr);
    fz_assert(1 + 1 == 3);
}

Test(assertion, an_unreachable_place_aborts, .signal = SIGABRT)
{
    (void)fclose(stderr);
    FZ_UNREACHABLE();
}

Test(assertion, names_the_expression_and_its_place)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        fz_assert(1 + 1 == 3);
        _exit(0);
    }
    (void)close(ends[1]);
    char said[256] = "";
    cr_expect_gt(read(ends[0], said, sizeof said - 1), 0);
    (void)close(ends[0]);
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %d", status);
    cr_expect_not_null(strstr(said, "1 + 1 == 3"), "said: %s", said);
    cr_expect_not_null(strstr(said, "assert_test.c:"), "said: %s", said);
}
