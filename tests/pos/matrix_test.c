/*
 * What can go wrong between till, wallet and switch, row by row, as far as the till or the wallet
 * decides it: the requests in their order, the state in the journal, and what the person reads.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/pos/scripted.h"

#define PATIENCE_MS 20000

static const struct fz_pos_sale sale_1480 = {.amount = PAPER_AMOUNT, .expires_in_s = 120};

static void expect_text(const struct fz_pos_outcome *out, const char *ja, const char *en)
{
    cr_expect_str_eq(fz_pos_text(out, FZ_POS_JA), ja);
    cr_expect_str_eq(fz_pos_text(out, FZ_POS_EN), en);
}

static void expect_pauses(const struct paper *paper, size_t count)
{
    static const uint32_t nominal_ms[] = {1000, 2000, 4000, 8000, 15000, 30000, 60000, 60000};

    cr_expect_eq(paper->pause_count, count, "%zu pauses", paper->pause_count);
    for (size_t i = 0; i < paper->pause_count && i < 8; i++) {
        cr_expect_geq(paper->paused_ms[i], nominal_ms[i] * 8 / 10, "pause %zu", i);
        cr_expect_leq(paper->paused_ms[i], nominal_ms[i] * 12 / 10, "pause %zu", i);
    }
}

/* Opens a sale of 1,480 yen without trouble. */
static struct fz_id show_sale(struct paper *paper, struct fz_pos_outcome *out)
{
    PAPER_PLAY(paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper->pos, &sale_1480, out, NULL), FZ_OK);
    cr_assert_eq(out->operation.state, FZ_POS_SHOWN);
    return out->operation.id;
}

/* Opens a sale and waits until it is paid. */
static struct fz_id paid_sale(struct paper *paper, struct fz_pos_outcome *out)
{
    struct fz_id id = show_sale(paper, out);

    PAPER_PLAY(paper, {"GET intents", ANSWERED, 200, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper->pos, &id, out, NULL), FZ_OK);
    cr_assert_eq(out->operation.state, FZ_POS_PAID);
    return id;
}

static struct fz_pos_payment payment_of(const struct fz_id *intent)
{
    return (struct fz_pos_payment){
        .intent = *intent, .shop = "M00000042", .shop_name = "店", .amount = PAPER_AMOUNT};
}

static const struct fz_id some_intent = {.bytes = {1, 2, 3}};

Test(matrix, row_1_create_times_out_and_the_same_id_shows_the_same_code)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    char first_id[FZ_ID_TEXT_LEN + 1];

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT intents", LOST, 0, NULL, 0},
               {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    paper_finish(&paper);
    fz_id_format(&out.operation.id, first_id);
    cr_expect_str_eq(first_id, paper.intent, "the same id again");
    cr_expect_str_eq(paper.last_body, "{\"amount\":1480,\"expires_in\":120}");
    cr_expect_neq(out.qr[0], '\0');
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_SHOWN);
    cr_expect_str_eq(paper.notices, "unknown!;shown;");
    expect_text(&out, "お客様のお支払いを待っています", "Waiting for the customer to pay");
    expect_pauses(&paper, 1);
    cr_expect_eq(paper_frames(&paper), 3, "prepared, unknown, shown");
}

Test(matrix, row_2_the_id_was_used_with_another_amount)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_sale again = {.amount = 999};
    struct fz_id old_id;

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 409, PROBLEM("id-reused"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_REFUSED);
    cr_expect_eq(out.rc, FZ_ID_REUSED);
    expect_text(&out, "このIDは使われています。新しい会計を始めてください",
                "This id is in use; start a new sale");

    /* Our own journal knows it too: a sale still open is not sent with another amount at all. */
    old_id = show_sale(&paper, &out);
    again.id = old_id;
    PAPER_PLAY(&paper, {NULL, ANSWERED, 0, NULL, 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &again, &out, NULL), FZ_OK);
    cr_expect_eq(paper.at, 0, "nothing is sent");
    paper.at = 1;
    cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
    cr_expect_eq(paper_state(&paper, &old_id), FZ_POS_SHOWN, "the open sale is untouched");

    /* A new sale has a new id. */
    struct fz_id new_id = show_sale(&paper, &out);

    cr_expect_not(fz_id_equal(&new_id, &old_id));
}

Test(matrix, row_3_the_till_hears_of_a_payment_by_its_poll)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    struct fz_id id = show_sale(&paper, &out);

    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0},
               {"GET intents/events", ANSWERED, 200, EVENT_CREATED, 0},
               {"GET intents/events", ANSWERED, 200, NO_EVENTS, 0},
               {"GET intents/events", ANSWERED, 200, EVENT_COMPLETED, 0},
               {"GET intents", ANSWERED, 200, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_PAID);
    cr_expect_eq(out.operation.number, 12);
    cr_expect_eq(out.operation.booked_at_ms, PAPER_START_MS + 5250);
    cr_expect_str_eq(out.operation.party_name, "フィーゼロ商店");
    expect_text(&out, "お支払い済み", "PAID");
    expect_pauses(&paper, 0);
}

