/*
 * The bytes of decided answers, pinned. A client may have stored them, and an id that is asked for
 * again must give them again: a change of these bytes is a change of the past. Never adapt an
 * expectation here to new code.
 */
#include "switch/api/render.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/leak.h"

#define LEN(table) (sizeof(table) / sizeof((table)[0]))

#define OPERATION  \
    {              \
        .bytes = { \
            0x01,  \
            0x7f,  \
            0x22,  \
            0xe2,  \
            0x79,  \
            0xb0,  \
            0x7c,  \
            0xc3,  \
            0x98,  \
            0xc4,  \
            0xdc,  \
            0x0c,  \
            0x0c,  \
            0x07,  \
            0x39,  \
            0x8f   \
        }          \
    }
#define INTENT     \
    {              \
        .bytes = { \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0x7a,  \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0xaa,  \
            0xaa   \
        }          \
    }
#define OPERATION_TEXT "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
#define INTENT_TEXT "aaaaaaaa-aaaa-7aaa-aaaa-aaaaaaaaaaaa"
#define AT_US 1796083200123456
#define AT "2026-12-01T00:00:00.123Z"

#define PROBLEM(slug, status, title, ja, retryable)                                                \
    "{\"type\":\"https://feezero.example/problems/" slug "\",\"code\":\"" slug                     \
    "\",\"title\":\"" title "\",\"status\":" status ",\"detail\":\"" title "\",\"title_ja\":\"" ja \
    "\",\"retryable\":" retryable

static const struct fz_shown shown = {
    .qr = "000201 \"qr\"", .shop_name = "流山カフェ", .digits = "29186624550147899128"};

static const struct fz_shown *shown_of(const struct fz_result *result)
{
    return fz_render_needs_shown(result) ? &shown : NULL;
}

struct row {
    const char *name;
    struct fz_result result;
    int status;
    const char *body;
};

