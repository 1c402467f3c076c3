/*
 * The till client where nothing is lost: wrong codes, wrong clocks, sales of another till,
 * refusals, bodies, ids.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "merchant-pos/core/journal.h"
#include "merchant-pos/wire/emv.h"
#include "tests/pos/scripted.h"

#define PATIENCE_MS 20000

static const struct fz_pos_sale sale_1480 = {.amount = PAPER_AMOUNT, .reference = "A\"\\7"};
static const struct fz_id some_intent = {.bytes = {1, 2, 3}};

static struct fz_pos_payment some_payment(void)
{
    return (struct fz_pos_payment){
        .intent = some_intent, .shop = "M00000042", .amount = PAPER_AMOUNT};
}

/* A code with one thing wrong: what `spoil` did to it. */
struct spoiled {
    const char *name;
    void (*spoil)(struct fz_emv_code *code);
};

static void spoil_amount(struct fz_emv_code *code)
{
    code->amount += 1;
}

static void spoil_shop(struct fz_emv_code *code)
{
    memcpy(code->shop, "M00000043", 10);
}

static void spoil_terminal(struct fz_emv_code *code)
{
    memcpy(code->terminal, "T002", 5);
}

static void spoil_intent(struct fz_emv_code *code)
{
    code->intent.bytes[15] ^= 1;
}

static void spoil_guid(struct fz_emv_code *code)
{
    memcpy(code->guid, "jp.example.other", 17);
}

static void spoil_nothing(struct fz_emv_code *code)
{
    (void)code;
}

static const struct spoiled spoiled_codes[] = {
    {"amount", spoil_amount}, {"shop", spoil_shop}, {"terminal", spoil_terminal},
    {"intent", spoil_intent}, {"guid", spoil_guid},
};

/* The answer to the opening of the sale whose id is `intent`, with a code of our making. */
static void build_answer(
    const struct fz_id *intent, const struct spoiled *row, bool break_crc, char *out, size_t size)
{
    char qr[FZ_EMV_SIZE_MAX];
    size_t len;
    struct fz_emv_code code = {.initiation = FZ_EMV_DYNAMIC,
                               .guid = FZ_EMV_GUID_DEFAULT,
                               .shop = "M00000042",
                               .terminal = "T001",
                               .has_intent = true,
                               .intent = *intent,
                               .mcc = "5411",
                               .currency = "392",
                               .amount = PAPER_AMOUNT,
                               .country = "JP",
                               .name = "FEEZERO MART",
                               .city = "AIZUWAKAMATSU",
                               .postal = "9650042"};

    row->spoil(&code);
    cr_assert_eq(fz_emv_build(&code, qr, sizeof qr, &len), FZ_EMV_OK);
    if (break_crc) {
        qr[len - 1] = qr[len - 1] == '0' ? '1' : '0';
    }
    snprintf(out, size,
             "{\"intent_id\":\"$INTENT\",\"state\":\"CREATED\",\"amount\":1480,\"refunded\":0,"
             "\"currency\":\"JPY\",\"shop\":{\"id\":\"M00000042\",\"name\":\"店\"},"
             "\"terminal\":\"T001\",\"qr\":\"%s\",\"created_at\":\"2026-12-01T00:00:00.000Z\","
             "\"expires_at\":\"2026-12-01T00:02:00.000Z\"}",
             qr);
}

static void expect_canceled(const struct spoiled *row, bool break_crc)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_sale sale = {.amount = PAPER_AMOUNT};
    char answer[4096];

    paper_open(&paper, PATIENCE_MS);
    cr_assert_eq(fz_pos_new_id(&paper.pos, &sale.id, NULL), FZ_OK);
    build_answer(&sale.id, row, break_crc, answer, sizeof answer);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, answer, 0},
               {"POST intents/cancel", ANSWERED, 200, INTENT_BODY("CANCELED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_CANCELED, "%s", row->name);
    cr_expect_eq(out.rc, FZ_FORMAT, "%s", row->name);
    cr_expect_str_empty(out.qr, "%s", row->name);
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN),
                     "The payment code did not match the sale; the sale was canceled");
}

Test(till, a_code_that_is_not_exactly_ours_is_never_shown)
{
    static const struct spoiled crc = {"crc", spoil_nothing};

    for (size_t i = 0; i < sizeof spoiled_codes / sizeof spoiled_codes[0]; i++) {
        expect_canceled(&spoiled_codes[i], false);
    }
    expect_canceled(&crc, true);
}

Test(till, a_wrong_clock_is_put_right_by_the_switchs)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    paper.clock_error_ms = INT64_C(86400000);
    PAPER_PLAY(&paper,
               {"PUT intents", ANSWERED, 401,
                "{\"type\":\"x\",\"code\":\"signature-stale\",\"status\":401,"
                "\"server_time\":\"2026-12-01T00:00:00.000Z\"}",
                0},
               {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_SHOWN);
    cr_expect_eq(paper.pause_count, 0);
    cr_expect_not_null(strstr(paper.signed_base, ";created=1796083200;"), "%s", paper.signed_base);

    /* Told twice that it is stale, it is a refusal: nothing was recorded. */
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 401, PROBLEM("signature-stale"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.rc, FZ_SIGNATURE_STALE);
}

