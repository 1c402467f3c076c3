/*
 * Pages of an account's past, and what it was at any moment, against the plain answer: a walk
 * through an array. Whatever is asked for: kinds, a side, times, every size of page, every page.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/limits.h"
#include "tests/store/books.h"
#include "tests/support/leak.h"

#define SHOP 3 /* the busiest account, and one that never ends a page early */

static struct books books;

struct answer {
    unsigned calls;
    fz_rc rc;
    unsigned len;
    struct fz_history_row rows[FZ_PAGE_MAX];
};

/* Compares a row with the books while its strings are there. */
static void check_row(const struct fz_history_row *row)
{
    cr_assert(row->number >= 1 && row->number <= books.len);
    int number = (int)row->number;
    const struct books_movement *m = &books.rows[number];
    int other = row->credit ? m->debit : m->credit;
    cr_assert(row->kind == m->kind && row->amount == books_amount(number));
    cr_assert(row->time_us == books.times_us[number]);
    cr_assert(row->counterparty == books_accounts[other]);
    cr_assert_str_eq(row->counterparty_name, books_names[other]);
    cr_assert(strtol(row->note + strlen("note "), NULL, 10) == number, "%s", row->note);
    struct fz_id operation = books_operation(number);
    cr_assert(fz_id_equal(&row->operation, &operation));
    struct fz_id intent = {{0}};
    if (m->command == FZ_COMMAND_PAY || m->command == FZ_COMMAND_VOID ||
        m->command == FZ_COMMAND_REFUND) {
        intent = books_reference(number);
    }
    cr_assert(fz_id_equal(&row->intent, &intent), "number %d", number);
}

static void on_history(void *ctx, fz_rc rc, const struct fz_history_row *rows, unsigned len)
{
    struct answer *answer = ctx;
    answer->calls++;
    answer->rc = rc;
    answer->len = len;
    for (unsigned i = 0; i < len; i++) {
        answer->rows[i] = rows[i];
        check_row(&rows[i]);
    }
}

static void ask(struct testbed *bed, const struct fz_history_page *page, struct answer *answer)
{
    answer->calls = 0;
    fz_read_history(bed->reader, books.community, page, on_history, answer);
    testbed_wait(bed, &answer->calls, 1);
}

/* Whether transfer `number` belongs into a page, by its definition. */
static bool is_wanted(const struct fz_history_page *page, int account, int number)
{
    const struct books_movement *m = &books.rows[number];
    bool is_debit = m->debit == account;
    bool is_credit = m->credit == account;
    return (is_debit || is_credit) &&
           (page->kinds == 0 || (page->kinds >> (unsigned)m->kind & 1) != 0) &&
           (page->side == FZ_HISTORY_BOTH || is_debit == (page->side == FZ_HISTORY_DEBITS)) &&
           books.times_us[number] >= page->from_us &&
           (page->until_us == 0 || books.times_us[number] < page->until_us);
}

/* The plain answer: the newest wanted transfer below `before`, 0 if there is none. */
static int next_below(const struct fz_history_page *page, int account, int before)
{
    for (int number = before - 1; number > 0; number--) {
        if (is_wanted(page, account, number)) {
            return number;
        }
    }
    return 0;
}

static const char *describe(const struct fz_history_page *page)
{
    static char text[240];
    (void)snprintf(text, sizeof text,
                   "account %lld kinds %#llx side %d from %lld until %lld before %lld limit %u",
                   (long long)page->account, (unsigned long long)page->kinds, (int)page->side,
                   (long long)page->from_us, (long long)page->until_us, (long long)page->before,
                   page->limit);
    return text;
}

/* Walks to the end of what is wanted, at most so many pages. Returns the rows seen. */
static unsigned walk(struct testbed *bed, struct fz_history_page page, int account, int pages)
{
    static struct answer answer;
    unsigned rows = 0;
    page.account = books_accounts[account];
    int expected = next_below(&page, account, page.before == 0 ? books.len + 1 : (int)page.before);
    for (; pages > 0; pages--) {
        ask(bed, &page, &answer);
        cr_assert(answer.rc == FZ_OK && answer.len <= page.limit, "%s: %d", describe(&page),
                  (int)answer.rc);
        for (unsigned i = 0; i < answer.len; i++) {
            cr_assert(answer.rows[i].number == expected, "%s: row %u is %d, not %d",
                      describe(&page), i, (int)answer.rows[i].number, expected);
            cr_assert(answer.rows[i].credit == (books.rows[expected].credit == account));
            expected = next_below(&page, account, expected);
        }
        rows += answer.len;
        if (answer.len < page.limit) {
            cr_assert(expected == 0, "%s: %d and older are missing", describe(&page), expected);
            break;
        }
        page.before = answer.rows[answer.len - 1].number;
    }
    return rows;
}

static void open_books(struct testbed *bed, int32_t community, unsigned seed, int transfers)
{
    testbed_open(bed, NULL);
    testbed_town(bed, community);
    books_open(&books, community, seed);
    books_grow(&books, bed, transfers);
    testbed_start_reader(bed, 1, true);
}