static const struct row rows[] = {
    {"intent",
     {.type = FZ_COMMAND_INTENT,
      .id = INTENT,
      .actor = 42,
      .shop = 42,
      .amount = 1480,
      .time_us = AT_US,
      .expires_us = AT_US + 120000000,
      .terminal = 3,
      .state = FZ_STATE_CREATED,
      .note = "A-1"},
     201,
     "{\"amount\":1480,\"created_at\":\"" AT "\",\"currency\":\"JPY\","
     "\"expires_at\":\"2026-12-01T00:02:00.123Z\",\"intent_id\":\"" INTENT_TEXT "\","
     "\"qr\":\"000201 \\\"qr\\\"\",\"reference\":\"A-1\",\"refunded\":0,"
     "\"shop\":{\"id\":\"M00000042\",\"name\":\"流山カフェ\"},\"state\":\"CREATED\","
     "\"terminal\":\"T003\"}"},
    {"intent without a reference",
     {.type = FZ_COMMAND_INTENT,
      .id = INTENT,
      .actor = 42,
      .shop = 42,
      .amount = 1480,
      .time_us = AT_US,
      .expires_us = AT_US + 120000000,
      .terminal = 3,
      .state = FZ_STATE_CREATED},
     201,
     "{\"amount\":1480,\"created_at\":\"" AT "\",\"currency\":\"JPY\","
     "\"expires_at\":\"2026-12-01T00:02:00.123Z\",\"intent_id\":\"" INTENT_TEXT "\","
     "\"qr\":\"000201 \\\"qr\\\"\",\"refunded\":0,"
     "\"shop\":{\"id\":\"M00000042\",\"name\":\"流山カフェ\"},\"state\":\"CREATED\","
     "\"terminal\":\"T003\"}"},
    {"payment",
     {.type = FZ_COMMAND_PAY,
      .id = OPERATION,
      .ref = INTENT,
      .actor = 7,
      .shop = 42,
      .party = 7,
      .amount = 1480,
      .number = 12,
      .time_us = AT_US,
      .terminal = 3,
      .state = FZ_STATE_COMPLETED},
     201,
     "{\"amount\":1480,\"at\":\"" AT "\",\"fee\":0,\"intent_id\":\"" INTENT_TEXT "\","
     "\"kind\":\"payment\",\"number\":12,\"operation_id\":\"" OPERATION_TEXT "\","
     "\"shop\":{\"id\":\"M00000042\"},\"state\":\"COMPLETED\"}"},
    {"void",
     {.type = FZ_COMMAND_VOID,
      .id = OPERATION,
      .ref = INTENT,
      .actor = 42,
      .shop = 42,
      .party = 7,
      .amount = 1480,
      .number = 13,
      .time_us = AT_US,
      .state = FZ_STATE_VOIDED},
     201,
     "{\"amount\":1480,\"at\":\"" AT "\",\"fee\":0,\"intent_id\":\"" INTENT_TEXT "\","
     "\"kind\":\"void\",\"number\":13,\"operation_id\":\"" OPERATION_TEXT "\","
     "\"shop\":{\"id\":\"M00000042\"},\"state\":\"VOIDED\"}"},
    {"refund",
     {.type = FZ_COMMAND_REFUND,
      .id = OPERATION,
      .ref = INTENT,
      .actor = 42,
      .shop = 42,
      .party = 7,
      .amount = 480,
      .value = 980,
      .number = 14,
      .time_us = AT_US,
      .state = FZ_STATE_COMPLETED},
     201,
     "{\"amount\":480,\"at\":\"" AT "\",\"fee\":0,\"intent_id\":\"" INTENT_TEXT "\","
     "\"kind\":\"refund\",\"number\":14,\"operation_id\":\"" OPERATION_TEXT "\",\"refunded\":980,"
     "\"shop\":{\"id\":\"M00000042\"},\"state\":\"COMPLETED\"}"},
    {"transfer",
     {.type = FZ_COMMAND_P2P,
      .id = OPERATION,
      .actor = 7,
      .party = 7,
      .payee = 8,
      .amount = 500,
      .number = 15,
      .time_us = AT_US,
      .note = "ありがとう"},
     201,
     "{\"amount\":500,\"at\":\"" AT "\",\"fee\":0,\"kind\":\"p2p\",\"number\":15,"
     "\"operation_id\":\"" OPERATION_TEXT "\",\"to\":{\"id\":\"R00000008\"}}"},
    {"tombstone",
     {.type = FZ_COMMAND_TOMBSTONE, .id = OPERATION, .actor = 7, .time_us = AT_US, .note = "x"},
     201,
     "{\"at\":\"" AT "\",\"operation_id\":\"" OPERATION_TEXT "\",\"status\":\"TOMBSTONED\"}"},
    {"top-up, which staff may ask for",
     {.type = FZ_COMMAND_TOPUP,
      .id = OPERATION,
      .actor = 3,
      .party = 7,
      .amount = 10000,
      .number = 1,
      .time_us = AT_US},
     201,
     "{\"amount\":10000,\"at\":\"" AT "\",\"fee\":0,\"kind\":\"topup\",\"number\":1,"
     "\"operation_id\":\"" OPERATION_TEXT "\"}"},
    {"payout, whose state is its own",
     {.type = FZ_COMMAND_PAYOUT,
      .id = OPERATION,
      .actor = 3,
      .shop = 42,
      .amount = 900,
      .number = 16,
      .time_us = AT_US,
      .state = FZ_PAYOUT_BOOKED},
     201,
     "{\"amount\":900,\"at\":\"" AT "\",\"fee\":0,\"kind\":\"payout\",\"number\":16,"
     "\"operation_id\":\"" OPERATION_TEXT "\",\"shop\":{\"id\":\"M00000042\"},"
     "\"state\":\"BOOKED\"}"},
    {"paid by code",
     {.type = FZ_COMMAND_INTENT,
      .id = INTENT,
      .actor = 42,
      .shop = 42,
      .party = 7,
      .amount = 1480,
      .number = 12,
      .time_us = AT_US,
      .expires_us = AT_US,
      .terminal = 3,
      .state = FZ_STATE_COMPLETED},
     201,
     "{\"amount\":1480,\"created_at\":\"" AT "\",\"currency\":\"JPY\","
     "\"expires_at\":\"" AT "\",\"intent_id\":\"" INTENT_TEXT "\",\"number\":12,"
     "\"operation_id\":\"" INTENT_TEXT "\",\"paid_at\":\"" AT "\","
     "\"qr\":\"000201 \\\"qr\\\"\",\"refunded\":0,"
     "\"shop\":{\"id\":\"M00000042\",\"name\":\"流山カフェ\"},\"state\":\"COMPLETED\","
     "\"terminal\":\"T003\"}"},
    {"by code, above what the payer allowed",
     {.type = FZ_COMMAND_INTENT,
      .id = INTENT,
      .actor = 42,
      .shop = 42,
      .party = 7,
      .amount = 1480,
      .time_us = AT_US,
      .expires_us = AT_US + 30000000,
      .terminal = 3,
      .state = FZ_STATE_CREATED},
     201,
     "{\"amount\":1480,\"consent\":\"waiting\",\"created_at\":\"" AT "\",\"currency\":\"JPY\","
     "\"expires_at\":\"2026-12-01T00:00:30.123Z\",\"intent_id\":\"" INTENT_TEXT "\","
     "\"qr\":\"000201 \\\"qr\\\"\",\"refunded\":0,"
     "\"shop\":{\"id\":\"M00000042\",\"name\":\"流山カフェ\"},\"state\":\"CREATED\","
     "\"terminal\":\"T003\"}"},
    {"a refund on hold",
     {.type = FZ_COMMAND_REFUND,
      .id = OPERATION,
      .ref = INTENT,
      .actor = 42,
      .shop = 42,
      .party = 7,
      .amount = 480,
      .value = 980,
      .time_us = AT_US,
      .state = FZ_REFUND_HELD},
     202,
     "{\"amount\":480,\"at\":\"" AT "\",\"eta\":\"2026-12-02T00:00:00.123Z\",\"fee\":0,"
     "\"intent_id\":\"" INTENT_TEXT "\",\"kind\":\"refund\","
     "\"operation_id\":\"" OPERATION_TEXT "\",\"refunded\":980,"
     "\"shop\":{\"id\":\"M00000042\"},\"state\":\"COMPLETED\",\"status\":\"HELD\"}"},
    {"a code",
     {.type = FZ_COMMAND_CODE,
      .id = OPERATION,
      .actor = 7,
      .party = 7,
      .amount = 10000,
      .time_us = AT_US,
      .expires_us = AT_US + 300000000},
     201,
     "{\"code\":\"29186624550147899128\",\"code_id\":\"" OPERATION_TEXT "\","
     "\"expires_at\":\"2026-12-01T00:05:00.123Z\",\"max_amount\":10000,"
     "\"qr\":\"hQVDUFYwMWEWTwjwRmVlWmVyb1oKKRhmJFUBR4mRKA==\"}"},
    {"limits",
     {.type = FZ_COMMAND_LIMITS,
      .id = OPERATION,
      .actor = 7,
      .party = 7,
      .amount = 3000,
      .value = 10000,
      .time_us = AT_US},
     201,
     "{\"at\":\"" AT "\",\"operation_id\":\"" OPERATION_TEXT "\",\"per_day\":10000,"
     "\"per_payment\":3000}"},
    {"no limits",
     {.type = FZ_COMMAND_LIMITS, .id = OPERATION, .actor = 7, .party = 7, .time_us = AT_US},
     201,
     "{\"at\":\"" AT "\",\"operation_id\":\"" OPERATION_TEXT "\"}"},
    {"suspected duplicate",
     {.rc = FZ_SUSPECTED_DUPLICATE,
      .type = FZ_COMMAND_PAY,
      .id = OPERATION,
      .ref = INTENT,
      .actor = 7,
      .amount = 480,
      .value = 20,
      .state = FZ_STATE_CREATED,
      .time_us = AT_US},
     409,
     PROBLEM("suspected-duplicate",
             "409",
             "The same amount was paid to this shop moments ago; confirm to pay it again",
             "同じ店に同じ金額を支払ったばかりです。もう一度支払うには確認してください",
             "false") ",\"operation_id\":\"" OPERATION_TEXT
                      "\",\"seconds_ago\":20,\"state\":\"CREATED\"}"},
    {"above the limit per payment",
     {.rc = FZ_LIMIT_EXCEEDED,
      .type = FZ_COMMAND_P2P,
      .id = OPERATION,
      .actor = 7,
      .amount = 480,
      .time_us = AT_US},
     403,
     PROBLEM("limit-exceeded",
             "403",
             "This is above the limit you set for yourself",
             "ご自身で設定した限度額を超えます",
             "false") ",\"limit\":\"per_payment\",\"operation_id\":\"" OPERATION_TEXT "\"}"},
    {"above the limit per day",
     {.rc = FZ_LIMIT_EXCEEDED,
      .type = FZ_COMMAND_P2P,
      .id = OPERATION,
      .actor = 7,
      .amount = 480,
      .value = AT_US + 60000000,
      .time_us = AT_US},
     403,
     PROBLEM("limit-exceeded",
             "403",
             "This is above the limit you set for yourself",
             "ご自身で設定した限度額を超えます",
             "false") ",\"limit\":\"per_day\",\"operation_id\":\"" OPERATION_TEXT
                      "\",\"resets_at\":\"2026-12-01T00:01:00.123Z\"}"},
    {"a shop does not learn what its customer has",
     {.rc = FZ_INSUFFICIENT_FUNDS,
      .type = FZ_COMMAND_INTENT,
      .id = OPERATION,
      .actor = 42,
      .amount = 480,
      .time_us = AT_US},
     402,
     PROBLEM("insufficient-funds",
             "402",
             "The balance is not sufficient",
             "残高が不足しています",
             "false") ",\"operation_id\":\"" OPERATION_TEXT "\"}"},
    {"insufficient funds",
     {.rc = FZ_INSUFFICIENT_FUNDS,
      .type = FZ_COMMAND_PAY,
      .id = OPERATION,
      .ref = INTENT,
      .actor = 7,
      .shop = 42,
      .party = 7,
      .amount = 20000,
      .value = 8520,
      .time_us = AT_US,
      .state = FZ_STATE_CREATED},
     402,
     PROBLEM("insufficient-funds",
             "402",
             "The balance is not sufficient",
             "残高が不足しています",
             "false") ",\"balance\":8520,\"operation_id\":\"" OPERATION_TEXT
                      "\",\"shortfall\":11480,\"state\":\"CREATED\"}"},
    {"paid by somebody else, of whom nothing is said",
     {.rc = FZ_INTENT_PAID,
      .type = FZ_COMMAND_PAY,
      .id = OPERATION,
      .ref = INTENT,
      .actor = 7,
      .shop = 42,
      .party = 7,
      .amount = 1480,
      .time_us = AT_US,
      .state = FZ_STATE_COMPLETED},
     409,
     PROBLEM("intent-paid",
             "409",
             "This payment request is already paid",
             "この会計は支払い済みです",
             "false") ",\"operation_id\":\"" OPERATION_TEXT "\",\"state\":\"COMPLETED\"}"},
    {"cancel after the payment: there is no operation",
     {.rc = FZ_INTENT_PAID,
      .type = FZ_COMMAND_CANCEL,
      .ref = INTENT,
      .actor = 42,
      .shop = 42,
      .amount = 1480,
      .time_us = AT_US,
      .state = FZ_STATE_VOIDED},
     409,
     PROBLEM("intent-paid",
             "409",
             "This payment request is already paid",
             "この会計は支払い済みです",
             "false") ",\"state\":\"VOIDED\"}"},
    {"refund of more than is left",
     {.rc = FZ_REFUND_EXCEEDS,
      .type = FZ_COMMAND_REFUND,
      .id = OPERATION,
      .ref = INTENT,
      .actor = 42,
      .shop = 42,
      .party = 7,
      .amount = 1001,
      .value = 1000,
      .time_us = AT_US,
      .state = FZ_STATE_COMPLETED},
     422,
     PROBLEM("refund-exceeds-payment",
             "422",
             "The refund exceeds what is left of the payment",
             "返金額が支払額の残りを超えています",
             "false") ",\"operation_id\":\"" OPERATION_TEXT
                      "\",\"refundable\":1000,\"state\":\"COMPLETED\"}"},
    {"another request's id",
     {.rc = FZ_ID_REUSED,
      .type = FZ_COMMAND_P2P,
      .id = OPERATION,
      .actor = 7,
      .party = 7,
      .payee = 8,
      .amount = 500,
      .time_us = AT_US},
     409,
     PROBLEM("id-reused",
             "409",
             "This id was already used for another request",
             "同じIDが別の内容で使われています",
             "false") ",\"operation_id\":\"" OPERATION_TEXT "\"}"},
};