Test(matrix, row_3_the_wallet_asks_and_learns_that_it_paid)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_payment payment = payment_of(&some_intent);

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", LOST, 0, NULL, 0}, {"GET operations", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 200, INQUIRY_DONE("payment", "1480"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_PAID);
    cr_expect_str_eq(paper.notices, "unknown!;");
    expect_text(&out, "お支払い済み", "PAID");
    expect_pauses(&paper, 2);
}

Test(matrix, row_4_not_arrived_means_closing_the_id_first)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_payment payment = payment_of(&some_intent);

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT tombstones", LOST, 0, NULL, 0},
               {"PUT tombstones", ANSWERED, 201, TOMBSTONE_BODY, 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_TOMBSTONED);
    expect_text(&out, "支払いは行われていません。引き落としもありません", "Not paid, not charged");
}

Test(matrix, row_4_the_original_was_faster_than_the_tombstone)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_payment payment = payment_of(&some_intent);

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT tombstones", ANSWERED, 409, CLOSED_DOOR(INQUIRY_DONE("payment", "1480")), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_PAID);

    PAPER_PLAY(&paper, {"PUT payments", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT tombstones", ANSWERED, 409,
                CLOSED_DOOR(INQUIRY_REJECTED("payment", "402", PROBLEM("insufficient-funds"))), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_REFUSED);
    cr_expect_eq(out.rc, FZ_INSUFFICIENT_FUNDS);
    expect_text(&out, "残高が不足しています", "The balance is not sufficient");
}

Test(matrix, row_5_the_same_payment_again_is_one_receipt)
{
    static struct paper paper;
    struct fz_pos_outcome first, second;
    struct fz_pos_payment payment = payment_of(&some_intent);

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 201, OPERATION_BODY("payment", "1480"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &first, NULL), FZ_OK);
    payment.id = first.operation.id;
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 201, OPERATION_BODY("payment", "1480"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &second, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(second.operation.state, FZ_POS_PAID);
    cr_expect_eq(second.operation.number, first.operation.number);
    cr_expect_eq(second.operation.booked_at_ms, first.operation.booked_at_ms);
    cr_expect(fz_id_equal(&second.operation.id, &first.operation.id));
    cr_expect_eq(paper_frames(&paper), 2, "prepared and paid, once");
}

/* The machine dies right after `frames` records of what it was doing had reached the disk. */
static void power_cut(struct paper *paper, size_t frames)
{
    paper->journal_len = frames * FZ_POS_FRAME_SIZE;
    paper_reboot(paper);
}

static void take_outcome(const struct fz_pos_outcome *outcome, void *ctx)
{
    struct fz_pos_outcome *out = ctx;

    *out = *outcome;
}

Test(matrix, row_21_power_lost_before_the_request_left)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    (void)show_sale(&paper, &out);
    power_cut(&paper, 1);
    cr_assert_eq(fz_pos_unsettled(&paper.pos, 0)->state, FZ_POS_PREPARED);
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 404, PROBLEM("intent-not-found"), 0},
               {"PUT tombstones", ANSWERED, 201, TOMBSTONE_BODY, 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, false, take_outcome, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_TOMBSTONED);
    expect_text(&out, "会計は成立していません", "Sale not taken");
    cr_expect_null(fz_pos_unsettled(&paper.pos, 0));
}

Test(matrix, row_21_the_sale_had_been_refused_unheard)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    (void)show_sale(&paper, &out);
    power_cut(&paper, 1);
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 404, PROBLEM("intent-not-found"), 0},
               {"PUT tombstones", ANSWERED, 409,
                CLOSED_DOOR(INQUIRY_REJECTED("intent", "403", PROBLEM("merchant-closed"))), 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, false, take_outcome, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_REFUSED);
    cr_expect_eq(out.rc, FZ_MERCHANT_CLOSED);
}

Test(matrix, row_22_power_lost_with_the_code_shown_and_the_customer_paid)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    (void)show_sale(&paper, &out);
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, false, take_outcome, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_PAID);
    cr_expect(out.reprint);
    expect_text(&out, "お支払い済み（再印字）", "PAID (REPRINT)");
}

Test(matrix, row_22_nobody_paid_so_the_open_sale_is_canceled_or_kept)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    (void)show_sale(&paper, &out);
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, true, take_outcome, &out, NULL), FZ_OK);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_SHOWN, "kept");

    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0},
               {"POST intents/cancel", ANSWERED, 200, INTENT_BODY("CANCELED"), 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, false, take_outcome, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_CANCELED);
    expect_text(&out, "会計を取り消しました。支払われていません", "Canceled; it was not paid");
}

