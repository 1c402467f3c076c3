/*
 * A secret's file: the right length, and nobody else's business.
 */
#include "switch/http/secret.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/leak.h"

static char path[] = "/tmp/fz-secret.XXXXXX";

static void make(size_t len, mode_t mode)
{
    uint8_t bytes[64];
    int fd = mkstemp(path);
    memset(bytes, 'k', sizeof(bytes));
    cr_assert(fd >= 0 && len <= sizeof(bytes));
    cr_assert(write(fd, bytes, len) == (ssize_t)len && fchmod(fd, mode) == 0 && close(fd) == 0);
}

static const struct {
    size_t len;
    mode_t mode;
    fz_rc rc;
} files[] = {
    {32, 0600, FZ_OK},     {32, 0400, FZ_OK},     {31, 0600, FZ_CONFIG}, {33, 0600, FZ_CONFIG},
    {0, 0600, FZ_CONFIG},  {64, 0600, FZ_CONFIG}, {32, 0640, FZ_CONFIG}, {32, 0604, FZ_CONFIG},
    {32, 0660, FZ_CONFIG}, {32, 0610, FZ_CONFIG}, {32, 0601, FZ_CONFIG},
};

Test(secret, of_the_right_length_and_nobody_elses)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        uint8_t bytes[32] = {0};
        struct fz_err err = {.rc = FZ_OK};
        (void)snprintf(path, sizeof(path), "/tmp/fz-secret.XXXXXX");
        make(files[i].len, files[i].mode);
        fz_rc rc = fz_secret_load(path, bytes, sizeof(bytes), &err);
        cr_expect_eq(rc, files[i].rc, "row %zu", i);
        cr_expect_eq(bytes[31], rc == FZ_OK ? 'k' : 0);
        cr_expect(rc == FZ_OK || strstr(err.msg, path) != NULL, "%s", err.msg);
        cr_expect(strstr(err.msg, "kk") == NULL);
        cr_assert_eq(unlink(path), 0);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(secret, that_is_no_file)
{
    uint8_t bytes[32];
    struct fz_err err;
    cr_expect_eq(fz_secret_load("/nowhere/at/all", bytes, sizeof(bytes), &err), FZ_CONFIG);
    cr_expect_eq(fz_secret_load("/tmp", bytes, sizeof(bytes), &err), FZ_CONFIG);
    cr_expect_eq(fz_secret_load("/dev/zero", bytes, sizeof(bytes), &err), FZ_CONFIG);
}
