/*
 * X and Z reports: what they cover, what they list, and that a Z report is either whole in the
 * journal or not there at all, wherever the power fails.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "merchant-pos/core/journal.h"
#include "tests/pos/history.h"

#define HOUR_MS INT64_C(3600000)

static struct fz_pos_report report;

static const struct item plain_day[] = {
    {14, "refund", 4, 1, 480, 5 * HOUR_MS, "T001"}, {13, "void", 3, 2, 700, 4 * HOUR_MS, "T001"},
    {12, "payout", 9, 0, 5, 3 * HOUR_MS, "T001"},   {11, "payment", 22, 2, 700, HOUR_MS, "T001"},
    {10, "payment", 21, 1, 1480, 0, "T001"},
};

static void journal_plain_day(void)
{
    journal(FZ_POS_SALE, FZ_POS_PAID, &plain_day[4]);
    journal(FZ_POS_SALE, FZ_POS_PAID, &plain_day[3]);
    journal(FZ_POS_VOID, FZ_POS_VOIDED, &plain_day[1]);
    journal(FZ_POS_REFUND, FZ_POS_REFUNDED, &plain_day[0]);
}

static void x_report(void)
{
    struct fz_err err = {0};

    found_count = 0;
    cr_assert_eq(fz_pos_x_report(&paper.pos, &report, take_difference, NULL, &err), FZ_OK, "%s",
                 err.msg);
}

static void z_report(void)
{
    struct fz_err err = {0};

    found_count = 0;
    cr_assert_eq(fz_pos_z_report(&paper.pos, &report, take_difference, NULL, &err), FZ_OK, "%s",
                 err.msg);
}

static fz_rc reprint(uint32_t number)
{
    found_count = 0;
    return fz_pos_z_reprint(&paper.pos, number, &report, take_difference, NULL, NULL);
}

Test(report, x_tells_and_changes_nothing)
{
    open_day(plain_day, 5);
    journal_plain_day();
    x_report();
    cr_expect_eq(report.z_number, 0);
    cr_expect_eq(report.after, 0);
    cr_expect_eq(report.upto, 14);
    cr_expect_eq(report.line_count, 0);
    cr_expect_eq(report.totals.here.net, 1000);
    cr_expect_eq(memcmp(&report.totals.here, &report.totals.there, sizeof report.totals.here), 0);
    cr_expect_eq(paper_frames(&paper), 4);
    cr_expect_eq(reprint(0), FZ_NOT_FOUND);
    x_report();
    cr_expect_eq(report.totals.here.net, 1000);
}

Test(report, z_closes_the_day_and_the_next_begins_behind_it)
{
    static const struct item two_days[] = {
        {17, "payment", 23, 3, 30, DAY_MS + HOUR_MS, "T001"},
        {14, "refund", 4, 1, 480, 5 * HOUR_MS, "T001"},
        {13, "void", 3, 2, 700, 4 * HOUR_MS, "T001"},
        {12, "payout", 9, 0, 5, 3 * HOUR_MS, "T001"},
        {11, "payment", 22, 2, 700, HOUR_MS, "T001"},
        {10, "payment", 21, 1, 1480, 0, "T001"},
    };

    open_day(plain_day, 5);
    journal_plain_day();
    z_report();
    cr_expect_eq(report.z_number, 1);
    cr_expect_eq(report.opened_ms, 0);
    cr_expect_eq(report.made_ms, PAPER_START_MS);
    paper.now_ms += 10 * HOUR_MS;
    x_report();
    cr_expect_eq(report.after, 14);
    cr_expect_eq(report.upto, 14);
    cr_expect_eq(report.opened_ms, PAPER_START_MS);
    cr_expect_eq(report.totals.here.sale_count, 0);
    cr_expect_eq(report.totals.there.sale_count, 0);

    history = two_days;
    history_len = 6;
    journal(FZ_POS_SALE, FZ_POS_PAID, &two_days[0]);
    reopen_day();
    z_report();
    cr_expect_eq(report.z_number, 2);
    cr_expect_eq(report.after, 14);
    cr_expect_eq(report.upto, 17);
    cr_expect_eq(report.totals.here.sales, 30);
    cr_expect_eq(report.totals.there.net, 30);
    cr_expect_eq(report.line_count, 0);

    /* Both can be printed again, and a day without sales has its number too. */
    z_report();
    cr_expect_eq(report.z_number, 3);
    cr_expect_eq(report.totals.here.sale_count, 0);
    reopen_day();
    cr_assert_eq(reprint(1), FZ_OK);
    cr_expect_eq(report.totals.here.net, 1000);
    cr_assert_eq(reprint(2), FZ_OK);
    cr_expect_eq(report.totals.here.sales, 30);
    cr_assert_eq(reprint(0), FZ_OK);
    cr_expect_eq(report.z_number, 3);
    cr_expect_eq(reprint(4), FZ_NOT_FOUND);
}