static void render(const struct fz_result *result, struct fz_json_out *out, int *status_out)
{
    fz_json_out_init(out);
    *status_out = fz_render_result(out, result, shown_of(result));
    cr_assert_not(out->failed);
}

Test(render, golden_bytes)
{
    for (size_t i = 0; i < LEN(rows); i++) {
        struct fz_json_out out;
        int status = 0;
        render(&rows[i].result, &out, &status);
        cr_expect_eq(status, rows[i].status, "%s: %d", rows[i].name, status);
        cr_expect_str_eq(out.text, rows[i].body, "%s:\n%s\n%s", rows[i].name, out.text,
                         rows[i].body);
        fz_json_out_fini(&out);
    }
    FZ_EXPECT_NO_LEAK();
}

/* Problems follow the order of their room; every other object has its names in order. */
static bool is_sorted(json_t *object)
{
    const char *before = "";
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        if (strcmp(before, name) >= 0 || (json_is_object(value) && !is_sorted(value))) {
            return false;
        }
        before = name;
    }
    return true;
}

Test(render, names_are_sorted_and_the_text_is_json)
{
    for (size_t i = 0; i < LEN(rows); i++) {
        struct fz_json_out out;
        int status = 0;
        render(&rows[i].result, &out, &status);
        json_t *root = json_loadb(out.text, out.len, JSON_REJECT_DUPLICATES, NULL);
        cr_assert(json_is_object(root), "%s", rows[i].name);
        cr_expect(status >= 400 || is_sorted(root), "%s: %s", rows[i].name, out.text);
        json_decref(root);
        fz_json_out_fini(&out);
    }
    FZ_EXPECT_NO_LEAK();
}

