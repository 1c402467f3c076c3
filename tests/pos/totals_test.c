/*
 * The end of the day: the till's journal against the switch's history, in both directions, over
 * several pages and with another till of the same shop.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/pos/history.h"

static void close_day(struct fz_pos_totals *totals)
{
    struct fz_err err = {0};

    cr_assert_eq(fz_pos_close_day(&paper.pos,
                                  (struct fz_pos_span){PAPER_START_MS, PAPER_START_MS + DAY_MS},
                                  totals, take_difference, NULL, &err),
                 FZ_OK, "%s", err.msg);
}

static const struct item plain_day[] = {
    {14, "refund", 4, 1, 480, 5 * 3600000, "T001"}, {13, "void", 3, 2, 700, 4 * 3600000, "T001"},
    {12, "payout", 9, 0, 5, 3 * 3600000, "T001"},   {11, "payment", 22, 2, 700, 3600000, "T001"},
    {10, "payment", 21, 1, 1480, 0, "T001"},
};

Test(totals, a_day_that_agrees)
{
    struct fz_pos_totals totals;

    open_day(plain_day, 5);
    journal(FZ_POS_SALE, FZ_POS_PAID, &plain_day[4]);
    journal(FZ_POS_SALE, FZ_POS_PAID, &plain_day[3]);
    journal(FZ_POS_VOID, FZ_POS_VOIDED, &plain_day[1]);
    journal(FZ_POS_REFUND, FZ_POS_REFUNDED, &plain_day[0]);
    close_day(&totals);
    cr_expect_eq(totals.differences, 0);
    cr_expect_eq(found_count, 0);
    cr_expect_eq(totals.here.sale_count, 2);
    cr_expect_eq(totals.here.sales, 2180);
    cr_expect_eq(totals.here.voids, 700);
    cr_expect_eq(totals.here.refunds, 480);
    cr_expect_eq(totals.here.net, 1000);
    cr_expect_eq(memcmp(&totals.here, &totals.there, sizeof totals.here), 0);
    cr_expect_eq(intents_asked, 0);
}

Test(totals, what_only_one_side_has_is_named)
{
    struct fz_pos_totals totals;
    static const struct item lost = {15, "payment", 33, 7, 99, 6 * 3600000, "T001"};

    open_day(plain_day, 5);
    journal(FZ_POS_SALE, FZ_POS_PAID, &plain_day[4]);
    journal(FZ_POS_SALE, FZ_POS_PAID, &lost);
    journal(FZ_POS_REFUND, FZ_POS_REFUNDED, &plain_day[0]);
    close_day(&totals);
    cr_expect_eq(totals.differences, 3);
    cr_assert_eq(found_count, 3);
    cr_expect_eq(found[0].kind, FZ_POS_ONLY_HERE);
    cr_expect_eq(found[0].here, 99);
    cr_expect_eq(found[1].kind, FZ_POS_ONLY_SWITCH);
    cr_expect_eq(found[1].operation, FZ_POS_VOID);
    cr_expect_eq(found[1].id.bytes[0], 3);
    cr_expect_eq(found[2].kind, FZ_POS_ONLY_SWITCH);
    cr_expect_eq(found[2].operation, FZ_POS_SALE);
    cr_expect_eq(found[2].id.bytes[0], 2);
    cr_expect_eq(totals.there.net, 1000);
    cr_expect_eq(totals.here.net, 1480 + 99 - 480);
}

Test(totals, another_amount_and_an_unsettled_one)
{
    struct fz_pos_totals totals;
    struct item other = plain_day[4];

    other.amount = 1479;
    open_day(plain_day + 3, 2);
    journal(FZ_POS_SALE, FZ_POS_PAID, &other);
    journal(FZ_POS_SALE, FZ_POS_SHOWN, &plain_day[3]);
    close_day(&totals);
    cr_expect_eq(totals.differences, 2);
    cr_assert_eq(found_count, 2);
    cr_expect_eq(found[0].kind, FZ_POS_AMOUNT);
    cr_expect_eq(found[0].here, 1479);
    cr_expect_eq(found[0].there, 1480);
    cr_expect_eq(found[1].kind, FZ_POS_UNSETTLED);
    cr_expect_eq(found[1].id.bytes[0], 2);
    cr_expect_eq(totals.there.sales, 2180);
}

static const struct item two_tills[] = {
    {15, "refund", 41, 2, 50, 5 * 3600000, "T002"},
    {14, "refund", 40, 1, 80, 4 * 3600000, "T001"},
    {11, "payment", 22, 2, 700, 3600000, "T002"},
    {10, "payment", 21, 1, 1480, 0, "T001"},
};

Test(totals, another_tills_business_is_not_ours)
{
    struct fz_pos_totals totals;

    open_day(two_tills, 4);
    journal(FZ_POS_SALE, FZ_POS_PAID, &two_tills[3]);
    close_day(&totals);
    cr_expect_eq(totals.differences, 0, "a refund of our sale at another till is no fault");
    cr_assert_eq(found_count, 1);
    cr_expect_eq(found[0].kind, FZ_POS_ELSEWHERE);
    cr_expect_eq(found[0].there, 80);
    cr_expect_eq(totals.there.net, 1480);
    cr_expect_eq(totals.here.net, 1480);
    cr_expect_eq(intents_asked, 2, "the other till's payment and its refund");
}

Test(totals, only_the_day_counts)
{
    struct fz_pos_totals totals;
    static const struct item days[] = {
        {13, "payment", 23, 3, 30, DAY_MS, "T001"},
        {12, "payment", 22, 2, 20, DAY_MS - 3600000, "T001"},
        {11, "payment", 21, 1, 10, 0, "T001"},
    };

    open_day(days, 3);
    for (size_t i = 3; i > 0; i--) {
        journal(FZ_POS_SALE, FZ_POS_PAID, &days[i - 1]);
    }
    close_day(&totals);
    cr_expect_eq(totals.differences, 0);
    cr_expect_eq(totals.here.sales, 30);
    cr_expect_eq(totals.there.sales, 30);
}

Test(totals, a_long_day_takes_pages_and_finds_the_one_that_is_missing)
{
    static struct item items[110];
    struct fz_pos_totals totals;

    for (size_t i = 0; i < 110; i++) {
        items[i] = (struct item){(int64_t)(1000 - 3 * i),
                                 "payment",
                                 250,
                                 (uint8_t)(i + 1),
                                 (int64_t)(100 + i),
                                 3600000 * (int64_t)((109 - i) / 5),
                                 "T001"};
    }
    open_day(items, 110);
    for (size_t i = 110; i > 0; i--) {
        journal(FZ_POS_SALE, FZ_POS_PAID, &items[i - 1]);
    }
    close_day(&totals);
    cr_expect_eq(totals.differences, 0);
    cr_expect_eq(totals.there.sale_count, 110);
    cr_expect_eq(pages_asked, 6);
    cr_expect_eq(memcmp(&totals.here, &totals.there, sizeof totals.here), 0);

    /* The switch loses one in the middle of a page, and one at a page's very edge. */
    static struct item fewer[108];
    size_t count = 0;

    for (size_t i = 0; i < 110; i++) {
        if (i != 50 && i != 20) {
            fewer[count++] = items[i];
        }
    }
    history = fewer;
    history_len = 108;
    found_count = 0;
    close_day(&totals);
    cr_expect_eq(totals.differences, 2);
    cr_assert_eq(found_count, 2);
    cr_expect_eq(found[0].kind, FZ_POS_ONLY_HERE);
    cr_expect_eq(found[1].kind, FZ_POS_ONLY_HERE);
}