/* A day with every kind of line; what is told is what is printed again. */
static const struct item odd_day[] = {
    {19, "refund", 47, 7, 10, 6 * HOUR_MS, "*T001"},
    {18, "payment", 46, 6, 90, 6 * HOUR_MS, "*T002"},
    {17, "payment", 45, 7, 60, 6 * HOUR_MS, "*T001"},
    {16, "refund", 44, 1, 80, 5 * HOUR_MS, "T002"},
    {15, "payment", 43, 3, 50, 5 * HOUR_MS, "T001"},
    {12, "payment", 42, 5, 20, 4 * HOUR_MS, "T001"},
    {11, "payment", 41, 2, 700, HOUR_MS, "T001"},
    {10, "payment", 40, 1, 1480, 0, "T001"},
};

static void open_odd_day(void)
{
    struct item other = odd_day[6];
    static const struct item lost = {13, "payment", 60, 9, 99, 4 * HOUR_MS, "T001"};
    struct fz_pos_operation held = {.kind = FZ_POS_REFUND,
                                    .state = FZ_POS_HELD,
                                    .id = {.bytes = {77}},
                                    .amount = 33,
                                    .booked_at_ms = PAPER_START_MS,
                                    .prepared_at_ms = PAPER_START_MS};

    open_day(odd_day, 8);
    other.amount = 699;
    journal(FZ_POS_SALE, FZ_POS_PAID, &odd_day[7]);
    journal(FZ_POS_SALE, FZ_POS_PAID, &other);         /* another amount */
    journal(FZ_POS_SALE, FZ_POS_PAID, &lost);          /* only here */
    journal(FZ_POS_SALE, FZ_POS_UNKNOWN, &odd_day[5]); /* not settled */
    fz_journal_encode(&held, paper.journal + paper.journal_len);
    paper.journal_len += FZ_POS_FRAME_SIZE;
}

static const enum fz_pos_difference_kind odd_kinds[] = {
    FZ_POS_ONLY_HERE,   FZ_POS_ELSEWHERE, FZ_POS_STICKER,  FZ_POS_ELSEWHERE,
    FZ_POS_ONLY_SWITCH, FZ_POS_AMOUNT,    FZ_POS_UNSETTLED};

static void expect_odd_day(void)
{
    cr_assert_eq(found_count, 7);
    for (size_t i = 0; i < 7; i++) {
        cr_expect_eq(found[i].kind, odd_kinds[i], "line %zu: %d", i, (int)found[i].kind);
    }
    cr_expect_eq(found[6].id.bytes[0], 5, "the open one is listed by its id");
    cr_expect_eq(report.line_count, 7);
    cr_expect_eq(report.totals.differences, 4);
    cr_expect_eq(report.totals.sticker_count, 1);
    cr_expect_eq(report.totals.stickers, 60);
    cr_expect_eq(report.totals.held_count, 1);
    cr_expect_eq(report.totals.held, 33);
    cr_expect_eq(report.totals.here.net, 1480 + 699 + 99);
    cr_expect_eq(report.totals.there.net, 1480 + 700 + 20 + 50);
}

