/*
 * Answers that are none, and how long the client keeps asking: what leaves an operation unknown,
 * what does not, back-off and patience.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/pos/scripted.h"

#define PATIENCE_MS 20000

static const struct fz_pos_sale sale_1480 = {.amount = PAPER_AMOUNT};
static const struct fz_id some_intent = {.bytes = {1, 2, 3}};

static struct fz_pos_payment some_payment(void)
{
    return (struct fz_pos_payment){
        .intent = some_intent, .shop = "M00000042", .amount = PAPER_AMOUNT};
}

static void count_outcome(const struct fz_pos_outcome *outcome, void *ctx)
{
    int *count = ctx;

    (void)outcome;
    *count += 1;
}

/* Answers to a PUT that are not an answer: each leaves the outcome unknown. */
static const struct {
    const char *name;
    int status;
    const char *body;
} no_answers[] = {
    {"a proxy's page", 502, "<html>Bad gateway</html>"},
    {"a proxy's page with a good status", 200, "<html>Welcome</html>"},
    {"an empty body", 201, ""},
    {"a cut body", 201, "{\"operation_id\":\"$ID\",\"kind\":\"payment\",\"number\":13"},
    {"an array", 201, "[]"},
    {"another operation", 201,
     "{\"operation_id\":\"0193a000-0000-7000-8000-00000000dead\",\"number\":1,\"amount\":1480,"
     "\"at\":\"" PAID_AT "\"}"},
    {"another amount", 201, OPERATION_BODY("payment", "1481")},
    {"no number", 201,
     "{\"operation_id\":\"$ID\",\"number\":0,\"amount\":1480,\"at\":\"" PAID_AT "\"}"},
    {"a code we do not know", 409, PROBLEM("moon-phase")},
    {"a code that contradicts its status", 503, PROBLEM("insufficient-funds")},
    {"a problem without a code", 409, "{\"status\":409}"},
    {"an internal error", 500, PROBLEM("internal")},
    {"outcome unknown", 503, PROBLEM("outcome-unknown")},
};

Test(doubt, what_is_no_answer_is_unknown_and_never_a_refusal)
{
    for (size_t i = 0; i < sizeof no_answers / sizeof no_answers[0]; i++) {
        static struct paper paper;
        struct fz_pos_outcome out;
        struct fz_pos_payment payment = some_payment();

        paper_open(&paper, PATIENCE_MS);
        PAPER_PLAY(&paper, {"PUT payments", ANSWERED, no_answers[i].status, no_answers[i].body, 0},
                   {"GET operations", ANSWERED, 200, INQUIRY_DONE("payment", "1480"), 0});
        cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
        paper_finish(&paper);
        cr_expect_eq(out.operation.state, FZ_POS_PAID, "%s", no_answers[i].name);
        cr_expect_str_eq(paper.notices, "unknown!;", "%s", no_answers[i].name);
        cr_expect_eq(paper_frames(&paper), 3, "%s: prepared, unknown, paid", no_answers[i].name);
    }
}

Test(doubt, nothing_was_done_is_sent_again_as_soon_as_the_switch_allows)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_payment payment = some_payment();

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 503, PROBLEM("overloaded"), 7},
               {"PUT payments", ANSWERED, 503, PROBLEM("stopping"), 0},
               {"PUT payments", ANSWERED, 201, OPERATION_BODY("payment", "1480"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_PAID);
    cr_assert_eq(paper.pause_count, 2);
    cr_expect_eq(paper.paused_ms[0], 7000, "retry_after is obeyed");
    cr_expect_lt(paper.paused_ms[1], 3000);
    cr_expect_eq(paper_frames(&paper), 2, "never unknown");
}