Test(till, the_signature_covers_method_path_query_and_body)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    cr_expect_not_null(strstr(paper.signed_base, "\"@method\": PUT\n"));
    cr_expect_not_null(strstr(paper.signed_base, "\"@path\": /v1/intents/"));
    cr_expect_not_null(strstr(paper.signed_base, "\"content-digest\": sha-256=:"));
    cr_expect_not_null(strstr(paper.signed_base, "keyid=\"7.abc"));
    cr_expect_str_eq(paper.last_body, "{\"amount\":1480,\"reference\":\"A\\\"\\\\7\"}");
}

Test(till, a_sale_past_its_time_is_asked_for)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    struct fz_id id = out.operation.id;

    paper.now_ms += 121 * 1000;
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0},
               {"GET intents/events", ANSWERED, 200, NO_EVENTS, 0},
               {"GET intents", ANSWERED, 200, INTENT_BODY("EXPIRED"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_EXPIRED);
}

Test(till, stopping_to_wait_leaves_the_sale_open)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_OK);
    struct fz_id id = out.operation.id;

    paper.stop = true;
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0},
               {"GET intents/events", ANSWERED, 200, NO_EVENTS, 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &id, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_SHOWN);
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN), "Waiting for the customer to pay");

    /* Payment and Ctrl-C at the same moment: the payment is not overlooked. */
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0},
               {"GET intents/events", ANSWERED, 200, EVENT_COMPLETED, 0},
               {"GET intents", ANSWERED, 200, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_PAID);
}

Test(till, another_tills_sale_is_watched_but_never_closed)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_id strange = {.bytes = {9}};

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"POST intents/cancel", ANSWERED, 404, PROBLEM("intent-not-found"), 0});
    cr_assert_eq(fz_pos_sale_cancel(&paper.pos, &strange, &out, NULL), FZ_OK);
    cr_expect_eq(out.rc, FZ_INTENT_NOT_FOUND);
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 403, PROBLEM("not-yours"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &strange, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.rc, FZ_NOT_YOURS);
    cr_expect_eq(paper_frames(&paper), 0);
}

Test(till, what_cannot_be_journaled_is_not_sent)
{
    static struct paper paper;
    struct fz_pos_outcome out;

    paper_open(&paper, PATIENCE_MS);
    paper.writes_left = 0;
    cr_expect_eq(fz_pos_sale_begin(&paper.pos, &sale_1480, &out, NULL), FZ_IO);
    cr_expect_eq(paper.at, 0);
    cr_expect_eq(paper_frames(&paper), 0);
}

Test(till, a_refusal_tells_what_is_missing)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_payment payment = some_payment();

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 402,
                        "{\"code\":\"insufficient-funds\",\"status\":402,\"shortfall\":480,"
                        "\"balance\":1000}",
                        0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    cr_expect_eq(out.shortfall, 480);
    PAPER_PLAY(&paper,
               {"PUT refunds", ANSWERED, 422,
                "{\"code\":\"refund-exceeds-payment\",\"status\":422,\"refundable\":20}", 0});
    cr_assert_eq(fz_pos_refund(&paper.pos, &some_intent, 480, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.refundable, 20);
    cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
}

Test(till, a_transfer_carries_its_message)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    struct fz_pos_transfer transfer = {
        .payee = "R00000002", .amount = 300, .message = "昼ごはん\n\"代\""};

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT transfers", ANSWERED, 201,
                        "{\"operation_id\":\"$ID\",\"kind\":\"p2p\",\"number\":9,\"amount\":300,"
                        "\"fee\":0,\"at\":\"" PAID_AT "\",\"to\":{\"id\":\"R00000002\","
                        "\"name\":\"山田 花子\"}}",
                        0});
    cr_assert_eq(fz_pos_transfer(&paper.pos, &transfer, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_TRANSFERRED);
    cr_expect_str_eq(out.operation.party_name, "山田 花子");
    cr_expect_str_eq(paper.last_body, "{\"to\":\"R00000002\",\"amount\":300,"
                                      "\"message\":\"昼ごはん\\u000a\\\"代\\\"\"}");
    cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN), "Sent");
}

Test(till, the_longest_request_fits)
{
    static struct paper paper;
    struct fz_pos_outcome out;
    char message[FZ_POS_MESSAGE_MAX + 1];
    struct fz_pos_transfer transfer = {
        .payee = "R99999999", .amount = INT64_MAX, .message = message};

    memset(message, 1, FZ_POS_MESSAGE_MAX);
    message[FZ_POS_MESSAGE_MAX] = '\0';
    paper_open(&paper, PATIENCE_MS);
    paper.tells_date = true;
    for (int i = 0; i < 2; i++) { /* the second time with a deadline */
        PAPER_PLAY(&paper, {"PUT transfers", ANSWERED, 422, PROBLEM("bad-field"), 0});
        cr_assert_eq(fz_pos_transfer(&paper.pos, &transfer, &out, NULL), FZ_OK);
        paper_finish(&paper);
        cr_expect_eq(out.rc, FZ_BAD_FIELD);
    }
    cr_expect_not_null(strstr(paper.last_body, ",\"deadline\":"));
}

Test(till, ids_are_version_7_in_the_order_of_time_and_never_the_same)
{
    static struct paper paper;
    struct fz_id last = {{0}};

    paper_open(&paper, PATIENCE_MS);
    for (int i = 0; i < 1000; i++) {
        struct fz_id id;

        paper.now_ms += 1;
        cr_assert_eq(fz_pos_new_id(&paper.pos, &id, NULL), FZ_OK);
        cr_assert_eq(id.bytes[6] >> 4, 7);
        cr_assert_eq(id.bytes[8] >> 6, 2);
        cr_assert_gt(fz_id_compare(&id, &last), 0);
        last = id;
    }
}
