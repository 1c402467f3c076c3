/*
 * tests/pos/arm: the runner behind the small Criterion: every test in a child, the number of those
 * that failed as the exit code.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct small_test *tests;
static bool has_failed; /* in the child */

void small_test_add(struct small_test *test)
{
    test->next = tests;
    tests = test;
}

void small_test_fail(
    bool fatal, const char *file, int line, const char *what, const char *format, ...)
{
    va_list arguments;

    has_failed = true;
    printf("%s:%d: wanted %s:", file, line, what);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    if (fatal) {
        fflush(stdout);
        _exit(1);
    }
}

static bool run(const struct small_test *test)
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        if (test->init != NULL) {
            test->init();
        }
        test->body();
        fflush(stdout);
        _exit(has_failed ? 1 : 0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("cannot run a test");
        return false;
    }
    if (status != 0) {
        printf("FAILED %s/%s (%s %d)\n", test->suite, test->name,
               WIFSIGNALED(status) ? "signal" : "exit",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    return status == 0;
}

int main(void)
{
    unsigned count = 0, failed = 0;

    for (const struct small_test *test = tests; test != NULL; test = test->next) {
        count++;
        failed += run(test) ? 0 : 1;
    }
    printf("%u tests, %u failed, pointers of %zu bits\n", count, failed, sizeof(void *) * 8);
    return failed > 0 || count == 0 ? 1 : 0;
}
