/*
 * Writing bank files: each thing that would send money astray, or make a bank send the file back,
 * is refused with its place.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/limits.h"
#include "tests/support/leak.h"
#include "tests/zengin/zengin_sample.h"

#define NONE FZ_ZENGIN_NO_ITEM
#define SET(member, literal) memcpy((member), (literal), sizeof(literal))

/* Writes the sample after one change and expects the refusal. */
static void expect_refused(void (*change)(struct sample *),
                           enum fz_zengin_fault fault,
                           enum fz_zengin_field field,
                           size_t item)
{
    struct sample sample;
    struct fz_zengin_issue issue = {0};
    struct fz_err err = {0};
    char *bytes = NULL;
    size_t len = 1;

    make_sample(&sample);
    change(&sample);
    fz_rc rc = fz_zengin_write(&sample.batch, FZ_ZENGIN_CRLF, &bytes, &len, &issue, &err);
    cr_expect_eq(rc, fault == FZ_ZENGIN_OK ? FZ_OK : FZ_FORMAT, "%s", err.msg);
    cr_expect_eq(issue.fault, fault, "%s", err.msg);
    cr_expect_eq(issue.field, field, "%s", err.msg);
    cr_expect_eq(issue.item, fault == FZ_ZENGIN_OK ? 0 : item, "%s", err.msg);
    if (fault != FZ_ZENGIN_OK) {
        cr_expect_null(bytes);
        cr_expect_eq(len, 0u);
        cr_expect_not_null(strstr(err.msg, fz_zengin_fault_text(fault)), "%s", err.msg);
        cr_expect_not_null(strstr(err.msg, fz_zengin_field_text(field)), "%s", err.msg);
        cr_expect_eq(strstr(err.msg, "item 2") != NULL, item == 1, "%s", err.msg);
    }
    free(bytes);
}

/* One change of the sample, named for the row that uses it. */
#define CHANGE(name, statement)             \
    static void name(struct sample *sample) \
    {                                       \
        statement;                          \
    }

CHANGE(no_items, sample->batch.item_count = 0)
CHANGE(too_many_items, sample->batch.item_count = FZ_ZENGIN_ITEMS_MAX + 1)
CHANGE(no_sender_code, sample->batch.sender.code[0] = '\0')
CHANGE(short_sender_code, sample->batch.sender.code[9] = '\0')
CHANGE(letter_in_sender_code, sample->batch.sender.code[4] = 'A')
CHANGE(endless_sender_code, sample->batch.sender.code[10] = '1')
CHANGE(no_sender_name, sample->batch.sender.name[0] = '\0')
CHANGE(blank_sender_name, SET(sample->batch.sender.name, " "))
CHANGE(utf8_sender_name, SET(sample->batch.sender.name, "フイ"))
CHANGE(endless_sender_name, memset(sample->batch.sender.name, 'A', 41))
CHANGE(month_zero, sample->batch.sender.month = 0)
CHANGE(month_thirteen, sample->batch.sender.month = 13)
CHANGE(day_zero, sample->batch.sender.day = 0)
CHANGE(day_32, sample->batch.sender.day = 32)
CHANGE(april_31, (sample->batch.sender.month = 4, sample->batch.sender.day = 31))
CHANGE(negative_year, sample->batch.sender.year = -1)
CHANGE(savings_of_sender, sample->batch.sender.account.type = FZ_ZENGIN_SAVINGS)
CHANGE(small_letters_in_bank, SET(sample->batch.sender.account.bank_name, "bank"))
CHANGE(brackets_in_bank, SET(sample->batch.sender.account.bank_name, "(BANK)"))
CHANGE(short_bank, SET(sample->items[1].account.bank, "999"))
CHANGE(blank_in_bank, SET(sample->items[1].account.bank, " 999"))
CHANGE(no_branch, sample->items[1].account.branch[0] = '\0')
CHANGE(dot_in_branch_name, SET(sample->items[1].account.branch_name, "A.B"))
CHANGE(type_zero, sample->items[1].account.type = (enum fz_zengin_account_type)0)
CHANGE(type_three, sample->items[1].account.type = (enum fz_zengin_account_type)3)
CHANGE(type_ten, sample->items[1].account.type = (enum fz_zengin_account_type)10)
CHANGE(short_number, SET(sample->items[1].account.number, "123456"))
CHANGE(hyphen_in_number, SET(sample->items[1].account.number, "123-567"))
CHANGE(no_recipient, sample->items[1].name[0] = '\0')
CHANGE(long_mark_in_recipient, SET(sample->items[1].name, "\xD4\xB0"))
CHANGE(small_kana_in_recipient, SET(sample->items[1].name, "\xBC\xAE\xB3"))
CHANGE(lonely_mark_in_recipient, SET(sample->items[1].name, "\xB1\xDE"))
CHANGE(comma_in_recipient, SET(sample->items[1].name, "A,B"))
CHANGE(line_break_in_recipient, SET(sample->items[1].name, "A\r\n9"))
CHANGE(blank_before_recipient, SET(sample->items[1].name, " A"))
CHANGE(blank_behind_recipient, SET(sample->items[1].name, "A "))
CHANGE(endless_recipient, memset(sample->items[1].name, 'A', 31))
CHANGE(amount_zero, sample->items[1].amount = 0)
CHANGE(amount_negative, sample->items[1].amount = -1)
CHANGE(amount_eleven_digits, sample->items[1].amount = FZ_AMOUNT_MAX + 1)
CHANGE(amount_huge, sample->items[1].amount = INT64_MAX)
CHANGE(new_code_three, sample->items[1].new_code = 3)
CHANGE(new_code_negative, sample->items[1].new_code = -1)
CHANGE(customer1_negative, sample->items[1].customer1 = -1)
CHANGE(customer2_eleven_digits, sample->items[1].customer2 = FZ_ZENGIN_CUSTOMER_MAX + 1)
CHANGE(designation_nine, sample->items[1].designation = 9)
CHANGE(designation_of_nul, sample->items[1].designation = -'0')
CHANGE(designation_beyond_a_byte, sample->items[1].designation = 256 + 7)
CHANGE(edi_with_customer, SET(sample->items[1].edi, "ABC"))
CHANGE(edi_with_comma,
       (SET(sample->items[1].edi, "A,B"),
        sample->items[1].customer1 = 0,
        sample->items[1].customer2 = 0))