Test(history, every_page_of_every_size, .timeout = 100)
{
    struct testbed bed;
    open_books(&bed, 1, 7, 500);
    for (unsigned limit = 1; limit <= FZ_PAGE_MAX; limit++) {
        struct fz_history_page page = {.limit = limit};
        walk(&bed, page, (int)(limit % BOOKS_ACCOUNTS), 500);
        walk(&bed, page, SHOP, 500);
    }
    cr_expect(bed.troubles == 0, "%s", bed.trouble);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- narrowed pages --------------------------------------------------------------------------- */

/* A moment: of a transfer, beside one, between two, before all, after all. */
static int64_t draw_moment(void)
{
    int number = books_throw(&books, books.len + 2);
    return number > books.len ? books.times_us[books.len] + books_throw(&books, 3)
                              : books.times_us[number] + books_throw(&books, 4) - 1;
}

static struct fz_history_page draw_page(int account)
{
    struct fz_history_page page = {.limit = 1 + (unsigned)books_throw(&books, 100),
                                   .side = (enum fz_history_side)books_throw(&books, 3)};
    for (int i = books_throw(&books, 5); i > 0; i--) {
        page.kinds |= fz_kind_bit(fz_kind_at((unsigned)books_throw(&books, 14))->kind);
    }
    if (books_throw(&books, 2) == 0) {
        page.from_us = draw_moment();
        page.from_us = page.from_us < 0 ? 0 : page.from_us;
    }
    if (books_throw(&books, 2) == 0) {
        int64_t until_us = draw_moment();
        page.until_us = until_us < 1 ? 1 : until_us;
    }
    if (books_throw(&books, 2) == 0) {
        struct fz_history_page all = {.limit = 1};
        page.before = next_below(&all, account, 2 + books_throw(&books, books.len));
    }
    return page;
}

Test(history, every_choice_is_the_plain_answer, .timeout = 100)
{
    struct testbed bed;
    unsigned rows = 0;
    open_books(&bed, 4, books_seed(), 3000);
    for (int round = 0; round < 250; round++) {
        int account = books_throw(&books, BOOKS_ACCOUNTS);
        rows += walk(&bed, draw_page(account), account, 12);
    }
    cr_expect(rows > 6000, "that was not much: %u rows", rows);
    cr_expect(bed.troubles == 0, "%s", bed.trouble);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* Every kind alone and every side alone, from the newest to the very first, by small pages. */
Test(history, every_kind_to_its_first, .timeout = 100)
{
    struct testbed bed;
    unsigned rows = 0;
    open_books(&bed, 5, 11, 1000);
    for (int account = 0; account < BOOKS_ACCOUNTS; account++) {
        unsigned all = walk(&bed, (struct fz_history_page){.limit = 100}, account, 100);
        unsigned sum = 0;
        for (unsigned kind = 0; fz_kind_at(kind) != NULL; kind++) {
            struct fz_history_page page = {.limit = 1 + kind,
                                           .kinds = fz_kind_bit(fz_kind_at(kind)->kind)};
            sum += walk(&bed, page, account, 1000);
        }
        cr_expect(sum == all, "the kinds of account %d are %u, all are %u", account, sum, all);
        struct fz_history_page in = {.limit = 33, .side = FZ_HISTORY_CREDITS};
        struct fz_history_page out = {.limit = 34, .side = FZ_HISTORY_DEBITS};
        cr_expect(walk(&bed, in, account, 100) + walk(&bed, out, account, 100) == all);
        rows += all;
    }
    cr_expect(rows == 2000, "each transfer has two sides: %u", rows);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(history, edges)
{
    struct testbed bed;
    static struct answer answer;
    open_books(&bed, 2, 7, 300);
    int first = 0;
    int foreign = 0;
    for (int number = books.len; number > 0; number--) {
        if (books.rows[number].debit == SHOP || books.rows[number].credit == SHOP) {
            first = number;
        } else {
            foreign = number;
        }
    }
    struct fz_history_page page = {.account = books_accounts[SHOP], .before = first, .limit = 10};
    ask(&bed, &page, &answer);
    cr_expect(answer.rc == FZ_OK && answer.len == 0, "nothing is older than the first");

    static const int64_t none[] = {-1, BOOKS_MAX + 1, INT64_MAX};
    for (unsigned i = 0; i < 3; i++) {
        page.before = none[i];
        ask(&bed, &page, &answer);
        cr_expect(answer.rc == FZ_BAD_QUERY, "no such transfer: %lld", (long long)none[i]);
    }
    page.before = foreign;
    ask(&bed, &page, &answer);
    cr_expect(answer.rc == FZ_BAD_QUERY, "another account's transfer");

    page = (struct fz_history_page){.account = 3000000001LL, .limit = FZ_PAGE_MAX};
    for (unsigned kinds = 0; kinds < 2; kinds++) {
        page.kinds = kinds == 0 ? 0 : fz_kind_bit(FZ_KIND_SUBSCRIPTION);
        ask(&bed, &page, &answer);
        cr_expect(answer.rc == FZ_OK && answer.len == 0, "an account that never moved");
    }
    page.account = 10000000099LL;
    ask(&bed, &page, &answer);
    cr_expect(answer.rc == FZ_NOT_FOUND);
    page.account = books_accounts[SHOP];
    books.community = 77;
    ask(&bed, &page, &answer);
    cr_expect(answer.rc == FZ_NOT_FOUND, "another town");
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- moments ---------------------------------------------------------------------------------- */

struct past {
    unsigned calls;
    fz_rc rc;
    unsigned len;
    struct fz_past_row rows[FZ_PAST_MAX];
};

static void on_past(void *ctx, fz_rc rc, const struct fz_past_row *rows, unsigned len)
{
    struct past *past = ctx;
    past->calls++;
    past->rc = rc;
    past->len = len;
    for (unsigned i = 0; i < len; i++) {
        past->rows[i] = rows[i];
    }
}

/* The account before the moment, by going through the books. */
static struct fz_past_row plain_past(int account, int64_t moment_us)
{
    struct fz_past_row row = {.account = books_accounts[account],
                              .time_us = books.times_us[books.len],
                              .debits = account == 0 ? BOOKS_OPENING : 0,
                              .credits = account == 0 ? 0 : BOOKS_OPENING};
    for (int number = 1; number <= books.len && books.times_us[number] < moment_us; number++) {
        bool is_debit = books.rows[number].debit == account;
        if (is_debit || books.rows[number].credit == account) {
            row.as_of = number;
            row.transfers++;
            *(is_debit ? &row.debits : &row.credits) += books_amount(number);
        }
    }
    bool debit_side = fz_class_info(fz_account_number_class(row.account))->side == FZ_SIDE_DEBIT;
    row.balance = debit_side ? row.debits - row.credits : row.credits - row.debits;
    return row;
}

static void check_past(struct testbed *bed, int account, int64_t moment_us, int64_t other_us)
{
    struct past past = {0};
    struct fz_past_query query = {
        .account = books_accounts[account], .moments_us = {moment_us, other_us}, .len = 2};
    fz_read_past(bed->reader, books.community, &query, on_past, &past);
    testbed_wait(bed, &past.calls, 1);
    cr_assert(past.rc == FZ_OK && past.len == 2, "%d, %u rows: %s", (int)past.rc, past.len,
              bed->trouble);
    for (unsigned i = 0; i < 2; i++) {
        struct fz_past_row expected = plain_past(account, query.moments_us[i]);
        cr_assert(memcmp(&expected, &past.rows[i], sizeof expected) == 0,
                  "account %d before %lld: %lld transfers up to %lld, not %lld up to %lld", account,
                  (long long)query.moments_us[i], (long long)past.rows[i].transfers,
                  (long long)past.rows[i].as_of, (long long)expected.transfers,
                  (long long)expected.as_of);
    }
}

Test(history, any_moment_is_the_plain_sum, .timeout = 100)
{
    struct testbed bed;
    open_books(&bed, 6, books_seed(), 1500);
    for (int round = 0; round < 500; round++) {
        check_past(&bed, books_throw(&books, BOOKS_ACCOUNTS), draw_moment(), draw_moment());
    }
    for (int account = 0; account < BOOKS_ACCOUNTS; account++) {
        check_past(&bed, account, INT64_MAX, 0);
        check_past(&bed, account, INT64_MIN, books.times_us[books.len]);
    }
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* Around every mark: with 63, 64, 65 transfers, and so on, at the transfers beside it. */
Test(history, marks_are_no_edges, .timeout = 100)
{
    struct testbed bed;
    unsigned near = 0;
    open_books(&bed, 7, 3, 1);
    while (books.heads[SHOP].postings < 3 * FZ_MARK_EVERY + 2) {
        int64_t place = books.heads[SHOP].postings % FZ_MARK_EVERY;
        if (place <= 1 || place == FZ_MARK_EVERY - 1) {
            int64_t now_us = books.times_us[books.len];
            near++;
            check_past(&bed, SHOP, now_us, now_us + 1);
            check_past(&bed, SHOP, books.times_us[books.len > 70 ? books.len - 70 : 1],
                       books.times_us[books.len > 100 ? books.len - 100 : 1]);
            struct fz_history_page page = {.limit = 7};
            walk(&bed, page, SHOP, 100);
            page.until_us = books.times_us[1 + books.len / 2];
            walk(&bed, page, SHOP, 100);
            page.kinds = fz_kind_bit(FZ_KIND_REFUND) | fz_kind_bit(FZ_KIND_PAYMENT);
            walk(&bed, page, SHOP, 100);
            page.until_us = 0;
            page.side = FZ_HISTORY_DEBITS;
            walk(&bed, page, SHOP, 100);
        }
        books_grow(&books, &bed, 1);
    }
    cr_expect(near >= 9, "%u", near);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}