Test(doubt, an_unreachable_switch_means_nothing_happened)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, 5000);
    PAPER_PLAY(&paper, {"PUT intents", UNREACHABLE, 0, NULL, 0},
               {"PUT intents", UNREACHABLE, 0, NULL, 0}, {"PUT intents", UNREACHABLE, 0, NULL, 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
    cr_expect_eq(out.rc, FZ_UNAVAILABLE);
    cr_expect_null(fz_pos_unsettled(&paper.pos, 0));
    cr_expect_str_eq(paper.notices, "prepared!;");
    cr_expect_not_null(strstr(paper.last_notice, "nothing was done"), "%s", paper.last_notice);
}

Test(doubt, one_lost_request_among_unreachable_ones_keeps_it_unknown)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, 5000);
    PAPER_PLAY(&paper, {"PUT intents", LOST, 0, NULL, 0}, {"PUT intents", UNREACHABLE, 0, NULL, 0},
               {"PUT intents", UNREACHABLE, 0, NULL, 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_UNKNOWN);
}

Test(doubt, a_request_that_never_reached_the_ledger_says_nothing_of_an_earlier_one)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_payment payment = some_payment();

    /* The first try: it is a refusal, and final. */
    paper_open(&paper, 5000);
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 401, PROBLEM("key-unknown"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
    cr_expect_eq(out.rc, FZ_KEY_UNKNOWN);

    /* After a lost one: the key may have been revoked since, the payment stays unknown. */
    PAPER_PLAY(&paper, {"PUT payments", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 401, PROBLEM("key-unknown"), 0},
               {"GET operations", ANSWERED, 401, PROBLEM("key-unknown"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_UNKNOWN);
    cr_expect_eq(out.rc, FZ_KEY_UNKNOWN, "what is in the way");
}

Test(doubt, a_void_sent_again_is_refused_only_by_the_ledger)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, 1300);
    PAPER_PLAY(&paper, {"PUT voids", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT voids", ANSWERED, 401, PROBLEM("key-unknown"), 0});
    cr_assert_eq(fz_pos_void(&paper.pos, &some_intent, &out, NULL), FZ_OUTCOME_UNKNOWN);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_UNKNOWN);

    /* After a restart too: that nothing leaves now says nothing of what left before. */
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT voids", UNREACHABLE, 0, NULL, 0}, {"PUT voids", UNREACHABLE, 0, NULL, 0});
    struct fz_id id = out.operation.id;
    int count = 0;

    cr_assert_eq(fz_pos_resume(&paper.pos, false, count_outcome, &count, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_UNKNOWN);
}

Test(doubt, a_prepared_refund_of_an_earlier_life_is_never_just_dropped)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    int count = 0;

    paper_open(&paper, 500);
    PAPER_PLAY(&paper, {"PUT refunds", ANSWERED, 201, OPERATION_BODY("refund", "480"), 0});
    cr_assert_eq(fz_pos_refund(&paper.pos, &some_intent, 480, &out, NULL), FZ_OK);
    struct fz_id id = out.operation.id;

    paper.journal_len = FZ_POS_FRAME_SIZE; /* the power went before the answer was journaled */
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT refunds", UNREACHABLE, 0, NULL, 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, false, count_outcome, &count, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_neq(paper_state(&paper, &id), FZ_POS_REFUSED);
}

Test(doubt, back_off_grows_to_a_minute_within_a_fifth)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_payment payment = some_payment();
    static const uint32_t nominal_ms[] = {1000, 2000, 4000, 8000, 15000, 30000, 60000, 60000};
    static const struct line lost = {"GET operations", LOST, 0, NULL, 0};

    paper_open(&paper, 0);
    PAPER_PLAY(&paper, {"PUT payments", LOST, 0, NULL, 0}, lost, lost, lost, lost, lost, lost, lost,
               {"GET operations", ANSWERED, 200, INQUIRY_DONE("payment", "1480"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_assert_eq(paper.pause_count, 8);
    for (size_t i = 0; i < 8; i++) {
        cr_expect_geq(paper.paused_ms[i], nominal_ms[i] * 8 / 10);
        cr_expect_leq(paper.paused_ms[i], nominal_ms[i] * 12 / 10);
    }
    cr_expect_neq(paper.paused_ms[6], paper.paused_ms[7], "with jitter");
}

Test(doubt, a_switch_that_contradicts_itself_does_not_spin_the_till)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    static const struct line paid = {"POST intents/cancel", ANSWERED, 409, PROBLEM("intent-paid"),
                                     0};
    static const struct line open = {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0};

    paper_open(&paper, 500);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    struct fz_id id = out.operation.id;

    PAPER_PLAY(&paper, paid, open, paid, open, paid, open, paid, open);
    cr_assert_eq(fz_pos_sale_cancel(&paper.pos, &id, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_CANCELING);
}

Test(doubt, looking_is_patient_and_then_says_unavailable)
{
    static struct paper paper;
    struct fz_pos_view view;

    paper_open(&paper, 5000);
    PAPER_PLAY(&paper, {"GET balance", UNREACHABLE, 0, NULL, 0},
               {"GET balance", ANSWERED, 503, PROBLEM("stopping"), 2},
               {"GET balance", ANSWERED, 200, "{\"balance\":7}", 0});
    cr_assert_eq(fz_pos_get(&paper.pos, "/v1/balance", NULL, &view, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(view.rc, FZ_OK);
    cr_expect_eq(view.body_len, strlen("{\"balance\":7}"));
    cr_expect_eq(paper.pause_count, 2);
    PAPER_PLAY(&paper, {"GET balance", LOST, 0, NULL, 0}, {"GET balance", LOST, 0, NULL, 0},
               {"GET balance", LOST, 0, NULL, 0});
    cr_assert_eq(fz_pos_get(&paper.pos, "/v1/balance", NULL, &view, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(view.rc, FZ_UNAVAILABLE);
    PAPER_PLAY(&paper, {"GET balance", ANSWERED, 403, PROBLEM("role-forbidden"), 0});
    cr_assert_eq(fz_pos_get(&paper.pos, "/v1/balance", NULL, &view, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(view.rc, FZ_ROLE_FORBIDDEN);
}

Test(doubt, a_wait_lasts_longer_than_patience_while_the_switch_answers)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    static const struct line nothing = {"GET intents/events", ANSWERED, 200, NO_EVENTS, 0};

    paper_open(&paper, 1300);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    struct fz_id id = out.operation.id;

    paper.step_ms = 9000; /* each answer was held so long */
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0}, nothing, nothing,
               {"GET intents/events", LOST, 0, NULL, 0},
               {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0}, nothing,
               {"GET intents/events", ANSWERED, 200, EVENT_COMPLETED, 0},
               {"GET intents", ANSWERED, 200, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_PAID);
}

Test(doubt, the_poll_falls_back_to_the_inquiry_and_goes_on)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    struct fz_id id = out.operation.id;

    paper.notices[0] = '\0';
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0},
               {"GET intents/events", LOST, 0, NULL, 0}, {"GET intents", LOST, 0, NULL, 0},
               {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0},
               {"GET intents/events", ANSWERED, 200, NO_EVENTS, 0},
               {"GET intents/events", ANSWERED, 200, EVENT_COMPLETED, 0},
               {"GET intents", ANSWERED, 200, INTENT_BODY("EXPIRED"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_EXPIRED);
    cr_expect_str_eq(paper.notices, "shown!;shown;", "trouble, and its end");
    cr_expect_str_eq(paper.last_query, "");
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN), "Expired; it was not paid");
}

Test(doubt, resuming_goes_on_past_what_cannot_be_settled)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_payment payment = some_payment();
    int count = 0;

    paper_open(&paper, 500);
    for (int i = 0; i < 2; i++) {
        PAPER_PLAY(&paper, {"PUT payments", LOST, 0, NULL, 0});
        cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OUTCOME_UNKNOWN);
    }
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN), "Checking; do not pay again");
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"GET operations", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 200, INQUIRY_TOMBSTONED, 0});
    cr_assert_eq(fz_pos_resume(&paper.pos, false, count_outcome, &count, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_eq(count, 2);
    cr_expect_eq(paper.pos.open_count, 1);
}
