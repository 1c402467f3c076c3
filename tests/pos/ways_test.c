/*
 * The other ways of paying as the till and the wallet see them: the customer's code, her consent,
 * a shop's sticker.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/pos/scripted.h"

#define PATIENCE_MS 20000
#define DIGITS "29123456789012345678"

static const struct fz_pos_sale sale_by_code = {.amount = PAPER_AMOUNT, .code = DIGITS};
static const struct fz_id some_intent = {.bytes = {1, 2, 3}};
static struct paper paper;
static struct fz_pos_outcome out;

/* An intent in a wallet's eyes: the sale with the id some_intent. */
#define WALLET_INTENT(state, more)                                                        \
    "{\"intent_id\":\"01020300-0000-0000-0000-000000000000\",\"state\":\"" state "\","    \
    "\"amount\":1480,\"refunded\":0,\"shop\":{\"id\":\"M00000042\",\"name\":\"商店\"}," \
    "\"terminal\":\"T001\",\"qr\":\"\"" more "}"
#define WALLET_PAID ",\"number\":12,\"paid_at\":\"" PAID_AT "\""
#define CODE_STATE(state) "{\"code_id\":\"$ID\",\"state\":\"" state "\"}"
#define CODE_WITH(state, intent) \
    "{\"code_id\":\"$ID\",\"state\":\"" state "\",\"intent\":" intent "}"
#define NEW_CODE                                                                           \
    "{\"code_id\":\"$ID\",\"code\":\"" DIGITS "\",\"qr\":\"hQVDUFYwMQ==\",\"max_amount\":" \
    "10000,\"expires_at\":\"2026-12-01T00:05:00.000Z\"}"

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

/* --- the customer's code ---------------------------------------------------------------------- */

Test(ways, a_sale_by_code_is_paid_at_once)
{
    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_by_code, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_str_eq(paper.last_body, "{\"amount\":1480,\"code\":\"" DIGITS "\"}");
    cr_expect_eq(out.operation.state, FZ_POS_PAID);
    cr_expect_eq(out.operation.number, 12);
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_PAID);
    expect_text("お支払い済み", "PAID");
}

Test(ways, a_paid_answer_that_says_too_little_is_asked_for)
{
    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("COMPLETED"), 0},
               {"GET intents", ANSWERED, 200, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_by_code, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_PAID);
}

Test(ways, a_lost_answer_repeats_the_same_code_under_the_same_id)
{
    char first[FZ_POS_REQUEST_MAX];

    paper_open(&paper, 500);
    PAPER_PLAY(&paper, {"PUT intents", LOST, 0, NULL, 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_by_code, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    memcpy(first, paper.last_body, sizeof first);
    expect_text("確認中です。もう一度請求しないでください", "Checking; do not charge again");

    /* After a power cut the journal has the code still. */
    struct fz_pos_sale again = sale_by_code;
    again.id = out.operation.id;
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &again, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_str_eq(paper.last_body, first);
    cr_expect_eq(out.operation.state, FZ_POS_PAID);
}

Test(ways, refusals_of_a_code_are_final)
{
    static const struct {
        int status;
        const char *body;
        fz_rc rc;
        const char *en;
    } rows[] = {
        {404, PROBLEM("code-unknown"), FZ_CODE_UNKNOWN, "There is no such code; scan it again"},
        {409, PROBLEM("code-used"), FZ_CODE_USED, "This code was already used; ask for a new one"},
        {410, PROBLEM("code-expired"), FZ_CODE_EXPIRED, "This code has expired; ask for a new one"},
        {403, PROBLEM("payer-declined"), FZ_PAYER_DECLINED,
         "This code cannot be used to pay; ask for another way to pay"},
        {402, PROBLEM("insufficient-funds"), FZ_INSUFFICIENT_FUNDS,
         "The balance is not sufficient"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        paper_open(&paper, PATIENCE_MS);
        PAPER_PLAY(&paper, {"PUT intents", ANSWERED, rows[i].status, rows[i].body, 0});
        cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_by_code, &out, NULL), FZ_OK);
        paper_finish(&paper);
        cr_expect_eq(out.operation.state, FZ_POS_REFUSED, "row %zu", i);
        cr_expect_eq(out.rc, rows[i].rc, "row %zu", i);
        cr_expect_str_eq(fz_pos_text(&out, FZ_POS_EN), rows[i].en);
    }
}

Test(ways, a_misread_code_is_not_sent)
{
    static const char *const wrong[] = {"29123456789012345670",  "2912345678901234567",
                                        "291234567890123456784", "",
                                        "hQVDUFYwMQ==",          "28123456789012345678"};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fz_pos_sale sale = {.amount = PAPER_AMOUNT, .code = wrong[i]};

        paper_open(&paper, PATIENCE_MS);
        PAPER_PLAY(&paper, {NULL, ANSWERED, 0, NULL, 0});
        cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale, &out, NULL), FZ_OK);
        cr_expect_eq(paper.at, 0, "%s", wrong[i]);
        cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
        cr_expect_eq(out.rc, FZ_CODE_UNKNOWN);
        cr_expect_eq(paper.journal_len, 0);
    }
}