CHANGE(equal_lines,
       (sample->items[1] = sample->items[0],
        SET(sample->items[1].name, "OTHER"),
        sample->items[1].customer1 = 77))
CHANGE(equal_lines_confirmed, (equal_lines(sample), sample->batch.duplicates_confirmed = true))
CHANGE(other_amount, (equal_lines(sample), sample->items[1].amount++))
CHANGE(other_number, (equal_lines(sample), sample->items[1].account.number[6]++))
CHANGE(other_type, (equal_lines(sample), sample->items[1].account.type = FZ_ZENGIN_CURRENT))
CHANGE(other_branch, (equal_lines(sample), sample->items[1].account.branch[2]--))
CHANGE(other_bank, (equal_lines(sample), sample->items[1].account.bank[3]--))

Test(zengin_refuse, the_header)
{
    expect_refused(no_items, FZ_ZENGIN_NO_ITEMS, FZ_ZENGIN_COUNT, NONE);
    expect_refused(too_many_items, FZ_ZENGIN_TOO_MANY, FZ_ZENGIN_COUNT, NONE);
    expect_refused(no_sender_code, FZ_ZENGIN_REQUIRED, FZ_ZENGIN_SENDER_CODE, NONE);
    expect_refused(short_sender_code, FZ_ZENGIN_LENGTH, FZ_ZENGIN_SENDER_CODE, NONE);
    expect_refused(letter_in_sender_code, FZ_ZENGIN_DIGITS, FZ_ZENGIN_SENDER_CODE, NONE);
    expect_refused(endless_sender_code, FZ_ZENGIN_LENGTH, FZ_ZENGIN_SENDER_CODE, NONE);
    expect_refused(no_sender_name, FZ_ZENGIN_REQUIRED, FZ_ZENGIN_SENDER_NAME, NONE);
    expect_refused(blank_sender_name, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_SENDER_NAME, NONE);
    expect_refused(utf8_sender_name, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_SENDER_NAME, NONE);
    expect_refused(endless_sender_name, FZ_ZENGIN_LENGTH, FZ_ZENGIN_SENDER_NAME, NONE);
    expect_refused(month_zero, FZ_ZENGIN_DATE, FZ_ZENGIN_TRANSFER_DAY, NONE);
    expect_refused(month_thirteen, FZ_ZENGIN_DATE, FZ_ZENGIN_TRANSFER_DAY, NONE);
    expect_refused(day_zero, FZ_ZENGIN_DATE, FZ_ZENGIN_TRANSFER_DAY, NONE);
    expect_refused(day_32, FZ_ZENGIN_DATE, FZ_ZENGIN_TRANSFER_DAY, NONE);
    expect_refused(april_31, FZ_ZENGIN_DATE, FZ_ZENGIN_TRANSFER_DAY, NONE);
    expect_refused(negative_year, FZ_ZENGIN_DATE, FZ_ZENGIN_TRANSFER_DAY, NONE);
    expect_refused(savings_of_sender, FZ_ZENGIN_VALUE, FZ_ZENGIN_ACCOUNT_TYPE, NONE);
    expect_refused(small_letters_in_bank, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_BANK_NAME, NONE);
    expect_refused(brackets_in_bank, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_BANK_NAME, NONE);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_refuse, an_item)
{
    expect_refused(short_bank, FZ_ZENGIN_LENGTH, FZ_ZENGIN_BANK, 1);
    expect_refused(blank_in_bank, FZ_ZENGIN_DIGITS, FZ_ZENGIN_BANK, 1);
    expect_refused(no_branch, FZ_ZENGIN_REQUIRED, FZ_ZENGIN_BRANCH, 1);
    expect_refused(dot_in_branch_name, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_BRANCH_NAME, 1);
    expect_refused(type_zero, FZ_ZENGIN_VALUE, FZ_ZENGIN_ACCOUNT_TYPE, 1);
    expect_refused(type_three, FZ_ZENGIN_VALUE, FZ_ZENGIN_ACCOUNT_TYPE, 1);
    expect_refused(type_ten, FZ_ZENGIN_VALUE, FZ_ZENGIN_ACCOUNT_TYPE, 1);
    expect_refused(short_number, FZ_ZENGIN_LENGTH, FZ_ZENGIN_ACCOUNT_NUMBER, 1);
    expect_refused(hyphen_in_number, FZ_ZENGIN_DIGITS, FZ_ZENGIN_ACCOUNT_NUMBER, 1);
    expect_refused(amount_zero, FZ_ZENGIN_RANGE, FZ_ZENGIN_AMOUNT, 1);
    expect_refused(amount_negative, FZ_ZENGIN_RANGE, FZ_ZENGIN_AMOUNT, 1);
    expect_refused(amount_eleven_digits, FZ_ZENGIN_RANGE, FZ_ZENGIN_AMOUNT, 1);
    expect_refused(amount_huge, FZ_ZENGIN_RANGE, FZ_ZENGIN_AMOUNT, 1);
    expect_refused(new_code_three, FZ_ZENGIN_VALUE, FZ_ZENGIN_NEW_CODE, 1);
    expect_refused(new_code_negative, FZ_ZENGIN_VALUE, FZ_ZENGIN_NEW_CODE, 1);
    expect_refused(customer1_negative, FZ_ZENGIN_RANGE, FZ_ZENGIN_CUSTOMER1, 1);
    expect_refused(customer2_eleven_digits, FZ_ZENGIN_RANGE, FZ_ZENGIN_CUSTOMER2, 1);
    expect_refused(designation_nine, FZ_ZENGIN_VALUE, FZ_ZENGIN_DESIGNATION, 1);
    expect_refused(designation_of_nul, FZ_ZENGIN_VALUE, FZ_ZENGIN_DESIGNATION, 1);
    expect_refused(designation_beyond_a_byte, FZ_ZENGIN_VALUE, FZ_ZENGIN_DESIGNATION, 1);
    expect_refused(edi_with_customer, FZ_ZENGIN_VALUE, FZ_ZENGIN_EDI, 1);
    expect_refused(edi_with_comma, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_EDI, 1);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_refuse, a_recipient)
{
    expect_refused(no_recipient, FZ_ZENGIN_REQUIRED, FZ_ZENGIN_RECIPIENT_NAME, 1);
    expect_refused(long_mark_in_recipient, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_RECIPIENT_NAME, 1);
    expect_refused(small_kana_in_recipient, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_RECIPIENT_NAME, 1);
    expect_refused(lonely_mark_in_recipient, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_RECIPIENT_NAME, 1);
    expect_refused(comma_in_recipient, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_RECIPIENT_NAME, 1);
    expect_refused(line_break_in_recipient, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_RECIPIENT_NAME, 1);
    expect_refused(blank_before_recipient, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_RECIPIENT_NAME, 1);
    expect_refused(blank_behind_recipient, FZ_ZENGIN_CHARACTER, FZ_ZENGIN_RECIPIENT_NAME, 1);
    expect_refused(endless_recipient, FZ_ZENGIN_LENGTH, FZ_ZENGIN_RECIPIENT_NAME, 1);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_refuse, a_line_that_pays_the_same_again)
{
    expect_refused(equal_lines, FZ_ZENGIN_DUPLICATE, FZ_ZENGIN_NO_FIELD, 1);
    expect_refused(equal_lines_confirmed, FZ_ZENGIN_OK, FZ_ZENGIN_NO_FIELD, NONE);
    expect_refused(other_amount, FZ_ZENGIN_OK, FZ_ZENGIN_NO_FIELD, NONE);
    expect_refused(other_number, FZ_ZENGIN_OK, FZ_ZENGIN_NO_FIELD, NONE);
    expect_refused(other_type, FZ_ZENGIN_OK, FZ_ZENGIN_NO_FIELD, NONE);
    expect_refused(other_branch, FZ_ZENGIN_OK, FZ_ZENGIN_NO_FIELD, NONE);
    expect_refused(other_bank, FZ_ZENGIN_OK, FZ_ZENGIN_NO_FIELD, NONE);
    FZ_EXPECT_NO_LEAK();
}

