/*
 * Answers to reads: their members, and what each kind of caller is not told.
 */
#include "switch/api/views.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/leak.h"

#define INTENT_TEXT "aaaaaaaa-aaaa-7aaa-aaaa-aaaaaaaaaaaa"
#define PAYMENT_TEXT "bbbbbbbb-bbbb-7bbb-bbbb-bbbbbbbbbbbb"
#define AT_US 1796083200123456
#define AT "2026-12-01T00:00:00.123Z"
#define LATER "2026-12-01T00:02:00.123Z"

static const struct fz_caller payer = {.party = 7, .role = FZ_ROLE_RESIDENT};
static const struct fz_caller neighbour = {.party = 8, .role = FZ_ROLE_RESIDENT};
static const struct fz_caller owner = {.party = 42, .role = FZ_ROLE_OWNER};
static const struct fz_caller till = {.party = 42, .terminal = 3, .role = FZ_ROLE_TERMINAL};

static struct fz_id id_of(const char *text)
{
    struct fz_id id;
    cr_assert(fz_id_parse(text, strlen(text), &id));
    return id;
}

static struct fz_intent_row intent_row(enum fz_intent_state state)
{
    struct fz_intent_row row = {.id = id_of(INTENT_TEXT),
                                .shop = 42,
                                .amount = 1480,
                                .created_us = AT_US,
                                .expires_us = AT_US + 120000000,
                                .terminal = 3,
                                .state = state,
                                .reference = "",
                                .shop_name = "流山カフェ",
                                .qr = "0002"};
    if (state == FZ_STATE_COMPLETED) {
        row.payer = 7;
        row.payment = id_of(PAYMENT_TEXT);
        row.number = 12;
        row.paid_us = AT_US;
        row.refunded = 480;
        row.reference = "A-1";
    }
    return row;
}

static void
expect_intent(const struct fz_caller *caller, enum fz_intent_state state, const char *expected)
{
    struct fz_intent_row row = intent_row(state);
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_intent(&out, caller, &row);
    cr_expect_str_eq(out.text, expected, "\n%s\n%s", out.text, expected);
    fz_json_out_fini(&out);
}

#define HEAD                                                                                  \
    "{\"amount\":1480,\"created_at\":\"" AT "\",\"currency\":\"JPY\",\"expires_at\":\"" LATER \
    "\",\"intent_id\":\"" INTENT_TEXT "\","
#define SHOP "\"shop\":{\"id\":\"M00000042\",\"name\":\"流山カフェ\"},"
#define PAID "\"number\":12,\"operation_id\":\"" PAYMENT_TEXT "\",\"paid_at\":\"" AT "\","

Test(views, an_open_intent_looks_the_same_to_all)
{
    static const char expected[] =
        HEAD "\"qr\":\"0002\",\"refunded\":0," SHOP "\"state\":\"CREATED\",\"terminal\":\"T003\"}";
    expect_intent(&payer, FZ_STATE_CREATED, expected);
    expect_intent(&neighbour, FZ_STATE_CREATED, expected);
    expect_intent(&owner, FZ_STATE_CREATED, expected);
    expect_intent(&till, FZ_STATE_CREATED, expected);
    FZ_EXPECT_NO_LEAK();
}

Test(views, a_paid_intent_tells_only_payer_and_shop_how)
{
    static const char to_them[] =
        HEAD PAID "\"qr\":\"0002\",\"reference\":\"A-1\",\"refunded\":480," SHOP
                  "\"state\":\"COMPLETED\",\"terminal\":\"T003\"}";
    static const char to_others[] =
        HEAD "\"qr\":\"0002\",\"reference\":\"A-1\",\"refunded\":480," SHOP
             "\"state\":\"COMPLETED\",\"terminal\":\"T003\"}";
    const struct fz_caller same_number_other_role = {.party = 7, .role = FZ_ROLE_OWNER};
    expect_intent(&payer, FZ_STATE_COMPLETED, to_them);
    expect_intent(&owner, FZ_STATE_COMPLETED, to_them);
    expect_intent(&till, FZ_STATE_COMPLETED, to_them);
    expect_intent(&neighbour, FZ_STATE_COMPLETED, to_others);
    expect_intent(&same_number_other_role, FZ_STATE_COMPLETED, to_others);
    FZ_EXPECT_NO_LEAK();
}

