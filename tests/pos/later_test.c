/*
 * What is promised now and done later: a refund the shop has no money for, a void while the line is
 * down; and a clock that is wrong meanwhile.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/pos/scripted.h"

#define PATIENCE_MS 20000

static const struct fz_id some_intent = {.bytes = {1, 2, 3}};
static struct paper paper;
static struct fz_pos_outcome out;

static void expect_text(const char *ja, const char *en)
{
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_JA), ja);
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN), en);
}

static void take_outcome(const struct fz_pos_outcome *outcome, void *ctx)
{
    (void)ctx;
    out = *outcome;
}

static void resume(fz_rc expected)
{
    cr_expect_eq(fz_pos_resume(&paper.pos, true, take_outcome, NULL, NULL), expected);
    paper_finish(&paper);
}

/* --- a refund on hold ------------------------------------------------------------------------- */

#define HELD_BODY                                                                       \
    "{\"operation_id\":\"$ID\",\"kind\":\"refund\",\"status\":\"HELD\",\"amount\":480," \
    "\"at\":\"" PAID_AT "\",\"eta\":\"2026-12-01T05:30:00.000Z\",\"refunded\":480,"     \
    "\"intent_id\":\"01020300-0000-0000-0000-000000000000\",\"state\":\"COMPLETED\"}"

Test(later, row_36_a_refund_the_shop_has_no_money_for)
{
    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT refunds", ANSWERED, 202, HELD_BODY, 0});
    cr_assert_eq(fz_pos_refund(&paper.pos, &some_intent, 480, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_HELD);
    cr_expect_eq(out.operation.eta_ms, PAPER_START_MS + INT64_C(19800000));
    cr_expect_eq(out.operation.number, 0);
    cr_expect_eq(out.refunded, 480);
    expect_text("返金を受け付けました。店の残高が入り次第、自動で返金されます",
                "Refund accepted; it is paid as soon as the shop has the money");

    struct fz_pos_operation kept;

    cr_assert_eq(fz_pos_find(&paper.pos, &out.operation.id, &kept, NULL), FZ_OK);
    cr_expect_eq(kept.eta_ms, PAPER_START_MS + INT64_C(19800000), "it can be printed again");

    /* The answer was lost: the inquiry tells the same. */
    PAPER_PLAY(&paper, {"PUT refunds", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 200,
                "{\"operation_id\":\"$ID\",\"kind\":\"refund\",\"status\":\"HELD\","
                "\"http_status\":202,\"result\":" HELD_BODY "}",
                0});
    cr_assert_eq(fz_pos_refund(&paper.pos, &some_intent, 480, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_HELD);
}

Test(later, only_a_refund_can_be_held)
{
    struct fz_pos_payment payment = {.shop = "M00000042", .amount = 480};

    paper_open(&paper, 500);
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 202, HELD_BODY, 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_UNKNOWN);
}

/* --- a void while the line is down ------------------------------------------------------------ */

static struct fz_id pending_void(void)
{
    paper_open(&paper, 500);
    PAPER_PLAY(&paper, {"PUT voids", UNREACHABLE, 0, NULL, 0});
    cr_assert_eq(fz_pos_void(&paper.pos, &some_intent, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_assert_eq(out.operation.state, FZ_POS_PENDING);
    cr_expect_eq(out.rc, FZ_UNAVAILABLE);
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN),
                     "Offline: the void is kept and will be sent; do not ask again");
    return out.operation.id;
}

Test(later, a_void_asked_for_offline_is_kept_and_sent_once)
{
    struct fz_id id = pending_void();

    cr_expect_eq(paper_state(&paper, &id), FZ_POS_PENDING);
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT voids", ANSWERED, 201, OPERATION_BODY("void", "1480"), 0});
    resume(FZ_OK);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_VOIDED);
    cr_expect_null(fz_pos_unsettled(&paper.pos, 0));
}

Test(later, asking_for_the_same_void_again_is_the_same_void)
{
    struct fz_id id = pending_void();

    PAPER_PLAY(&paper, {"PUT voids", UNREACHABLE, 0, NULL, 0});
    cr_assert_eq(fz_pos_void(&paper.pos, &some_intent, &out, NULL), FZ_OK);
    cr_expect(fz_id_equal(&out.operation.id, &id));
    cr_expect_eq(out.operation.state, FZ_POS_PENDING);
    PAPER_PLAY(&paper, {"PUT voids", LOST, 0, NULL, 0});
    cr_assert_eq(fz_pos_void(&paper.pos, &some_intent, &out, NULL), FZ_OUTCOME_UNKNOWN);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_UNKNOWN, "now something may have left");
    paper.pos.patience_ms = PATIENCE_MS;
    PAPER_PLAY(&paper, {"PUT voids", ANSWERED, 201, OPERATION_BODY("void", "1480"), 0});
    cr_assert_eq(fz_pos_void(&paper.pos, &some_intent, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect(fz_id_equal(&out.operation.id, &id));
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_VOIDED);
}

