/*
 * struct fz_err keeps the code, the place and a message that is always terminated and valid UTF-8.
 */
#include "feezero/err.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/leak.h"

Test(err, keeps_code_place_and_message)
{
    struct fz_err err = {0};
    fz_rc rc = fz_fail(&err, FZ_IO, "open %s: %d", "town.ini", 13);
    cr_expect_eq(rc, FZ_IO);
    cr_expect_eq(err.rc, FZ_IO);
    cr_expect_str_eq(err.msg, "open town.ini: 13");
    cr_expect_eq(err.line, __LINE__ - 4);
    cr_assert_not_null(strstr(err.file, "err_test.c"));
    FZ_EXPECT_NO_LEAK();
}

Test(err, without_a_place_to_write_only_the_code_is_returned)
{
    cr_expect_eq(fz_fail(NULL, FZ_CONFIG, "%s", "nobody reads this"), FZ_CONFIG);
}

Test(err, a_long_message_is_cut)
{
    struct fz_err err = {0};
    char text[1000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    (void)fz_fail(&err, FZ_LIMIT, "%s", text);
    cr_expect_eq(strlen(err.msg), sizeof err.msg - 1);
}

Test(err, a_message_of_exactly_the_size_is_whole)
{
    struct fz_err err = {0};
    char text[sizeof err.msg];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    (void)fz_fail(&err, FZ_LIMIT, "%s", text);
    cr_expect_str_eq(err.msg, text);
}

Test(err, no_character_is_cut_in_two)
{
    /* Each of the three shifts puts the cut at another byte of a three-byte character. */
    for (size_t shift = 0; shift < 3; shift++) {
        struct fz_err err = {0};
        char text[400];
        size_t len = shift;
        memset(text, 'x', shift);
        while (len + 3 < sizeof text) {
            memcpy(text + len, "\xE5\x86\x86", 3);
            len += 3;
        }
        text[len] = '\0';
        (void)fz_fail(&err, FZ_FORMAT, "%s", text);
        size_t kept = strlen(err.msg);
        cr_expect_eq((kept - shift) % 3, 0u, "shift %zu: %zu bytes", shift, kept);
        cr_expect_gt(kept, sizeof err.msg - 4, "shift %zu: %zu bytes", shift, kept);
        cr_expect_eq(memcmp(err.msg, text, kept), 0);
    }
}

Test(err, a_message_may_quote_the_one_it_replaces)
{
    struct fz_err err = {0};
    (void)fz_fail(&err, FZ_IO, "connection refused");
    (void)fz_fail(&err, FZ_UNAVAILABLE, "commit: %s", err.msg);
    cr_expect_eq(err.rc, FZ_UNAVAILABLE);
    cr_expect_str_eq(err.msg, "commit: connection refused");
}