Test(report, every_kind_of_line_and_the_same_again_when_reprinted)
{
    open_odd_day();
    x_report();
    expect_odd_day();
    z_report();
    expect_odd_day();
    reopen_day();
    memset(&report, 0xA5, sizeof report);
    cr_assert_eq(reprint(1), FZ_OK);
    expect_odd_day();
    cr_expect_eq(fz_pos_damaged(&paper.pos), 0);
}

Test(report, what_was_unknown_on_a_z_report_is_on_the_next_as_late)
{
    struct fz_pos_operation op;

    open_odd_day();
    z_report();
    cr_assert_eq(fz_pos_find(&paper.pos, &fz_pos_unsettled(&paper.pos, 0)->id, &op, NULL), FZ_OK);
    op.state = FZ_POS_PAID;
    op.number = 12;
    op.booked_at_ms = PAPER_START_MS + 4 * HOUR_MS;
    cr_assert_eq(fz_journal_update(&paper.pos, &op, NULL), FZ_OK);
    z_report();
    cr_assert_eq(found_count, 1);
    cr_expect_eq(found[0].kind, FZ_POS_LATE);
    cr_expect_eq(found[0].id.bytes[0], 5);
    cr_expect_eq(report.totals.differences, 0);
    cr_expect_eq(report.totals.held_count, 0, "held refunds are on the report of their day");
    cr_expect_eq(report.totals.here.sale_count, 0, "its money was on the switch's side before");
    z_report();
    cr_expect_eq(found_count, 0);
}

Test(report, row_46_a_payment_that_races_with_the_closing_is_on_exactly_one)
{
    static const struct item raced[] = {
        {15, "payment", 43, 3, 50, 5 * HOUR_MS, "T001"},
        {14, "refund", 4, 1, 480, 5 * HOUR_MS, "T001"},
        {13, "void", 3, 2, 700, 4 * HOUR_MS, "T001"},
        {12, "payout", 9, 0, 5, 3 * HOUR_MS, "T001"},
        {11, "payment", 22, 2, 700, HOUR_MS, "T001"},
        {10, "payment", 21, 1, 1480, 0, "T001"},
    };

    /* Booked after the history was read: not on this report, though the till hears of it first. */
    open_day(plain_day, 5);
    journal_plain_day();
    journal(FZ_POS_SALE, FZ_POS_SHOWN, &raced[0]);
    z_report();
    cr_assert_eq(found_count, 1);
    cr_expect_eq(found[0].kind, FZ_POS_UNSETTLED);
    cr_expect_eq(report.upto, 14);
    history = raced;
    history_len = 6;
    journal(FZ_POS_SALE, FZ_POS_PAID, &raced[0]);
    reopen_day();
    z_report();
    cr_expect_eq(found_count, 0);
    cr_expect_eq(report.totals.here.sales, 50);
    cr_expect_eq(report.totals.there.sales, 50);
}

Test(report, a_ledger_that_lost_the_newest_is_found_out_at_once)
{
    open_day(plain_day + 1, 4);
    journal_plain_day(); /* 14 is booked here, and the switch ends with 13 */
    z_report();
    cr_assert_eq(found_count, 1);
    cr_expect_eq(found[0].kind, FZ_POS_ONLY_HERE);
    cr_expect_eq(report.upto, 14);
}

Test(report, a_till_that_lost_its_journal_still_sees_its_day)
{
    open_day(plain_day, 5);
    paper.now_ms += 6 * HOUR_MS;
    x_report();
    cr_expect_eq(report.totals.here.sale_count, 0);
    cr_expect_eq(report.totals.there.net, 1000);
    cr_expect_eq(found_count, 4);
    cr_expect_eq(found[0].kind, FZ_POS_ONLY_SWITCH);
}

static fz_rc no_history(void *ctx,
                        const struct fz_pos_request *request,
                        struct fz_pos_reply *reply,
                        struct fz_err *err)
{
    (void)ctx, (void)request, (void)reply;
    return fz_fail(err, FZ_OUTCOME_UNKNOWN, "nobody answers");
}