Test(later, row_34_a_void_that_comes_too_late_says_so)
{
    (void)pending_void();
    PAPER_PLAY(&paper, {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT voids", ANSWERED, 409, PROBLEM("void-window-closed"), 0});
    resume(FZ_OK);
    cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN),
                     "A payment can be voided on its business day only; refund it instead");
}

Test(later, power_fails_after_the_kept_void_was_sent)
{
    struct fz_id id = pending_void();

    PAPER_PLAY(&paper, {"GET operations", ANSWERED, 404, PROBLEM("operation-unknown"), 0},
               {"PUT voids", CUT, 0, NULL, 0});
    resume(FZ_OUTCOME_UNKNOWN);
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"GET operations", ANSWERED, 200, INQUIRY_DONE("void", "1480"), 0});
    resume(FZ_OK);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_VOIDED);
}

/* A switch that carries out one void, and counts how often it was carried out and sent. */
static char void_id[FZ_ID_TEXT_LEN + 1]; /* "": none yet */
static size_t voids_sent;

#define VOID_BODY                                                                                \
    "{\"operation_id\":\"%s\",\"kind\":\"void\",\"number\":13,\"amount\":1480,\"at\":\"" PAID_AT \
    "\"}"

static fz_rc void_send(void *ctx,
                       const struct fz_pos_request *request,
                       struct fz_pos_reply *reply,
                       struct fz_err *err)
{
    const char *id = strrchr(request->path, '/') + 1;
    bool is_put = strcmp(request->method, "PUT") == 0;
    int len;

    (void)ctx, (void)err;
    if (is_put) {
        cr_assert_eq(strncmp(request->path, "/v1/voids/", 10), 0);
        cr_assert(void_id[0] == '\0' || strcmp(void_id, id) == 0, "a second void");
        memcpy(void_id, id, sizeof void_id);
        voids_sent++;
    }
    reply->status = is_put ? 201 : 200;
    if (is_put) {
        len = snprintf(reply->body, reply->body_size, VOID_BODY, id);
    } else if (strcmp(void_id, id) == 0) {
        len = snprintf(reply->body, reply->body_size,
                       "{\"operation_id\":\"%s\",\"status\":\"DONE\",\"result\":" VOID_BODY "}", id,
                       id);
    } else {
        reply->status = 404;
        len = snprintf(reply->body, reply->body_size, PROBLEM("operation-unknown"));
    }
    reply->body_len = (size_t)len;
    return FZ_OK;
}

/*
 * Asked for offline, kept, sent when the switch is back: three records. Cut after every byte of
 * them; whatever is left, the void is carried out once, and never under a second id.
 */
Test(later, power_cut_at_every_byte_of_a_kept_void)
{
    static uint8_t whole[PAPER_JOURNAL_MAX];
    struct fz_id id = pending_void();
    char sent_id[FZ_ID_TEXT_LEN + 1];

    paper.ports.send = void_send;
    paper_reboot(&paper);
    cr_assert_eq(fz_pos_resume(&paper.pos, true, take_outcome, NULL, NULL), FZ_OK);
    cr_assert_eq(paper_frames(&paper), 3, "prepared, pending, voided");
    fz_id_format(&id, sent_id);
    cr_assert_str_eq(void_id, sent_id);
    memcpy(whole, paper.journal, paper.journal_len);

    for (size_t cut = 0; cut <= 3 * FZ_POS_FRAME_SIZE; cut++) {
        bool was_carried_out = cut > 2 * FZ_POS_FRAME_SIZE; /* the answer was there to journal */
        bool is_known = cut >= FZ_POS_FRAME_SIZE;

        memcpy(paper.journal, whole, sizeof whole);
        paper.journal_len = cut;
        voids_sent = 0;
        void_id[0] = '\0';
        if (was_carried_out) {
            memcpy(void_id, sent_id, sizeof void_id);
        }
        paper_reboot(&paper);
        cr_assert_eq(fz_pos_resume(&paper.pos, true, take_outcome, NULL, NULL), FZ_OK);
        cr_assert_eq(voids_sent, is_known && !was_carried_out ? 1 : 0, "cut at %zu", cut);
        cr_assert_eq(paper_state(&paper, &id), is_known ? FZ_POS_VOIDED : 0, "cut at %zu", cut);
        cr_assert_eq(fz_pos_resume(&paper.pos, true, take_outcome, NULL, NULL), FZ_OK);
        cr_assert_leq(voids_sent, 1);
        cr_assert_eq(fz_pos_damaged(&paper.pos), 0);
    }
}

Test(later, a_refund_while_offline_is_not_kept)
{
    paper_open(&paper, 500);
    PAPER_PLAY(&paper, {"PUT refunds", UNREACHABLE, 0, NULL, 0});
    cr_assert_eq(fz_pos_refund(&paper.pos, &some_intent, 480, &out, NULL), FZ_OK);
    cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
    cr_expect_eq(out.rc, FZ_UNAVAILABLE);
}