Test(views, events)
{
    const struct fz_event_row rows[] = {
        {.event = 5,
         .time_us = AT_US,
         .shop = 42,
         .amount = 1480,
         .intent = id_of(INTENT_TEXT),
         .operation = id_of(INTENT_TEXT),
         .type = 1,
         .state = FZ_STATE_CREATED},
        {.event = 9,
         .time_us = AT_US,
         .shop = 42,
         .amount = 1480,
         .transfer = 12,
         .intent = id_of(INTENT_TEXT),
         .operation = id_of(PAYMENT_TEXT),
         .type = 2,
         .state = FZ_STATE_COMPLETED},
        {.event = 10,
         .time_us = AT_US,
         .shop = 42,
         .amount = 1480,
         .intent = id_of(INTENT_TEXT),
         .type = 4,
         .state = FZ_STATE_EXPIRED},
    };
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_events(&out, rows, 3, 2);
    cr_expect_str_eq(
        out.text,
        "{\"events\":["
        "{\"amount\":1480,\"at\":\"" AT "\",\"intent_id\":\"" INTENT_TEXT
        "\",\"operation_id\":\"" INTENT_TEXT
        "\",\"seq\":5,\"state\":\"CREATED\",\"type\":\"intent.created\"},"
        "{\"amount\":1480,\"at\":\"" AT "\",\"intent_id\":\"" INTENT_TEXT "\",\"number\":12,"
        "\"operation_id\":\"" PAYMENT_TEXT "\",\"seq\":9,\"state\":\"COMPLETED\","
        "\"type\":\"intent.completed\"},"
        "{\"amount\":1480,\"at\":\"" AT "\",\"intent_id\":\"" INTENT_TEXT "\",\"seq\":10,"
        "\"state\":\"EXPIRED\",\"type\":\"intent.expired\"}],\"next\":10}");
    fz_json_out_fini(&out);
    fz_json_out_init(&out);
    fz_view_events(&out, NULL, 0, 10);
    cr_expect_str_eq(out.text, "{\"events\":[],\"next\":10}");
    fz_json_out_fini(&out);
    FZ_EXPECT_NO_LEAK();
}

Test(views, balance)
{
    const struct fz_balance_row row = {.account = 10000000007,
                                       .balance = 8520,
                                       .available = 8000,
                                       .as_of = 12,
                                       .time_us = AT_US,
                                       .state = FZ_OPEN};
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_balance(&out, &row);
    cr_expect_str_eq(out.text, "{\"account\":10000000007,\"as_of\":12,\"at\":\"" AT
                               "\",\"available\":8000,\"balance\":8520}");
    fz_json_out_fini(&out);
    FZ_EXPECT_NO_LEAK();
}

static struct fz_history_row history_row(enum fz_kind kind, int64_t counterparty)
{
    return (struct fz_history_row){.number = 12,
                                   .time_us = AT_US,
                                   .amount = 500,
                                   .counterparty = counterparty,
                                   .operation = id_of(PAYMENT_TEXT),
                                   .kind = kind,
                                   .counterparty_name = "佐藤 花子",
                                   .note = ""};
}

static void expect_history(const struct fz_caller *caller,
                           const struct fz_history_row *row,
                           unsigned limit,
                           const char *expected)
{
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_history(&out, caller, row, 1, limit);
    cr_expect_str_eq(out.text, expected, "\n%s\n%s", out.text, expected);
    fz_json_out_fini(&out);
}

#define OPERATION "\"operation_id\":\"" PAYMENT_TEXT "\"}"