/* `count` items with accounts of their own, each for `amount`. */
static struct fz_zengin_item *many_items(size_t count, int64_t amount)
{
    struct fz_zengin_item *items = calloc(count, sizeof *items);
    cr_assert_not_null(items);
    struct fz_zengin_item item = sample_item("0000000", "ヤマダ", amount, 0, 0);
    for (size_t i = 0; i < count; i++) {
        char number[32];
        items[i] = item;
        (void)snprintf(number, sizeof number, "%07zu", i);
        memcpy(items[i].account.number, number, sizeof items[i].account.number);
    }
    return items;
}

Test(zengin_refuse, more_than_twelve_digits_in_all)
{
    struct fz_zengin_issue issue = {0};
    char *bytes = NULL;
    size_t len = 0;
    struct fz_zengin_item *items = many_items(101, FZ_AMOUNT_MAX);
    struct fz_zengin_batch batch = {sample_sender(), items, 101, false};
    /* 100 x 9,999,999,999 = 999,999,999,900: 99 yen are left. */
    items[100].amount = 99;
    cr_assert_eq(fz_zengin_write(&batch, FZ_ZENGIN_BARE, &bytes, &len, &issue, NULL), FZ_OK);
    cr_expect_arr_eq(bytes + 102 * 120, "8000101999999999999 ", 20);
    free(bytes);
    items[100].amount = 100;
    cr_expect_eq(fz_zengin_write(&batch, FZ_ZENGIN_BARE, &bytes, &len, &issue, NULL), FZ_FORMAT);
    cr_expect_eq(issue.fault, FZ_ZENGIN_TOTAL);
    cr_expect_eq(issue.item, 100u);
    free(items);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_refuse, finds_the_first_equal_line_among_many)
{
    struct fz_zengin_issue issue = {0};
    char *bytes = NULL;
    size_t len = 0;
    struct fz_zengin_item *items = many_items(5000, 100);
    struct fz_zengin_batch batch = {sample_sender(), items, 5000, false};
    items[4321] = items[17];
    items[1234] = items[4000];
    items[4999] = items[17];
    items[4990] = items[4500];
    cr_expect_eq(fz_zengin_write(&batch, FZ_ZENGIN_BARE, &bytes, &len, &issue, NULL), FZ_FORMAT);
    cr_expect_eq(issue.fault, FZ_ZENGIN_DUPLICATE);
    cr_expect_eq(issue.item, 4000u);
    free(items);
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_refuse, days_that_are_there_in_some_years)
{
    static const struct {
        int year;
        bool passes;
    } rows[] = {{2024, true}, {2026, false}, {2028, true}, {2100, false}, {2000, true}, {0, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sample sample;
        char *bytes = NULL;
        size_t len = 0;
        make_sample(&sample);
        sample.batch.sender.year = rows[i].year;
        sample.batch.sender.month = 2;
        sample.batch.sender.day = 29;
        fz_rc rc = fz_zengin_write(&sample.batch, FZ_ZENGIN_BARE, &bytes, &len, NULL, NULL);
        cr_expect_eq(rc, rows[i].passes ? FZ_OK : FZ_FORMAT, "29 February %d", rows[i].year);
        free(bytes);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(zengin_refuse, every_fault_and_field_has_its_own_words)
{
    for (int a = FZ_ZENGIN_OK; a <= FZ_ZENGIN_READ_SUM; a++) {
        const char *text = fz_zengin_fault_text((enum fz_zengin_fault)a);
        cr_expect_str_neq(text, "unknown");
        for (int b = a + 1; b <= FZ_ZENGIN_READ_SUM; b++) {
            cr_expect_str_neq(text, fz_zengin_fault_text((enum fz_zengin_fault)b));
        }
    }
    for (int a = FZ_ZENGIN_NO_FIELD; a <= FZ_ZENGIN_FILLER; a++) {
        const char *text = fz_zengin_field_text((enum fz_zengin_field)a);
        cr_assert_not_null(text);
        cr_expect_str_neq(text, "unknown");
        for (int b = a + 1; b <= FZ_ZENGIN_FILLER; b++) {
            cr_expect_str_neq(text, fz_zengin_field_text((enum fz_zengin_field)b));
        }
    }
}