/* --- the clock -------------------------------------------------------------------------------- */

static const struct fz_pos_sale sale = {.amount = PAPER_AMOUNT};

static void show_one(void)
{
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale, &out, NULL), FZ_OK);
    paper_finish(&paper);
}

Test(later, row_38_a_wrong_clock_is_told_either_way)
{
    static const int64_t errors_ms[] = {240000, -240000, INT64_C(-86400000) * 400, 0, 1500, -1500};

    for (size_t i = 0; i < sizeof errors_ms / sizeof errors_ms[0]; i++) {
        int64_t error_ms = errors_ms[i];

        paper_open(&paper, PATIENCE_MS);
        paper.tells_date = true;
        paper.clock_error_ms = error_ms;
        show_one();
        int64_t told_ms = fz_pos_clock_skew_ms(&paper.pos);

        cr_expect_eq(told_ms, error_ms > -2000 && error_ms < 2000 ? 0 : error_ms, "row %zu", i);
    }
    paper.clock_error_ms = 60000; /* somebody moves the clock */
    show_one();
    cr_expect_eq(fz_pos_clock_skew_ms(&paper.pos), 60000);
}

Test(later, row_38_a_stale_signature_teaches_the_time_in_both_directions)
{
    static const int64_t errors_ms[] = {INT64_C(86400000), INT64_C(-86400000)};

    for (size_t i = 0; i < 2; i++) {
        paper_open(&paper, PATIENCE_MS);
        paper.clock_error_ms = errors_ms[i];
        PAPER_PLAY(&paper,
                   {"PUT intents", ANSWERED, 401,
                    "{\"code\":\"signature-stale\",\"status\":401,"
                    "\"server_time\":\"2026-12-01T00:00:00.000Z\"}",
                    0},
                   {"PUT intents", ANSWERED, 201, INTENT_PAID_BODY("COMPLETED"), 0});
        cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale, &out, NULL), FZ_OK);
        paper_finish(&paper);
        cr_expect_eq(out.operation.state, FZ_POS_PAID);
        cr_expect_eq(fz_pos_clock_skew_ms(&paper.pos), errors_ms[i], "row %zu", i);
        cr_expect_not_null(strstr(paper.signed_base, ";created=1796083200;"), "%s",
                           paper.signed_base);
    }
}

Test(later, a_time_of_another_century_is_not_believed)
{
    static const char *const times[] = {"1013-12-02T00:00:00.000Z", "2019-12-31T23:59:59.999Z",
                                        "2100-01-01T00:00:00.000Z", "9999-12-31T00:00:00.000Z"};

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char body[128];

        snprintf(body, sizeof body,
                 "{\"code\":\"signature-stale\",\"status\":401,\"server_time\":\"%s\"}", times[i]);
        paper_open(&paper, PATIENCE_MS);
        PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 401, body, 0});
        cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale, &out, NULL), FZ_OK);
        paper_finish(&paper);
        cr_expect_eq(out.rc, FZ_SIGNATURE_STALE);
        cr_expect_eq(fz_pos_clock_skew_ms(&paper.pos), 0);
        show_one(); /* the next one is signed as ever */
    }
}

/* --- deadlines -------------------------------------------------------------------------------- */

Test(later, a_payment_says_until_when_by_the_switchs_clock)
{
    struct fz_pos_payment payment = {
        .intent = some_intent, .shop = "M00000042", .amount = PAPER_AMOUNT};
    static const char *const plain =
        "{\"intent_id\":\"01020300-0000-0000-0000-000000000000\",\"shop\":\"M00000042\","
        "\"amount\":1480";
    char expected[256];

    paper_open(&paper, PATIENCE_MS);
    paper.tells_date = true;
    paper.clock_error_ms = 240000; /* behind, but not enough for a stale signature */
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 503, PROBLEM("overloaded"), 1});
    paper.pos.patience_ms = 500;
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    snprintf(expected, sizeof expected, "%s}", plain);
    cr_expect_str_eq(paper.last_body, expected, "nobody had told the time yet");

    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 409, PROBLEM("deadline-passed"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    snprintf(expected, sizeof expected, "%s,\"deadline\":\"2026-12-01T00:00:20.000Z\"}", plain);
    cr_expect_str_eq(paper.last_body, expected);
    cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
    cr_expect_eq(out.rc, FZ_DEADLINE_PASSED);
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN),
                     "The deadline of the request had passed; nothing was done");

    /* A void is wanted still tomorrow. */
    PAPER_PLAY(&paper, {"PUT voids", ANSWERED, 201, OPERATION_BODY("void", "1480"), 0});
    cr_assert_eq(fz_pos_void(&paper.pos, &some_intent, &out, NULL), FZ_OK);
    cr_expect_null(strstr(paper.last_body, "deadline"));
    paper_finish(&paper);
}