Test(views, a_resident_sees_who_sent_what)
{
    struct fz_history_row row = history_row(FZ_KIND_P2P, 10000000008);
    row.credit = true;
    row.note = "ありがとう";
    expect_history(&payer, &row, 2,
                   "{\"items\":[{\"amount\":500,\"at\":\"" AT "\",\"counterparty\":"
                   "{\"id\":\"R00000008\",\"name\":\"佐藤 花子\"},\"direction\":\"in\","
                   "\"kind\":\"p2p\",\"message\":\"ありがとう\",\"number\":12," OPERATION
                   "],\"next\":null}");
    row = history_row(FZ_KIND_PAYMENT, 11000000042);
    row.intent = id_of(INTENT_TEXT);
    row.counterparty_name = "流山カフェ";
    expect_history(&payer, &row, 1,
                   "{\"items\":[{\"amount\":500,\"at\":\"" AT "\",\"counterparty\":"
                   "{\"id\":\"M00000042\",\"name\":\"流山カフェ\"},\"direction\":\"out\","
                   "\"intent_id\":\"" INTENT_TEXT "\",\"kind\":\"payment\",\"number\":12," OPERATION
                   "],\"next\":12}");
    FZ_EXPECT_NO_LEAK();
}

Test(views, the_consortium_is_no_counterparty)
{
    struct fz_history_row row = history_row(FZ_KIND_TOPUP, 1000000000);
    row.counterparty_name = "";
    row.credit = true;
    row.note = "REF 1"; /* the bank's, not for the resident */
    expect_history(&payer, &row, 2,
                   "{\"items\":[{\"amount\":500,\"at\":\"" AT "\",\"direction\":\"in\","
                   "\"kind\":\"topup\",\"number\":12," OPERATION "],\"next\":null}");
    FZ_EXPECT_NO_LEAK();
}

Test(views, a_shop_is_not_told_who_paid)
{
    struct fz_history_row row = history_row(FZ_KIND_PAYMENT, 10000000007);
    row.credit = true;
    row.intent = id_of(INTENT_TEXT);
    static const char expected[] =
        "{\"items\":[{\"amount\":500,\"at\":\"" AT
        "\",\"direction\":\"in\",\"intent_id\":\"" INTENT_TEXT
        "\",\"kind\":\"payment\",\"number\":12," OPERATION "],\"next\":null}";
    expect_history(&till, &row, 2, expected);
    expect_history(&owner, &row, 2, expected);
    FZ_EXPECT_NO_LEAK();
}

Test(views, receipt)
{
    struct fz_receipt_row row = {.payment = {.id = id_of(PAYMENT_TEXT),
                                             .amount = 1480,
                                             .number = 12,
                                             .shop = 42,
                                             .party = 7},
                                 .intent = intent_row(FZ_STATE_COMPLETED),
                                 .batch = 3,
                                 .batch_hash = {0xab, 0xcd},
                                 .registration_number = "T1234567890123"};
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_receipt(&out, &row);
    cr_expect_str_eq(out.text,
                     "{\"amount\":1480,\"batch\":3,\"batch_hash\":\"abcd00000000000000000000000000"
                     "0000000000000000000000000000000000\",\"fee\":0,\"intent_id\":\"" INTENT_TEXT
                     "\",\"number\":12,\"operation_id\":\"" PAYMENT_TEXT "\",\"paid_at\":\"" AT
                     "\",\"reference\":\"A-1\",\"refunded\":480,\"shop\":{\"id\":\"M00000042\","
                     "\"name\":\"流山カフェ\",\"registration_number\":\"T1234567890123\"},"
                     "\"state\":\"COMPLETED\",\"terminal\":\"T003\"}");
    fz_json_out_fini(&out);
    FZ_EXPECT_NO_LEAK();
}

