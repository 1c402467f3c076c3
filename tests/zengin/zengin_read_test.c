/*
 * Reading bank files back: what was written comes out again, and every byte that is not as it was
 * written is noticed.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/leak.h"
#include "tests/zengin/zengin_sample.h"

#define NONE FZ_ZENGIN_NO_ITEM
#define FILE_LEN 610 /* of the sample with separators */
#define RECORD 122

static void write_sample(enum fz_zengin_framing framing, char *bytes_out, size_t *len_out)
{
    struct sample sample;
    char *bytes = NULL;
    make_sample(&sample);
    cr_assert_eq(fz_zengin_write(&sample.batch, framing, &bytes, len_out, NULL, NULL), FZ_OK);
    memcpy(bytes_out, bytes, *len_out);
    free(bytes);
}

static void expect_read_and_rewritten(const char *bytes, size_t len)
{
    struct fz_zengin_file file;
    struct fz_err err = {0};
    char *again = NULL;
    size_t again_len = 0;
    cr_assert_eq(fz_zengin_read(bytes, len, &file, NULL, &err), FZ_OK, "%s", err.msg);
    struct fz_zengin_batch batch = {file.sender, file.items, file.item_count, true};
    cr_assert_eq(fz_zengin_write(&batch, file.framing, &again, &again_len, NULL, NULL), FZ_OK);
    cr_assert_eq(again_len, len);
    cr_expect_arr_eq(again, bytes, len);
    free(again);
    fz_zengin_file_fini(&file);
}

Test(zengin_read, the_fixed_file)
{
    struct fz_zengin_file file;
    struct fz_zengin_issue issue;
    struct sample sample;
    char bytes[FILE_LEN];
    size_t len = 0;
    make_sample(&sample);
    write_sample(FZ_ZENGIN_CRLF, bytes, &len);
    cr_assert_eq(fz_zengin_read(bytes, len, &file, &issue, NULL), FZ_OK);
    cr_expect_eq(file.framing, FZ_ZENGIN_CRLF);
    cr_expect_eq(file.item_count, 2u);
    cr_expect_eq(file.total, 165015);
    cr_expect_str_eq(file.sender.code, "9900000001");
    cr_expect_str_eq(file.sender.name, sample.batch.sender.name);
    cr_expect_eq(file.sender.year, 0);
    cr_expect_eq(file.sender.month, 12);
    cr_expect_eq(file.sender.day, 1);
    cr_expect_str_eq(file.sender.account.bank, "9999");
    cr_expect_str_eq(file.sender.account.bank_name, sample.batch.sender.account.bank_name);
    cr_expect_str_eq(file.sender.account.branch, "998");
    cr_expect_eq(file.sender.account.type, FZ_ZENGIN_ORDINARY);
    cr_expect_str_eq(file.sender.account.number, "9000001");
    for (size_t i = 0; i < 2; i++) {
        cr_expect_str_eq(file.items[i].account.number, sample.items[i].account.number);
        cr_expect_str_eq(file.items[i].account.branch, "999");
        cr_expect_str_eq(file.items[i].name, sample.items[i].name);
        cr_expect_eq(file.items[i].amount, sample.items[i].amount);
        cr_expect_eq(file.items[i].customer1, sample.items[i].customer1);
        cr_expect_eq(file.items[i].customer2, sample.items[i].customer2);
        cr_expect_eq(file.items[i].designation, 7);
        cr_expect_str_empty(file.items[i].edi);
    }
    fz_zengin_file_fini(&file);
    fz_zengin_file_fini(&file);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_read, what_was_read_is_written_byte_for_byte)
{
    char bytes[FILE_LEN];
    size_t len = 0;
    write_sample(FZ_ZENGIN_CRLF, bytes, &len);
    expect_read_and_rewritten(bytes, len);
    write_sample(FZ_ZENGIN_BARE, bytes, &len);
    expect_read_and_rewritten(bytes, len);

    struct sample sample;
    char *with_edi = NULL;
    make_sample(&sample);
    sample.items[0].customer1 = sample.items[0].customer2 = 0;
    SAMPLE_FOLD(sample.items[0].edi, "TOWN 2026/12", FZ_KANA_EDI);
    cr_assert_eq(fz_zengin_write(&sample.batch, FZ_ZENGIN_CRLF, &with_edi, &len, NULL, NULL),
                 FZ_OK);
    expect_read_and_rewritten(with_edi, len);
    free(with_edi);
    FZ_EXPECT_NO_LEAK();
}

/* A change of `len` bytes at `at` of record `record` (0-based), and how it is refused. */
struct row {
    size_t record;
    size_t at;
    const char *bytes;
    enum fz_zengin_fault fault;
    enum fz_zengin_field field;
    size_t item;
};

