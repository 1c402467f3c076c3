/*
 * The log: form of a line, levels, quoting, the limit on repeats.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "switch/http/log.h"

static char path[64];
static char text[65536];

static void set_up(void)
{
    (void)snprintf(path, sizeof(path), "/tmp/fz-log-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    (void)close(fd);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(fz_log_open("fz-test", path, FZ_LOG_INFO, NULL), FZ_OK);
}

static void tear_down(void)
{
    (void)unlink(path);
}

TestSuite(log, .init = set_up, .fini = tear_down);

static const char *read_log(void)
{
    FILE *file = fopen(path, "re");
    cr_assert(file != NULL);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

static size_t count_lines(void)
{
    size_t lines = 0;
    for (const char *at = read_log(); *at != '\0'; at++) {
        lines += *at == '\n';
    }
    return lines;
}

static bool matches(const char *pattern)
{
    regex_t regex;
    cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&regex, read_log(), 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

Test(log, writes_logfmt)
{
    errno = EPERM;
    fz_log(FZ_LOG_WARN, "room.what", "00ff", "n=%d", 3);
    cr_expect_eq(errno, EPERM, "errno is kept");
    cr_expect(
        matches("^ts=20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3}Z"
                " lvl=warn prog=fz-test pid=[0-9]+ req=00ff ev=room.what n=3\n$"),
        "%s", text);
    fz_log_set_worker(7);
    fz_log(FZ_LOG_INFO, "room.what", NULL, "n=%d", 4);
    cr_expect(matches(" lvl=info prog=fz-test worker=7 pid=[0-9]+ ev=room.what n=4\n$"), "%s",
              text);
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_mode & 0777 & ~0640U, 0U);
}

Test(log, leaves_out_lower_levels)
{
    fz_log(FZ_LOG_DEBUG, "room.what", NULL, "n=1");
    cr_expect_eq(count_lines(), 0);
    cr_expect_not(fz_log_enabled(FZ_LOG_DEBUG));
    cr_expect(fz_log_enabled(FZ_LOG_ERROR));
    cr_assert_eq(fz_log_open("fz-test", path, FZ_LOG_DEBUG, NULL), FZ_OK);
    fz_log(FZ_LOG_DEBUG, "room.what", NULL, "n=1");
    cr_expect_eq(count_lines(), 1, "opened again, the file is added to");
}

Test(log, keeps_a_line_one_line)
{
    char quoted[64];
    fz_log(FZ_LOG_INFO, "room.what", NULL, "msg=%s", "a\nts=2026 lvl=error");
    cr_expect_eq(count_lines(), 1);
    cr_expect_str_eq(fz_log_quote("plain", quoted, sizeof(quoted)), "plain");
    cr_expect_str_eq(fz_log_quote("", quoted, sizeof(quoted)), "\"\"");
    cr_expect_str_eq(fz_log_quote("a b=\"c\"\n", quoted, sizeof(quoted)), "\"a b=\\\"c\\\"?\"");
    cr_expect_str_eq(fz_log_quote("0123456789 x", quoted, 10), "\"012345\"");
}

Test(log, cuts_long_lines)
{
    char message[3000];
    memset(message, 'x', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    fz_log(FZ_LOG_INFO, "room.what", NULL, "msg=%s", message);
    fz_log(FZ_LOG_INFO, "room.next", NULL, "n=1");
    cr_expect_eq(count_lines(), 2);
    cr_expect_leq(strcspn(text, "\n") + 1, FZ_LOG_LINE_MAX);
    cr_expect_gt(strcspn(text, "\n"), FZ_LOG_LINE_MAX - 8);
}

Test(log, limits_repeats_by_event_and_level)
{
    for (int i = 0; i < 1000; i++) {
        fz_log(FZ_LOG_INFO, "room.flood", NULL, "i=%d", i);
    }
    cr_expect_eq(count_lines(), FZ_LOG_BURST);
    fz_log(FZ_LOG_WARN, "room.flood", NULL, "i=1");
    fz_log(FZ_LOG_INFO, "room.other", NULL, "i=1");
    cr_expect_eq(count_lines(), FZ_LOG_BURST + 2, "others are heard");
}

Test(log, writes_failures)
{
    struct fz_err err = {.rc = FZ_OK};
    cr_expect_eq(fz_fail(&err, FZ_IO, "disk \"a\" is full"), FZ_IO);
    fz_log_err(FZ_LOG_ERROR, "room.failed", "r1", &err);
    cr_expect(matches(" lvl=error .* req=r1 ev=room.failed rc=IO at=[^ ]*log_test.c:[0-9]+ "
                      "msg=\"disk \\\\\"a\\\\\" is full\"\n$"),
              "%s", text);
}

Test(log, goes_on_when_a_file_cannot_be_opened)
{
    struct fz_err err = {.rc = FZ_OK};
    cr_expect_eq(fz_log_open("fz-test", "/nowhere/log", FZ_LOG_INFO, &err), FZ_IO);
    cr_expect_str_eq(err.msg, "log file /nowhere/log: No such file or directory");
    fz_log(FZ_LOG_INFO, "room.what", NULL, "n=1");
    cr_expect_eq(count_lines(), 1);
}