/* --- consent ---------------------------------------------------------------------------------- */

static struct fz_id asked_sale(void)
{
    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_BODY("CREATED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale_by_code, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_assert_eq(out.operation.state, FZ_POS_ASKED);
    cr_expect_str_eq(out.qr, "", "there is nothing to draw");
    expect_text("お客様のスマートフォンで確認中です",
                "The customer is asked to confirm on the phone");
    return out.operation.id;
}

Test(ways, above_her_limit_the_customer_is_asked_and_agrees)
{
    struct fz_id id = asked_sale();

    cr_expect_eq(paper_state(&paper, &id), FZ_POS_ASKED);
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0},
               {"GET intents/events", ANSWERED, 200, EVENT_CREATED, 0},
               {"GET intents/events", ANSWERED, 200, EVENT_COMPLETED, 0},
               {"GET intents", ANSWERED, 200, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_PAID);
}

Test(ways, the_customer_says_no)
{
    struct fz_id id = asked_sale();

    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CANCELED"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_CANCELED);
    cr_expect_eq(out.rc, FZ_PAYER_DECLINED);
    expect_text("お客様が支払いを断りました。支払われていません",
                "The customer declined; it was not paid");
}

Test(ways, the_clerk_gives_up_first)
{
    struct fz_id id = asked_sale();

    PAPER_PLAY(&paper, {"POST intents/cancel", ANSWERED, 200, INTENT_BODY("CANCELED"), 0});
    cr_assert_eq(fz_pos_sale_cancel(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.rc, FZ_OK);
    expect_text("会計を取り消しました。支払われていません", "Canceled; it was not paid");
}

Test(ways, row_40_nobody_answers_the_question)
{
    struct fz_id id = asked_sale();

    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("EXPIRED"), 0});
    cr_assert_eq(fz_pos_sale_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_EXPIRED);
    expect_text("お客様の確認がなかったため、支払われていません",
                "The customer did not confirm in time; it was not paid");
}

Test(ways, power_fails_while_the_customer_is_asked)
{
    struct fz_id id = asked_sale();

    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_BODY("CREATED"), 0});
    resume(FZ_OK);
    cr_expect_eq(out.operation.state, FZ_POS_ASKED);
    PAPER_PLAY(&paper, {"GET intents", ANSWERED, 200, INTENT_PAID_BODY("COMPLETED"), 0});
    resume(FZ_OK);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_PAID);
    cr_expect(out.reprint);
}