static const char *status_word(const struct row *row)
{
    if (row->status >= 400) {
        return "REJECTED";
    }
    if (row->status == 202) {
        return "HELD";
    }
    return row->result.type == FZ_COMMAND_TOMBSTONE ? "TOMBSTONED" : "DONE";
}

/* What an inquiry shows under `result` is what the request got, byte for byte. */
Test(render, an_inquiry_holds_the_original_bytes)
{
    for (size_t i = 0; i < LEN(rows); i++) {
        char expected[2048];
        char id[FZ_ID_TEXT_LEN + 1];
        struct fz_json_out out;
        fz_id_format(&rows[i].result.id, id);
        (void)snprintf(expected, sizeof(expected),
                       "{\"http_status\":%d,\"kind\":\"%s\",\"operation_id\":\"%s\",\"result\":%s,"
                       "\"status\":\"%s\"}",
                       rows[i].status, fz_command_info((int)rows[i].result.type)->slug, id,
                       rows[i].body, status_word(&rows[i]));
        fz_json_out_init(&out);
        fz_render_inquiry(&out, NULL, &rows[i].result, shown_of(&rows[i].result));
        cr_assert_not(out.failed);
        cr_expect_str_eq(out.text, expected, "%s:\n%s\n%s", rows[i].name, out.text, expected);
        fz_json_out_fini(&out);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(render, a_conflict_shows_what_the_id_stands_for)
{
    const struct fz_result refused = {.rc = FZ_ID_REUSED,
                                      .type = FZ_COMMAND_TOMBSTONE,
                                      .id = OPERATION,
                                      .actor = 7,
                                      .time_us = AT_US};
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_render_conflict(&out, &refused, &rows[5].result, NULL);
    cr_assert_not(out.failed);
    cr_expect_str_eq(
        out.text,
        PROBLEM("id-reused", "409", "This id was already used for another request",
                "同じIDが別の内容で使われています",
                "false") ",\"operation_id\":\"" OPERATION_TEXT
                         "\",\"final_state\":{\"http_status\":201,\"kind\":\"p2p\",\"operation_"
                         "id\":\"" OPERATION_TEXT "\",\"result\":{\"amount\":500,\"at\":\"" AT
                         "\",\"fee\":0,\"kind\":\"p2p\",\"number\":15,"
                         "\"operation_id\":\"" OPERATION_TEXT "\",\"to\":{\"id\":\"R00000008\"}},"
                         "\"status\":\"DONE\"}}");
    fz_json_out_fini(&out);
    FZ_EXPECT_NO_LEAK();
}

/* Every refusal there is fits its buffer, with all facts a refusal can have. */
Test(render, every_refusal_can_be_written)
{
    const struct fz_rc_info *info = NULL;
    for (unsigned i = 0; (info = fz_rc_at(i)) != NULL; i++) {
        struct fz_result result = {.rc = info->rc,
                                   .type = FZ_COMMAND_REFUND,
                                   .id = OPERATION,
                                   .ref = INTENT,
                                   .amount = 9999999999,
                                   .value = 1,
                                   .state = FZ_STATE_COMPLETED};
        struct fz_json_out out;
        if (info->class != FZ_CLASS_REJECT) {
            continue;
        }
        fz_json_out_init(&out);
        cr_expect_eq(fz_render_result(&out, &result, NULL), info->http_status);
        json_t *root = json_loadb(out.text, out.len, JSON_REJECT_DUPLICATES, NULL);
        cr_assert(json_is_object(root), "%s", info->slug);
        cr_expect_str_eq(json_string_value(json_object_get(root, "code")), info->slug);
        json_decref(root);
        fz_json_out_fini(&out);
    }
    FZ_EXPECT_NO_LEAK();
}