Test(views, enrolment)
{
    struct fz_credential credential = {.key_id = "1.KEY",
                                       .community = 1,
                                       .terminal = 3,
                                       .role = FZ_ROLE_TERMINAL,
                                       .party = 42,
                                       .enrolled_us = AT_US,
                                       .party_name = "流山カフェ",
                                       .community_name = "流山市",
                                       .qr_guid = "jp.example"};
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_enrolment(&out, &credential);
    cr_expect_str_eq(out.text,
                     "{\"community\":1,\"community_name\":\"流山市\",\"key_id\":\"1.KEY\","
                     "\"name\":\"流山カフェ\",\"party_id\":\"M00000042\","
                     "\"qr_guid\":\"jp.example\",\"role\":\"terminal\",\"server_time\":\"" AT
                     "\",\"terminal\":\"T003\"}");
    fz_json_out_fini(&out);
    credential.role = FZ_ROLE_AUDITOR;
    credential.terminal = 0;
    fz_json_out_init(&out);
    fz_view_enrolment(&out, &credential);
    cr_expect(strstr(out.text, "\"party_id\":\"S00000042\"") != NULL, "%s", out.text);
    cr_expect(strstr(out.text, "terminal") == NULL, "%s", out.text);
    fz_json_out_fini(&out);
    FZ_EXPECT_NO_LEAK();
}

/* --- codes, shops ----------------------------------------------------------------------------- */

static struct fz_paycode a_code(void)
{
    return (struct fz_paycode){.id = id_of(PAYMENT_TEXT),
                               .party = 7,
                               .amount = 3000,
                               .expires_us = AT_US + 120000000,
                               .intent = id_of(INTENT_TEXT)};
}

Test(views, a_code_that_waits)
{
    struct fz_paycode code = a_code();
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_code(&out, &payer, &code, FZ_CODE_IS_WAITING, NULL);
    cr_expect_str_eq(out.text, "{\"code_id\":\"" PAYMENT_TEXT "\",\"expires_at\":\"" LATER
                               "\",\"max_amount\":3000,\"state\":\"WAITING\"}");
    fz_json_out_fini(&out);
    FZ_EXPECT_NO_LEAK();
}

Test(views, a_code_that_a_till_asks_about)
{
    struct fz_paycode code = a_code();
    struct fz_intent_row intent = intent_row(FZ_STATE_CREATED);
    struct fz_json_out out;
    intent.payer = 7;
    intent.qr = "";
    fz_json_out_init(&out);
    fz_view_code(&out, &payer, &code, FZ_CODE_IS_ASKED, &intent);
    cr_expect_str_eq(out.text,
                     "{\"code_id\":\"" PAYMENT_TEXT "\",\"expires_at\":\"" LATER
                     "\",\"intent\":{\"amount\":1480,\"consent\":\"waiting\",\"created_at\":\"" AT
                     "\",\"currency\":\"JPY\",\"expires_at\":\"" LATER
                     "\",\"intent_id\":\"" INTENT_TEXT "\",\"qr\":\"\",\"refunded\":0," SHOP
                     "\"state\":\"CREATED\",\"terminal\":\"T003\"},"
                     "\"max_amount\":3000,\"state\":\"ASKED\"}",
                     "%s", out.text);
    fz_json_out_fini(&out);
}

Test(views, every_state_of_a_code_has_a_word)
{
    cr_expect_str_eq(fz_view_code_state_name(FZ_CODE_IS_USED), "USED");
    cr_expect_str_eq(fz_view_code_state_name(FZ_CODE_IS_EXPIRED), "EXPIRED");
}

static void expect_usual(unsigned payments, const char *expected)
{
    struct fz_shopfront shop = {.shop = 42,
                                .name = "流山カフェ",
                                .city_latin = "NAGAREYAMA",
                                .category_code = "5814",
                                .largest = 980,
                                .payments = payments,
                                .is_open = true};
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_shop(&out, &shop);
    cr_expect_str_eq(out.text, expected);
    fz_json_out_fini(&out);
}

Test(views, what_is_usual_takes_twenty_payments)
{
#define SHOP_FRONT                                                              \
    "{\"category_code\":\"5814\",\"city\":\"NAGAREYAMA\",\"id\":\"M00000042\"," \
    "\"name\":\"流山カフェ\",\"open\":true,\"usual_max\":"
    expect_usual(19, SHOP_FRONT "0}");
    expect_usual(20, SHOP_FRONT "980}");
    FZ_EXPECT_NO_LEAK();
}