Test(report, without_the_switch_no_day_is_closed)
{
    open_day(plain_day, 5);
    journal_plain_day();
    paper.pos.ports.send = no_history;
    cr_expect_eq(fz_pos_z_report(&paper.pos, &report, take_difference, NULL, NULL), FZ_UNAVAILABLE);
    cr_expect_eq(paper_frames(&paper), 4);
    paper.pos.ports.send = paper.ports.send;
    z_report();
    cr_expect_eq(report.z_number, 1);
}

Test(report, another_program_that_closes_meanwhile_wins)
{
    struct fz_z theirs = {.attempt = {.bytes = {9}}, .report = {.z_number = 1, .upto = 14}};
    struct fz_z ours = {.attempt = {.bytes = {8}}, .report = {.z_number = 1, .upto = 14}};

    open_day(plain_day, 5);
    fz_z_encode(&theirs, paper.journal + paper.journal_len);
    paper.journal_len += FZ_POS_FRAME_SIZE;
    cr_expect_eq(fz_journal_close_z(&paper.pos, &ours, NULL), FZ_ID_REUSED);
    cr_expect_not(paper.is_locked);
    cr_expect_eq(paper_frames(&paper), 1);
    z_report();
    cr_expect_eq(report.z_number, 2);
}

/* --- power cuts ------------------------------------------------------------------------------- */

/*
 * The Z report of the odd day is eight records. Cut after every byte of them: before the last one
 * is whole there is no report and its number is free; then it is there with all its lines. Closing
 * again gives the number that was due, and no operation is lost or changed on the way.
 */
Test(report, power_cut_at_every_byte_of_a_z_report)
{
    static uint8_t whole[PAPER_JOURNAL_MAX];
    size_t before, after;

    open_odd_day();
    before = paper.journal_len;
    z_report();
    after = paper.journal_len;
    cr_assert_eq(after - before, 8 * FZ_POS_FRAME_SIZE);
    memcpy(whole, paper.journal, after);
    for (size_t cut = before; cut <= after; cut++) {
        bool is_whole = cut == after;
        bool ends_a_record = (cut - before) % FZ_POS_FRAME_SIZE < 2;

        memcpy(paper.journal, whole, after);
        paper.journal_len = cut;
        reopen_day();
        cr_assert_eq(paper.pos.z_number, is_whole ? 1 : 0, "cut at %zu", cut);
        cr_assert_eq(paper.pos.open_count, 1);
        cr_assert_eq(fz_pos_damaged(&paper.pos), 0);
        if (!ends_a_record) {
            continue; /* opening is what differs; the rest is slow and the same */
        }
        z_report();
        cr_assert_eq(report.z_number, is_whole ? 2 : 1, "cut at %zu", cut);
        cr_assert_eq(reprint(1), FZ_OK);
        expect_odd_day();
        reopen_day();
        cr_assert_eq(paper.pos.z_number, is_whole ? 2 : 1);
        cr_assert_eq(fz_pos_damaged(&paper.pos), 0);
    }
}

Test(report, a_full_disk_closes_no_day)
{
    for (int writes = 0; writes < 8; writes++) {
        open_odd_day();
        paper.writes_left = writes;
        cr_expect_eq(fz_pos_z_report(&paper.pos, &report, take_difference, NULL, NULL), FZ_IO,
                     "after %d", writes);
        cr_expect_eq(paper.pos.z_number, 0);
        cr_expect_not(paper.is_locked);
        paper.writes_left = -1;
        z_report();
        cr_expect_eq(report.z_number, 1);
        cr_expect_eq(reprint(1), FZ_OK);
        expect_odd_day();
    }
}

Test(report, a_damaged_line_is_missed_when_reprinted_and_counted)
{
    open_odd_day();
    size_t before = paper.journal_len;

    z_report();
    paper.journal[before + 3 * FZ_POS_FRAME_SIZE + 100] ^= 1;
    reopen_day();
    cr_expect_eq(fz_pos_damaged(&paper.pos), 1);
    cr_assert_eq(reprint(1), FZ_OK);
    cr_expect_eq(found_count, 6);
    cr_expect_eq(report.line_count, 7, "the report says how many there were");
}
