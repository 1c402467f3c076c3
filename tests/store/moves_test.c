/*
 * What moves accounts, as it comes: every page of every size from every point on, against the plain
 * answer, a walk through an array; and whose accounts a community's newest transfers were.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "feezero/limits.h"
#include "tests/store/books.h"
#include "tests/support/leak.h"

#define SHOP 3

static struct books books;

struct answer {
    unsigned calls;
    fz_rc rc;
    unsigned len;
    struct fz_money_row rows[FZ_PAGE_MAX];
};

static void on_money(void *ctx, fz_rc rc, const struct fz_money_row *rows, unsigned len)
{
    struct answer *answer = ctx;
    answer->calls++;
    answer->rc = rc;
    answer->len = len;
    for (unsigned i = 0; i < len; i++) {
        int number = (int)rows[i].move.number;
        const struct books_movement *m = &books.rows[number];
        struct fz_id operation = books_operation(number);
        answer->rows[i] = rows[i];
        cr_assert(rows[i].move.kind == m->kind && rows[i].move.amount == books_amount(number));
        cr_assert(rows[i].move.time_us == books.times_us[number]);
        cr_assert(fz_id_equal(&rows[i].move.operation, &operation));
        cr_assert_str_eq(rows[i].move.counterparty_name,
                         books_names[rows[i].move.credit ? m->debit : m->credit]);
    }
}

static void
ask(struct testbed *bed, int64_t account, int64_t after, unsigned limit, struct answer *answer)
{
    answer->calls = 0;
    struct fz_money_page page = {.account = account, .after = after, .limit = limit};
    fz_read_money(bed->reader, books.community, &page, on_money, answer);
    testbed_wait(bed, &answer->calls, 1);
}

/* The plain answer: the account's next transfer above `after`, 0 if there is none. */
static int next_above(int account, int after)
{
    for (int number = after + 1; number <= books.len; number++) {
        if (books.rows[number].debit == account || books.rows[number].credit == account) {
            return number;
        }
    }
    return 0;
}

/* From `after` to the end. Returns the rows seen. */
static unsigned walk(struct testbed *bed, int account, int after, unsigned limit)
{
    static struct answer answer;
    unsigned rows = 0;
    int expected = next_above(account, after);
    do {
        ask(bed, books_accounts[account], after, limit, &answer);
        cr_assert(answer.rc == FZ_OK && answer.len <= limit, "%d", (int)answer.rc);
        for (unsigned i = 0; i < answer.len; i++) {
            const struct fz_history_row *move = &answer.rows[i].move;
            cr_assert(move->number == expected, "after %d, row %u of %u: %d, not %d", after, i,
                      limit, (int)move->number, expected);
            cr_assert(move->credit == (books.rows[expected].credit == account));
            after = expected;
            expected = next_above(account, expected);
        }
        rows += answer.len;
    } while (answer.len == limit);
    cr_assert(expected == 0, "after %d, pages of %u: %d is missing", after, limit, expected);
    return rows;
}

static void open_books(struct testbed *bed, int32_t community, int transfers)
{
    testbed_open(bed, NULL);
    testbed_town(bed, community);
    books_open(&books, community, books_seed());
    books_grow(&books, bed, transfers);
    testbed_start_reader(bed, 1, true);
}

