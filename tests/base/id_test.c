/*
 * Operation ids: strict reading, round trips, order, and the two versions made by us with the
 * example of RFC 9562 (appendix A.6).
 */
#include "feezero/id.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/leak.h"

static bool parse(const char *text, struct fz_id *id_out)
{
    return fz_id_parse(text, strlen(text), id_out);
}

Test(id, reads_and_writes_the_same_text)
{
    static const char *const texts[] = {
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "01234567-89ab-cdef-0123-456789abcdef",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fz_id id;
        char text[FZ_ID_TEXT_LEN + 1];
        cr_assert(parse(texts[i], &id), "%s", texts[i]);
        memset(text, '#', sizeof text);
        fz_id_format(&id, text);
        cr_expect_str_eq(text, texts[i]);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(id, bytes_stand_in_the_order_of_the_text)
{
    struct fz_id id;
    cr_assert(parse("01234567-89ab-cdef-0123-456789abcdef", &id));
    static const uint8_t expected[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                         0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
    cr_expect_arr_eq(id.bytes, expected, sizeof expected);
}

Test(id, refuses_every_other_text_and_leaves_the_output_alone)
{
    static const char *const texts[] = {
        "",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2_79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4dc-0c0c07398f",
        "017f22e-279b0-7cc3-98c4-dc0c0c07398f",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398`",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398:",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398/",
        "0x7f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fz_id id;
        memset(&id, 0x5A, sizeof id);
        struct fz_id before = id;
        cr_expect_not(parse(texts[i], &id), "accepted \"%s\"", texts[i]);
        cr_expect(fz_id_equal(&id, &before), "\"%s\" wrote to the output", texts[i]);
    }
}

Test(id, refuses_a_nul_and_any_byte_that_is_no_digit)
{
    char text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    unsigned accepted = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        struct fz_id id;
        text[35] = (char)byte;
        accepted += fz_id_parse(text, FZ_ID_TEXT_LEN, &id) ? 1 : 0;
    }
    cr_expect_eq(accepted, 16u, "%u bytes were taken for a digit", accepted);
}

Test(id, compares_like_its_text)
{
    struct fz_id low;
    struct fz_id high;
    struct fz_id zero;
    cr_assert(parse("00000000-0000-0000-0000-000000000000", &zero));
    cr_assert(parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", &low));
    cr_assert(parse("817f22e2-79b0-7cc3-98c4-dc0c0c07398f", &high));
    cr_expect_lt(fz_id_compare(&low, &high), 0);
    cr_expect_gt(fz_id_compare(&high, &low), 0);
    cr_expect_eq(fz_id_compare(&low, &low), 0);
    cr_expect_not(fz_id_equal(&low, &high));
    cr_expect(fz_id_is_zero(&zero));
    zero.bytes[15] = 1;
    cr_expect_not(fz_id_is_zero(&zero));
}

Test(id, version_7_is_the_example_of_the_rfc)
{
    /* RFC 9562 A.6: 2022-02-22T19:22:22.000Z, rand_a CC3, rand_b 18C4DC0C0C07398F. */
    static const uint8_t random[10] = {0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
    struct fz_id id = fz_id_v7(0x017F22E279B0u, random);
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&id, text);
    cr_expect_str_eq(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

Test(id, version_7_is_ordered_by_time_whatever_the_random_bytes)
{
    static const uint8_t ones[10] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    static const uint8_t zeros[10] = {0};
    struct fz_id before = fz_id_v7(1700000000255u, ones);
    struct fz_id after = fz_id_v7(1700000000256u, zeros);
    cr_expect_lt(fz_id_compare(&before, &after), 0);
    cr_expect_eq(before.bytes[6], 0x7F);
    cr_expect_eq(before.bytes[8], 0xBF);
    cr_expect_eq(after.bytes[6], 0x70);
    cr_expect_eq(after.bytes[8], 0x80);
}

Test(id, version_8_keeps_all_but_six_bits_of_the_digest)
{
    uint8_t digest[16];
    for (unsigned i = 0; i < 16; i++) {
        digest[i] = (uint8_t)(0xF0 + i);
    }
    struct fz_id id = fz_id_v8(digest);
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&id, text);
    cr_expect_str_eq(text, "f0f1f2f3-f4f5-86f7-b8f9-fafbfcfdfeff");
}