Test(matrix, row_23_power_lost_during_a_void)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    struct fz_id id = paid_sale(&paper, &out);
    size_t before = paper_frames(&paper);

    PAPER_PLAY(&paper, {"PUT voids", ANSWERED, 201, OPERATION_BODY("void", "1480"), 0});
    cr_assert_eq(fz_pos_void(&paper.pos, &id, &out, NULL), FZ_OK);
    struct fz_id void_id = out.operation.id;

    power_cut(&paper, before + 1);
    PAPER_PLAY(&paper, {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT voids", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 200, INQUIRY_DONE("void", "1480"), 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, false, take_outcome, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect(fz_id_equal(&out.operation.id, &void_id), "the same id again");
    cr_expect_eq(paper_state(&paper, &void_id), FZ_POS_VOIDED);
    cr_expect_eq(out.operation.amount, 1480);
    expect_text(&out, "支払いを取り消しました", "Voided");
}

Test(matrix, row_23_power_lost_during_a_refund)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    char body[FZ_POS_REQUEST_MAX];

    paper_open(&paper, PATIENCE_MS);
    struct fz_id id = paid_sale(&paper, &out);
    size_t before = paper_frames(&paper);

    PAPER_PLAY(&paper, {"PUT refunds", ANSWERED, 201, OPERATION_BODY("refund", "480"), 0});
    cr_assert_eq(fz_pos_refund(&paper.pos, &id, 480, &out, NULL), FZ_OK);
    memcpy(body, paper.last_body, sizeof body);
    struct fz_id refund_id = out.operation.id;

    power_cut(&paper, before + 1);
    PAPER_PLAY(&paper, {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT refunds", ANSWERED, 201, OPERATION_BODY("refund", "480"), 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, false, take_outcome, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_str_eq(paper.last_body, body, "the same bytes again");
    cr_expect_eq(paper_state(&paper, &refund_id), FZ_POS_REFUNDED);
    expect_text(&out, "返金しました", "Refunded");
}

Test(matrix, row_24_a_torn_record_is_dropped_and_the_till_goes_on)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    struct fz_id paid = paid_sale(&paper, &out);
    struct fz_id next = show_sale(&paper, &out);

    paper.journal_len -= FZ_POS_FRAME_SIZE / 2;
    paper_reboot(&paper);
    cr_expect_eq(fz_pos_damaged(&paper.pos), 0);
    cr_expect_eq(paper_state(&paper, &paid), FZ_POS_PAID);
    cr_expect_eq(paper_state(&paper, &next), FZ_POS_PREPARED);
    struct fz_id fresh = show_sale(&paper, &out);

    cr_expect_not(fz_id_equal(&fresh, &next));
    cr_expect_not(fz_id_equal(&fresh, &paid));
}

Test(matrix, row_30_cancel_against_pay)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    struct fz_id lost = show_sale(&paper, &out);

    PAPER_PLAY(&paper, {"POST intents/cancel", ANSWERED, 409, PROBLEM("intent-paid"), 0},
               {"GET intents", ANSWERED, 200, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_cancel(&paper.pos, &lost, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect(out.raced);
    cr_expect_eq(paper_state(&paper, &lost), FZ_POS_PAID);
    expect_text(&out, "お支払い済みでした。そのままにしますか、取り消しますか",
                "It was paid: keep or void?");

    struct fz_id won = show_sale(&paper, &out);

    PAPER_PLAY(&paper, {"POST intents/cancel", ANSWERED, 200, INTENT_BODY("CANCELED"), 0});
    cr_assert_eq(fz_pos_sale_cancel(&paper.pos, &won, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_not(out.raced);
    cr_expect_eq(paper_state(&paper, &won), FZ_POS_CANCELED);
}

Test(matrix, row_30_the_wallet_is_told_that_the_sale_was_canceled)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_payment payment = payment_of(&some_intent);

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 409, PROBLEM("intent-canceled"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_REFUSED);
    expect_text(&out, "この会計は取り消されました", "The shop canceled this payment request");
}

Test(matrix, row_31_a_cancel_is_repeated_until_it_is_final)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, 5000);
    struct fz_id id = show_sale(&paper, &out);

    /* The connection is gone for longer than anybody waits. */
    PAPER_PLAY(&paper, {"POST intents/cancel", LOST, 0, NULL, 0},
               {"POST intents/cancel", LOST, 0, NULL, 0},
               {"POST intents/cancel", LOST, 0, NULL, 0});
    cr_assert_eq(fz_pos_sale_cancel(&paper.pos, &id, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    expect_pauses(&paper, 2);
    expect_text(&out, "会計の取り消しを確認中です", "Canceling; not confirmed yet");
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_CANCELING);

    /* Even after a power cut it goes on canceling. */
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"POST intents/cancel", LOST, 0, NULL, 0},
               {"POST intents/cancel", ANSWERED, 200, INTENT_BODY("CANCELED"), 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, true, take_outcome, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_CANCELED);
}

Test(matrix, row_31_the_sale_that_never_arrived_is_closed)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, 500);
    PAPER_PLAY(&paper, {"PUT intents", LOST, 0, NULL, 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OUTCOME_UNKNOWN);
    expect_text(&out, "確認中です。もう一度請求しないでください", "Checking; do not charge again");
    struct fz_id id = out.operation.id;

    PAPER_PLAY(&paper, {"POST intents/cancel", ANSWERED, 404, PROBLEM("intent-not-found"), 0},
               {"PUT tombstones", ANSWERED, 201, TOMBSTONE_BODY, 0});
    cr_assert_eq(fz_pos_sale_cancel(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_TOMBSTONED);
    expect_text(&out, "会計は成立していません", "Sale not taken");
}