Test(moves, every_page_of_every_size, .timeout = 100)
{
    struct testbed bed;
    open_books(&bed, 1, 500);
    for (unsigned limit = 1; limit <= FZ_PAGE_MAX; limit += limit < 70 ? 3 : 13) {
        walk(&bed, (int)(limit % BOOKS_ACCOUNTS), 0, limit);
        walk(&bed, SHOP, books_throw(&books, books.len), limit);
    }
    cr_expect(bed.troubles == 0, "%s", bed.trouble);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(moves, from_every_point_on, .timeout = 100)
{
    struct testbed bed;
    unsigned rows = 0;
    open_books(&bed, 2, 400);
    for (int after = 0; after <= books.len; after += 7) {
        rows += walk(&bed, SHOP, after, FZ_PAGE_MAX);
    }
    cr_expect(rows > 1000, "that was not much: %u rows", rows);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(moves, edges)
{
    static const int64_t none[] = {-1, BOOKS_MAX + 1, INT64_MAX};
    static struct answer answer;
    struct testbed bed;
    open_books(&bed, 3, 100);
    for (unsigned i = 0; i < sizeof none / sizeof none[0]; i++) {
        ask(&bed, books_accounts[SHOP], none[i], 10, &answer);
        cr_expect(answer.rc == FZ_BAD_QUERY, "no such transfer: %lld", (long long)none[i]);
    }
    ask(&bed, books_accounts[SHOP], books.len, 10, &answer);
    cr_expect(answer.rc == FZ_OK && answer.len == 0, "nothing is newer than the newest");
    ask(&bed, 3000000001LL, 0, 10, &answer);
    cr_expect(answer.rc == FZ_OK && answer.len == 0, "an account that never moved");
    ask(&bed, 10000000099LL, 0, 10, &answer);
    cr_expect(answer.rc == FZ_NOT_FOUND);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* The till of the sale that a payment was for; none for a transfer between residents. */
Test(moves, name_the_till)
{
    static struct answer answer;
    struct testbed bed;
    int payment = 1;
    open_books(&bed, 5, 300);
    while (books.rows[payment].command != FZ_COMMAND_PAY) {
        payment++;
    }
    struct fz_id intent = books_reference(payment);
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&intent, text);
    testbed_sql(&bed,
                "INSERT INTO fz.intent (community_id, intent_id, shop, amount, created_us,"
                " expires_us, terminal, state, reference, shop_name, qr, last_event)"
                " VALUES (5, '%s', 1, 5, 1, 2, 7, 1, '', '', '', 0)",
                text);
    int64_t payer = books_accounts[books.rows[payment].debit];
    ask(&bed, payer, payment - 1, 1, &answer);
    cr_expect(answer.len == 1 && answer.rows[0].terminal == 7);
    cr_expect(fz_id_equal(&answer.rows[0].move.intent, &intent));
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- of a community --------------------------------------------------------------------------- */

struct moves {
    unsigned calls;
    unsigned len;
    int64_t last;
};

static void on_moves(void *ctx, fz_rc rc, const struct fz_move_row *rows, unsigned len)
{
    struct moves *moves = ctx;
    cr_assert_eq(rc, FZ_OK);
    for (unsigned i = 0; i < len; i++) {
        const struct books_movement *m = &books.rows[moves->last + 1];
        cr_assert(rows[i].number == moves->last + 1 && rows[i].debit == books_accounts[m->debit] &&
                  rows[i].credit == books_accounts[m->credit]);
        moves->last = rows[i].number;
    }
    moves->len = len;
    moves->calls++;
}

Test(moves, whose_accounts_they_were, .timeout = 100)
{
    struct testbed bed;
    struct moves moves = {.last = 3};
    open_books(&bed, 6, 1300);
    fz_read_community_moves(bed.reader, 6, moves.last, on_moves, &moves);
    testbed_wait(&bed, &moves.calls, 1);
    cr_expect_eq(moves.len, FZ_MOVES_MAX);
    fz_read_community_moves(bed.reader, 6, moves.last, on_moves, &moves);
    testbed_wait(&bed, &moves.calls, 2);
    cr_expect_eq(moves.last, books.len);
    fz_read_community_moves(bed.reader, 6, moves.last, on_moves, &moves);
    testbed_wait(&bed, &moves.calls, 3);
    cr_expect_eq(moves.len, 0);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- what is usual at a shop ------------------------------------------------------------------ */

struct shop {
    unsigned calls;
    fz_rc rc;
    struct fz_shopfront row;
};

static void on_shop(void *ctx, fz_rc rc, const struct fz_shopfront *row)
{
    struct shop *shop = ctx;
    shop->calls++;
    shop->rc = rc;
    if (row != NULL) {
        shop->row = *row;
        cr_expect_str_eq(row->name, "喫茶みなと");
        cr_expect_str_eq(row->name_latin, "KISSA MINATO");
        cr_expect_str_eq(row->city_latin, "MINATO");
        cr_expect_str_eq(row->postal_code, "1000001");
        cr_expect_str_eq(row->category_code, "5814");
        cr_expect(strlen(row->qr_guid) > 0);
    }
}

static void ask_shop(struct testbed *bed, int64_t party, unsigned newest, struct shop *shop)
{
    *shop = (struct shop){.rc = FZ_INTERNAL};
    fz_read_shop(bed->reader, books.community, party, newest, on_shop, shop);
    testbed_wait(bed, &shop->calls, 1);
}

/* Amounts rise with the number, so the largest of the newest payments is the newest. */
Test(moves, what_is_usual_at_a_shop)
{
    struct shop shop;
    struct testbed bed;
    unsigned payments = 0;
    int newest = 0;
    open_books(&bed, 7, 120);
    for (int number = 1; number <= books.len; number++) {
        if (books.rows[number].kind == FZ_KIND_PAYMENT) {
            payments++;
            newest = number;
        }
    }
    for (unsigned asked = 0; asked < payments + 9; asked++) {
        ask_shop(&bed, 1, asked, &shop);
        cr_assert_eq(shop.rc, FZ_OK);
        cr_expect_eq(shop.row.payments, asked < payments ? asked : payments);
        cr_expect_eq(shop.row.largest, asked == 0 ? 0 : books_amount(newest));
        cr_expect(shop.row.is_open && shop.row.shop == 1);
    }
    testbed_sql(&bed, "UPDATE fz.transfer SET amount = 7777777 WHERE community_id = 7 AND number ="
                      " (SELECT min(number) FROM fz.transfer WHERE community_id = 7 AND kind = 2)");
    ask_shop(&bed, 1, payments, &shop);
    cr_expect_eq(shop.row.largest, 7777777);
    ask_shop(&bed, 1, payments - 1, &shop);
    cr_expect_eq(shop.row.largest, books_amount(newest), "the oldest is not asked for");
    testbed_sql(&bed, "UPDATE fz.account SET state = 2 WHERE community_id = 7 AND account ="
                      " 11000000001");
    ask_shop(&bed, 1, 0, &shop);
    cr_expect(!shop.row.is_open);
    ask_shop(&bed, 2, 0, &shop);
    cr_expect_eq(shop.rc, FZ_NOT_FOUND, "that is a resident");
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}