Test(zengin_read, refuses_every_wrong_field)
{
    /* clang-format off */
    static const struct row rows[] = {
        {0, 0, "2", FZ_ZENGIN_READ_ORDER, FZ_ZENGIN_RECORD_KIND, NONE},
        {0, 1, "11", FZ_ZENGIN_VALUE, FZ_ZENGIN_FILE_TYPE, NONE},
        {0, 3, "1", FZ_ZENGIN_VALUE, FZ_ZENGIN_CODE_TYPE, NONE},
        {0, 4, " ", FZ_ZENGIN_DIGITS, FZ_ZENGIN_SENDER_CODE, NONE},
        {0, 14, " ", FZ_ZENGIN_CHARACTER, FZ_ZENGIN_SENDER_NAME, NONE},
        {0, 14, "                    ", FZ_ZENGIN_REQUIRED, FZ_ZENGIN_SENDER_NAME, NONE},
        {0, 54, "0230", FZ_ZENGIN_DATE, FZ_ZENGIN_TRANSFER_DAY, NONE},
        {0, 54, "1 01", FZ_ZENGIN_DIGITS, FZ_ZENGIN_TRANSFER_DAY, NONE},
        {0, 95, "4", FZ_ZENGIN_VALUE, FZ_ZENGIN_ACCOUNT_TYPE, NONE},
        {0, 119, "0", FZ_ZENGIN_CHARACTER, FZ_ZENGIN_FILLER, NONE},
        {1, 0, "8", FZ_ZENGIN_READ_ORDER, FZ_ZENGIN_RECORD_KIND, 0},
        {1, 38, "0001", FZ_ZENGIN_VALUE, FZ_ZENGIN_CLEARING_HOUSE, 0},
        {1, 42, " ", FZ_ZENGIN_DIGITS, FZ_ZENGIN_ACCOUNT_TYPE, 0},
        {2, 50, "ﾔ", FZ_ZENGIN_CHARACTER, FZ_ZENGIN_RECIPIENT_NAME, 1},
        {2, 80, " ", FZ_ZENGIN_DIGITS, FZ_ZENGIN_AMOUNT, 1},
        {2, 80, "0000000000", FZ_ZENGIN_RANGE, FZ_ZENGIN_AMOUNT, 1},
        {2, 90, "3", FZ_ZENGIN_VALUE, FZ_ZENGIN_NEW_CODE, 1},
        {2, 91, "          ", FZ_ZENGIN_DIGITS, FZ_ZENGIN_CUSTOMER1, 1},
        {2, 111, "8Z", FZ_ZENGIN_VALUE, FZ_ZENGIN_MARKER, 1},
        {2, 91, "                    7Y", FZ_ZENGIN_REQUIRED, FZ_ZENGIN_EDI, 1},
        {3, 0, "2", FZ_ZENGIN_READ_ORDER, FZ_ZENGIN_RECORD_KIND, NONE},
        {3, 1, "000003", FZ_ZENGIN_READ_COUNT, FZ_ZENGIN_COUNT, NONE},
        {3, 1, "000000", FZ_ZENGIN_RANGE, FZ_ZENGIN_COUNT, NONE},
        {3, 7, "000000165016", FZ_ZENGIN_READ_SUM, FZ_ZENGIN_SUM, NONE},
        {3, 60, "x", FZ_ZENGIN_CHARACTER, FZ_ZENGIN_FILLER, NONE},
        {4, 0, "1", FZ_ZENGIN_READ_ORDER, FZ_ZENGIN_RECORD_KIND, NONE},
        {4, 1, "0", FZ_ZENGIN_CHARACTER, FZ_ZENGIN_FILLER, NONE},
        {1, 120, "\n\r", FZ_ZENGIN_READ_FRAME, FZ_ZENGIN_NO_FIELD, 0},
        {4, 121, "\r", FZ_ZENGIN_READ_FRAME, FZ_ZENGIN_NO_FIELD, NONE},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fz_zengin_file file;
        struct fz_zengin_issue issue = {0};
        struct fz_err err = {0};
        char bytes[FILE_LEN];
        size_t len = 0;
        write_sample(FZ_ZENGIN_CRLF, bytes, &len);
        memcpy(bytes + rows[i].record * RECORD + rows[i].at, rows[i].bytes, strlen(rows[i].bytes));
        cr_expect_eq(fz_zengin_read(bytes, len, &file, &issue, &err), FZ_FORMAT, "row %zu", i);
        cr_expect_eq(issue.fault, rows[i].fault, "row %zu: %s", i, err.msg);
        cr_expect_eq(issue.field, rows[i].field, "row %zu: %s", i, err.msg);
        cr_expect_eq(issue.item, rows[i].item, "row %zu: %s", i, err.msg);
        cr_expect_null(file.items);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_read, refuses_every_other_size)
{
    char bytes[FILE_LEN + 1] = {0};
    size_t len = 0;
    write_sample(FZ_ZENGIN_CRLF, bytes, &len);
    for (size_t cut = 0; cut <= len + 1; cut++) {
        struct fz_zengin_file file;
        struct fz_zengin_issue issue = {0};
        fz_rc rc = fz_zengin_read(bytes, cut, &file, &issue, NULL);
        cr_assert_eq(rc, cut == len ? FZ_OK : FZ_FORMAT, "%zu bytes", cut);
        if (rc == FZ_FORMAT && cut != len - RECORD) {
            cr_assert_eq(issue.fault, FZ_ZENGIN_READ_SIZE, "%zu bytes", cut);
        }
        fz_zengin_file_fini(&file);
    }
    FZ_EXPECT_NO_LEAK();
}

/* Another byte at any place either is refused, or reads as another file that rewrites to itself. */
Test(zengin_read, notices_every_single_byte)
{
    char bytes[FILE_LEN];
    size_t len = 0;
    unsigned passed = 0;
    write_sample(FZ_ZENGIN_CRLF, bytes, &len);
    for (size_t i = 0; i < len; i++) {
        char kept = bytes[i];
        for (int value = 0; value < 256; value++) {
            struct fz_zengin_file file;
            bytes[i] = (char)value;
            if (bytes[i] != kept && fz_zengin_read(bytes, len, &file, NULL, NULL) == FZ_OK) {
                fz_zengin_file_fini(&file);
                expect_read_and_rewritten(bytes, len);
                passed++;
            }
        }
        bytes[i] = kept;
    }
    cr_expect_gt(passed, 1000u, "only %u: names and numbers can be changed", passed);
    FZ_EXPECT_NO_LEAK();
}