Test(ways, declining_is_repeated_until_it_is_heard)
{
    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"POST intents/decline", LOST, 0, NULL, 0},
               {"POST intents/decline", ANSWERED, 200, WALLET_INTENT("CANCELED", ""), 0});
    cr_assert_eq(fz_pos_decline(&paper.pos, &some_intent, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_CANCELED);
    expect_text("支払いを断りました。引き落としはありません", "Declined; not paid, not charged");
    cr_expect_eq(paper.journal_len, 0);

    PAPER_PLAY(&paper, {"POST intents/decline", ANSWERED, 409, PROBLEM("intent-paid"), 0});
    cr_assert_eq(fz_pos_decline(&paper.pos, &some_intent, &out, NULL), FZ_OK);
    cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
    cr_expect_eq(out.rc, FZ_INTENT_PAID);

    paper.pos.patience_ms = 500;
    PAPER_PLAY(&paper, {"POST intents/decline", UNREACHABLE, 0, NULL, 0});
    cr_assert_eq(fz_pos_decline(&paper.pos, &some_intent, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
}

/* --- the wallet's code ------------------------------------------------------------------------ */

static struct fz_id made_code(void)
{
    static const struct fz_pos_code code = {.limit = 10000};

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT codes", LOST, 0, NULL, 0}, {"PUT codes", ANSWERED, 201, NEW_CODE, 0});
    cr_assert_eq(fz_pos_code_make(&paper.pos, &code, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_assert_eq(out.operation.state, FZ_POS_SHOWN);
    cr_expect_str_eq(paper.last_body, "{\"max_amount\":10000}");
    cr_expect_str_eq(out.operation.code, DIGITS);
    cr_expect_str_eq(out.qr, "hQVDUFYwMQ==");
    cr_expect_eq(out.operation.expires_at_ms, PAPER_START_MS + 300000);
    expect_text("このコードを店の人に見せてください", "Show this code to the shop");
    return out.operation.id;
}

Test(ways, a_wallets_code_is_used_by_a_shop)
{
    struct fz_id id = made_code();

    PAPER_PLAY(&paper, {"GET codes", ANSWERED, 200, CODE_STATE("WAITING"), 0},
               {"GET codes", ANSWERED, 200, CODE_STATE("WAITING"), 0},
               {"GET codes", LOST, 0, NULL, 0},
               {"GET codes", ANSWERED, 200, CODE_STATE("WAITING"), 0},
               {"GET codes", ANSWERED, 200,
                CODE_WITH("USED", WALLET_INTENT("COMPLETED", WALLET_PAID)), 0});
    cr_assert_eq(fz_pos_code_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_str_eq(paper.last_query, "?after=WAITING&wait=10");
    cr_expect_eq(out.operation.state, FZ_POS_PAID);
    cr_expect_eq(out.operation.amount, 1480);
    cr_expect_str_eq(out.operation.party, "M00000042");
    cr_expect_str_eq(out.operation.party_name, "商店");
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_PAID);
}

Test(ways, a_shop_asks_and_the_wallet_pays)
{
    struct fz_id id = made_code();

    PAPER_PLAY(&paper,
               {"GET codes", ANSWERED, 200, CODE_WITH("ASKED", WALLET_INTENT("CREATED", "")), 0});
    cr_assert_eq(fz_pos_code_wait(&paper.pos, &id, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_ASKED);
    cr_expect_eq(out.operation.amount, 1480);
    cr_expect(fz_id_equal(&out.operation.intent, &some_intent));
    expect_text("店からの支払い確認です。支払いますか",
                "A shop asks you to confirm a payment: pay it?");

    struct fz_pos_payment payment = {.intent = out.operation.intent,
                                     .shop = out.operation.party,
                                     .amount = out.operation.amount};
    struct fz_pos_outcome paid;

    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 201, OPERATION_BODY("payment", "1480"), 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &paid, NULL), FZ_OK);
    cr_expect_eq(paid.operation.state, FZ_POS_PAID);
    cr_expect_str_eq(paper.last_body,
                     "{\"intent_id\":\"01020300-0000-0000-0000-000000000000\",\"shop\":"
                     "\"M00000042\",\"amount\":1480}");
    PAPER_PLAY(&paper, {"GET codes", ANSWERED, 200,
                        CODE_WITH("USED", WALLET_INTENT("COMPLETED", WALLET_PAID)), 0});
    resume(FZ_OK);
    cr_expect_eq(paper_state(&paper, &id), FZ_POS_PAID);
}

Test(ways, a_code_that_ends_without_a_payment)
{
    static const struct {
        const char *body;
        enum fz_pos_state state;
    } rows[] = {
        {CODE_STATE("EXPIRED"), FZ_POS_EXPIRED},
        {CODE_WITH("USED", WALLET_INTENT("CANCELED", "")), FZ_POS_CANCELED},
        {CODE_WITH("USED", WALLET_INTENT("EXPIRED", "")), FZ_POS_EXPIRED},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fz_id id = made_code();

        PAPER_PLAY(&paper, {"GET codes", ANSWERED, 200, rows[i].body, 0});
        cr_assert_eq(fz_pos_code_wait(&paper.pos, &id, &out, NULL), FZ_OK);
        paper_finish(&paper);
        cr_expect_eq(paper_state(&paper, &id), rows[i].state, "row %zu", i);
        cr_expect_not_null(strstr(fz_pos_text(&out, FZ_POS_EN), "not charged"));
    }
}

Test(ways, a_code_that_never_arrived_is_closed)
{
    static const struct fz_pos_code code = {.limit = 0};

    paper_open(&paper, 500);
    PAPER_PLAY(&paper, {"PUT codes", LOST, 0, NULL, 0});
    cr_assert_eq(fz_pos_code_make(&paper.pos, &code, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_str_eq(paper.last_body, "{}");
    paper_reboot(&paper);
    PAPER_PLAY(&paper, {"GET codes", ANSWERED, 404, PROBLEM("code-unknown"), 0},
               {"PUT tombstones", ANSWERED, 201, TOMBSTONE_BODY, 0});
    resume(FZ_OK);
    cr_expect_eq(out.operation.state, FZ_POS_TOMBSTONED);
    expect_text("コードは発行されていません", "No code was made");
}

Test(ways, digits_that_cannot_be_right_are_never_shown)
{
    static const struct fz_pos_code code = {.limit = 0};

    paper_open(&paper, 500);
    PAPER_PLAY(&paper, {"PUT codes", ANSWERED, 201,
                        "{\"code_id\":\"$ID\",\"code\":\"29123456789012345670\",\"qr\":\"eA==\","
                        "\"max_amount\":1,\"expires_at\":\"" PAID_AT "\"}",
                        0});
    cr_assert_eq(fz_pos_code_make(&paper.pos, &code, &out, NULL), FZ_OUTCOME_UNKNOWN);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_UNKNOWN);
    cr_expect_str_eq(out.operation.code, "");
}

/* --- the sticker, and what looks like a repetition -------------------------------------------- */

#define STICKER_PAID                                                                          \
    "{\"operation_id\":\"$ID\",\"kind\":\"payment\",\"number\":13,\"amount\":1480,\"fee\":0," \
    "\"at\":\"" PAID_AT "\",\"intent_id\":\"$ID\","                                           \
    "\"shop\":{\"id\":\"M00000042\",\"name\":\"商店\"},\"state\":\"COMPLETED\"}"

Test(ways, a_sticker_is_paid_without_a_sale)
{
    struct fz_pos_payment payment = {
        .shop = "M00000042", .terminal = "T001", .amount = PAPER_AMOUNT};

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", LOST, 0, NULL, 0},
               {"GET operations", ANSWERED, 200,
                "{\"operation_id\":\"$ID\",\"kind\":\"payment\",\"status\":\"DONE\","
                "\"http_status\":201,\"result\":" STICKER_PAID "}",
                0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_PAID);
    cr_expect(fz_id_equal(&out.operation.intent, &out.operation.id), "the sale made of it");
    cr_expect_eq(paper_state(&paper, &out.operation.id), FZ_POS_PAID);
}

Test(ways, row_33_a_suspected_repetition_is_paid_only_on_purpose)
{
    struct fz_pos_payment payment = {.shop = "M00000042", .amount = PAPER_AMOUNT};

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 409,
                        "{\"code\":\"suspected-duplicate\",\"status\":409,\"seconds_ago\":20}", 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.operation.state, FZ_POS_REFUSED);
    cr_expect_eq(out.rc, FZ_SUSPECTED_DUPLICATE);
    cr_expect_eq(out.seconds_ago, 20);
    cr_expect_str_eq(paper.last_body, "{\"shop\":\"M00000042\",\"amount\":1480}");

    struct fz_id refused = out.operation.id;

    payment.again = true;
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 201, STICKER_PAID, 0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    cr_expect_str_eq(paper.last_body, "{\"shop\":\"M00000042\",\"amount\":1480,\"again\":true}");
    cr_expect_not(fz_id_equal(&out.operation.id, &refused), "a new operation");
    cr_expect_eq(out.operation.state, FZ_POS_PAID);

    struct fz_pos_sale sale = sale_by_code;

    sale.again = true;
    PAPER_PLAY(&paper, {"PUT intents", ANSWERED, 201, INTENT_PAID_BODY("COMPLETED"), 0});
    cr_assert_eq(fz_pos_sale_begin(&paper.pos, &sale, &out, NULL), FZ_OK);
    cr_expect_str_eq(paper.last_body, "{\"amount\":1480,\"code\":\"" DIGITS "\",\"again\":true}");
    paper_finish(&paper);
}

Test(ways, row_17_a_limit_of_her_own_and_when_it_begins_anew)
{
    struct fz_pos_payment payment = {.shop = "M00000042", .amount = PAPER_AMOUNT};

    paper_open(&paper, PATIENCE_MS);
    PAPER_PLAY(&paper, {"PUT payments", ANSWERED, 403,
                        "{\"code\":\"limit-exceeded\",\"status\":403,\"limit\":\"per_day\","
                        "\"resets_at\":\"2026-12-01T15:00:00.000Z\"}",
                        0});
    cr_assert_eq(fz_pos_pay(&paper.pos, &payment, &out, NULL), FZ_OK);
    paper_finish(&paper);
    cr_expect_eq(out.rc, FZ_LIMIT_EXCEEDED);
    cr_expect_eq(out.resets_at_ms, PAPER_START_MS + INT64_C(54000000));
}
