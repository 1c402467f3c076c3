/*
 * Writing bank files: the fixed file byte for byte, in both framings, and each variation of a
 * record.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/crypto.h"
#include "feezero/encode.h"
#include "tests/support/leak.h"
#include "tests/zengin/zengin_sample.h"

static char *
write_ok(const struct fz_zengin_batch *batch, enum fz_zengin_framing framing, size_t *len_out)
{
    struct fz_zengin_issue issue = {0};
    struct fz_err err = {0};
    char *bytes = NULL;
    cr_assert_eq(fz_zengin_write(batch, framing, &bytes, len_out, &issue, &err), FZ_OK, "%s",
                 err.msg);
    cr_assert_not_null(bytes);
    return bytes;
}

static void expect_digest(const char *bytes, size_t len, const char *expected)
{
    uint8_t digest[FZ_SHA256_LEN];
    char hex[FZ_HEX_SIZE(FZ_SHA256_LEN)];
    fz_sha256(bytes, len, digest);
    fz_hex_encode(digest, sizeof digest, hex);
    cr_expect_str_eq(hex, expected);
}

static const char golden[] =
    "12109900000001ﾌｲ-ｾﾞﾛ                                  12019999ﾃｽﾄｷﾞﾝｺｳ       "
    "998ﾎﾝﾃﾝ           19000001                 \r\n"
    "29999ﾃｽﾄｷﾞﾝｺｳ       999ｱｲﾂﾞ           000019876543ﾔﾏﾀﾞ ﾀﾛｳ                      "
    "00000548780000000100100000000017        \r\n"
    "29999ﾃｽﾄｷﾞﾝｺｳ       999ｱｲﾂﾞ           000019876544ｶ)ｱｲﾂﾞｼﾖｳﾃﾝ                   "
    "00001101370000000100200000000027        \r\n"
    "8000002000000165015                                                             "
    "                                        \r\n"
    "9                                                                               "
    "                                        \r\n";

Test(zengin_write, the_fixed_file_with_separators)
{
    struct sample sample;
    size_t len = 0;
    char shown[FZ_KANA_UTF8_SIZE(610)];
    make_sample(&sample);
    char *bytes = write_ok(&sample.batch, FZ_ZENGIN_CRLF, &len);
    cr_assert_eq(len, 610u);
    (void)fz_kana_to_utf8(bytes, len, shown);
    cr_expect_str_eq(shown, golden);
    expect_digest(bytes, len, "c2b240132c26a69c37ff70c4c4e510647def5284e7e7c95f2038a7dd83116843");
    free(bytes);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_write, the_fixed_file_without_separators)
{
    struct sample sample;
    size_t len = 0;
    make_sample(&sample);
    char *bytes = write_ok(&sample.batch, FZ_ZENGIN_BARE, &len);
    cr_assert_eq(len, 600u);
    expect_digest(bytes, len, "8af3123e87b8568ef8b29aa79ee1a28ee35da1dbf80f91ad86d4bbb9310fe5df");
    free(bytes);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_write, edi_information_takes_the_place_of_the_customer_codes)
{
    struct sample sample;
    size_t len = 0;
    make_sample(&sample);
    sample.items[1].customer1 = 0;
    sample.items[1].customer2 = 0;
    SAMPLE_FOLD(sample.items[1].edi, "ﾌﾘｺﾐ/2026-12「ヲ」", FZ_KANA_EDI);
    char *bytes = write_ok(&sample.batch, FZ_ZENGIN_BARE, &len);
    const char *record = bytes + 240;
    cr_expect_arr_eq(record + 91, "\xCC\xD8\xBA\xD0/2026-12\xA2\xA6\xA3     ", 20);
    cr_expect_arr_eq(record + 111, "7Y       ", 9);
    free(bytes);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_write, every_field_stands_where_the_format_puts_it)
{
    struct sample sample;
    size_t len = 0;
    make_sample(&sample);
    sample.batch.item_count = 1;
    sample.batch.sender.month = 2;
    sample.batch.sender.day = 29;
    sample.batch.sender.year = 2028;
    sample.batch.sender.account.type = FZ_ZENGIN_CURRENT;
    struct fz_zengin_item *item = &sample.items[0];
    memcpy(item->account.bank, "0126", 5);
    memcpy(item->account.branch, "101", 4);
    memcpy(item->account.number, "0000007", 8);
    item->account.type = FZ_ZENGIN_SAVINGS;
    item->account.bank_name[0] = '\0';
    item->account.branch_name[0] = '\0';
    item->amount = 9999999999;
    item->customer1 = 9999999999;
    item->customer2 = 0;
    item->new_code = 2;
    item->designation = 0;
    char *bytes = write_ok(&sample.batch, FZ_ZENGIN_BARE, &len);
    cr_expect_arr_eq(bytes + 54, "0229", 4);
    cr_expect_eq(bytes[95], '2');
    char *data = bytes + 120;
    cr_expect_arr_eq(data, "20126               101               000040000007", 50);
    cr_expect_arr_eq(data + 80,
                     "9999999999"
                     "2"
                     "9999999999"
                     "0000000000"
                     "0        ",
                     40);
    cr_expect_arr_eq(bytes + 240, "8000001009999999999 ", 20);
    free(bytes);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_write, the_same_input_gives_the_same_bytes)
{
    struct sample sample;
    size_t first_len = 0;
    size_t second_len = 0;
    make_sample(&sample);
    char *first = write_ok(&sample.batch, FZ_ZENGIN_CRLF, &first_len);
    char *second = write_ok(&sample.batch, FZ_ZENGIN_CRLF, &second_len);
    cr_assert_eq(first_len, second_len);
    cr_expect_arr_eq(first, second, first_len);
    free(first);
    free(second);
    FZ_EXPECT_NO_LEAK();
}
